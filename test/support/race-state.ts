// A small world in a database of its own that is set back after every race, and what the world is then, in a form in which two runs can be
// compared: what a run has made itself (ids, texts, moments) is the same in each.

import pg from 'pg';

/** Not of the world: what numbers commits and entries, nodes, and counts of what is called. */
const APART = new Set([
  ...['change_epoch', 'change_commits', 'changes', 'change_waits', 'nodes', 'lost_epochs', 'database_lineage'],
  ...['audit_positions', 'audit_logs', 'audit_roots', 'counted_windows', 'node_settings', 'page_key', 'migrations'],
]);
/** What a run makes has ids from here on. */
const NEW_FROM = 5_000_000_000;
/** The record. */
export const ENTRIES = 'public.audit_entries';
/** Of these, what is said; names and places of what is spoken of may be those of a moment before or after the other call. */
const SHOWN: Readonly<Record<string, string>> = {
  [ENTRIES]: `action, actor_id, user_id, org_id, repo_id, token_id, managed_token_id, request_id,
    data -> 'user_programmatic_access_request_id' as request`,
  'public.hook_messages': `hook_id, event, action, data -> 'token' -> 'id' as token, data -> 'request_id' as request`,
  'pgboss.job': 'name, data, state',
};
const MADE =
  /^(?:\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)?|[A-Za-z0-9+/]{43}=|\\x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}|\$2[aby]\$.*)$/;
const MADE_MEMBERS = new Set(['token_last_eight', 'client_id', 'kid', 'secret', 'previous_secret', 'private_key']);
const VACUUM_EVERY = 150;

/** Of each table its rows, sorted; of tables that are as they were before, nothing. */
export type Difference = Readonly<Record<string, readonly string[]>>;

type Rows = Record<string, unknown>[];

export type RaceState = {
  /** What is different from the world as it was kept. */
  readonly difference: () => Promise<Difference>;
  /** Makes everything as it was kept. */
  readonly reset: () => Promise<void>;
  /** How many statements wait for a lock. */
  readonly waiting: () => Promise<number>;
  readonly end: () => Promise<void>;
};

async function tablesOf(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; columns: string }>(`
    select format('%s.%s', n.nspname, c.relname) as name,
      (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and (n.nspname = 'public' or (n.nspname = 'pgboss' and c.relname = 'job'))
    order by 1`);
  return new Map(
    rows.filter(({ name }) => !APART.has(name.split('.')[1] ?? '')).map(({ name, columns }) => [name, columns]),
  );
}

const keptName = (table: string) => `base.${table.replace('.', '_')}`;

/** Keeps the world of this database (by the URL of a role that may switch triggers off) as it is now. */
export async function keepState(url: string): Promise<RaceState> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const tables = await tablesOf(client);
  await client.query('create schema base');
  for (const table of tables.keys()) await client.query(`create table ${keptName(table)} as table ${table}`);
  const { rows: sequences } = await client.query<{ name: string }>(
    `select format('%I.%I', schemaname, sequencename) as name from pg_sequences where schemaname = 'public'`,
  );
  for (const { name } of sequences) await client.query(`select setval('${name}', ${NEW_FROM})`);
  const question = `select jsonb_build_object(${[...tables.keys()]
    .map(
      (table) =>
        `'${table}', (select coalesce(jsonb_agg(each), '[]') from (select ${shownOf(table)} from ${table} ${whichOf(table)}) each)`,
    )
    .join(', ')}) as found`;
  const known = new Set<string>();
  const read = async (): Promise<Record<string, Rows>> => (await client.query(question)).rows[0].found;
  const base = await read();
  collectTexts(base, known);
  const linesOf = (rows: Rows) => rows.map((row) => JSON.stringify(normalised(row, known))).sort();
  const before = new Map(Object.entries(base).map(([table, rows]) => [table, linesOf(rows).join('\n')]));
  let changed = new Set<string>();
  let resets = 0;

  async function difference(): Promise<Difference> {
    const found = await read();
    const lines = Object.entries(found).map(([table, rows]) => [table, linesOf(rows)] as const);
    const different = lines.filter(([table, each]) => each.join('\n') !== before.get(table));
    changed = new Set([...changed, ...different.map(([table]) => table)]);
    return Object.fromEntries(different);
  }

  async function reset(): Promise<void> {
    await difference();
    const names = [...changed.add(ENTRIES)];
    changed = new Set();
    await client.query(
      [
        'begin; set local session_replication_role = replica',
        ...names.map((table) => `delete from ${table}`),
        ...names.map((table) => {
          const columns = tables.get(table);
          return `insert into ${table} (${columns}) overriding system value select ${columns} from ${keptName(table)}`;
        }),
        'commit; begin; insert into change_commits (transaction_id) values (pg_current_xact_id())',
        `insert into changes (transaction_id, kind, id) values (pg_current_xact_id(), 'everything', 0); commit`,
      ].join(';\n'),
    );
    resets += 1;
    if (resets % VACUUM_EVERY === 0) await client.query('vacuum');
  }

  async function waiting(): Promise<number> {
    const { rows } = await client.query<{ count: number }>(`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    return rows[0]?.count ?? 0;
  }
  return { difference, reset, waiting, end: () => client.end() };
}

const shownOf = (table: string) => SHOWN[table] ?? '*';
/** Whether a refusal is written depends on whether it came before or after the other call had done what it was about. */
const whichOf = (table: string) => (table === ENTRIES ? `where outcome = 'done'` : '');

function collectTexts(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') into.add(value);
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) collectTexts(each, into);
}

/** What the run has made itself is `new`. */
function normalised(value: unknown, known: ReadonlySet<string>, member = ''): unknown {
  if (typeof value === 'number') return value > NEW_FROM ? 'new' : value;
  if (typeof value === 'string') {
    const is_made = !known.has(value) && (MADE.test(value) || MADE_MEMBERS.has(member) || Number(value) > NEW_FROM);
    return is_made ? 'new' : value.replace(/\b[5-9]\d{9}\b/g, 'new');
  }
  if (Array.isArray(value)) return value.map((each) => normalised(each, known, member));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, normalised(each, known, name)]));
}
