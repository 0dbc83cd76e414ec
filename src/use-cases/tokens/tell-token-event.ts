// The webhook `personal_access_token` (L3): what becomes of a token, told to the hooks of its resource owner. Classic tokens,
// and those of a person's own account, have no receiver.

import type { Kysely } from 'kysely';
import { findToldTokens } from '../../db/hook-facts.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import type { TokenAction } from '../../domain/hook.ts';
import { printMoment } from '../../domain/moment.ts';
import { senderOf, tellHooks } from '../webhooks/tell-hooks.ts';

export type TokenEvent = {
  readonly action: TokenAction;
  readonly token_id: number;
  /** Of a token that is about to expire. */
  readonly days_left?: number;
};

/**
 * Tells the hooks of these events, in the transaction in which they happen and while the tokens' rows are there: before a
 * token is deleted, after it was made or changed. @rule L3
 */
export async function tellTokenEvents(
  transaction: Kysely<Database>,
  caller: Caller,
  events: readonly TokenEvent[],
): Promise<void> {
  const found = await findToldTokens(transaction, [...new Set(events.map((each) => each.token_id))]);
  if (found.length === 0) return;
  const tokens = new Map(found.map((each) => [each.token_id, each]));
  const messages = events.flatMap(({ action, token_id, days_left }) => {
    const row = tokens.get(token_id);
    if (row === undefined) return [];
    const { organization_id, kind, name, profile_name } = row;
    const holder = { id: row.holder_id, login: row.holder, site_admin: row.holder_site_admin };
    const expires_at = row.expires_at === null ? null : printMoment(row.expires_at);
    const data = {
      organization: { id: organization_id, login: row.organization, profile_name },
      sender: senderOf(caller, holder),
      token: { id: token_id, kind, name, expires_at },
      holder,
      ...(days_left !== undefined && { days_left }),
    };
    return [{ organization_id, message: { event: 'personal_access_token', action, data } as const }];
  });
  await tellHooks(transaction, messages);
}
