// DELETE /orgs/{org}/sso/identities/{username}: the identity may be linked to another person, the person to another identity.

import { writeAudit } from '../../db/audit.ts';
import { unlinkIdentities } from '../../db/sso-identities.ts';
import { deleteSsoSessionsAt } from '../../db/sso-sessions.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { lockAsOwner } from '../directory/lock-as-owner.ts';

/**
 * Unlinks the person and ends his proofs at the organization; authorisations of tokens stay until an owner revokes them.
 * Refuses: 404 where he is not linked. @rule O3, L1
 */
export async function unlinkSsoIdentity(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: { readonly id: number; readonly login: string }; readonly login: string },
): Promise<void> {
  const { organization, login } = input;
  await inTransaction(deps.db, async (db) => {
    await lockAsOwner(db, caller, organization.id);
    const person = await unlinkIdentities(db, { organization_id: organization.id, login });
    if (person === undefined) throw new Refusal('not_found');
    await deleteSsoSessionsAt(db, { organization_id: organization.id, user_id: person.id });
    await writeAudit(db, caller, {
      action: 'org.revoke_external_identity',
      operation_type: 'remove',
      user: { id: person.id, name: person.login },
      org: { id: organization.id, name: organization.login },
    });
  });
}
