// DELETE /orgs/{org}/credential-authorizations/{credential_id}: an owner ends what single sign-on let in, for good.

import { writeAudit } from '../../db/audit.ts';
import { revokeAuthorization } from '../../db/token-authorizations.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { authorizationEvent } from '../../domain/single-sign-on.ts';
import { lockAsOwner } from '../directory/lock-as-owner.ts';
import { authorizedToken } from './authorized-token.ts';

/** The token needs a successor then. Refuses: 404 for one that is not the organization's, or was revoked. @rule O2, L1 */
export async function revokeCredentialAuthorization(
  deps: Deps,
  caller: Caller,
  input: {
    readonly organization: { readonly id: number; readonly login: string };
    readonly id: number;
    readonly now: Date;
  },
): Promise<void> {
  const { organization, id, now } = input;
  await inTransaction(deps.db, async (db) => {
    await lockAsOwner(db, caller, organization.id);
    const revoked = await revokeAuthorization(db, { id, organization_id: organization.id }, now);
    if (revoked === undefined) throw new Refusal('not_found');
    await writeAudit(db, caller, authorizationEvent('revoke', authorizedToken(revoked), organization));
  });
}
