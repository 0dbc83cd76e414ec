// What is written when a token is exchanged, or an exchanged one is ended (L1, L2).

import type { AuditEvent } from './audit.ts';
import { type NarrowedAccess, type NarrowedRepository, printAccess } from './exchange.ts';
import type { PersonFacts, TokenFacts } from './facts.ts';
import { printMoment } from './moment.ts';
import { printScope } from './scope-text.ts';

type Subject = { readonly token: TokenFacts; readonly person: PersonFacts };

/** The holder, and the organization that is the resource owner of his token. */
function concerning({ token, person }: Subject): Pick<AuditEvent, 'user' | 'org'> {
  const owner = token.kind === 'fine_grained' ? token.resource_owner : null;
  const org = owner?.type === 'Organization' ? { org: { id: owner.id, name: owner.login } } : {};
  return { user: { id: person.id, name: person.login }, ...org };
}

/**
 * That the token of a text that was presented was exchanged. `issued`: the `jti` and the digest of the new one. The entry is found
 * by the digests of both. @rule L1, L2, T3
 */
export function exchangeEvent(
  narrowed: Subject & {
    readonly access: NarrowedAccess;
    readonly repositories: readonly NarrowedRepository[] | null;
    readonly audience: readonly string[] | null;
    readonly actor_ids: readonly number[];
    readonly depth: number;
    readonly expires_at: Date;
  },
  issued: { readonly id: string; readonly hashed_token: string; readonly is_jwt?: true },
): AuditEvent {
  const { token, access, repositories, audience, actor_ids, depth, expires_at } = narrowed;
  return {
    action: 'personal_access_token.exchange',
    operation_type: 'create',
    ...concerning(narrowed),
    credential: { token_id: token.id, hashed_token: token.hashed_token, token_scopes: printScope(token) },
    managed_token: { id: token.id, hashed_token: issued.hashed_token },
    data: {
      exchanged_token_id: issued.id,
      ...(issued.is_jwt === true && { jwt: true }),
      scope: printAccess(access),
      ...(repositories !== null && { repository_ids: repositories.map(({ id }) => id) }),
      ...(audience !== null && { audience }),
      ...(actor_ids.length > 0 && { actor_ids }),
      depth,
      expires_at: printMoment(expires_at),
    },
  };
}

/** That an exchanged token was ended by its text; its token lives on. @rule L1, T3 */
export function exchangedEndEvent(subject: Subject): AuditEvent {
  const { token } = subject;
  return {
    action: token.kind === 'classic' ? 'oauth_access.revoke' : 'personal_access_token.credential_revoked',
    operation_type: 'remove',
    ...concerning(subject),
    managed_token: { id: token.id, hashed_token: token.hashed_token },
    data: {
      name: token.name,
      ...(token.exchanged !== null && { exchanged_token_id: String(token.exchanged.id) }),
      explanation: 'an exchanged token was revoked by its text',
      revoked_reason: 'by_text',
    },
  };
}
