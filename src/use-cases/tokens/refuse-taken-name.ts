// The name of a token is its holder's only once among what lives (M2).

import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { isTokenNameTaken } from '../../db/tokens.ts';
import { invalidToken } from '../../domain/token-refusal.ts';

/** Refuses a name that another live token of the holder has; the holder is locked, so that none gets it meanwhile. @rule M2 */
export async function refuseTakenName(
  db: Kysely<Database>,
  asked: { readonly user_id: number; readonly name: string; readonly except_id: number | null },
  now: Date,
): Promise<void> {
  if (!(await isTokenNameTaken(db, asked, now))) return;
  throw invalidToken('name', 'already_exists', 'is the name of another live token');
}
