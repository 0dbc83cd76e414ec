// Selections: the repositories that are named one by one, by a token, by its grant, by what it asks, by a text that was exchanged. SQL
// only. Whoever puts repositories into one holds them, so that one that is transferred at the same moment leaves this selection too.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** Where they stand, and by what they are found there. */
const PLACES = {
  token_repositories: 'token_id',
  grant_repositories: 'grant_id',
  grant_request_repositories: 'request_id',
  exchanged_token_repositories: 'exchanged_token_id',
} as const;
type Place = keyof typeof PLACES;

/** Puts these repositories into a selection where none of them stands yet. */
export async function insertSelection(
  db: Kysely<Database>,
  place: Place,
  { id, repository_ids }: { readonly id: number; readonly repository_ids: readonly number[] },
): Promise<void> {
  if (repository_ids.length === 0) return;
  await sql`
    insert into ${sql.table(place)} (${sql.ref(PLACES[place])}, repository_id)
    select ${id}::bigint, each from unnest(${[...repository_ids]}::bigint[]) each`.execute(db);
}

/** Makes these repositories the whole selection. */
export async function replaceSelection(
  db: Kysely<Database>,
  place: Place,
  selection: { readonly id: number; readonly repository_ids: readonly number[] },
): Promise<void> {
  await sql`delete from ${sql.table(place)} where ${sql.ref(PLACES[place])} = ${selection.id}::bigint`.execute(db);
  await insertSelection(db, place, selection);
}

/** Takes these repositories out of every selection of every token, asked, granted, pending or exchanged. @rule M10 */
export async function deleteFromSelections(db: Kysely<Database>, repository_ids: readonly number[]): Promise<void> {
  for (const place of Object.keys(PLACES)) {
    await sql`
      delete from ${sql.table(place)} where repository_id = any(${[...repository_ids]}::bigint[])`.execute(db);
  }
}
