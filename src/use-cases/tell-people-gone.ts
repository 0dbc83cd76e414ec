// Who is deleted takes his tokens with him: to the hooks of their resource owners these are revoked, and what they asked is
// cancelled (L3).

import type { Kysely } from 'kysely';
import { findTokensOfPeople } from '../db/hook-facts.ts';
import type { Database } from '../db/schema.ts';
import type { Caller } from '../domain/caller.ts';
import { tellAccessChanges } from './tell-access-changes.ts';
import { tellTokenEvents } from './tell-token-event.ts';

/** Tells hooks of the tokens of these people, in the transaction that deletes them and before it does. @rule L3, A2 */
export async function tellPeopleGone(
  transaction: Kysely<Database>,
  caller: Caller,
  { user_ids, now }: { readonly user_ids: readonly number[]; readonly now: Date },
): Promise<void> {
  const tokens = await findTokensOfPeople(transaction, user_ids, now);
  const cancelled = tokens.flatMap(({ token_id, organization_id, request_id }) => {
    if (request_id === null) return [];
    const act = 'request_cancelled' as const;
    return [{ act, request_id, token: { id: token_id }, organization: { id: organization_id } }];
  });
  await tellAccessChanges(transaction, caller, cancelled);
  await tellTokenEvents(
    transaction,
    caller,
    tokens.map(({ token_id }) => ({ action: 'revoked', token_id })),
  );
}
