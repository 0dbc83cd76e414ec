// DELETE /admin/users/{username}/tokens: a site administrator ends all tokens of a person (M9).

import { endTokens } from '../../db/ended-tokens.ts';
import { lockPersonByLogin } from '../../db/people.ts';
import { inPatientTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { recordRevocations } from './record-ends.ts';

/** Ends every live token of the person, with an entry for each. @rule M9, L1 */
export async function revokeTokensOfPerson(deps: Deps, caller: Caller, username: string): Promise<void> {
  const reason = 'by_administrator';
  await inPatientTransaction(deps.db, async (transaction) => {
    const person = await lockPersonByLogin(transaction, username);
    if (person === undefined) throw new Refusal('not_found');
    const at = deps.clock();
    const ended = await endTokens(transaction, { user_id: person.id }, { at, reason });
    await recordRevocations(transaction, caller, { ended, reason, at });
  });
}
