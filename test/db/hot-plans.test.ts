// The plans of the statements that every check waits for, on a database of some size: by indexes only, whatever the number of
// questions, and whether the plan is made for these questions or kept for all.

import type { Kysely } from 'kysely';
import pg from 'pg';
import t, { type Test } from 'tap';
import { listGrants, listPendingRequests } from '../../src/db/accessing-tokens.ts';
import { listChangedLogs } from '../../src/db/audit-roots.ts';
import { loadClientFactsRows } from '../../src/db/client-facts.ts';
import { readConcernedTokens } from '../../src/db/concerned-tokens.ts';
import { findUnusedTokens, OLDEST } from '../../src/db/ended-tokens.ts';
import { loadFactsRows } from '../../src/db/facts.ts';
import { type FactsParameters, formOf } from '../../src/db/facts-form.ts';
import { listMembers } from '../../src/db/memberships.ts';
import { hasSiteAdministrator, listPeople, lockSiteAdministratorsWith } from '../../src/db/people.ts';
import { findBlockedTokens } from '../../src/db/policy-preview.ts';
import { databaseOver } from '../../src/db/pool.ts';
import { listRepositories } from '../../src/db/repository-list.ts';
import type { Database } from '../../src/db/schema.ts';
import { listOrganizationCandidates } from '../../src/db/search-organizations.ts';
import { listPersonCandidates, type PersonCandidatesQuery } from '../../src/db/search-people.ts';
import { listRepositoryCandidates, type RepositoryCandidatesQuery } from '../../src/db/search-repositories.ts';
import { readServiceFigures } from '../../src/db/service-figures.ts';
import { listTeams } from '../../src/db/teams.ts';
import { listTokenRecords } from '../../src/db/token-records.ts';
import { listReportedTokens } from '../../src/db/usage-reports.ts';
import { VISIBILITIES } from '../../src/domain/vocabulary.ts';
import { digestOf } from '../../src/secrets.ts';
import { createDatabase } from '../support/database.ts';
import { insertLargeWorld, type WorkingToken } from '../support/large-world.ts';
import { eventually } from '../support/service.ts';

const SIZE = { people: 5000, organizations: 2000, repositories: 20_000, tokens: 20_000 };
const QUESTIONS_MAX = 1000;
/** A smaller table is read as fast as its index. */
const LARGE_ROWS = 500;
/** For a page of a hundred: the rows themselves, and what is shown beside them. */
const ROWS_READ_MAX = 1500;
const VACUUM_MS_MAX = 60_000;

/** What the large world leaves empty, and other worlds do not. */
const FURTHER_ROWS = [
  `insert into sessions (digest, user_id, created_at, expires_at)
     select 'session-' || id, id, now(), now() + interval '12 hours' from users`,
  `insert into grant_requests (token_id, resource_owner_id, state, permissions, repository_selection, created_at)
     select id, resource_owner_id, 'pending', permissions, repository_selection, now() from tokens
     where kind = 'fine_grained'`,
  `insert into token_reviewers (organization_id, user_id)
     select organization_id, user_id from memberships where role = 'member'`,
  `insert into enterprises (slug, name) select 'enterprise-' || i, 'Enterprise ' || i from generate_series(1, 1000) i`,
  `insert into enterprise_token_policies (enterprise_id) select id from enterprises`,
  `insert into enterprise_administrators (enterprise_id, user_id) select e.id, u.id from enterprises e, users u where u.id <= 3`,
  `update organizations set enterprise_id = 1 + id % 1000`,
  `insert into organization_sso (organization_id, required) select id, true from organizations`,
  `insert into token_sso_authorizations (token_id, organization_id, authorized_at)
     select t.id, m.organization_id, now() from tokens t join memberships m on m.user_id = t.user_id`,
  `insert into clients (client_id, name, capabilities, audiences, organizations, created_at)
     select 'client_' || i, 'c', '{}', '{}', 'listed', now() from generate_series(1, 1000) i`,
  `insert into client_secrets (digest, client_id, created_at) select 'secret-' || id, id, now() from clients`,
  `insert into client_organizations (client_id, organization_id)
     select c.id, o.id from clients c join organizations o on o.id % 100 = c.id % 100`,
  `insert into exchanged_tokens (digest, secret_digest, depth, client_id, issued_at, expires_at, scopes, permissions,
       narrows_repositories, actor_ids)
     select 'exchanged-' || t.id, s.digest, 1, 1 + t.id % 1000, now(), now() + interval '1 hour',
       case t.kind when 'classic' then '{repo}'::text[] end, case t.kind when 'fine_grained' then t.permissions end, true, '{}'
     from tokens t join token_secrets s on s.token_id = t.id and s.is_current`,
  `insert into exchanged_tokens (digest, secret_digest, parent_id, depth, client_id, issued_at, expires_at, scopes, permissions,
       narrows_repositories, actor_ids)
     select 'again-' || digest, secret_digest, id, 2, client_id, issued_at, expires_at, scopes, permissions, true, '{}'
     from exchanged_tokens`,
  `insert into exchanged_token_repositories (exchanged_token_id, repository_id)
     select e.id, r.id from exchanged_tokens e join repositories r on r.id % 5000 = e.id % 5000`,
  `insert into audit_entries (action, actor_id, operation_type, outcome, data)
     select 'user.update', id, 'modify', 'done', '{}' from users where id <= 1000`,
  'analyze',
];

type Statement = { readonly text: string; readonly values: readonly unknown[] };

/** The statement that is put, caught where it would go to the database. */
async function caught(put: (pool: pg.Pool) => Promise<unknown>): Promise<Statement> {
  let statement: Statement | undefined;
  const query = async (asked: Statement) => {
    statement = asked;
    return { rows: [] };
  };
  await put({ query } as unknown as pg.Pool);
  if (statement === undefined) throw new Error('no statement was put');
  return statement;
}

type Plan = { readonly 'Node Type': string; readonly 'Relation Name'?: string; readonly Plans?: readonly Plan[] };

function readWhole(plan: Plan): string[] {
  const own = plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? '?'] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(readWhole)];
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `array[${value.map(literal).join(', ')}]`;
  return value === null ? 'null' : pg.escapeLiteral(String(value));
}

/** What both tests look at: made once, it takes most of their time. */
interface LargeWorld {
  readonly pool: pg.Pool;
  readonly client: pg.PoolClient;
  readonly tokens: readonly WorkingToken[];
  /** The names of its large tables. */
  readonly large: ReadonlySet<string>;
}

t.test('of a large world', async (t) => {
  const { pool, url } = await createDatabase(t, { is_new: true });
  // However long it takes on a busy machine: a statement of the service has its time.
  const patient = new pg.Pool({ connectionString: url, max: 1 });
  const tokens = await insertLargeWorld(patient, SIZE);
  for (const statement of FURTHER_ROWS) await patient.query(statement);
  await patient.end();
  const { rows } = await pool.query(`select relname from pg_class where relkind = 'r' and reltuples > ${LARGE_ROWS}`);
  const large = new Set<string>(rows.map((row) => row.relname));
  t.ok(large.size > 20, 'most tables are large');
  const client = await pool.connect();
  t.teardown(() => client.release());
  const world = { pool, client, tokens, large };
  await t.test('checks never read a large table as a whole', (t) => testChecks(t, world));
  await t.test('searches and lists never read a large table as a whole', (t) => testSearches(t, world));
  await t.test('a page far behind reads the rows that it shows, and of those before it an index', (t) =>
    testDeepPages(t, world),
  );
});

async function testChecks(t: Test, { client, tokens, large }: LargeWorld): Promise<void> {
  const asks: Record<string, (index: number) => FactsParameters> = {
    'tokens by text at repositories': (index) => {
      const { text, repository } = tokens[index] ?? { text: '', repository: '' };
      const [resource_owner = '', resource_name = ''] = repository.split('/');
      return asked({
        subject_type: 'token_text',
        subject_text: digestOf(text),
        resource_type: 'repository',
        resource_owner,
        resource_name,
      });
    },
    'tokens by id at organizations, for bounded clients': (index) =>
      asked({
        subject_type: 'token_id',
        subject_id: index + 1,
        resource_type: 'organization',
        resource_owner: `organization-${index + 1}`,
        bounded_client_id: 1 + index,
      }),
    'exchanged texts at repositories': (index) => {
      const { repository } = tokens[index] ?? { repository: '' };
      const [resource_owner = '', resource_name = ''] = repository.split('/');
      const subject_text = `again-exchanged-${index + 1}`;
      return asked({
        ...{ subject_type: 'token_text', subject_text },
        ...{ resource_type: 'repository', resource_owner, resource_name },
      });
    },
    'what exchanged texts hold': (index) =>
      asked({ subject_type: 'token_text', subject_text: `exchanged-${index + 1}`, resource_type: 'granted' }),
    'what tokens were granted': (index) =>
      asked({ subject_type: 'token_id', subject_id: 2 * index + 2, resource_type: 'granted' }),
    'persons at enterprises': (index) =>
      asked({
        subject_type: 'login',
        subject_text: `person-${index + 1}`,
        resource_type: 'enterprise',
        resource_owner: `enterprise-${index + 1}`,
      }),
    'persons at repositories by id': (index) =>
      asked({ ...personAt(index), resource_type: 'repository_id', resource_id: index + 1 }),
    'persons at organizations of teams': (index) =>
      asked({ ...personAt(index), resource_type: 'organization_of_team', resource_id: index + 1 }),
    'sessions at their persons': (index) =>
      asked({ subject_type: 'session', subject_text: `session-${index + 1}`, resource_type: 'holder' }),
  };
  for (const count of [1, QUESTIONS_MAX]) {
    const indexes = Array.from({ length: count }, (_, index) => index);
    for (const [name, ask] of Object.entries(asks)) {
      const questions = indexes.map(ask);
      for (const kind of new Set([formOf(questions).kind, 'any'] as const)) {
        const statement = await caught((to) => loadFactsRows(to, questions, { keeps_plans: true, kind }));
        await check(t, client, { name: `${count} ${name}, ${kind}`, statement, large });
      }
    }
    const keys = indexes.map((index) => ({ client_id: `client_${index + 1}`, digest: `secret-${index + 1}` }));
    const clients = await caught((to) => loadClientFactsRows(to, keys, { keeps_plans: true }));
    await check(t, client, { name: `${count} clients`, statement: clients, large });
  }
}

function personAt(index: number) {
  return { subject_type: 'login', subject_text: `person-${index + 1}` } as const;
}

/** The statements of a search are planned each time they are put. */
function plannedSearch(client: pg.PoolClient, put: (db: Kysely<Database>) => Promise<unknown>): Promise<Plan> {
  return explained<Plan>(client, 'format json', put);
}

/** The same, run. */
async function ranSearch(client: pg.PoolClient, put: (db: Kysely<Database>) => Promise<unknown>): Promise<Ran> {
  return explained<Ran>(client, 'analyze, format json', put);
}

async function explained<Explained>(
  client: pg.PoolClient,
  options: string,
  put: (db: Kysely<Database>) => Promise<unknown>,
): Promise<Explained> {
  let plan: Explained | undefined;
  const query = async (text: string, values: unknown[]) => {
    const { rows } = await client.query(`explain (${options}) ${text}`, values);
    plan = rows[0]['QUERY PLAN'][0].Plan;
    return { rows: [] };
  };
  const connection = { query, release: () => undefined };
  await put(databaseOver({ options: {}, connect: async () => connection } as unknown as pg.Pool));
  if (plan === undefined) throw new Error('no statement was put');
  return plan;
}

const ROLES_FROM_READ = ['read', 'triage', 'write', 'maintain', 'admin'] as const;

async function testSearches(t: Test, { client, large }: LargeWorld): Promise<void> {
  const roles = { visibilities: ['public', 'internal', 'private'], roles: ROLES_FROM_READ, archived: true } as const;
  const repositories = (query: Partial<RepositoryCandidatesQuery>) => (db: Kysely<Database>) =>
    listRepositoryCandidates(db, {
      ...{ person_id: 7, kinds: { ...roles, all_public: false, members_public: true }, listed_by: null },
      ...{ owner_ids: null, except_owner_ids: [], after_id: 3, limit: 101, ...query },
    });
  const nobody = { everyone: false, roles: [], members: false, owners: false, reviewers: false };
  const nothing = { ...nobody, self: false, administrators: false };
  const people = (query: Partial<PersonCandidatesQuery>) => (db: Kysely<Database>) =>
    listPersonCandidates(db, {
      ...{ kinds: { ...nothing, roles: ROLES_FROM_READ }, repository_id: 8, internal: true, enterprise_id: null },
      ...{ owner: { type: 'Organization', id: SIZE.people + 9 }, organization_ids: null, after_key: 'person-2' },
      ...{ limit: 101, ...query },
    });
  const all_public = { ...roles, all_public: true, members_public: false };
  const searches = {
    'repositories by role': repositories({}),
    'repositories of one owner': repositories({ owner_ids: [SIZE.people + 9], except_owner_ids: [5001] }),
    'public repositories': repositories({ kinds: all_public }),
    'repositories of a grant': repositories({ listed_by: { type: 'grant', id: 2 } }),
    'repositories of an exchanged token': repositories({ listed_by: { type: 'exchanged', id: 2 } }),
    'people by role': people({}),
    everybody: people({ kinds: { ...nothing, everyone: true } }),
    'people of some organizations': people({ organization_ids: [SIZE.people + 3, SIZE.people + 4] }),
    'members, owners and reviewers': people({
      kinds: { ...nothing, members: true, owners: true, reviewers: true },
      repository_id: null,
    }),
    administrators: people({ kinds: { ...nothing, administrators: true }, owner: null, enterprise_id: 5 }),
    organizations: (db: Kysely<Database>) =>
      listOrganizationCandidates(db, {
        ...{ person_id: 7, kinds: { memberships: ['member'], others: false }, organization_ids: null },
        ...{ after_id: 3, limit: 101 },
      }),
  };
  const listed = {
    ...{ owner_keys: null, repository_key: null, permission: null, token_ids: null },
    ...{ last_used_before: null, last_used_after: null, organization_id: SIZE.people + 1 },
    ...{ direction: 'desc' as const, limit: 100, offset: 0 },
  };
  const all_blocked = Array<boolean>(16).fill(true);
  const search = {
    organizations: [{ id: SIZE.people + 9, classic: all_blocked, fine_grained: all_blocked, sso_required: true }],
    ...{ enterprise: null, caps: [], reaching_scopes: { organization: ['repo'], enterprise: [] }, now: new Date() },
    ...{ limit: 30, offset: 0 },
  };
  const horizon: string = (await client.query('select pg_current_xact_id()::text as id')).rows[0].id;
  const tried = { organization_ids: [SIZE.people + 9], enterprise_id: null, token_ids: [1, 2, 3] };
  const lists = {
    'a policy that is tried out': (db: Kysely<Database>) => findBlockedTokens(db, search),
    'the tokens that it would block': (db: Kysely<Database>) => readConcernedTokens(db, tried),
    'requests of one organization': (db: Kysely<Database>) => listPendingRequests(db, listed),
    'grants of one organization': (db: Kysely<Database>) => listGrants(db, listed),
    'site administrators who can sign in': (db: Kysely<Database>) => lockSiteAdministratorsWith(db, 'person-1'),
    'whether there is a site administrator': (db: Kysely<Database>) => hasSiteAdministrator(db),
    // Its plan has no row of figures.
    'what a scrape says of the service': (db: Kysely<Database>) =>
      readServiceFigures(db, { now: new Date(), horizon }).catch(() => undefined),
    'what a root of the record names': (db: Kysely<Database>) => listChangedLogs(db, horizon).catch(() => undefined),
  };
  for (const [name, put] of Object.entries({ ...searches, ...lists })) {
    // Read once for all tokens that are looked at: administrators are few.
    const may_be_read = name in lists ? 'enterprise_administrators' : '';
    const whole = readWhole(await plannedSearch(client, put)).filter((table) => large.has(table));
    t.same(
      whole.filter((table) => table !== may_be_read),
      [],
      name,
    );
  }
}

const OWNER = SIZE.people + 1;

/** Everything is of one organization, and every other token of one person; each was used there on three days. */
const GATHERED = [
  `insert into token_usage (token_id, day, owner_id, needed, checks)
     select id, current_date - n, ${OWNER}, 'contents:read', 1 from tokens, generate_series(0, 2) n`,
  ...['grants', 'grant_requests', 'tokens'].map(
    (table) => `update ${table} set resource_owner_id = ${OWNER} where resource_owner_id is not null`,
  ),
  'update tokens set user_id = 7 where id % 2 = 0',
  `update repositories set owner_id = ${OWNER}`,
  `update teams set organization_id = ${OWNER}`,
  `insert into memberships (organization_id, user_id, role) select ${OWNER}, id, 'member' from users on conflict do nothing`,
  `update memberships set role = 'admin' where organization_id = ${OWNER} and user_id <= 7`,
];

type Ran = Omit<Plan, 'Plans'> & {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Heap Fetches'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Ran[];
};

/** Rows of tables that were read, and not what an index says of them. */
function rowsRead(plan: Ran): number {
  const below = (plan.Plans ?? []).reduce((sum, each) => sum + rowsRead(each), 0);
  if (plan['Heap Fetches'] !== undefined) return below + plan['Heap Fetches'];
  if (plan['Relation Name'] === undefined) return below;
  return below + (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
}

/** An index alone is enough where it is known that all see its rows: who still looks at the database keeps that from being said. */
async function isAllVisible(client: pg.PoolClient): Promise<boolean> {
  await client.query('vacuum analyze');
  const { rows } = await client.query(
    `select from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relpages > 10
       and relallvisible < relpages and reltuples > 1000`,
  );
  return rows.length === 0;
}

type Pages = { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number };

/** Of ten thousand tokens of one organization nothing is looked up one by one. */
async function testGiantsPreview(t: Test, client: pg.PoolClient): Promise<void> {
  const all_blocked = Array<boolean>(16).fill(true);
  const search = {
    organizations: [{ id: OWNER, classic: all_blocked, fine_grained: all_blocked, sso_required: true }],
    ...{ enterprise: null, caps: [], reaching_scopes: { organization: ['repo'], enterprise: [] }, now: new Date() },
    ...{ limit: 30, offset: 0 },
  };
  const plan = await explained<Pages>(client, 'analyze, buffers, format json', (db) => findBlockedTokens(db, search));
  const pages = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  t.ok(pages > 0 && pages < SIZE.tokens / 2, `a preview of a giant's policy: ${pages} pages are read`);
}

async function testDeepPages(t: Test, { pool, client }: LargeWorld): Promise<void> {
  for (const statement of GATHERED) await client.query(statement);
  await eventually(() => isAllVisible(client), VACUUM_MS_MAX);
  await testGiantsPreview(t, client);
  // Tables of this size are as soon read as a whole, larger ones are not.
  for (const way of ['seqscan', 'bitmapscan', 'mergejoin', 'hashjoin']) await client.query(`set enable_${way} = off`);
  const page = { limit: 100, offset: 4000 };
  const listed = {
    ...{ owner_keys: null, repository_key: null, permission: null, token_ids: null },
    ...{ last_used_before: null, last_used_after: null, organization_id: OWNER, direction: 'desc' as const },
  };
  const all = VISIBILITIES.flatMap((visibility) =>
    [true, false].flatMap((has_role) => [true, false].map((selected) => ({ visibility, has_role, selected }))),
  );
  const repositories = {
    ...{ only_with_role: false, affiliations: [], visibility: 'all' as const, sort: 'full_name' as const },
    ...{ descending: false, person_id: 7, grant_id: null, narrowed_by_id: null },
    readable: [{ owner_id: OWNER, classes: all }],
  };
  const own = {
    ...repositories,
    only_with_role: true,
    readable: [7, OWNER].map((owner_id) => ({ owner_id, classes: all })),
  };
  const tokens = {
    user_id: 7,
    kind: null,
    state: null,
    resource_owner_key: null,
    expires_before: null,
    now: new Date(),
  };
  type Cut = { readonly limit: number; readonly offset: number };
  const lists: Readonly<Record<string, (db: Kysely<Database>, cut: Cut) => Promise<readonly { id: number }[]>>> = {
    grants: (db, cut) => listGrants(db, { ...listed, ...cut }),
    'grants, the oldest first': (db, cut) => listGrants(db, { ...listed, direction: 'asc', ...cut }),
    requests: (db, cut) => listPendingRequests(db, { ...listed, ...cut }),
    repositories: (db, cut) => listRepositories(db, { ...repositories, ...cut }),
    'repositories by age': (db, cut) =>
      listRepositories(db, { ...repositories, sort: 'created', descending: true, ...cut }),
    'repositories of whatever owner': (db, cut) => listRepositories(db, { ...own, ...cut }),
    members: (db, cut) => listMembers(db, { organization_id: OWNER, role: 'all', ...cut }),
    'members who are no owners': (db, cut) => listMembers(db, { organization_id: OWNER, role: 'member', ...cut }),
    teams: (db, cut) => listTeams(db, { organization_id: OWNER, ...cut }),
    'tokens of one person': (db, cut) => listTokenRecords(db, { ...tokens, ...cut }),
    people: (db, cut) => listPeople(db, cut),
  };
  for (const [name, list] of Object.entries(lists)) {
    const plan = await ranSearch(client, (db) => list(db, page));
    const read = rowsRead(plan);
    t.ok(read > 0 && read < ROWS_READ_MAX, `${name}: ${read} rows are read for a hundred that are shown`);
    const deep = await list(databaseOver(pool), page);
    t.ok(deep.length >= page.limit, name);
    const [before, behind] = [
      { ...page, offset: 3900 },
      { ...page, offset: 4050 },
    ];
    const around = [await list(databaseOver(pool), before), await list(databaseOver(pool), behind)];
    const ids = (rows: readonly { id: number }[] | undefined) => (rows ?? []).slice(0, page.limit).map(({ id }) => id);
    t.equal(new Set([...ids(around[0]), ...ids(deep)]).size, 2 * page.limit, `${name}: no row stands on two pages`);
    t.same(ids(around[1]).slice(0, 50), ids(deep).slice(50), `${name}: the order is the same from wherever it is cut`);
  }
  const first_steps: Readonly<Record<string, (db: Kysely<Database>) => Promise<unknown>>> = {
    'what tokens exercised': (db) =>
      listReportedTokens(db, { organization_id: OWNER, first_day: 0, grant_id: null, limit: 100, offset: 0 }),
    'a step of the search for unused tokens': (db) =>
      findUnusedTokens(db, new Date('2100-01-01'), { now: new Date(), after: OLDEST, looked_at_max: 500, limit: 100 }),
  };
  for (const [name, put] of Object.entries(first_steps)) {
    const read = rowsRead(await ranSearch(client, put));
    t.ok(read > 0 && read < ROWS_READ_MAX, `${name}: ${read} rows are read`);
  }
  const looking = await ranSearch(client, (db) =>
    listGrants(db, { ...listed, last_used_before: new Date('2000-01-01'), limit: 100, offset: 0 }),
  );
  t.ok(rowsRead(looking) > 5 * ROWS_READ_MAX, 'control: who has to look at every token reads them all');
}

function asked(ask: Partial<FactsParameters>): FactsParameters {
  const nothing = {
    subject_text: null,
    subject_id: null,
    resource_owner: null,
    resource_name: null,
    resource_id: null,
    bounded_client_id: null,
  };
  return { subject_type: 'anonymous', resource_type: 'none', ...nothing, ...ask };
}

async function check(
  t: Test,
  client: pg.PoolClient,
  { name, statement, large }: { name: string; statement: Statement; large: ReadonlySet<string> },
): Promise<void> {
  const types = statement.values.map((_, index) => {
    const [, type = 'text'] = new RegExp(`\\$${index + 1}::(\\w+(?:\\[\\])?)`).exec(statement.text) ?? [];
    return type;
  });
  const given = statement.values.map((value, index) => `${literal(value)}::${types[index]}`).join(', ');
  await client.query(`prepare checked (${types.join(', ')}) as ${statement.text}`);
  for (const mode of ['force_generic_plan', 'force_custom_plan']) {
    await client.query(`set plan_cache_mode = ${mode}`);
    const { rows } = await client.query(`explain (format json) execute checked (${given})`);
    const whole = readWhole(rows[0]['QUERY PLAN'][0].Plan).filter((table) => large.has(table));
    t.same(whole, [], `${name}, ${mode}`);
  }
  await client.query('deallocate checked');
}
