// DELETE /user/personal-access-tokens/{token_id}/sso/{org}: the holder takes back what he authorised; he may authorise it again.

import { writeAudit } from '../../db/audit.ts';
import { deleteAuthorization, lockAuthorization } from '../../db/token-authorizations.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { authorizationEvent } from '../../domain/single-sign-on.ts';
import { lockHoldingSession } from '../people/holding-session.ts';
import { lockHeldToken } from '../tokens/held-token.ts';
import { holdOrganization, refuseFineGrained } from './authorize-token.ts';

/** Refuses: 404 where it is not authorised there, 422 for a fine-grained one. @rule O1, L1 */
export async function deauthorizeToken(
  deps: Deps,
  caller: Caller,
  input: { readonly id: number; readonly org: string; readonly now: Date },
): Promise<void> {
  await inTransaction(deps.db, async (db) => {
    const holder = await lockHoldingSession(db, caller, input.now);
    const organization = await holdOrganization(db, input.org);
    const { token } = await lockHeldToken(db, holder, input.id);
    refuseFineGrained(token);
    const key = { token_id: token.id, organization_id: organization.id };
    if ((await lockAuthorization(db, key)) !== 'authorized') throw new Refusal('not_found');
    await deleteAuthorization(db, key);
    await writeAudit(db, caller, authorizationEvent('deauthorized', { ...token, holder }, organization));
  });
}
