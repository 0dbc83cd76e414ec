// The state of a token, derived and never stored: the one place that says what the word means (contract 6, A2, A3).

import { isPast } from './lifetime.ts';
import type { TokenKind, TokenState } from './vocabulary.ts';

export type TokenStanding = {
  readonly kind: TokenKind;
  readonly revoked_at: Date | null;
  readonly expires_at: Date | null;
  /** Whether the resource owner lets it do anything now; of no meaning for a classic token. */
  readonly granted: boolean;
  readonly request_pending: boolean;
};

/**
 * What the token is at this moment. With a grant it is active, also while a widening is pending; without one it is pending
 * as long as it is asked for, and denied once that has ended: denied, withdrawn, revoked, or its holder left.
 * @rule M5, M9, A2, A3, A4
 */
export function tokenState(token: TokenStanding, now: Date): TokenState {
  if (token.revoked_at !== null) return 'revoked';
  if (token.expires_at !== null && isPast(token.expires_at, now)) return 'expired';
  if (token.kind === 'classic' || token.granted) return 'active';
  return token.request_pending ? 'pending' : 'denied';
}

/** Whether it has not ended; expired and revoked ones never come back. @rule M9 */
export function hasEnded(state: TokenState): boolean {
  return state === 'expired' || state === 'revoked';
}
