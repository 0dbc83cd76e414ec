// Promises P14: whatever is changed in the record behind the service's back is found, each time; what is untouched verifies.
// The hand that tampers has switched the triggers off, which the owner of the tables can, and a superuser in any case.

import { type Kysely, sql } from 'kysely';
import t from 'tap';
import type { Database } from '../../src/db/schema.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { verifyAudit } from '../../src/use-cases/audit/verify-audit.ts';
import { createDatabase } from '../support/database.ts';
import { cases } from '../support/effort.ts';
import { numbersFrom } from '../support/numbers.ts';

const TAMPERS = cases({ short: 150, long: 10_000 });
/** How many are made and undone in one transaction: to make it ready takes longer than they do. */
const TAMPERS_PER_HAND = 200;
const SEED = 20_261_122;

const COLUMNS: readonly (readonly [string, string])[] = [
  ['created_at', `created_at + interval '1 microsecond'`],
  ['created_at', `created_at - interval '1 day'`],
  ...['action', 'operation_type', 'outcome'].map((name) => [name, wordInPlaceOf(name)] as const),
  ...['actor', '"user"', 'org', 'business', 'repo', 'hashed_token', 'managed_hashed_token'].flatMap(otherText),
  ...['programmatic_access_type', 'token_scopes', 'request_id', 'actor_ip', 'user_agent', 'reason'].flatMap(otherText),
  ...['actor_id', 'user_id', 'org_id', 'business_id', 'repo_id', 'token_id', 'managed_token_id'].flatMap(otherId),
  ['data', `data || '{"permission": "admin"}'`],
  ['data', `case when data = '{}' then '[]' else '{}'::jsonb end`],
  ['data', `jsonb_set(data, '{also_concerns}', '[{"type": "organization", "id": 4711}]')`],
  ['data', `jsonb_set(data, '{also_concerns}', '[{"type": "organization", "id": "no number"}, 7, null]')`],
  ['data', `case when data ? 'also_concerns' then data - 'also_concerns' else data || '{"n": -1}' end`],
  ['transaction_id', `(transaction_id::text::bigint + 1)::text::xid8`],
];

function wordInPlaceOf(name: string): string {
  if (name === 'action') return `action || 'd'`;
  if (name === 'outcome') return `case outcome when 'done' then 'refused' else 'done' end`;
  return `case operation_type when 'modify' then 'access' else 'modify' end`;
}
function otherText(name: string): [string, string][] {
  return [
    [name, `coalesce(${name}, '') || 'x'`],
    [name, `case when ${name} is null then '' end`],
  ];
}
function otherId(name: string): [string, string][] {
  return [
    [name, `coalesce(${name}, 0) + 1`],
    [name, `case when ${name} is null then 1 end`],
  ];
}

type Tamper = (db: Kysely<Database>, below: (count: number) => number) => Promise<void>;
const one = (table: string, n: number) => `(select ctid from ${table} order by 1 offset ${n} limit 1)`;

async function countOf(db: Kysely<Database>, table: string): Promise<number> {
  return (await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db)).rows[0]?.n ?? 0;
}
const run = async (db: Kysely<Database>, statement: string): Promise<void> =>
  void (await sql.raw(statement).execute(db));

/** Any row of a table, for use in a statement. */
async function any(db: Kysely<Database>, table: string, below: (count: number) => number): Promise<string> {
  return one(table, below(await countOf(db, table)));
}

const TAMPER: Readonly<Record<string, Tamper>> = {
  'a column of an entry': async (db, below) => {
    const [column = '', value = ''] = COLUMNS[below(COLUMNS.length)] ?? [];
    const row = await any(db, 'audit_entries', below);
    await run(db, `update audit_entries set ${column} = ${value} where ctid = ${row}`);
  },
  'the id of an entry': async (db, below) =>
    run(db, `update audit_entries set id = default where ctid = ${await any(db, 'audit_entries', below)}`),
  'an entry removed': async (db, below) =>
    run(db, `delete from audit_entries where ctid = ${await any(db, 'audit_entries', below)}`),
  'an entry and its positions removed': async (db, below) =>
    run(
      db,
      `with gone as (delete from audit_entries where ctid = ${await any(db, 'audit_entries', below)} returning id)
      delete from audit_positions where entry_id in (select id from gone)`,
    ),
  'a position removed': async (db, below) =>
    run(db, `delete from audit_positions where ctid = ${await any(db, 'audit_positions', below)}`),
  'a position removed, and the gap closed': async (db, below) =>
    run(
      db,
      `with gone as (
        delete from audit_positions where ctid = ${await any(db, 'audit_positions', below)} returning log_kind, log_id, position
      ), log as (
        update audit_logs log set entries = entries - 1 from gone
        where log.log_kind = gone.log_kind and log.log_id = gone.log_id
      )
      update audit_positions placed set position = -placed.position from gone
      where placed.log_kind = gone.log_kind and placed.log_id = gone.log_id and placed.position > gone.position;
      update audit_positions set position = -position - 1 where position < 0`,
    ),
  'two entries exchanged': async (db, below) => exchange(db, 'entry_id', below),
  'two hashes exchanged': async (db, below) => exchange(db, 'hash', below),
  'two positions exchanged with all that they have': async (db, below) => {
    await exchange(db, 'entry_id, hash', below);
  },
  'a hash': async (db, below) => {
    const byte = below(32);
    const row = await any(db, 'audit_positions', below);
    await run(
      db,
      `update audit_positions set hash = set_byte(hash, ${byte}, get_byte(hash, ${byte}) # 129) where ctid = ${row}`,
    );
  },
  'an entry put in': async (db, below) =>
    run(
      db,
      `insert into audit_entries (action, actor, org_id, operation_type, outcome, data)
      select action, actor, org_id, operation_type, outcome, data from audit_entries
      where ctid = ${await any(db, 'audit_entries', below)}`,
    ),
  'an entry put in at the end of a log': async (db, below) =>
    run(
      db,
      `with log as (select * from audit_logs where ctid = ${await any(db, 'audit_logs', below)}),
      entry as (
        insert into audit_entries (action, org_id, business_id, user_id, operation_type, outcome, data)
        select 'forged', case log_kind when 'organization' then log_id end, case log_kind when 'enterprise' then log_id end,
          case log_kind when 'user' then log_id end, 'modify', 'done', '{}' from log returning id
      ), placed as (
        insert into audit_positions (log_kind, log_id, position, entry_id, hash)
        select log_kind, log_id, entries + 1, entry.id, sha256('forged') from log, entry
      )
      update audit_logs set entries = audit_logs.entries + 1, hash = sha256('forged') from log
      where audit_logs.log_kind = log.log_kind and audit_logs.log_id = log.log_id`,
    ),
  'a log cut off': async (db, below) =>
    run(
      db,
      `with log as (select * from audit_logs where ctid = ${await any(db, 'audit_logs', below)})
      delete from audit_positions placed using log
      where placed.log_kind = log.log_kind and placed.log_id = log.log_id and placed.position > ${below(3)} * log.entries / 3`,
    ),
  'a log cut off that says so': async (db, below) =>
    run(
      db,
      `with log as (select * from audit_logs where ctid = ${await any(db, 'audit_logs', below)}),
      gone as (
        delete from audit_positions placed using log
        where placed.log_kind = log.log_kind and placed.log_id = log.log_id and placed.position = log.entries
        returning placed.entry_id)
      update audit_logs set entries = audit_logs.entries - 1,
        hash = (select hash from audit_positions placed where placed.log_kind = log.log_kind
          and placed.log_id = log.log_id and placed.position = log.entries - 1)
      from log where audit_logs.log_kind = log.log_kind and audit_logs.log_id = log.log_id`,
    ),
  'what a log says of itself': async (db, below) => {
    const said = ['entries = entries + 1', 'entries = 0', `hash = sha256('x')`, 'hash = null', `origin = sha256('x')`];
    await run(
      db,
      `update audit_logs set ${said[below(said.length)]} where ctid = ${await any(db, 'audit_logs', below)}`,
    );
  },
  'a log removed': async (db, below) =>
    run(db, `delete from audit_logs where ctid = ${await any(db, 'audit_logs', below)}`),
  'a position of another log': async (db, below) =>
    run(
      db,
      `update audit_positions set log_id = log_id + 1000 where ctid = ${await any(db, 'audit_positions', below)}`,
    ),
};

/** Exchanges columns of two positions of one log. */
async function exchange(db: Kysely<Database>, columns: string, below: (count: number) => number): Promise<void> {
  const { rows } = await sql<{ log_kind: string; log_id: number; entries: number }>`
    select log_kind, log_id, entries from audit_logs where entries > 1 order by 1, 2`.execute(db);
  const log = rows[below(rows.length)];
  if (log === undefined) throw new Error('no log has two entries');
  const first = 1 + below(log.entries - 1);
  const second = first + 1 + below(log.entries - first);
  const sets = columns.split(', ').map((column) => `${column} = other.${column}`);
  await run(
    db,
    `update audit_positions placed set ${sets.join(', ')} from audit_positions other
    where placed.log_kind = '${log.log_kind}' and placed.log_id = ${log.log_id}
      and other.log_kind = placed.log_kind and other.log_id = placed.log_id
      and placed.position in (${first}, ${second}) and other.position = ${first} + ${second} - placed.position`,
  );
}

async function writeEntries(db: Kysely<Database>, count: number, below: (count: number) => number): Promise<void> {
  const maybe = <Value>(value: Value): Value | null => (below(3) === 0 ? null : value);
  const kinds = ['organization', 'user'];
  const others = () =>
    maybe({
      also_concerns: Array.from({ length: 1 + below(2) }, (_, n) => ({ type: kinds[below(2)], id: n + below(3) })),
    });
  for (let n = 0; n < count; n += 1) {
    await inTransaction(db, async (transaction) => {
      for (let more = below(3); more >= 0; more -= 1) {
        await transaction
          .insertInto('audit_entries')
          .values({
            ...{ action: ['team.create', 'repo.create', 'org.update'][below(3)] ?? '', operation_type: 'modify' },
            ...{ outcome: 'done', data: JSON.stringify({ n, ü: ['"', '\u2028', null], ...others() }) },
            ...{ user_agent: maybe('a: 1:b'), actor: maybe('olga') },
            ...{ org_id: maybe(1 + below(3)), business_id: below(6) === 0 ? 9 : null },
            ...{ actor_id: maybe(1 + below(4)), user_id: maybe(1 + below(4)) },
          })
          .execute();
      }
    });
  }
}

t.test('P14: every one of many tampers is found, and what is untouched verifies', async (t) => {
  const { db } = await createDatabase(t);
  const below = numbersFrom(SEED);
  t.same((await verifyAudit(db)).findings, [], 'an empty record');
  await writeEntries(db, 20, below);
  const { findings, entries, positions, logs } = await verifyAudit(db);
  t.same(findings, [], 'an untouched one');
  t.ok(entries >= 20 && positions > entries && logs >= 8, `${entries} entries, ${positions} positions, ${logs} logs`);

  const names = Object.keys(TAMPER);
  let missed = 0;
  let hand: Awaited<ReturnType<typeof tamperingHand>> | null = null;
  const anew = async (before: typeof hand) => {
    await before?.end();
    return tamperingHand(db);
  };
  for (let n = 0; n < TAMPERS; n += 1) {
    const name = names[n % names.length] ?? '';
    hand = n % TAMPERS_PER_HAND === 0 || hand === null ? await anew(hand) : hand;
    await run(hand.transaction, 'savepoint untouched');
    await TAMPER[name]?.(hand.transaction, below);
    const report = await verifyAudit(hand.transaction);
    await run(hand.transaction, 'rollback to savepoint untouched');
    if (report.findings.length > 0) continue;
    missed += 1;
    t.fail(`${name} (${n}) is not found`);
  }
  await hand?.end();
  t.equal(missed, 0, `${TAMPERS} tampers`);
  t.same((await verifyAudit(db)).findings, [], 'untouched at the end');
});

t.test('P14: what is found is the exact entry', async (t) => {
  const { db } = await createDatabase(t);
  await writeEntries(db, 20, numbersFrom(7));
  const placed = await db
    .selectFrom('audit_positions')
    .selectAll()
    .where('log_kind', '=', 'organization')
    .where('position', '=', 3)
    .executeTakeFirstOrThrow();
  const { log_kind, log_id, entry_id, position } = placed;
  const at = { log: { log_kind, log_id }, position, entry_id };
  const findings = async (statement: string) =>
    (await tampered(db, (transaction) => run(transaction, statement))).findings.filter(
      ({ log }) => log === null || (log.log_kind === log_kind && log.log_id === log_id),
    );
  t.same(await findings(`update audit_entries set action = 'x' where id = ${entry_id}`), [
    { problem: 'entry_changed', ...at },
  ]);
  t.same(await findings(`delete from audit_entries where id = ${entry_id}`), [{ problem: 'entry_removed', ...at }]);
  const [gap] = await findings(`delete from audit_positions where entry_id = ${entry_id}`);
  t.match(gap, { problem: 'position_removed', position: 4 });
});

t.test('P14: entries from before there were logs are placed by the migration', async (t) => {
  const { db } = await createDatabase(t);
  await writeEntries(db, 3, numbersFrom(3));
  await db.transaction().execute(async (transaction) => {
    for (const table of ['audit_entries', 'audit_positions', 'audit_logs']) {
      await run(transaction, `alter table ${table} disable trigger user`);
    }
    await run(transaction, `delete from audit_positions; delete from audit_logs`);
    await run(transaction, 'update audit_entries set transaction_id = pg_current_xact_id()');
    t.ok((await verifyAudit(transaction)).findings.length > 0);
    await run(transaction, 'select audit_place_entries()');
    t.same((await verifyAudit(transaction)).findings, []);
  });
});

/** A transaction in which nothing of the database hinders who tampers; its end undoes all. */
async function tamperingHand(db: Kysely<Database>) {
  const transaction = await db.startTransaction().execute();
  for (const table of ['audit_entries', 'audit_positions', 'audit_logs']) {
    await run(transaction, `alter table ${table} disable trigger user`);
  }
  for (const name of ['audit_positions_entry_id_log_kind_log_id_key', 'audit_positions_position_check']) {
    await run(transaction, `alter table audit_positions drop constraint ${name}`);
  }
  return { transaction, end: () => transaction.rollback().execute() };
}

/** What verifying says after the tampering, which is then undone. */
async function tampered(db: Kysely<Database>, tamper: (transaction: Kysely<Database>) => Promise<void> | undefined) {
  const { transaction, end } = await tamperingHand(db);
  try {
    await tamper(transaction);
    return await verifyAudit(transaction);
  } finally {
    await end();
  }
}
