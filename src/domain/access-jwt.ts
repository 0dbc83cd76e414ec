// What a JWT access token says (RFC 9068): what introspection would say at this moment of a token that is narrowed like that. Nothing can
// take it back, so it lives shortly; nobody takes it who is not named in it.

import { type ActClaim, actClaim, type NarrowedAccess, printAccess } from './exchange.ts';
import type { PersonFacts, TokenFacts } from './facts.ts';
import { secondsOf } from './moment.ts';
import { JWT_SECONDS_MAX } from './signing-key.ts';
import type { RepositorySelection } from './vocabulary.ts';

type NamedRepository = { readonly id: number; readonly full_name: string };

export type JwtGrant = {
  readonly person: PersonFacts;
  /** The subject as its text has it. */
  readonly token: TokenFacts;
  readonly access: NarrowedAccess;
  /** The single repositories that count; null: no narrower ones than those of the token. */
  readonly repositories: readonly NamedRepository[] | null;
  readonly audience: readonly string[] | null;
  readonly actor_ids: readonly number[];
  readonly issued_at: Date;
  readonly expires_at: Date;
};

export type AccessJwt = {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly client_id: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly scope: string;
  readonly username: string;
  readonly act?: ActClaim;
  readonly resource_owner?: string | null;
  readonly repository_selection?: RepositorySelection;
  readonly repositories?: readonly NamedRepository[];
  readonly permissions?: Readonly<Record<string, string>>;
};

/** At most 15 minutes, and never beyond what it was narrowed to. @rule T3 */
export function jwtEnd({ issued_at, expires_at }: Pick<JwtGrant, 'issued_at' | 'expires_at'>): number {
  return Math.min(secondsOf(issued_at) + JWT_SECONDS_MAX, secondsOf(expires_at));
}

function selectionOf({ token, repositories }: JwtGrant): RepositorySelection {
  if (token.kind === 'classic') return repositories === null ? 'all' : 'subset';
  const held = token.grant?.repository_selection ?? 'none';
  return held === 'all' && repositories !== null ? 'subset' : held;
}

/** The members beside the scope; those of the other kind of token are absent, as in introspection. */
function grantedMembers(grant: JwtGrant) {
  const { token, access, repositories } = grant;
  const listed = repositories === null ? {} : { repositories };
  if (token.kind === 'classic') {
    return repositories === null ? {} : { repository_selection: selectionOf(grant), ...listed };
  }
  return {
    resource_owner: token.resource_owner?.login ?? null,
    repository_selection: selectionOf(grant),
    ...listed,
    permissions: { ...access.permissions },
  };
}

/** Without an audience it is for the issuer: RFC 9068 wants one, and whoever looks at it takes no other. @rule T3 */
export function accessJwt(
  grant: JwtGrant,
  { issuer, client_id, jti }: { readonly issuer: string; readonly client_id: string; readonly jti: string },
): AccessJwt {
  const { person, audience, actor_ids, issued_at, access } = grant;
  const [first = issuer, ...others] = audience ?? [issuer];
  const act = actClaim(actor_ids);
  return {
    iss: issuer,
    sub: String(person.id),
    aud: others.length === 0 ? first : [first, ...others],
    client_id,
    jti,
    iat: secondsOf(issued_at),
    exp: jwtEnd(grant),
    scope: printAccess(access),
    username: person.login,
    ...(act !== null && { act }),
    ...grantedMembers(grant),
  };
}
