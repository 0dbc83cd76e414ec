// Revocation by the text (RFC 7009): a backend service ends a token of its organizations.

import { writeAudit } from '../../db/audit.ts';
import { endTokens } from '../../db/ended-tokens.ts';
import { endExchangedToken } from '../../db/exchanged-tokens.ts';
import { lockHolder } from '../../db/holders.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller, ClientFacts } from '../../domain/caller.ts';
import { exchangedEndEvent } from '../../domain/exchange-audit.ts';
import type { PersonFacts, TokenFacts } from '../../domain/facts.ts';
import { isLive } from '../../domain/lifetime.ts';
import { boundedClientId } from '../checks/authenticate.ts';
import { tokenTextKey } from '../checks/token-text.ts';
import { recordRevocations } from './record-ends.ts';

/** An exchanged text ends alone, with what was made from it: its token lives on, and nobody needs to be told. @rule T3, L1 */
async function endExchanged(
  deps: Deps,
  caller: Caller,
  subject: { readonly token: TokenFacts; readonly person: PersonFacts; readonly now: Date },
): Promise<void> {
  const { exchanged } = subject.token;
  if (exchanged === null) return;
  await inTransaction(deps.db, async (transaction) => {
    const has_ended = await endExchangedToken(transaction, exchanged.id, subject.now);
    if (has_ended) await writeAudit(transaction, caller, exchangedEndEvent(subject));
  });
}

/**
 * Ends the whole token of a live text, also one in overlap or of a suspended holder; of an exchanged one only that. For
 * everything else (unknown, no token's text, already over, beyond the client's organizations) nothing happens, and nobody is
 * told. @rule M9, T3, T6, L1
 */
export async function revokeByText(
  deps: Deps,
  caller: Caller,
  { client, text }: { readonly client: ClientFacts; readonly text: string },
): Promise<void> {
  const key = tokenTextKey(text, deps.config.token_prefix);
  if (key === null) return;
  const { subject, now } = await deps.facts.load({
    subject: key,
    resource: { type: 'end' },
    bounded_client_id: boundedClientId(client),
  });
  if (subject.type !== 'token' || !isLive(subject.token, now)) return;
  if (subject.token.exchanged !== null) return endExchanged(deps, caller, { ...subject, now });
  const { token, person } = subject;
  const reason = 'by_text';
  await inTransaction(deps.db, async (transaction) => {
    await lockHolder(transaction, person.id);
    const ended = await endTokens(transaction, { token_id: token.id }, { at: now, reason });
    await recordRevocations(transaction, caller, { ended, reason, at: now });
  });
}
