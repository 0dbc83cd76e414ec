// An introspected token as RFC 7662 and contract 8 print it.

import { actClaim } from '../../domain/exchange.ts';
import type { ExchangedFacts } from '../../domain/exchanged.ts';
import type { FineGrainedTokenFacts, TokenFacts } from '../../domain/facts.ts';
import { endOfText } from '../../domain/lifetime.ts';
import { secondsOf } from '../../domain/moment.ts';
import { printScope } from '../../domain/scope-text.ts';
import { tokenState } from '../../domain/token-state.ts';
import type { TokenState } from '../../domain/vocabulary.ts';
import type { Introspected } from '../../use-cases/checks/introspect.ts';
import type { Introspection } from '../schemas/introspection.ts';

/** What is granted now: of a pending or denied token nothing. @rule T1 */
function grantedNow(token: FineGrainedTokenFacts, repositories: Introspected['repositories']) {
  const { grant } = token;
  return {
    resource_owner: token.resource_owner?.login ?? null,
    repository_selection: grant?.repository_selection ?? ('none' as const),
    ...(grant === null && { repositories: [] }),
    ...(repositories !== null && { repositories: [...repositories] }),
    permissions: { ...grant?.permissions },
  };
}

/** A classic token has no selection, but an exchanged one of it may be bounded to repositories. @rule T3 */
function heldNow(repositories: Introspected['repositories']) {
  return repositories === null ? {} : { repository_selection: 'subset' as const, repositories: [...repositories] };
}

/** For whom it is, who asked for it and who acts (RFC 7662 section 2.2, RFC 8693 section 4). One audience is a text. */
function whatItIs({ audience, client_id, actor_ids }: ExchangedFacts) {
  const [only, ...others] = audience ?? [];
  const act = actClaim(actor_ids);
  return {
    client_id,
    ...(only !== undefined && { aud: others.length === 0 ? only : [only, ...others] }),
    ...(act !== null && { act }),
  };
}

function stateOf(token: TokenFacts, now: Date): TokenState {
  if (token.kind === 'classic') return tokenState({ ...token, granted: true, request_pending: false }, now);
  return tokenState({ ...token, granted: token.grant !== null }, now);
}

export function presentIntrospection(introspected: Introspected, issuer: string): Introspection {
  const { token, person, repositories, now } = introspected;
  const { exchanged } = token;
  const expires_at = endOfText(token);
  return {
    active: true,
    token_type: 'Bearer',
    sub: String(person.id),
    username: person.login,
    iss: issuer,
    iat: secondsOf(exchanged?.issued_at ?? token.secret_issued_at),
    ...(expires_at !== null && { exp: secondsOf(expires_at) }),
    jti: String(exchanged?.id ?? token.id),
    ...(exchanged !== null && whatItIs(exchanged)),
    token_kind: exchanged === null ? token.kind : 'exchanged',
    state: stateOf(token, now),
    scope: printScope(token),
    ...(token.kind === 'classic' ? heldNow(repositories) : grantedNow(token, repositories)),
  };
}
