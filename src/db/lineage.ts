// What the database and its server say of where it comes from (migrations: lineage), and what is written down of that. SQL only.

import { type Kysely, sql } from 'kysely';
import type { KeptEpoch, Lineage, LineageState } from '../domain/lineage.ts';
import { MARK } from './changes.ts';
import type { Database } from './schema.ts';
import { sqlstate } from './sqlstate.ts';

/** Not every server lets everybody ask for these, or has them. */
const UNKNOWN_STATES = new Set(['42501', '42883', '0A000', '55000']);

const SYSTEM = sql<{ value: string }>`select system_identifier::text as value from pg_control_system()`;
/** Of the log that is written now: the control file tells of a promotion only after the next checkpoint. */
const TIMELINE = sql<{ value: string }>`
  select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint::text as value`;

async function answerOf(db: Kysely<Database>, question: typeof SYSTEM): Promise<string | null> {
  try {
    return (await question.execute(db)).rows[0]?.value ?? null;
  } catch (error) {
    if (error instanceof Error && UNKNOWN_STATES.has(sqlstate(error) ?? '')) return null;
    throw error;
  }
}

/** What the server is now. Outside a transaction: a question that it does not answer would end that. */
export async function findLineage(db: Kysely<Database>): Promise<Lineage> {
  const timeline = await answerOf(db, TIMELINE);
  const { rows } = await sql<{ database_oid: number; table_oid: number }>`
    select oid::bigint as database_oid, 'change_epoch'::regclass::oid::bigint as table_oid
    from pg_database where datname = current_database()`.execute(db);
  return {
    system_identifier: await answerOf(db, SYSTEM),
    timeline: timeline === null ? null : Number(timeline),
    database_oid: rows[0]?.database_oid ?? null,
    table_oid: rows[0]?.table_oid ?? null,
  };
}

/** What the database says, beside what was found of its server; `kept`: the number of the commit that is asked about. */
export async function readLineage(
  db: Kysely<Database>,
  found: Lineage,
  kept: KeptEpoch | null,
): Promise<LineageState & { readonly mark: string | null }> {
  const { rows } = await sql<
    Lineage & Pick<LineageState, 'set_back_at' | 'epoch' | 'mark_of_kept'> & { mark: string | null }
  >`
    select lineage.system_identifier, lineage.timeline, lineage.database_oid, lineage.table_oid, lineage.set_back_at, current.epoch,
      (select ${sql.raw(MARK)} from change_commits each where each.epoch = current.epoch) as mark,
      (select ${sql.raw(MARK)} from change_commits each where each.epoch = ${kept?.epoch ?? -1}) as mark_of_kept
    from database_lineage lineage cross join change_epoch current`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the row of `database_lineage` is gone');
  const { set_back_at, epoch, mark, mark_of_kept, ...recorded } = row;
  return { recorded, found, set_back_at, epoch, mark, mark_of_kept };
}

/** No other process judges or accepts until the end of the transaction. */
export async function lockLineage(transaction: Kysely<Database>): Promise<void> {
  await sql`select from database_lineage for update`.execute(transaction);
}

/** From now on this is what the database is known as. */
export async function recordLineage(db: Kysely<Database>, found: Lineage): Promise<void> {
  await sql`
    update database_lineage set system_identifier = ${found.system_identifier}, timeline = ${found.timeline}::bigint,
      database_oid = ${found.database_oid}::bigint, table_oid = ${found.table_oid}::bigint
    where (system_identifier, timeline, database_oid, table_oid) is distinct from
      (${found.system_identifier}::text, ${found.timeline}::bigint, ${found.database_oid}::bigint, ${found.table_oid}::bigint)`.execute(
    db,
  );
}

/** A node found that the database lacks commits that were answered. */
export async function recordSetBack(db: Kysely<Database>, at: Date): Promise<void> {
  await sql`update database_lineage set set_back_at = coalesce(set_back_at, ${at}::timestamptz)`.execute(db);
}

/** Whether that was found, and nobody has accepted it. */
export async function isUnaccepted(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql`select from database_lineage where set_back_at is not null`.execute(db);
  return rows.length > 0;
}

/** Beyond every number that can have been given out: of a restored database nobody knows how many that were. */
const LEAP_OF_ACCEPTANCE = 100_000_000_000;

/**
 * The database as it is now is the one that counts: its numbers go on beyond any that was given out, those between are lost, and what
 * belonged to the other history (commits of another cluster's transactions, nodes) is gone.
 */
export async function acceptLineage(
  transaction: Kysely<Database>,
  { found, epoch, kept }: Pick<LineageState, 'found' | 'epoch'> & { readonly kept: KeptEpoch | null },
): Promise<number> {
  const epoch_after = Math.max(epoch, kept?.epoch ?? 0) + LEAP_OF_ACCEPTANCE;
  await sql`delete from change_commits`.execute(transaction);
  await sql`delete from nodes`.execute(transaction);
  await sql`insert into lost_epochs (after_epoch, until_epoch) values (${epoch}, ${epoch_after})`.execute(transaction);
  await sql`update change_epoch set epoch = ${epoch_after}`.execute(transaction);
  await sql`update change_waits set epoch = ${epoch_after}`.execute(transaction);
  await sql`update database_lineage set set_back_at = null`.execute(transaction);
  await recordLineage(transaction, found);
  return epoch_after;
}

/** The numbers that no state of this database contains any more. */
export async function listLostEpochs(
  db: Kysely<Database>,
): Promise<readonly { readonly after_epoch: number; readonly until_epoch: number }[]> {
  return db.selectFrom('lost_epochs').select(['after_epoch', 'until_epoch']).execute();
}
