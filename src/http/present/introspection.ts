// An introspected token as RFC 7662 and contract 8 print it.

import type { FineGrainedTokenFacts, TokenFacts } from '../../domain/facts.ts';
import { printPermissions } from '../../domain/permission.ts';
import { tokenState } from '../../domain/token-state.ts';
import type { TokenState } from '../../domain/vocabulary.ts';
import type { Introspected } from '../../use-cases/introspect.ts';
import type { Introspection } from '../schemas/introspection.ts';

/** RFC 7662 counts time in whole seconds since 1970. */
function seconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}

/** The end of the presented text: an older one in overlap ends before its token does. */
function expiryOf({ expires_at, secret_expires_at }: TokenFacts): Date | null {
  if (expires_at === null || secret_expires_at === null) return expires_at ?? secret_expires_at;
  return secret_expires_at.getTime() < expires_at.getTime() ? secret_expires_at : expires_at;
}

/** What is granted now: of a pending or denied token nothing. @rule T1 */
function grantedNow(token: FineGrainedTokenFacts, repositories: Introspected['repositories']) {
  const { grant } = token;
  return {
    scope: printPermissions(grant?.permissions ?? {}),
    resource_owner: token.resource_owner?.login ?? null,
    repository_selection: grant?.repository_selection ?? ('none' as const),
    ...(grant === null && { repositories: [] }),
    ...(repositories !== null && { repositories: [...repositories] }),
    permissions: { ...grant?.permissions },
  };
}

function stateOf(token: TokenFacts, now: Date): TokenState {
  if (token.kind === 'classic') return tokenState({ ...token, granted: true, request_pending: false }, now);
  return tokenState({ ...token, granted: token.grant !== null }, now);
}

export function presentIntrospection(introspected: Introspected, issuer: string): Introspection {
  const { token, person, repositories, now } = introspected;
  const expires_at = expiryOf(token);
  return {
    active: true,
    token_type: 'Bearer',
    sub: String(person.id),
    username: person.login,
    iss: issuer,
    iat: seconds(token.secret_issued_at),
    ...(expires_at !== null && { exp: seconds(expires_at) }),
    jti: String(token.id),
    token_kind: token.kind,
    state: stateOf(token, now),
    ...(token.kind === 'classic' ? { scope: token.scopes.join(' ') } : grantedNow(token, repositories)),
  };
}
