// What a token may do at an organization changes in many ways: asked for, granted, denied, withdrawn, revoked, left. All of
// them pass through here, in the transaction of the act, so that whatever has to follow from one follows from each.

import type { Kysely } from 'kysely';
import { writeAudits } from '../../db/audit.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import { type AccessChange, accessEvent } from '../../domain/token-audit.ts';
import { tellHolders } from '../tokens/tell-holders.ts';
import { tellAccessChanges } from './tell-access-changes.ts';

/** Who changes, and when. */
export type Acting = { readonly caller: Caller; readonly now: Date };

/** Records these changes, each with an entry, and tells holders and hooks of them. The rows are as they are after the act. @rule L1, L3 */
export async function recordAccess(
  db: Kysely<Database>,
  { caller, now }: Acting,
  changes: readonly AccessChange[],
): Promise<void> {
  await writeAudits(db, caller, changes.map(accessEvent));
  await tellHolders(db, caller, changes);
  await tellAccessChanges(db, { caller, now }, changes);
}
