// The way out where the secret or the file of the signing keys is lost: all keys go, and the next start makes new ones.

import type { Kysely } from 'kysely';
import { writeAudit } from '../../db/audit.ts';
import type { Database } from '../../db/schema.ts';
import { forgetSigningKeys, lockSigningKeys } from '../../db/signing-keys.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';

/** Answers the names of the keys that went. What they signed does not verify any more. */
export async function discardSigningKeys(transaction: Kysely<Database>): Promise<readonly string[]> {
  await lockSigningKeys(transaction);
  const kids = await forgetSigningKeys(transaction);
  if (kids.length === 0) return kids;
  const event = { action: 'signing_key.delete', operation_type: 'remove', data: { discarded: kids } } as const;
  await writeAudit(transaction, SYSTEM_CALLER, event);
  return kids;
}
