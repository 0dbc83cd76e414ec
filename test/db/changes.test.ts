// What ends a cached fact: every transaction says what it touched, and gets a number in the order of commits (promises P2, P5).

import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import t from 'tap';
import { type Change, leapForward, NOTHING_HEARD, type Position, readChanges } from '../../src/db/changes.ts';
import { factsStatement } from '../../src/db/facts-statement.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

const CLIENTS = readFileSync(new URL('../../src/db/client-facts.ts', import.meta.url), 'utf8');
const [, CLIENTS_STATEMENT = ''] = /const STATEMENT = `([^`]*)`/.exec(CLIENTS) ?? [];
const HOT = [factsStatement({ kind: 'any', is_bounded: true }).text, CLIENTS_STATEMENT];

function tablesOf(statement: string): readonly string[] {
  return [...statement.matchAll(/\b(?:from|join)\s+([a-z_]+)\b/g)].flatMap(([, name]) =>
    name === undefined ? [] : [name],
  );
}

/** A connection outside the pool, as a node has one. */
async function connect(t: Parameters<typeof createDatabase>[0], { url }: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

const since = (client: pg.Client, after: Position) => readChanges(client, after, { node_id: null, is_direct: true });
const named = (changes: readonly Change[]) => changes.map(({ kind, id }) => `${kind}:${id}`).sort();

t.test('every table that a decision rests on tells of its changes, also of those that a cascade makes', async (t) => {
  const { db } = await createDatabase(t);
  const read = new Set(HOT.flatMap(tablesOf));
  t.ok(read.has('tokens') && read.has('memberships') && read.has('client_secrets'), 'the statements were read');
  const { rows } = await sql<{ name: string }>`
    select distinct tgrelid::regclass::text || ' ' || tgname as name from pg_trigger where tgname like 'note_%'`.execute(
    db,
  );
  const found = new Set(rows.map(({ name }) => name));
  const tables = await sql<{
    name: string;
  }>`select tablename as name from pg_tables where schemaname = 'public'`.execute(db);
  // A session is never remembered; which organization a team belongs to is not either, and its number is no fact.
  const unremembered = ['sessions', 'teams', 'change_epoch'];
  for (const { name } of tables.rows) {
    if (!read.has(name) || unremembered.includes(name)) continue;
    for (const operation of ['update', 'delete', 'truncate']) {
      t.ok(found.has(`${name} note_${operation}`), `${name}: ${operation}`);
    }
  }
});

t.test('a reader sees every commit once and in order, also those that overtake each other', async (t) => {
  const database = await createDatabase(t);
  const { db } = database;
  await sql`insert into accounts (type, login) select 'User', 'u' || n from generate_series(1, 400) n`.execute(db);
  const { rows: accounts } = await sql<{ id: number }>`select id from accounts order by id`.execute(db);
  const reader = await connect(t, database);
  const slow = await connect(t, database);
  let { position } = await since(reader, NOTHING_HEARD);
  await slow.query('begin');
  await slow.query('update accounts set profile_name = $1 where id = $2', ['first', accounts[0]?.id]);
  await sql`update accounts set profile_name = 'second' where id = ${accounts[1]?.id}`.execute(db);
  const before = await since(reader, position);
  t.same(named(before.changes), [`account:${accounts[1]?.id}`], 'the one that began later has committed');
  await slow.query('commit');
  const after = await since(reader, before.position);
  t.same(named(after.changes), [`account:${accounts[0]?.id}`], 'the one that began before it is not missed');
  position = after.position;

  const seen: Change[] = [];
  let is_writing = true;
  const reading = (async () => {
    while (is_writing) {
      const found = await since(reader, position);
      seen.push(...found.changes);
      position = found.position;
      await turn();
    }
  })();
  const writers = accounts.map(({ id }) =>
    db.transaction().execute(async (transaction) => {
      await sql`update accounts set profile_name = 'third' where id = ${id}`.execute(transaction);
      if (id % 3 === 0) await sql`select pg_sleep(0.002)`.execute(transaction);
    }),
  );
  await Promise.all(writers);
  is_writing = false;
  await reading;
  seen.push(...(await since(reader, position)).changes);
  t.same(named(seen), named(accounts.map(({ id }) => ({ kind: 'account', id, epoch: 0 }))), 'each exactly once');
  t.same(
    seen.map((each) => each.epoch),
    seen.map((each) => each.epoch).toSorted((a, b) => a - b),
    'in order',
  );
});

t.test('what cannot be told one by one is told as everything', async (t) => {
  const database = await createDatabase(t);
  const { db } = database;
  await sql`insert into accounts (type, login) select 'User', 'u' || n from generate_series(1, 300) n`.execute(db);
  const reader = await connect(t, database);
  const { position } = await since(reader, NOTHING_HEARD);
  t.same((await since(reader, position)).changes, [], 'nothing since');
  await sql`update accounts set profile_name = 'one' where login = 'u1'`.execute(db);
  await sql`update accounts set profile_name = 'all'`.execute(db);
  t.same(named((await since(reader, position)).changes).at(-1), 'everything:0', 'many at once');
  t.same(named((await since(reader, NOTHING_HEARD)).changes), ['everything:0'], 'for who has heard of nothing yet');
  await sql`delete from change_commits where epoch = ${position.epoch + 1}`.execute(db);
  t.same(named((await since(reader, position)).changes), ['everything:0'], 'a commit that is told no longer');
});

t.test('a commit leaves no more to read than one statement may, however many statements it had', async (t) => {
  const database = await createDatabase(t);
  const { db } = database;
  const rows = async () => {
    const found = await sql<{ count: number }>`select count(*) as count from changes`.execute(db);
    return found.rows[0]?.count ?? 0;
  };
  const reader = await connect(t, database);
  for (const count of [200, 201, 900]) {
    await sql`
      with owner as (insert into accounts (type, login) values ('User', ${`owner-${count}`}) returning id)
      insert into repositories (owner_id, name, visibility) select owner.id, 'r' || n, 'private'
      from owner, generate_series(1, ${count}::int) n`.execute(db);
    const { position } = await since(reader, NOTHING_HEARD);
    const before = await rows();
    await db.transaction().execute(async (transaction) => {
      await sql`
        do $$ declare each record; begin
          for each in select id from repositories where archived = false loop
            update repositories set archived = true where id = each.id;
          end loop;
        end $$`.execute(transaction);
    });
    const told = named((await since(reader, position)).changes);
    if (count === 200) t.equal(told.filter((each) => each.startsWith('repository:')).length, 200, 'so many are told');
    else t.same(told, ['everything:0'], `${count} are told as everything`);
    t.ok((await rows()) - before <= 200, `${count}: and are no more rows`);
  }
});

t.test(
  'a database that was set back is noticed, also when it has counted past the number that was heard last',
  async (t) => {
    const database = await createDatabase(t);
    const { db } = database;
    await sql`insert into accounts (type, login) values ('User', 'ada')`.execute(db);
    const rename = (name: string) => sql`update accounts set profile_name = ${name}`.execute(db);
    const reader = await connect(t, database);
    const { position: first } = await since(reader, NOTHING_HEARD);
    await rename('one');
    await rename('two');
    const { position: heard } = await since(reader, first);
    t.match(await since(reader, heard), { changes: [], is_set_back: false });
    await sql`delete from change_commits where epoch > ${first.epoch}`.execute(db);
    t.match(await since(reader, heard), { is_set_back: true }, 'the commit is not there');
    await sql`update change_epoch set epoch = ${first.epoch}`.execute(db);
    t.match(
      await since(reader, heard),
      { is_set_back: true, changes: [{ kind: 'everything' }] },
      'the number is lower',
    );
    await rename('another two');
    await rename('another three');
    await rename('another four');
    t.match(
      await since(reader, heard),
      { is_set_back: true, changes: [{ kind: 'everything' }] },
      'it is another commit',
    );
    await leapForward(reader, heard);
    const { position: beyond } = await since(reader, NOTHING_HEARD);
    t.ok(beyond.epoch > heard.epoch + 1000, 'no number comes round again');
    t.match(await since(reader, beyond), { changes: [], is_set_back: false });
    await rename('five');
    t.match(await since(reader, beyond), { changes: [{ kind: 'account' }], is_set_back: false });
  },
);

t.test(
  'the question of every node reads what commits touched by indexes, also where nothing is known of the tables',
  async (t) => {
    const database = await createDatabase(t, { is_new: true });
    const client = await connect(t, database);
    let asked = '';
    const listening = {
      query: async ({ text }: { text: string }) => {
        asked = text;
        return client.query(text, [-1, null]);
      },
    };
    await since(listening as unknown as pg.Client, NOTHING_HEARD);
    const readWhole = async (statement: string): Promise<string[]> => {
      const { rows } = await client.query(`explain (generic_plan, format text) ${statement}`);
      return rows.flatMap((row) => /Seq Scan on (change_commits|changes)\b/.exec(row['QUERY PLAN'])?.[1] ?? []);
    };
    t.same(await readWhole(asked), []);
    // As much of one table as makes a guess of the other's rows go wrong.
    await sql`
      insert into change_commits (epoch, transaction_id, committed_at)
      select n, n::text::xid8, now() from generate_series(10000, 12500) n`.execute(database.db);
    t.same(await readWhole(asked), []);
    t.same(
      await readWhole(asked.replace('offset 0', '')),
      ['changes'],
      'control: joined as usual they are read as a whole',
    );
  },
);

t.test('what decides nothing is no change: the last use of a token, what is asked for the first time', async (t) => {
  const database = await createDatabase(t);
  const { db } = database;
  const reader = await connect(t, database);
  const { position } = await since(reader, NOTHING_HEARD);
  await sql`
    with holder as (insert into accounts (type, login) values ('User', 'ada') returning id),
      person as (insert into users (id, email) select id, 'ada@example.test' from holder)
    insert into tokens (kind, user_id, name, created_at, secret_issued_at, token_last_eight, scopes)
    select 'classic', id, 'one', now(), now(), '12345678', '{repo}' from holder`.execute(db);
  await sql`update tokens set last_used_at = now(), description = 'for nothing'`.execute(db);
  await sql`update users set email = 'ada@elsewhere.test'`.execute(db);
  t.same((await since(reader, position)).changes, []);
  await sql`update tokens set last_used_at = now(), revoked_at = now(), revoked_reason = 'leaked'`.execute(db);
  t.match((await since(reader, position)).changes, [{ kind: 'token', id: Number }]);
});

t.test(
  'the number is taken last of all: who writes to the same log in another order is not waited for in a circle',
  async (t) => {
    const database = await createDatabase(t);
    const { db } = database;
    await sql`insert into accounts (type, login) select 'User', 'u' || n from generate_series(1, 40) n`.execute(db);
    const { rows: accounts } = await sql<{ id: number }>`select id from accounts order by id`.execute(db);
    const entry = sql`
    insert into audit_entries (action, user_id, operation_type, outcome, data)
    values ('user.update', ${accounts[0]?.id}, 'modify', 'done', '{}')`;
    const codes = new Set<unknown>();
    for (let round = 0; round < 10; round += 1) {
      const outcomes = await Promise.allSettled(
        accounts.map(({ id }) =>
          db.transaction().execute(async (transaction) => {
            const change = sql`update accounts set profile_name = ${`round ${round}`} where id = ${id}`;
            for (const statement of id % 2 === 0 ? [entry, change] : [change, entry])
              await statement.execute(transaction);
          }),
        ),
      );
      for (const outcome of outcomes) codes.add(outcome.status === 'fulfilled' ? 'done' : outcome.reason?.code);
    }
    t.same([...codes], ['done']);
  },
);
