// Names are ASCII and compared without case (contract 1). What only becomes a name by being folded names nothing: lower case makes of the
// sign of Kelvin somebody's `k`, here and in PostgreSQL (threats, class 18).

import t from 'tap';
import { ask, backendOf } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { bearer, quickHash, worldOf } from '../support/world.ts';

const KELVIN = '\u212a';
const PASSWORD = 'correct horse battery';

/** A call in which one letter, the first of a name, is `k`. */
type Call = readonly [method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: object];

/** Each names something by that letter: in the path, in the query, in the body. */
const callsWith = (k: string): Readonly<Record<string, Call>> => {
  const in_url = encodeURIComponent(k);
  return {
    'a person': ['GET', `/users/${in_url}ate`],
    'an organization': ['GET', `/orgs/${in_url}iln`],
    'an organization in a list': ['GET', `/orgs/${in_url}iln/repos`],
    'an owner': ['GET', `/repos/${in_url}iln/kit`],
    'a repository': ['GET', `/repos/kiln/${in_url}it`],
    'a member': ['GET', `/orgs/kiln/memberships/${in_url}ate`],
    'a team': ['GET', `/orgs/kiln/teams/${in_url}in`],
    'an enterprise': ['GET', `/enterprises/${in_url}raft/settings/personal-access-tokens`],
    'who signs in': ['POST', '/sessions', { login: `${k}ate`, password: PASSWORD }],
    'the resource owner of a token': [
      'POST',
      '/user/personal-access-tokens',
      { kind: 'fine_grained', name: `of ${k}`, resource_owner: `${k}iln` },
    ],
    'a repository of a token': [
      'POST',
      '/user/personal-access-tokens',
      {
        kind: 'fine_grained',
        name: `one of ${k}`,
        resource_owner: 'kiln',
        repository_selection: 'subset',
        repositories: [`kiln/${k}it`],
        permissions: { contents: 'read' },
      },
    ],
    'a maintainer': ['POST', '/orgs/kiln/teams', { name: `a ${k}`, maintainers: [`${k}ate`] }],
    'a repository of a team': ['POST', '/orgs/kiln/teams', { name: `b ${k}`, repo_names: [`kiln/${k}it`] }],
    'an organization of a client': [
      'POST',
      '/admin/clients',
      { name: 'bound', capabilities: ['introspect'], organizations: [`${k}iln`] },
    ],
    'the first owner': ['POST', '/admin/organizations', { login: `made-by-${k.codePointAt(0)}`, admin: `${k}ate` }],
    'who is suspended': ['PUT', `/users/${in_url}eeper/suspended`],
    'where one signs on': ['POST', '/user/sso-sessions', { org: `${k}iln`, id_token: 'none' }],
    'who takes a repository': ['POST', '/repos/kate/keg/transfer', { new_owner: `${k}iln` }],
  };
};

t.test('contract 1, F4: case does not count in a name, and a letter that is none of ASCII names nobody', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const kate = await world.person('kate', { site_admin: true, password_hash: await quickHash(PASSWORD) });
  await world.person('keeper');
  const kiln = await world.organization('kiln', kate);
  await world.repository(kiln, 'kit');
  await world.repository(kate, 'keg');
  await world.team(kiln, 'kin', [kate]);
  await world.enterprise('kraft', [], [kate]);
  const headers = bearer(await world.session(kate));
  const send = ([method, url, payload]: Call) =>
    inject({ method, url, ...(payload && { payload }), ...(url !== '/sessions' && { headers }) });
  for (const [what, call] of Object.entries(callsWith(KELVIN))) {
    const answer = await send(call);
    t.ok(answer.statusCode >= 401 && answer.statusCode <= 422, `${what}: ${answer.statusCode} ${answer.body}`);
  }
  for (const [what, call] of Object.entries(callsWith('K'))) {
    const answer = await send(call);
    const is_read = what === 'where one signs on' ? answer.statusCode === 422 : answer.statusCode < 300;
    t.ok(is_read, `control: ${what} in capitals: ${answer.statusCode} ${answer.body}`);
  }

  const { authorization } = await world.client(['evaluate']);
  const { evaluate } = backendOf(inject as never, authorization);
  const question = (k: string, of: string) => ({
    ...ask('', 'contents:read', ['repository', `${of}iln/kit`]),
    subject: { type: 'user', id: `${k}ate` },
  });
  t.equal((await evaluate(question('K', 'K'))).body.decision, true, 'control');
  t.equal((await evaluate(question(KELVIN, 'k'))).body.decision, false);
  t.equal((await evaluate(question('k', KELVIN))).body.decision, false);
});
