// GitHub's own client sees and revokes what single sign-on lets in, and its answers are as GitHub describes them (O2). And the
// two ways of leaving an organization end the same (A4).

import { Octokit } from '@octokit/rest';
import t from 'tap';
import { githubFaults } from '../support/github-description.ts';
import { importerOf } from '../support/importing.ts';
import { freePort } from '../support/service.ts';
import { SSO_SESSIONS, ssoWorld } from '../support/sso-world.ts';

const AUTHORIZATIONS = '/orgs/{org}/credential-authorizations';

t.test('O2: authorisations through GitHub’s client', async (t) => {
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const world = await ssoWorld(t, { settings: { PUBLIC_URL: baseUrl } });
  const { app, sessions, setSso, signOn, classicToken, fineGrainedToken, call } = world;
  await app.listen({ host: '127.0.0.1', port: Number(port) });
  await setSso({ required: true });
  await signOn(sessions.bob, 'bob');
  await signOn(sessions.ada, 'ada');
  const { id } = await classicToken(sessions.bob, { scopes: ['repo'], never_expires: true });
  const link = (of: number) => `/user/personal-access-tokens/${of}/sso/acme`;
  t.equal((await call(sessions.bob, `PUT ${link(id)}`)).status, 204);
  await fineGrainedToken(sessions.bob, { resource_owner: 'acme' });
  const reader = await classicToken(sessions.ada, { scopes: ['admin:org'] });
  // Of GitHub's cloud for enterprises: the client has no method of this name, but calls it.
  const list = (auth: string, login?: string) =>
    new Octokit({ baseUrl, auth, log: silent() }).request(`GET ${AUTHORIZATIONS}`, { org: 'acme', login });
  const refused = await list(reader.token).catch((error: unknown) => error);
  t.match(refused, {
    status: 403,
    response: { headers: { 'x-github-sso': `required; url=${baseUrl}/orgs/acme/sso` } },
  });
  t.equal((await call(sessions.ada, `PUT ${link(reader.id)}`)).status, 204);
  const { status, data } = await list(reader.token, 'bob');
  t.equal(data.length, 2);
  const faults = githubFaults();
  if (faults === null) t.comment('GitHub’s description is not beside this checkout; answers are not compared with it');
  else t.equal(faults(`GET ${AUTHORIZATIONS}`, status, data), '');
  const owner = new Octokit({ baseUrl, auth: reader.token, log: silent() });
  for (const { credential_id } of data) {
    const answer = await owner.request(`DELETE ${AUTHORIZATIONS}/{credential_id}`, { org: 'acme', credential_id });
    t.equal(answer.status, 204);
  }
  t.same((await list(reader.token, 'bob')).data, []);
});

function silent() {
  const nothing = () => undefined;
  return { debug: nothing, info: nothing, warn: nothing, error: nothing };
}

t.test('A4: an import that ends a membership ends the same', async (t) => {
  const world = await ssoWorld(t);
  const { send } = await importerOf(world);
  const { deps, call, entries, rows } = world;
  const email = (login: string) => ({ type: 'user', version: 1, login, email: `${login}@import.example` });
  const member = { type: 'membership', external_id: 'm2', version: 1, organization: 'o1', user: 'u2', role: 'member' };
  await send([
    { ...email('olga'), external_id: 'u1' },
    { ...email('paul'), external_id: 'u2' },
    { type: 'organization', external_id: 'o1', version: 1, login: 'imported' },
    { type: 'membership', external_id: 'm1', version: 1, organization: 'o1', user: 'u1', role: 'admin' },
    member,
  ]);
  const idOf = async (login: string) =>
    (await deps.db.selectFrom('accounts').select('id').where('login', '=', login).executeTakeFirstOrThrow()).id;
  const [paul, organization_id] = [{ id: await idOf('paul'), login: 'paul' }, await idOf('imported')];
  const session = await world.world.session(paul);
  const proof = await deps.db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', paul.id)
    .executeTakeFirstOrThrow();
  const expires_at = new Date(Date.now() + 600_000);
  await deps.db.insertInto('sso_sessions').values({ session_id: proof.id, organization_id, expires_at }).execute();
  const { id } = await rows.classic(paul, { scopes: ['repo'] });
  const authorized_at = new Date();
  await deps.db
    .insertInto('token_sso_authorizations')
    .values({ token_id: id, organization_id, authorized_at })
    .execute();
  t.equal((await call(session, `GET ${SSO_SESSIONS}`)).body.length, 1);
  await entries();
  await send([{ type: 'membership', external_id: 'm2', version: 2, deleted: true }]);
  t.match(
    (await entries()).sort((a, b) => (a.action < b.action ? -1 : 1)),
    [
      { action: 'org.remove_member', user: 'paul' },
      { action: 'org_credential_authorization.deauthorized', user: 'paul', org: 'imported', managed_token_id: id },
    ],
  );
  t.same((await call(session, `GET ${SSO_SESSIONS}`)).body, []);
  t.same(await deps.db.selectFrom('token_sso_authorizations').select('token_id').execute(), []);
});
