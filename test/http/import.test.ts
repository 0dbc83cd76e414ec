// The bulk import (contract 5): what each type of line does, by version and content, and what it never does.

import { type Kysely, sql } from 'kysely';
import t, { type Test } from 'tap';
import type { Database } from '../../src/db/schema.ts';
import { buildTestApp } from '../support/build-app.ts';
import { bodyOf, importerOf, LINES, type Line, parseLines } from '../support/importing.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

const USER = { type: 'user', external_id: 'u1', version: 1, login: 'ada', email: 'ada@example.test' };
const OTHER = { type: 'user', external_id: 'u2', version: 1, login: 'bob', email: 'bob@example.test' };
const ENTERPRISE = { type: 'enterprise', external_id: 'e1', version: 1, slug: 'corp', name: 'Corp', admin: 'u1' };
const ORGANIZATION = { type: 'organization', external_id: 'o1', version: 1, login: 'acme', enterprise: 'e1' };
const OWNER = { type: 'membership', external_id: 'm1', version: 1, organization: 'o1', user: 'u1', role: 'admin' };
const MEMBER = { type: 'membership', external_id: 'm2', version: 1, organization: 'o1', user: 'u2', role: 'member' };
const TEAM = { type: 'team', external_id: 't1', version: 1, organization: 'o1', name: 'Core Team' };
const REPOSITORY = { type: 'repository', external_id: 'r1', version: 1, owner: 'o1', name: 'app' };
const OWN = { type: 'repository', external_id: 'r2', version: 1, owner: 'u1', name: 'dots', visibility: 'public' };
const PLACE = { type: 'team_member', external_id: 'p1', version: 1, team: 't1', user: 'u2' };
const GIVEN = {
  type: 'team_repository',
  external_id: 'g1',
  version: 1,
  team: 't1',
  repository: 'r1',
  permission: 'maintain',
};
const COLLABORATOR = {
  type: 'collaborator',
  external_id: 'c1',
  version: 1,
  repository: 'r2',
  user: 'u2',
  permission: 'push',
};
/** Every type once at least, each after what it refers to. */
const ALL = [USER, OTHER, ENTERPRISE, ORGANIZATION, OWNER, MEMBER, TEAM, REPOSITORY, OWN, PLACE, GIVEN, COLLABORATOR];

function deletion(of: { type: string; external_id: string }, version: number) {
  return { type: of.type, external_id: of.external_id, version, deleted: true };
}

async function prepare(t: Test) {
  const app = await buildTestApp(t);
  const { deps } = app;
  return { ...app, db: deps.db, world: worldOf(deps), rows: tokenRowsOf(deps), ...(await importerOf(app)) };
}

/** The id of what was imported under this external id. */
async function idOf(db: Kysely<Database>, of: { type: string; external_id: string }): Promise<number> {
  const row = await db
    .selectFrom('imported_objects')
    .select('object_id')
    .where('type', '=', of.type)
    .where('external_id', '=', of.external_id)
    .executeTakeFirstOrThrow();
  return row.object_id ?? Number.NaN;
}

async function actions(db: Kysely<Database>): Promise<string[]> {
  const entries = await db
    .selectFrom('audit_entries')
    .select('action')
    .where('outcome', '=', 'done')
    .orderBy('id')
    .execute();
  return entries.map(({ action }) => action);
}

async function namesOf(db: Kysely<Database>): Promise<string[]> {
  const rows = await db.selectFrom('repositories').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}

t.test('every type is imported, and the API shows it', async (t) => {
  const { post, inject, world, db } = await prepare(t);
  const answer = await post(bodyOf(ALL));
  t.equal(answer.statusCode, 200);
  t.match(answer.headers['content-type'], /^application\/x-ndjson/);
  const lines = parseLines(answer.body);
  const expected = ALL.map(({ external_id }, index) => ({ line: index + 1, external_id, result: 'created' }));
  t.same(lines, [...expected, { counts: { created: 12, updated: 0, unchanged: 0, stale: 0, error: 0 } }]);
  const session = await world.session({ id: await idOf(db, OTHER), login: 'bob' });
  const read = async (url: string) => (await inject({ url, headers: bearer(session) })).json();
  t.match(await read('/orgs/acme/memberships/bob'), { role: 'member', state: 'active' });
  t.match(await read('/repos/acme/app'), { visibility: 'private', permissions: { maintain: true, admin: false } });
  t.match(await read('/repos/ada/dots'), { visibility: 'public', permissions: { push: true, maintain: false } });
  t.match(await read('/orgs/acme/teams/core-team'), { name: 'Core Team', slug: 'core-team' });
});

t.test('lines of JSON are taken under each of their names, whole JSON is not', async (t) => {
  const { inject, world } = await prepare(t);
  const { authorization } = await world.client(['directory']);
  const status = async (type: string) => {
    const headers = { authorization, 'content-type': type };
    return (await inject({ method: 'POST', url: '/directory/import', headers, payload: bodyOf([USER]) })).statusCode;
  };
  for (const type of ['application/x-ndjson', 'application/ndjson; charset=utf-8', 'application/jsonl']) {
    t.equal(await status(type), 200, type);
  }
  for (const type of ['application/json', 'text/plain', 'application/jsonlines'])
    t.equal(await status(type), 415, type);
});

t.test('P1, P5: organizations and enterprises have their policies from the first moment on', async (t) => {
  const { words, db } = await prepare(t);
  t.same(await words([USER, ENTERPRISE, ORGANIZATION]), ['created', 'created', 'created']);
  const policies = await db.selectFrom('organization_token_policies').selectAll().execute();
  t.match(policies, [{ fine_grained_tokens: 'restricted', classic_tokens: 'allowed', approval: 'required' }]);
  t.equal((await db.selectFrom('enterprise_token_policies').selectAll().execute()).length, 1);
});

t.test('S4: what is imported twice is unchanged, and nothing more is recorded', async (t) => {
  const { send, words, db } = await prepare(t);
  await send(ALL);
  const recorded = await actions(db);
  t.same([...new Set(await words(ALL))], ['unchanged']);
  t.same(await actions(db), recorded);
});

t.test('L1: each act of an import is exactly one entry, by the client that imports', async (t) => {
  const { send, db } = await prepare(t);
  await send(ALL);
  t.same(await actions(db), [
    'user.create',
    'user.create',
    'business.create',
    'business.add_admin',
    'org.create',
    'org.add_member',
    'org.add_member',
    'team.create',
    'repo.create',
    'repo.create',
    'team.add_member',
    'team.add_repository',
    'repo.add_member',
  ]);
  const entry = await db
    .selectFrom('audit_entries')
    .selectAll()
    .where('action', '=', 'repo.add_member')
    .executeTakeFirst();
  t.match(entry, { actor_id: null, programmatic_access_type: 'Client', repo: 'ada/dots', user: 'bob', org: null });
  t.match(entry?.actor, /^client_/);
  const also_concerns = [{ type: 'user', id: await idOf(db, USER), name: 'ada' }];
  t.same(entry?.data, { role: 'write', external_id: 'c1', version: 1, also_concerns }, 'whose repository it is');
  const before = (await actions(db)).length;
  await send([{ ...MEMBER, version: 2, role: 'admin' }, { ...OWN, version: 2 }, deletion(COLLABORATOR, 2)]);
  t.same((await actions(db)).slice(before), ['org.update_member', 'repo.remove_member']);
});

t.test('S4: an older version never overwrites a newer one; an equal one says the same or is an error', async (t) => {
  const { send, words, db } = await prepare(t);
  await send([USER, { ...OWN, version: 5, name: 'five' }]);
  t.same(await words([{ ...OWN, version: 4, name: 'four' }]), ['stale']);
  t.same(await words([{ ...OWN, version: 5, name: 'five' }]), ['unchanged']);
  const [equal] = await send([{ ...OWN, version: 5, name: 'other' }]);
  t.match(equal, { result: 'error', message: /version/ });
  t.same(await namesOf(db), ['five']);
  t.same(await words([{ ...OWN, version: 6, name: 'six' }]), ['updated']);
  t.same(await namesOf(db), ['six']);
});

t.test('a version is an integer from 0 to 2^53 - 1', async (t) => {
  const { words } = await prepare(t);
  const versions = ['0', '9007199254740991', '9007199254740992', '-1', '1.5', '"1"', 'null', '1e3', 'true'];
  const lines = versions.map(
    (version, i) =>
      `{"type":"user","external_id":"v${i}","version":${version},"login":"v${i}","email":"v${i}@example.test"}`,
  );
  const expected = ['created', 'created', 'error', 'error', 'error', 'error', 'error', 'created', 'error'];
  t.same(await words(lines), expected);
});

t.test(
  'F4, S3: what is deleted stays deleted for older lines; a newer one is another object that inherits nothing',
  async (t) => {
    const { send, words, db, rows, world } = await prepare(t);
    await send(ALL);
    const id = await idOf(db, REPOSITORY);
    const owner = { id: await idOf(db, ORGANIZATION), login: 'acme' };
    await world.setPolicy(owner, { fine_grained_tokens: 'allowed' });
    const holder = { id: await idOf(db, OTHER), login: 'bob' };
    await rows.fineGrained(holder, {
      owner,
      selection: 'subset',
      repositories: [{ id }],
      permissions: { contents: 'read' },
    });
    t.same(await words([deletion(REPOSITORY, 2)]), ['updated']);
    t.same(await namesOf(db), ['dots']);
    t.same(await words([REPOSITORY, { ...REPOSITORY, version: 2 }, deletion(REPOSITORY, 2)]), [
      'stale',
      'error',
      'unchanged',
    ]);
    t.same(await words([{ ...REPOSITORY, version: 3 }]), ['created']);
    t.not(await idOf(db, REPOSITORY), id);
    for (const table of ['team_repositories', 'token_repositories', 'grant_repositories'] as const) {
      t.same(await db.selectFrom(table).selectAll().execute(), [], table);
    }
    t.same(await words([GIVEN]), ['unchanged'], 'the same line as before gives the new one nothing');
    t.same(await db.selectFrom('team_repositories').selectAll().execute(), []);
    t.same(await words([{ ...GIVEN, version: 2 }]), ['updated'], 'a newer one does');
    t.equal((await db.selectFrom('team_repositories').selectAll().execute()).length, 1);
  },
);

t.test('F4: a deletion that comes first is remembered', async (t) => {
  const { words, db } = await prepare(t);
  t.same(await words([USER, deletion(OWN, 5), OWN, { ...OWN, version: 6 }]), [
    'created',
    'unchanged',
    'stale',
    'created',
  ]);
  t.same(await words([deletion(COLLABORATOR, 5), OTHER, COLLABORATOR]), ['unchanged', 'created', 'stale']);
  t.same(await db.selectFrom('collaborators').selectAll().execute(), []);
});

t.test(
  'F4: a person who is deleted takes along what is his own; each organization that loses him has its entry',
  async (t) => {
    const { send, words, db } = await prepare(t);
    await send(ALL);
    const before = (await actions(db)).length;
    t.same(await words([deletion(USER, 2)]), ['updated']);
    t.same((await actions(db)).slice(before).sort(), ['org.remove_member', 'user.delete']);
    t.same(await namesOf(db), ['app'], 'an organization may be without an owner here');
    t.same(await words([{ ...USER, version: 3 }, OWNER, OWN]), ['created', 'unchanged', 'unchanged']);
    t.same(await namesOf(db), ['app']);
    t.equal((await db.selectFrom('memberships').selectAll().execute()).length, 1);
  },
);

t.test('what the API made is never adopted', async (t) => {
  const { send, words, world, db } = await prepare(t);
  const person = await world.person('grace');
  const organization = await world.organization('tools', person);
  await world.enterprise('big', []);
  await world.repository(person, 'kept');
  const taken = await send([
    { ...USER, login: 'GRACE' },
    { ...USER, login: 'Tools' },
    { ...USER, email: 'Grace@Example.test' },
    { ...ORGANIZATION, enterprise: null, login: 'grace' },
    { ...ENTERPRISE, slug: 'BIG', admin: undefined },
  ]);
  for (const { result, message } of taken) t.match({ result, message }, { result: 'error', message: /taken|another/ });
  await send(ALL);
  await db
    .insertInto('teams')
    .values({ organization_id: await idOf(db, ORGANIZATION), name: 'x', slug: 'made' })
    .execute();
  await db
    .insertInto('memberships')
    .values({ organization_id: await idOf(db, ORGANIZATION), user_id: person.id, role: 'member' })
    .execute();
  t.same(await words([{ ...TEAM, external_id: 't9', name: 'Made' }]), ['error']);
  t.same(await words([{ ...MEMBER, external_id: 'm9' }]), ['error'], 'nor what another line made');
  t.same(await words([{ ...OWN, external_id: 'r9', name: 'DOTS' }]), ['error']);
  t.equal(
    (await db.selectFrom('accounts').select('id').where('login', '=', 'tools').execute())[0]?.id,
    organization.id,
  );
});

t.test('what the API made of an imported pair stays the pair of its line', async (t) => {
  const { send, words, db } = await prepare(t);
  await send(ALL);
  await db.deleteFrom('collaborators').execute();
  t.same(await words([COLLABORATOR, { ...COLLABORATOR, version: 2 }]), ['unchanged', 'updated']);
  t.equal((await db.selectFrom('collaborators').selectAll().execute()).length, 1);
  await db.deleteFrom('repositories').where('name', '=', 'dots').execute();
  t.same(await words([{ ...COLLABORATOR, version: 3 }]), ['error'], 'its repository is gone');
  t.same(await words([OWN, { ...OWN, version: 2 }, { ...COLLABORATOR, version: 3 }]), [
    'unchanged',
    'created',
    'updated',
  ]);
});

t.test('a name in another case is the same object under another name', async (t) => {
  const { send, words, db } = await prepare(t);
  await send(ALL);
  t.same(
    await words([
      { ...USER, version: 2, login: 'Ada' },
      { ...OWN, version: 2, name: 'Dots' },
    ]),
    ['updated', 'updated'],
  );
  t.same(await namesOf(db), ['Dots', 'app']);
});

t.test('names that change hands within one import go in the order of the lines', async (t) => {
  const { send, words, db } = await prepare(t);
  const repository = (external_id: string, name: string, version = 1) => ({ ...OWN, external_id, name, version });
  await send([USER, repository('a', 'one'), repository('b', 'two'), repository('c', 'three')]);
  t.same(
    await words([
      repository('a', 'two', 2), // taken by b at this moment
      repository('c', 'four', 2),
      repository('b', 'three', 2),
      repository('a', 'two', 3),
      repository('d', 'one'),
      deletion(repository('d', 'one'), 2),
      repository('e', 'one'),
      repository('e', 'five', 2),
      repository('e', 'five', 2),
    ]),
    ['error', 'updated', 'updated', 'updated', 'created', 'updated', 'created', 'updated', 'unchanged'],
  );
  t.same(await namesOf(db), ['five', 'four', 'three', 'two']);
});

t.test('a line refers to what stands before it, in the same import or in an earlier one', async (t) => {
  const { send, words } = await prepare(t);
  t.same(await words([COLLABORATOR, OWN, USER, OTHER, OWN, COLLABORATOR]), [
    'error',
    'error',
    'created',
    'created',
    'created',
    'created',
  ]);
  const [missing] = await send([{ ...COLLABORATOR, external_id: 'c2', user: 'nobody' }]);
  t.match(missing, { result: 'error', message: '`user`: there is no user `nobody`' });
  const [gone] = await send([deletion(OTHER, 2), { ...COLLABORATOR, version: 2 }].toReversed().slice(0, 1));
  t.match(gone, { result: 'updated' });
  t.same(await words([deletion(OTHER, 2), { ...COLLABORATOR, version: 3 }]), ['updated', 'error']);
});

t.test('an owner is a user or an organization; where both have the external id, the line says which', async (t) => {
  const { send, words, db } = await prepare(t);
  await send([
    { ...USER, external_id: 'x' },
    { ...ORGANIZATION, external_id: 'x', enterprise: null },
  ]);
  const line = { ...OWN, owner: 'x' };
  t.match(await send([line]), [{ result: 'error', message: /owner_type/ }]);
  t.same(await words([{ ...line, owner_type: 'organization' }]), ['created']);
  const rows = await db.selectFrom('repositories').select('owner_id').execute();
  t.same(rows, [{ owner_id: await idOf(db, { type: 'organization', external_id: 'x' }) }]);
});

t.test('C5: internal needs an organization of an enterprise, and ends with it', async (t) => {
  const { send, words, db } = await prepare(t);
  await send(ALL);
  const visibilities = async () =>
    (await db.selectFrom('repositories').select(['name', 'visibility']).orderBy('name').execute()).map(
      ({ name, visibility }) => `${name} ${visibility}`,
    );
  t.same(await words([{ ...OWN, version: 2, visibility: 'internal' }]), ['error']);
  t.same(await words([{ ...REPOSITORY, version: 2, visibility: 'internal' }]), ['updated']);
  t.same(await visibilities(), ['app internal', 'dots public']);
  t.same(await words([{ ...ORGANIZATION, version: 2, enterprise: null }]), ['updated']);
  t.same(await visibilities(), ['app private', 'dots public']);
  const again = [
    { ...ORGANIZATION, version: 3 },
    { ...REPOSITORY, version: 3, visibility: 'internal' },
  ];
  t.same(await words(again), ['updated', 'updated'], 'within one import as well');
  t.same(await words([deletion(ENTERPRISE, 2)]), ['updated']);
  t.same(await visibilities(), ['app private', 'dots public']);
});

t.test('`private` and `visibility` say the same; neither means private', async (t) => {
  const { send, words, db } = await prepare(t);
  await send([USER]);
  const line = (external_id: string, members: Line) => {
    return { type: 'repository', external_id, version: 1, owner: 'u1', name: external_id, ...members };
  };
  const lines = [
    line('a', {}),
    line('b', { private: false }),
    line('c', { private: true, visibility: 'private' }),
    line('d', { private: true, visibility: 'public' }),
  ];
  t.same(await words(lines), ['created', 'created', 'created', 'error']);
  const rows = await db.selectFrom('repositories').select('visibility').orderBy('name').execute();
  t.same(
    rows.map(({ visibility }) => visibility),
    ['private', 'public', 'private'],
  );
});

t.test(
  'A4, M10: who leaves loses his teams, grants and requests, each with its entry; returning gives nothing back',
  async (t) => {
    const { send, words, db, rows, world } = await prepare(t);
    await send(ALL);
    const owner = { id: await idOf(db, ORGANIZATION), login: 'acme' };
    await world.setPolicy(owner, { fine_grained_tokens: 'allowed' });
    const holder = { id: await idOf(db, OTHER), login: 'bob' };
    const granted = await rows.fineGrained(holder, { owner, selection: 'all', permissions: { contents: 'read' } });
    const pending = await rows.fineGrained(holder, { owner, standing: 'pending', permissions: { members: 'read' } });
    const own = await rows.fineGrained(holder);
    const before = (await actions(db)).length;
    t.same(await words([deletion(MEMBER, 2)]), ['updated']);
    t.same((await actions(db)).slice(before).sort(), [
      'org.remove_member',
      'personal_access_token.access_revoked',
      'personal_access_token.request_cancelled',
    ]);
    const grants = await db.selectFrom('grants').select('token_id').execute();
    t.same(
      grants.map(({ token_id }) => token_id),
      [own.id],
    );
    const requests = await db.selectFrom('grant_requests').select(['token_id', 'state']).execute();
    t.same(
      requests.filter(({ token_id }) => token_id === pending.id).map(({ state }) => state),
      ['cancelled'],
    );
    t.same(await db.selectFrom('team_members').selectAll().execute(), []);
    t.equal((await db.selectFrom('collaborators').selectAll().execute()).length, 1, 'what is not of it stays');
    const entry = await db
      .selectFrom('audit_entries')
      .select(['managed_token_id', 'user', 'org'])
      .where('action', '=', 'personal_access_token.access_revoked')
      .executeTakeFirst();
    t.same(entry, { managed_token_id: granted.id, user: 'bob', org: 'acme' });
    t.same(await words([{ ...MEMBER, version: 3 }]), ['created']);
    t.equal((await db.selectFrom('grants').selectAll().execute()).length, 1);
  },
);

t.test('A4: a membership that becomes another person is a leaving and an entering', async (t) => {
  const { send, words, db } = await prepare(t);
  await send([...ALL, { ...USER, external_id: 'u3', login: 'eve', email: 'eve@example.test' }]);
  const before = (await actions(db)).length;
  t.same(await words([{ ...MEMBER, version: 2, user: 'u3' }]), ['updated']);
  t.same((await actions(db)).slice(before), ['org.remove_member', 'org.add_member']);
  t.same(await db.selectFrom('team_members').selectAll().execute(), []);
  t.same(
    await words([
      { ...PLACE, version: 2 },
      { ...PLACE, version: 2, user: 'u3' },
    ]),
    ['error', 'updated'],
  );
});

t.test('M10: a repository of another owner leaves every selection for good, and its teams', async (t) => {
  const { send, words, db, rows, world } = await prepare(t);
  await send(ALL);
  const id = await idOf(db, REPOSITORY);
  const owner = { id: await idOf(db, ORGANIZATION), login: 'acme' };
  await world.setPolicy(owner, { fine_grained_tokens: 'allowed' });
  const holder = { id: await idOf(db, OTHER), login: 'bob' };
  await rows.fineGrained(holder, {
    owner,
    selection: 'subset',
    repositories: [{ id }],
    permissions: { contents: 'read' },
  });
  const before = (await actions(db)).length;
  /** The logs in which the last such entry stands. */
  const logsOf = async (action: string) => {
    const { rows: found } = await sql<{ logs: string[] }>`
      select array(
        select log_kind || ' ' || log_id from audit_positions where entry_id = max(entry.id) order by log_kind, log_id
      ) as logs
      from audit_entries entry where action = ${action}`.execute(db);
    return found[0]?.logs;
  };
  t.same(await words([{ ...REPOSITORY, version: 2, owner: 'u1' }]), ['updated']);
  t.same((await actions(db)).slice(before), ['repo.transfer']);
  t.same(await logsOf('repo.transfer'), [`organization ${owner.id}`, `user ${await idOf(db, USER)}`]);
  t.equal(await idOf(db, REPOSITORY), id);
  t.same(await words([{ ...REPOSITORY, version: 3 }]), ['updated'], 'it returns');
  const other = { ...ORGANIZATION, external_id: 'o2', login: 'other', enterprise: undefined };
  t.same(await words([other, { ...REPOSITORY, version: 4, owner: 'o2' }]), ['created', 'updated']);
  const both = [owner.id, await idOf(db, other)].map((each) => `organization ${each}`);
  t.same(await logsOf('repo.transfer'), both, 'contract 10: one entry, in the logs of both');
  for (const table of ['team_repositories', 'token_repositories', 'grant_repositories'] as const) {
    t.same(await db.selectFrom(table).selectAll().execute(), [], table);
  }
});

t.test('M10: suspension ends the sessions; what an administrator suspended an import does not lift', async (t) => {
  const { send, words, db, world, inject } = await prepare(t);
  await send([USER, OTHER]);
  const session = await world.session({ id: await idOf(db, USER), login: 'ada' });
  const suspended = async () =>
    (await db.selectFrom('users').select('suspended_at').orderBy('id').execute()).map(
      (row) => row.suspended_at !== null,
    );
  t.same(await words([{ ...USER, version: 2, suspended: true }]), ['updated']);
  t.equal((await inject({ url: '/user', headers: bearer(session) })).statusCode, 401);
  t.same(await suspended(), [true, false]);
  t.same(await words([{ ...USER, version: 3, email: 'new@example.test' }]), ['updated']);
  t.same(await suspended(), [false, false], 'the import lifts what it did');
  await db.updateTable('users').set({ suspended_at: new Date() }).execute();
  await send([
    { ...USER, version: 4, suspended: true },
    { ...OTHER, version: 2, suspended: false },
  ]);
  await send([{ ...USER, version: 5, suspended: false }]);
  t.same(await suspended(), [true, true], 'and nothing else');
});

t.test('a site administrator is neither suspended nor deleted by an import', async (t) => {
  const { send, words, db } = await prepare(t);
  await send([USER]);
  await db.updateTable('users').set({ site_admin: true }).execute();
  t.same(await words([{ ...USER, version: 2, suspended: true }, deletion(USER, 2)]), ['error', 'error']);
  t.same(await words([{ ...USER, version: 2, login: 'lovelace' }]), ['updated']);
});

t.test(
  'M1: a new address is unverified unless the line says otherwise; the same address keeps what is known of it',
  async (t) => {
    const { send, db } = await prepare(t);
    const verified = async () => (await db.selectFrom('users').select('email_verified').execute())[0]?.email_verified;
    await send([USER]);
    t.equal(await verified(), false);
    await send([{ ...USER, version: 2, email_verified: true }]);
    t.equal(await verified(), true);
    await send([{ ...USER, version: 3 }]);
    t.equal(await verified(), true);
    await send([{ ...USER, version: 4, email: 'other@example.test' }]);
    t.equal(await verified(), false);
  },
);

t.test('`admin` names the first owner; a membership line of his takes him over', async (t) => {
  const { send, words, db } = await prepare(t);
  const organization = { ...ORGANIZATION, enterprise: null, admin: 'u1' };
  const roles = async () => (await db.selectFrom('memberships').select('role').execute()).map(({ role }) => role);
  t.same(await words([USER, OTHER, organization, { ...OWNER, role: 'member' }]), [
    'created',
    'created',
    'created',
    'created',
  ]);
  t.same(await roles(), ['member']);
  t.same(await words([{ ...organization, version: 2, admin: 'u2' }]), ['updated']);
  t.same(await roles(), ['member'], 'it counts for the beginning only');
  t.same(await words([{ ...organization, external_id: 'o2', login: 'other', admin: 'nobody' }]), ['error']);
  t.same(
    await send([{ ...OWNER, external_id: 'm7' }]).then(([first]) => first?.message),
    'is there already and was imported as `m1`',
  );
});

t.test('`administrators` of an enterprise are all of them', async (t) => {
  const { send, words, db } = await prepare(t);
  await send([USER, OTHER, ENTERPRISE]);
  const ids = async () =>
    (await db.selectFrom('enterprise_administrators').select('user_id').execute()).map((row) => row.user_id);
  const { admin: _admin, ...bare } = ENTERPRISE;
  t.same(await words([{ ...bare, version: 2, administrators: ['u2'] }]), ['updated']);
  t.same(await ids(), [await idOf(db, OTHER)]);
  t.same(await words([{ ...bare, version: 3 }]), ['updated'], 'not said: they stay');
  t.same(await ids(), [await idOf(db, OTHER)]);
  t.same(await words([{ ...bare, version: 4, administrators: [] }]), ['updated']);
  t.same(await ids(), []);
  t.same(await words([{ ...bare, version: 5, administrators: ['u1'], admin: 'u1' }]), ['error']);
  t.same(await words([{ ...bare, version: 5, administrators: ['u1', 'nobody'] }]), ['error']);
});

t.test('teams hold members and repositories of their organization only, and stay in it', async (t) => {
  const { send, words } = await prepare(t);
  await send(ALL);
  t.same(
    await words([
      { ...PLACE, external_id: 'p2', user: 'u1' },
      { ...GIVEN, external_id: 'g2', repository: 'r2' },
      { ...COLLABORATOR, external_id: 'c2', user: 'u1' },
      { ...ORGANIZATION, external_id: 'o2', login: 'other' },
      { ...TEAM, version: 2, organization: 'o2' },
      { ...TEAM, version: 2, name: '!!!' },
      { ...TEAM, version: 2, name: '!!!', slug: 'bang' },
      deletion(MEMBER, 2),
      { ...PLACE, version: 2 },
    ]),
    ['created', 'error', 'error', 'created', 'error', 'error', 'updated', 'updated', 'error'],
  );
});

t.test('T1: members that cannot be imported are errors of their line, whatever they are called', async (t) => {
  const { send, words, db } = await prepare(t);
  const columns = [
    'id',
    'owner_id',
    'user_id',
    'created_at',
    'login_key',
    'password_hash',
    'suspended_at',
    'fingerprint',
  ];
  const foreign = ['site_admin', 'password', 'token', 'policy', 'fine_grained_tokens', 'classic_tokens', 'scopes'];
  const lines = ALL.flatMap((line) =>
    [...columns, ...foreign, '__proto__', 'constructor', 'line'].map(
      (name) => `${JSON.stringify(line).slice(0, -1)},${JSON.stringify(name)}:true}`,
    ),
  );
  const results = await send(lines);
  for (const { result, message } of results)
    t.match({ result, message }, { result: 'error', message: /is not known here/ });
  t.same(await db.selectFrom('imported_objects').selectAll().execute(), []);
  t.same([...new Set(await words(ALL))], ['created']);
  t.same(
    (await db.selectFrom('users').select('site_admin').execute()).map((row) => row.site_admin),
    [false, false],
  );
});

t.test('a line that cannot be understood is an error of its own; the others go on', async (t) => {
  const { post } = await prepare(t);
  const user = (external_id: string, members: Line = {}) => {
    const login = `user-${external_id}`;
    return JSON.stringify({ ...USER, external_id, login, email: `${external_id}@example.test`, ...members });
  };
  const broken: [string | Buffer, string | null][] = [
    ['nonsense', null],
    ['[]', null],
    ['"text"', null],
    ['{"type":"user"', null],
    ['{"type":"user","type":"user"}', null],
    [Buffer.from([0x7b, 0xff, 0x7d]), null],
    ['\ufeff{}', null],
    [`{"padding":"${'x'.repeat(70_000)}"}`, null],
    [user('a').replace('user-a', '\\u0000'), null],
    [user('b').replace('user-b', '\\ud800'), null],
    ['{}', null],
    [user('d', { type: 'robot' }), 'd'],
    [user('e', { type: '__proto__' }), 'e'],
    [user('f', { external_id: 7 }), null],
    [user('g', { external_id: '' }), null],
    [user('h', { external_id: 'x'.repeat(256) }), null],
    [user('i', { login: '-bad-' }), 'i'],
    [user('j', { login: 'a'.repeat(40) }), 'j'],
    [user('k', { email: 'nobody' }), 'k'],
    [user('l', { suspended: 'yes' }), 'l'],
    [user('m', { deleted: 'true' }), 'm'],
    [user('n', { profile_name: '' }), 'n'],
    [JSON.stringify({ ...OWN, external_id: 'o', name: 'x.git' }), 'o'],
    [JSON.stringify({ ...OWN, external_id: 'p', visibility: 'secret' }), 'p'],
    [JSON.stringify({ ...OWNER, external_id: 'q', role: 'owner' }), 'q'],
    [JSON.stringify({ ...COLLABORATOR, external_id: 'r', permission: 'none' }), 'r'],
  ];
  const parts = broken.flatMap(([line]) => [Buffer.from(line), Buffer.from('\n')]);
  const good = Buffer.from(`\r\n  \n${user('good')}\r\n\n${user('last')}`);
  const answer = await post(Buffer.concat([...parts, good]));
  const lines = parseLines(answer.body) as {
    line: number;
    external_id: string | null;
    result: string;
    message: string;
  }[];
  for (const [index, [line, external_id]] of broken.entries()) {
    const { message, ...result } = lines[index] ?? { message: '' };
    t.same(result, { line: index + 1, external_id, result: 'error' }, String(line).slice(0, 60));
    t.ok(message.length > 0 && message.length < 2000);
  }
  t.same(lines.slice(broken.length), [
    { line: broken.length + 3, external_id: 'good', result: 'created' },
    { line: broken.length + 5, external_id: 'last', result: 'created' },
    { counts: { created: 2, updated: 0, unchanged: 0, stale: 0, error: broken.length } },
  ]);
});

t.test('what the database refuses is an error of that line alone', async (t) => {
  const { send, words, db, deps } = await prepare(t);
  await send([USER]);
  const { sql } = await import('kysely');
  await sql`
    create function refuse() returns trigger language plpgsql as
    $$ begin raise unique_violation using message = 'lost a race'; end $$`.execute(deps.db);
  await sql`
    create trigger refuse before insert on repositories for each row when (new.name like 'poison%')
    execute function refuse()`.execute(deps.db);
  const lines = Array.from({ length: 300 }, (_, i) => {
    const name = i % 97 === 5 ? `poison-${i}` : `fine-${i}`;
    return { ...OWN, external_id: `r${i}`, name };
  });
  const results = await words(lines);
  t.same(
    results.flatMap((word, i) => (word === 'error' ? [i] : [])),
    [5, 102, 199, 296],
  );
  t.equal(results.filter((word) => word === 'created').length, 296);
  t.equal((await namesOf(db)).length, 296);
  t.equal((await actions(db)).filter((action) => action === 'repo.create').length, 296);
});

t.test('an empty body imports nothing', async (t) => {
  const { post } = await prepare(t);
  const answer = await post('');
  t.equal(answer.statusCode, 200);
  t.same(parseLines(answer.body), [{ counts: { created: 0, updated: 0, unchanged: 0, stale: 0, error: 0 } }]);
});

t.test('F7, T6: only a client of the whole directory imports', async (t) => {
  const { inject, world, rows, db, headers } = await prepare(t);
  const person = await world.person('grace', { site_admin: true });
  const organization = await world.organization('tools', person);
  const { text } = await rows.classic(person, { scopes: ['admin:org', 'repo'] });
  const call = async (authorization: string | undefined) => {
    const all = { 'content-type': LINES, ...(authorization !== undefined && { authorization }) };
    const { statusCode, body } = await inject({
      method: 'POST',
      url: '/directory/import',
      headers: all,
      payload: bodyOf([USER]),
    });
    return `${statusCode} ${JSON.parse(body).code}`;
  };
  t.equal(await call(undefined), '401 authentication_required');
  t.equal(await call(bearer(await world.session(person)).authorization), '401 bad_credential');
  t.equal(await call(bearer(text).authorization), '401 bad_credential');
  t.equal(await call((await world.client(['introspect', 'evaluate'])).authorization), '403 capability_missing');
  t.equal(await call((await world.client(['directory'], [organization])).authorization), '403 capability_missing');
  t.same(await db.selectFrom('imported_objects').selectAll().execute(), []);
  for (const type of ['application/json', 'text/plain', `${LINES}; charset=latin1`]) {
    const wrong = { ...headers, 'content-type': type };
    const { statusCode } = await inject({ method: 'POST', url: '/directory/import', headers: wrong, payload: '{}' });
    t.equal(statusCode, 415, type);
  }
  const { authorization } = headers;
  t.equal((await inject({ method: 'POST', url: '/directory/import', headers: { authorization } })).statusCode, 415);
});
