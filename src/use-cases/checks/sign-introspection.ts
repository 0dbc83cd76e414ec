// An answer of introspection that its receiver can show to others: signed, and for that receiver only (RFC 9701 section 5).

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';

/** Its own type, and neither `sub` nor `exp` beside the answer, so that nobody takes it for an access token. @rule T1 */
export function signIntrospection(deps: Deps, client: ClientFacts, answer: object): Promise<string> {
  const claims = {
    iss: deps.config.public_url,
    aud: client.client_id,
    iat: Math.floor(deps.clock().getTime() / 1000),
    token_introspection: answer,
  };
  return deps.signer.sign(claims, { typ: 'token-introspection+jwt' });
}
