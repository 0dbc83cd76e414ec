// Revocation by the text (RFC 7009): a backend service ends a token of its organizations.

import { writeAudit } from '../db/audit.ts';
import { revokeToken } from '../db/revoked-tokens.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Deps } from '../deps.ts';
import type { AuditEvent } from '../domain/audit.ts';
import type { Caller, ClientFacts } from '../domain/caller.ts';
import type { PersonFacts, TokenFacts } from '../domain/facts.ts';
import { isLive } from '../domain/lifetime.ts';
import { digestOf, kindOfText } from '../secrets.ts';
import { boundedClientId } from './authenticate.ts';

/** Of a classic token there is no organization: it belongs to its holder alone. */
function eventOf(token: TokenFacts, person: PersonFacts): AuditEvent {
  const owner = token.kind === 'fine_grained' ? token.resource_owner : null;
  return {
    action: token.kind === 'classic' ? 'oauth_access.revoke' : 'personal_access_token.credential_revoked',
    operation_type: 'remove',
    user: { id: person.id, name: person.login },
    org: owner?.type === 'Organization' ? { id: owner.id, name: owner.login } : undefined,
    managed_token: { id: token.id, hashed_token: token.hashed_token },
    data: { name: token.name, explanation: 'revoked by its text' },
  };
}

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
  await inTransaction(deps.db, async (transaction) => {
    const ended = await revokeToken(transaction, token.id, { at: now, reason: 'by_text' });
    if (ended) await writeAudit(transaction, caller, eventOf(token, person));
  });
}
