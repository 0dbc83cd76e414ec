// Who is deleted takes his tokens with him: what they asked of organizations is cancelled, which their logs say too, and to
// the hooks of their resource owners the tokens are revoked (A2, L1, L3).

import type { Kysely } from 'kysely';
import { findTokensOfPeople } from '../../db/hook-facts.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import type { AccessChange } from '../../domain/token-audit.ts';
import { recordAccess } from '../approval/record-access.ts';
import { concernedToken } from '../tokens/concerned-token.ts';
import { tellTokenEvents } from '../tokens/tell-token-event.ts';

const EXPLANATION = 'the person was deleted';

/** Records and tells what ends with these people, in the transaction that deletes them and before it does. @rule A2, L1, L3 */
export async function tellPeopleGone(
  transaction: Kysely<Database>,
  caller: Caller,
  { user_ids, now }: { readonly user_ids: readonly number[]; readonly now: Date },
): Promise<void> {
  const tokens = await findTokensOfPeople(transaction, user_ids, now);
  const cancelled = tokens.flatMap(({ organization_id, organization, request_id, ...token }): AccessChange[] => {
    if (request_id === null) return [];
    const place = { organization: { id: organization_id, login: organization }, explanation: EXPLANATION };
    return [{ act: 'request_cancelled', request_id, token: concernedToken(token), ...place }];
  });
  await recordAccess(transaction, { caller, now }, cancelled);
  await tellTokenEvents(
    transaction,
    caller,
    tokens.flatMap(({ token_id, has_ended }) => (has_ended ? [] : { action: 'revoked' as const, token_id })),
  );
}
