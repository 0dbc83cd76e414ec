// Sessions of people. SQL only; digests, never texts.

import { type Kysely, sql } from 'kysely';
import { clockAhead } from './clock-ahead.ts';
import type { Database } from './schema.ts';

export type NewSession = {
  readonly digest: string;
  readonly user_id: number;
  readonly created_at: Date;
  readonly expires_at: Date;
};

export async function insertSession(db: Kysely<Database>, session: NewSession): Promise<void> {
  await db.insertInto('sessions').values(session).execute();
}

/**
 * Inserts a session if this is still the person's stored password and he is not suspended. The lock makes it wait for a
 * change of either that is under way, so that what ends all sessions of a person ends this one too.
 */
export async function insertSessionByPassword(
  db: Kysely<Database>,
  session: NewSession,
  password_hash: string,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into sessions (digest, user_id, created_at, expires_at)
    select ${session.digest}, person.id, ${session.created_at}::timestamptz, ${session.expires_at}::timestamptz
    from users person
    where person.id = ${session.user_id} and person.password_hash = ${password_hash} and person.suspended_at is null
    for share`.execute(db);
  return numAffectedRows === 1n;
}

export async function deleteSession(db: Kysely<Database>, id: number): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute();
}

/** Ends the oldest sessions of a person beyond so many. */
export async function deleteOldestSessions(db: Kysely<Database>, user_id: number, count_max: number): Promise<void> {
  await sql`
    delete from sessions where id in (
      select id from sessions where user_id = ${user_id} order by id desc offset ${count_max})`.execute(db);
}

/** Ends all sessions of a person but one. */
export async function deleteSessionsOf(db: Kysely<Database>, user_id: number, except_id: number | null): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('user_id', '=', user_id)
    .$if(except_id !== null, (query) => query.where('id', '!=', except_id ?? 0))
    .execute();
}

/** Ends the live sessions with these texts; answers whose they were. */
export async function deleteSessionsOfTexts(
  db: Kysely<Database>,
  digests: readonly string[],
  now: Date,
): Promise<readonly { readonly user_id: number; readonly login: string }[]> {
  const { rows } = await sql<{ user_id: number; login: string }>`
    with ended as (
      delete from sessions
      where digest = any(${[...digests]}::text[]) and expires_at > ${clockAhead(now)}
      returning id, user_id
    )
    select ended.user_id, account.login
    from ended join accounts account on account.id = ended.user_id
    order by ended.id`.execute(db);
  return rows;
}

/** Ends all sessions of everybody; answers how many. */
export async function deleteAllSessions(db: Kysely<Database>): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom('sessions').executeTakeFirst();
  return Number(numDeletedRows);
}
