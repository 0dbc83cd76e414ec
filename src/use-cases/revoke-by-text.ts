// Revocation by the text (RFC 7009): a backend service ends a token of its organizations.

import { endTokens } from '../db/ended-tokens.ts';
import { lockHolder } from '../db/holders.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Deps } from '../deps.ts';
import type { Caller, ClientFacts } from '../domain/caller.ts';
import { isLive } from '../domain/lifetime.ts';
import { digestOf, kindOfText } from '../secrets.ts';
import { boundedClientId } from './authenticate.ts';
import { recordRevocations } from './record-ends.ts';

/**
 * Ends the whole token of a live text, also one in overlap or of a suspended holder. For everything else (unknown, no
 * token's text, already over, beyond the client's organizations) nothing happens, and nobody is told. @rule M9, T6, L1
 */
export async function revokeByText(
  deps: Deps,
  caller: Caller,
  { client, text }: { readonly client: ClientFacts; readonly text: string },
): Promise<void> {
  const kind = kindOfText(text, deps.config.token_prefix);
  if (kind !== 'classic' && kind !== 'fine_grained') return;
  const { subject, now, visible_to_client } = await deps.facts.load({
    subject: { type: 'token_text', digest: digestOf(text) },
    resource: { type: 'none' },
    bounded_client_id: boundedClientId(client),
  });
  if (subject.type !== 'token' || !visible_to_client || !isLive(subject.token, now)) return;
  const { token, person } = subject;
  const reason = 'by_text';
  await inTransaction(deps.db, async (transaction) => {
    await lockHolder(transaction, person.id);
    const ended = await endTokens(transaction, { token_id: token.id }, { at: now, reason });
    await recordRevocations(transaction, caller, { ended, reason });
  });
}
