// DELETE /admin/users/{username}/tokens: a site administrator ends all tokens of a person (M9).

import { writeAudits } from '../db/audit.ts';
import { type EndedToken, revokeTokensByAdministrator } from '../db/ended-tokens.ts';
import { lockPersonByLogin } from '../db/people.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Deps } from '../deps.ts';
import type { AuditEvent } from '../domain/audit.ts';
import type { Caller } from '../domain/caller.ts';
import { Refusal } from '../domain/refusal.ts';

function eventOf(token: EndedToken, user: { readonly id: number; readonly name: string }): AuditEvent {
  const { id, kind, name, hashed_token, organization_id, organization_login } = token;
  return {
    action: kind === 'classic' ? 'oauth_access.revoke' : 'personal_access_token.credential_revoked',
    operation_type: 'remove',
    user,
    ...(organization_id !== null && { org: { id: organization_id, name: organization_login ?? '' } }),
    managed_token: { id, hashed_token },
    data: { name, explanation: 'revoked by a site administrator' },
  };
}

/** Ends every live token of the person, with an entry for each. @rule M9, L1 */
export async function revokeTokensOfPerson(deps: Deps, caller: Caller, username: string): Promise<void> {
  await inTransaction(deps.db, async (transaction) => {
    const person = await lockPersonByLogin(transaction, username);
    if (person === undefined) throw new Refusal('not_found');
    const ended = await revokeTokensByAdministrator(transaction, person.id, deps.clock());
    const user = { id: person.id, name: person.login };
    await writeAudits(
      transaction,
      caller,
      ended.map((token) => eventOf(token, user)),
    );
  });
}
