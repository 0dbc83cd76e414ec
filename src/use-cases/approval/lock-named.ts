// What a reviewer names by ids, requests or grants: all of it, with its tokens locked, or nothing (A1).

import type { Kysely } from 'kysely';
import { lockReviewedTokens } from '../../db/review-locks.ts';
import type { Database } from '../../db/schema.ts';
import { Refusal } from '../../domain/refusal.ts';

export type Named = { readonly organization_id: number; readonly ids: readonly number[] };

/** The organization's rows of these ids, which are different ones. Refuses: 404 where one is unknown, foreign or gone. @rule A1 */
export async function lockNamed<Row extends { readonly token_id: number }>(
  db: Kysely<Database>,
  named: Named,
  find: (db: Kysely<Database>, named: Named) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  async function findAll(): Promise<readonly Row[]> {
    const rows = await find(db, named);
    if (rows.length < named.ids.length) throw new Refusal('not_found');
    return rows;
  }

  const token_ids = (await findAll()).map((each) => each.token_id);
  await lockReviewedTokens(db, { organization_id: named.organization_id, token_ids });
  // A statement of its own: what was found may have changed while the locks were waited for. INVARIANT: no token is among
  // these that was not locked.
  return findAll();
}
