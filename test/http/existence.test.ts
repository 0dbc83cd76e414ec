// F6: absent, hidden, renamed away and deleted give the same bytes, to everyone who may not see. Every operation of this API
// on a repository or below an organization, with every kind of credential that does not see what is there.

import t, { type Test } from 'tap';
import type { Operation } from '../../src/domain/operation.ts';
import { isWriteMethod } from '../../src/domain/operation.ts';
import { OWN_OPERATIONS } from '../../src/domain/own-operations.ts';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { directoryApp } from '../support/directory-app.ts';
import { share } from '../support/effort.ts';
import { ABSENT, type Nested, nestedIn } from '../support/nested-world.ts';
import { statementsOf } from '../support/query-count.ts';

/** Bodies that would be accepted, so that nothing but sight decides. */
const BODIES: Readonly<Record<string, object>> = {
  'POST /repos/{owner}/{repo}/transfer': { new_owner: 'eve' },
  'POST /repos/{owner}/{repo}/keys': { key: `ssh-ed25519 ${'A'.repeat(68)}` },
  'POST /orgs/{org}/repos': { name: 'new' },
  'POST /orgs/{org}/teams': { name: 'new' },
  'POST /orgs/{org}/personal-access-token-requests/{pat_request_id}': { action: 'deny' },
  'POST /orgs/{org}/personal-access-tokens/{pat_id}': { action: 'revoke' },
};
/** Differ from call to call, or count. */
const VARYING = new Set(['date', 'x-ratelimit-remaining', 'x-ratelimit-used', 'x-ratelimit-reset', 'content-length']);

function ofRepository({ template }: Operation): boolean {
  return template.startsWith('/repos/{owner}/{repo}');
}

/** Operations on something below an organization, which is itself visible to all. */
function belowOrganization({ template }: Operation): boolean {
  return template.startsWith('/orgs/{org}/') && template.slice('/orgs/{org}/'.length).includes('{');
}

/** A path parameter without a value would make every answer the same. */
function valueNamed(path: Nested, name: string): string {
  const value = path[name];
  if (value === undefined) throw new Error(`give a value for the path parameter \`${name}\``);
  return value;
}

async function world(t: Test) {
  const application = await directoryApp(t);
  const { inject, world: make, rows, deps } = application;
  const ada = await make.person('ada');
  const bob = await make.person('bob');
  const eve = await make.person('eve');
  const org = await make.organization('acme', ada);
  const foreign = await make.organization('foreign', eve);
  await make.member(org, bob);
  await deps.db.updateTable('organizations').set({ default_repository_permission: 'none' }).execute();
  const hidden = await make.repository(org, 'hidden');
  const renamed = await make.repository(org, 'renamed');
  const deleted = await make.repository(org, 'deleted');
  const shown = await make.repository(org, 'shown');
  await make.team(org, 'crew', [ada], [{ on: hidden, role: 'read' }]);
  await deps.db.updateTable('repositories').set({ name: 'elsewhere' }).where('id', '=', renamed.id).execute();
  await deps.db.deleteFrom('repositories').where('id', '=', deleted.id).execute();

  const all = { permissions: { administration: 'write', members: 'write' }, selection: 'all' } as const;
  const subset = { ...all, selection: 'subset', repositories: [shown] } as const;
  const scopes = ['repo', 'admin:org', 'delete_repo'];
  const blind: Record<string, string | null> = {
    'a stranger’s session': await make.session(eve),
    'a session of a member without a role': await make.session(bob),
    'a stranger’s classic token': (await rows.classic(eve, { scopes })).text,
    'a member’s classic token': (await rows.classic(bob, { scopes })).text,
    'the owner’s classic token without repo': (await rows.classic(ada, { scopes: ['admin:org', 'public_repo'] })).text,
    'the owner’s token of himself': (await rows.fineGrained(ada, all)).text,
    'the owner’s token of few repositories': (await rows.fineGrained(ada, { ...subset, owner: org })).text,
    'the owner’s pending token': (await rows.fineGrained(ada, { ...all, owner: org, standing: 'pending' })).text,
    'the owner’s denied token': (await rows.fineGrained(ada, { ...all, owner: org, standing: 'denied' })).text,
    'a stranger’s token of his organization': (await rows.fineGrained(eve, { ...all, owner: foreign })).text,
    nobody: null,
  };

  async function seen(as: string | null, { id, method, template }: Operation, path: Record<string, string>) {
    const filled = template.replace(/\{([a-z_]+)\}/g, (_, name: string) => valueNamed(path, name));
    const credential = as === null ? {} : { authorization: `Bearer ${as}` };
    const payload = isWriteMethod(method) ? { payload: BODIES[id] ?? {} } : {};
    const headers = { 'x-request-id': 'same', ...credential };
    const answer = await inject({ method: method as 'GET', url: filled, headers, ...payload });
    const kept = Object.entries(answer.headers).filter(([name]) => !VARYING.has(name));
    return JSON.stringify([answer.statusCode, kept, answer.body]);
  }
  return { ...application, blind, seen };
}

t.test('F6, F7: a repository that is not seen is one that never was, for every operation', async (t) => {
  const { blind, seen } = await world(t);
  const below = { username: 'bob', key_id: '1' };
  const operations = OWN_OPERATIONS.filter(ofRepository);
  t.ok(operations.length >= 12, String(operations.length));
  let place = 0;
  for (const operation of operations) {
    for (const [what, as] of Object.entries(blind)) {
      place += 1;
      const never = await seen(as, operation, { ...below, owner: 'acme', repo: 'never' });
      const status = as === null ? 401 : 404;
      t.ok(never.startsWith(`[${status},`), `${operation.id} for ${what}: ${never.slice(0, 5)}`);
      const others = [
        { owner: 'acme', repo: 'hidden' },
        { owner: 'ACME', repo: 'Hidden' },
        { owner: 'acme', repo: 'renamed' },
        { owner: 'acme', repo: 'elsewhere' },
        { owner: 'acme', repo: 'deleted' },
        { owner: 'nobody', repo: 'hidden' },
        { owner: 'acme', repo: 'no.git' },
        { owner: '-', repo: 'x' },
      ];
      const different = [];
      for (const each of share(others, 4, place)) {
        const answer = await seen(as, operation, { ...below, ...each });
        if (answer !== never) different.push({ ...each, answer, never });
      }
      t.same(different, [], `${operation.id} for ${what}`);
    }
  }
});

t.test(
  'F6, threats I2: what is hidden takes the same statements as what is not there, and no log of one’s own tells',
  async (t) => {
    const { blind, seen, inject, deps } = await world(t);
    const below = { username: 'bob', key_id: '1', owner: 'acme' };
    for (const operation of OWN_OPERATIONS.filter(ofRepository)) {
      for (const [what, as] of Object.entries(blind)) {
        const asked = (repo: string) => statementsOf(() => seen(as, operation, { ...below, repo }));
        const [never, hidden] = [await asked('never'), await asked('hidden')];
        t.same(hidden, never, `${operation.id} for ${what}`);
      }
    }
    const entries = await deps.db.selectFrom('audit_entries').select(['repo', 'reason']).execute();
    t.ok(
      entries.some(({ repo, reason }) => repo === 'acme/hidden' && reason === 'not_found'),
      'L1: whom it concerns is told',
    );
    for (const who of ['a stranger’s session', 'a session of a member without a role']) {
      for (const accept of ['application/json', 'application/x-ndjson']) {
        const headers = { authorization: `Bearer ${blind[who]}`, accept };
        const log = await inject({ url: '/user/security-log?per_page=100', headers });
        t.equal(log.statusCode, 200);
        t.notMatch(log.body, 'hidden', `${who}: ${accept}`);
        const found = await inject({ url: '/user/security-log?phrase=repo:acme/hidden', headers });
        t.notMatch(found.body, 'hidden', 'nor a search');
      }
    }
  },
);

t.test('F6: an enterprise that is not seen is one that never was, also in the log of who has tried', async (t) => {
  const { app, inject, deps, world: make, rows } = await directoryApp(t);
  const ada = await make.person('ada');
  await make.enterprise('hidden', [], [ada]);
  const routes = declaredRoutes(app).filter(({ url }) => url.startsWith('/enterprises/:enterprise'));
  t.ok(routes.length >= 10, String(routes.length));

  /** What one is answered, and finds in his own log, who tries everything at this enterprise. */
  async function tried(login: string, enterprise: string) {
    const person = await make.person(login);
    const session = await make.session(person);
    const { text } = await rows.classic(person, { scopes: ['admin:enterprise', 'admin:org'] });
    const answers: unknown[] = [];
    for (const { method, url } of routes) {
      for (const as of [session, text]) {
        const path = url.replace(':enterprise', enterprise).replace(/:[a-z_]+/g, 'ada');
        const payload = isWriteMethod(method) ? { payload: { classic_tokens: 'restricted' } } : {};
        const headers = { authorization: `Bearer ${as}`, 'x-request-id': 'same' };
        const { statusCode, body } = await inject({ method: method as 'GET', url: path, headers, ...payload });
        answers.push([method, url, statusCode, body.replaceAll(enterprise, '')]);
      }
    }
    const headers = { authorization: `Bearer ${session}` };
    const log = await inject({ url: '/user/security-log?per_page=100', headers });
    const named = ({ action, reason, business, business_id, also_concerns = null }: Record<string, unknown>) => [
      ...[action, reason, business, business_id, also_concerns],
    ];
    return { answers, log: log.json().map(named) };
  }
  const [at_hidden, at_none] = [await tried('eve', 'hidden'), await tried('max', 'never')];
  t.same(at_hidden.answers, at_none.answers);
  t.same(at_hidden.log, at_none.log);
  const entries = await deps.db.selectFrom('audit_entries').select(['business', 'outcome']).execute();
  t.ok(
    entries.some(({ business, outcome }) => business === 'hidden' && outcome === 'refused'),
    'L1: its own log has the attempts',
  );
});

t.test('F5, F6: to who may not look there every id below an organization is the same, present or absent', async (t) => {
  const { blind, seen, deps, world: make } = await world(t);
  const [olga, max, eve] = [await make.person('olga'), await make.person('max'), await make.person('mallory')];
  const within = await make.organization('within', olga);
  const other = await make.organization('other', olga);
  const there: Nested = { ...(await nestedIn(deps, within, max)), org: 'within' };
  const elsewhere: Nested = { ...(await nestedIn(deps, other, eve)), org: 'within' };
  const member = await make.session(max);
  let of_owners = 0;
  for (const operation of OWN_OPERATIONS.filter(belowOrganization)) {
    for (const [what, as] of Object.entries({ ...blind, 'a member’s session': member })) {
      const answer = await seen(as, operation, there);
      const is_owners = answer.startsWith('[403,');
      if (as !== null && as !== member) t.ok(is_owners, `${operation.id} for ${what}: ${answer.slice(0, 5)}`);
      if (as === null) t.ok(answer.startsWith('[401,'), `${operation.id} for ${what}`);
      // What every member may read is looked up for him.
      if (as === member && !is_owners) continue;
      if (as === member) of_owners += 1;
      const paths = { absent: { ...ABSENT, org: 'within' }, 'of another organization': elsewhere };
      for (const [whose, path] of Object.entries(paths)) {
        t.equal(await seen(as, operation, path), answer, `${operation.id} for ${what}: ${whose}`);
      }
    }
  }
  t.ok(of_owners > 15, `${of_owners} operations need an owner`);
});

/** The parameters that name something below an organization; where a PUT adds a person, he is no part of it yet. */
function namesBelow(template: string, method: string): readonly string[] {
  const names = [...template.matchAll(/\{([a-z_]+)\}/g)].map(([, name = '']) => name);
  return names.filter((name) => !['org', 'owner', 'repo'].includes(name) && !(name === 'username' && method === 'PUT'));
}

t.test('F6: an id of another organization is one that never was, for every operation', async (t) => {
  const { seen, deps, world: make, rows } = await world(t);
  const [olga, max, eve] = [await make.person('olga'), await make.person('max'), await make.person('mallory')];
  const within = await make.organization('within', olga);
  const other = await make.organization('other', olga);
  const own: Nested = { ...(await nestedIn(deps, within, max)), org: 'within' };
  const foreign = await nestedIn(deps, other, eve);
  const classic = await rows.classic(olga, { scopes: ['admin:org', 'repo', 'admin:org_hook'] });
  const credentials = { 'a session': await make.session(olga), 'a classic token': classic.text };
  const nested = OWN_OPERATIONS.filter((each) => belowOrganization(each) || each.template.includes('{key_id}')).filter(
    ({ template, method }) => namesBelow(template, method).length > 0,
  );
  t.ok(nested.length >= 20, `${nested.length} operations`);
  for (const operation of nested) {
    const names = namesBelow(operation.template, operation.method);
    for (const [what, as] of Object.entries(credentials)) {
      if (operation.session_only && as === classic.text) continue;
      if (operation.method === 'GET') {
        t.ok((await seen(as, operation, own)).startsWith('[200,'), `${operation.id} for ${what}: its own is there`);
      }
      for (const [index, name] of names.entries()) {
        const rest = names.slice(index);
        const replaced = (ids: Nested, which: readonly string[]): Nested => ({
          ...own,
          ...Object.fromEntries(which.map((each) => [each, valueNamed(ids, each)])),
        });
        const asked = async (path: Nested) => {
          let answer = '';
          const statements = await statementsOf(async () => {
            answer = await seen(as, operation, path);
          });
          return { answer, statements };
        };
        const { answer: never, statements } = await asked(replaced(ABSENT, [name]));
        t.ok(never.startsWith('[404,'), `${operation.id} for ${what}: ${never.slice(0, 5)}`);
        for (const which of [[name], rest]) {
          const there = await asked(replaced(foreign, which));
          t.equal(there.answer, never, `${operation.id} for ${what}: ${which}`);
          // That there is such a person at all everybody may know.
          if (name === 'username') continue;
          t.same(there.statements, statements, `${operation.id} for ${what}: ${which}, by as much work`);
        }
      }
    }
  }
});

t.test('F6: an organization that was renamed or deleted is one that never was', async (t) => {
  const { seen, blind, deps, world: make } = await world(t);
  const owner = await make.person('owner');
  const renamed = await make.organization('renamed', owner);
  const deleted = await make.organization('deleted', owner);
  await deps.db.updateTable('accounts').set({ login: 'elsewhere' }).where('id', '=', renamed.id).execute();
  await deps.db.deleteFrom('accounts').where('id', '=', deleted.id).execute();
  const below = { ...ABSENT, username: 'bob', team_slug: 'crew', owner: 'acme', repo: 'hidden' };
  const operations = OWN_OPERATIONS.filter(({ template }) => template.startsWith('/orgs/{org}'));
  const credentials = { ...blind, 'its owner’s session': await make.session(owner) };
  let place = 0;
  for (const operation of operations) {
    for (const [what, as] of Object.entries(credentials)) {
      place += 1;
      const never = await seen(as, operation, { ...below, org: 'never' });
      for (const org of share(['renamed', 'deleted', 'eve', '-', 'a_b'], 2, place)) {
        t.equal(await seen(as, operation, { ...below, org }), never, `${operation.id} for ${what}: ${org}`);
      }
    }
  }
});
