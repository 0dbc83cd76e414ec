// Token exchange (RFC 8693): a client gets a shorter and narrower token of a live one (T3).

import type { Deps } from '../../deps.ts';
import type { Caller, ClientFacts } from '../../domain/caller.ts';
import { printAccess } from '../../domain/exchange.ts';
import { issueExchangedToken } from './issue-exchanged-token.ts';
import { issueJwt } from './issue-jwt.ts';
import { type ExchangeAsk, narrowSubject } from './narrow-subject.ts';

export type ExchangedToken = {
  readonly text: string;
  /** As introspection prints it. */
  readonly scope: string;
  readonly issued_at: Date;
  readonly expires_at: Date;
};

/** The new token. Refuses: `invalid_request`, `invalid_scope`, `invalid_target`. @rule T3, L1 */
export async function exchangeToken(
  deps: Deps,
  caller: Caller,
  { client, ask }: { readonly client: ClientFacts; readonly ask: ExchangeAsk },
): Promise<ExchangedToken> {
  const narrowed = await narrowSubject(deps, client, ask);
  const { access, issued_at, expires_at } = narrowed;
  const scope = printAccess(access);
  if (ask.form === 'jwt') return { ...(await issueJwt(deps, caller, { client, narrowed })), scope, issued_at };
  const text = await issueExchangedToken(deps, caller, { client, narrowed });
  return { text, scope, issued_at, expires_at };
}
