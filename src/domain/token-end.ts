// How a token ends other than by its holder (M9, T2): revoked, for one of four reasons, or expired. What is written of it.

import type { AuditEvent } from './audit.ts';
import { DAY_MS } from './moment.ts';
import type { TokenKind } from './vocabulary.ts';

export const REVOCATION_REASONS = ['leaked', 'unused', 'by_text', 'by_administrator'] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** A token that has just ended, with whom that concerns. */
export type EndedToken = {
  readonly id: number;
  readonly kind: TokenKind;
  readonly name: string;
  /** The digest of its current text. */
  readonly hashed_token: string;
  readonly holder: { readonly id: number; readonly login: string };
  /** The organization that was its resource owner. */
  readonly organization: { readonly id: number; readonly login: string } | null;
  readonly expires_at: Date | null;
  /** The request that was pending and ended with it. */
  readonly cancelled_request_id: number | null;
};

/** A token that is not used for so long ends. */
export const UNUSED_DAYS_MAX = 365;
/**
 * Uses of the last minute may be known to another node only (M9): that much later, every use within the year is known. Twice
 * that, for a node that could not write at once.
 */
const LAST_USE_LAG_MS = 2 * 60_000;

/** What was last used, or never used and issued, before this moment has been unused for a year. @rule M9 */
export function unusedSince(now: Date): Date {
  return new Date(now.getTime() - UNUSED_DAYS_MAX * DAY_MS - LAST_USE_LAG_MS);
}

const EXPLANATIONS: Readonly<Record<RevocationReason, string>> = {
  leaked: 'its text was reported as leaked',
  unused: 'unused for a year',
  by_text: 'revoked by its text',
  by_administrator: 'revoked by a site administrator',
};

function concerning(token: EndedToken): Pick<AuditEvent, 'user' | 'org' | 'managed_token'> {
  const { holder, organization } = token;
  return {
    user: { id: holder.id, name: holder.login },
    ...(organization !== null && { org: { id: organization.id, name: organization.login } }),
    managed_token: { id: token.id, hashed_token: token.hashed_token },
  };
}

/** Of a classic token there is no organization: it belongs to its holder alone. @rule L1, M9 */
export function revocationEvent(token: EndedToken, reason: RevocationReason): AuditEvent {
  return {
    action: token.kind === 'classic' ? 'oauth_access.revoke' : 'personal_access_token.credential_revoked',
    operation_type: 'remove',
    ...concerning(token),
    data: { name: token.name, explanation: EXPLANATIONS[reason], revoked_reason: reason },
  };
}

/** That a token's life is over (reference.md 8 and 15). @rule L1 */
export function expiryEvent(token: EndedToken): AuditEvent {
  return {
    action: 'oauth_authorization.destroy',
    operation_type: 'remove',
    ...concerning(token),
    data: { name: token.name, explanation: 'expired' },
  };
}
