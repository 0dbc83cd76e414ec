// Sessions of people. SQL only; digests, never texts.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

export async function insertSession(
  db: Kysely<Database>,
  session: { readonly digest: string; readonly user_id: number; readonly created_at: Date; readonly expires_at: Date },
): Promise<void> {
  await db.insertInto('sessions').values(session).execute();
}

export async function deleteSession(db: Kysely<Database>, id: number): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute();
}

/** Ends all sessions of a person but one. */
export async function deleteSessionsOf(db: Kysely<Database>, user_id: number, except_id: number | null): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('user_id', '=', user_id)
    .$if(except_id !== null, (query) => query.where('id', '!=', except_id ?? 0))
    .execute();
}
