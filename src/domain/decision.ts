// The answer of decide(): yes or no, why, and what would have been enough.

import type { Exercise } from './exercise.ts';
import type { PolicySource } from './policy.ts';
import { type FineReason, REASONS, type Reason } from './reason.ts';
import type { Needed } from './refusal.ts';

export type Decision = {
  readonly effect: 'allow' | 'deny';
  readonly reason: Reason;
  /** Told to clients only: why exactly it is `not_found` or `not_in_reach`. */
  readonly fine_reason: Reason | FineReason;
  /** What a resource server should answer. */
  readonly status: number;
  readonly message: string;
  readonly needed?: Needed;
  readonly policy?: { readonly source: PolicySource; readonly owner: string };
  /** The login of the organization whose single sign-on is missing. */
  readonly sso_organization?: { readonly id: number; readonly login: string };
  /** By what a token was allowed; absent where no permission or scope of it was needed. */
  readonly exercise?: Exercise;
};

export const ALLOWED: Decision = {
  effect: 'allow',
  reason: 'allowed',
  fine_reason: 'allowed',
  status: 200,
  message: REASONS.allowed.message,
};

export const PUBLIC_READ: Decision = {
  effect: 'allow',
  reason: 'public_read',
  fine_reason: 'public_read',
  status: 200,
  message: REASONS.public_read.message,
};

type DenyDetails = Partial<Pick<Decision, 'fine_reason' | 'message' | 'needed' | 'policy' | 'sso_organization'>>;

/** A no, with the status and message of its code unless a better message is given. */
export function deny(reason: Reason, details: DenyDetails = {}): Decision {
  const { status, message } = REASONS[reason];
  return { effect: 'deny', reason, fine_reason: reason, status, message, ...details };
}

/** The same no for absent, hidden, renamed away and deleted (F6); `fine_reason` is for clients only. */
export function hidden(fine_reason: FineReason | Reason): Decision {
  return deny('not_found', { fine_reason });
}
