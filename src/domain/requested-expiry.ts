// From what a caller says about life to the expiry of a secret: exactly one of the three ways or none (M3), and no longer
// than the caps of the resource owner allow (P4, P5).

import { type LifetimeWish, wishedExpiry } from './lifetime.ts';
import { isNameable, parseMoment } from './moment.ts';
import { exceedsCap } from './policy.ts';
import type { LifetimeCap } from './resource-owner.ts';
import { invalidToken } from './token-refusal.ts';

const NEAREST_EXPIRY_MS = 1000;

/** The members of a body that speak of life. */
export type RequestedLife = {
  readonly expires_in_days?: number | undefined;
  readonly expires_at?: string | undefined;
  readonly never_expires?: true | undefined;
};
type LifeMember = keyof RequestedLife;

export type Expiry = {
  /** Null: never. */
  readonly expires_at: Date | null;
  /** The member of the body that a refusal names. */
  readonly field: LifeMember;
};

const MEMBERS: readonly LifeMember[] = ['expires_in_days', 'expires_at', 'never_expires'];

/** The moment of an `expires_at`, at least one second ahead. Refuses: 422. @rule M3 */
export function readExpiresAt(text: string, now: Date): Date {
  const moment = parseMoment(text);
  if (moment === null) {
    throw invalidToken('expires_at', 'invalid', 'must be a moment such as 2027-03-19T00:00:00Z, or a date');
  }
  if (moment.getTime() - now.getTime() < NEAREST_EXPIRY_MS) {
    throw invalidToken('expires_at', 'invalid', 'must be at least one second ahead');
  }
  return moment;
}

/** The expiry of a secret issued now. `otherwise`: where the body says nothing. Refuses: 422. @rule M3, M8 */
export function requestedExpiry(body: RequestedLife, now: Date, otherwise: Date | null): Expiry {
  const said = MEMBERS.filter((member) => body[member] !== undefined);
  const [field = 'expires_in_days', second] = said;
  if (second !== undefined) throw invalidToken(second, 'invalid', `cannot stand beside \`${field}\``);
  const wish: LifetimeWish = {
    ...body,
    expires_at: body.expires_at === undefined ? undefined : readExpiresAt(body.expires_at, now),
  };
  const wished = wishedExpiry(wish, now);
  if (wished && !isNameable(wished)) throw invalidToken(field, 'invalid', 'must end before the year 10000');
  return { expires_at: wished === undefined ? otherwise : wished, field };
}

/** The expiry that an edit asks for: the same or an earlier one. Null, in and out: never. Refuses: 422. @rule M7 */
export function narrowedExpiry(text: string | null, present: Date | null, now: Date): Date | null {
  const asked = text === null ? null : readExpiresAt(text, now);
  const extends_life = present !== null && (asked === null || asked.getTime() > present.getTime());
  if (!extends_life) return asked;
  throw invalidToken('expires_at', 'unprocessable', 'an edit never extends a life: regenerate the token');
}

/** Refuses a life that is longer than the cap: 422 naming whose policy it is and the limit. @rule M3, P4, P5 */
export function refuseBeyondCap({ expires_at, field }: Expiry, issued_at: Date, cap: LifetimeCap | null): void {
  if (cap === null || !exceedsCap(issued_at, expires_at, cap.days)) return;
  const days = cap.days === 1 ? '1 day' : `${cap.days} days`;
  const message = `the ${cap.source} \`${cap.owner}\` allows fine-grained personal access tokens at most ${days}`;
  throw invalidToken(field, 'unprocessable', message);
}

/** The length of a life in whole seconds, rounded up; null for one without end. */
export function lifeSeconds(issued_at: Date, expires_at: Date | null): number | null {
  return expires_at === null ? null : Math.ceil((expires_at.getTime() - issued_at.getTime()) / 1000);
}

/** Whether one life is longer than another; null is without end. */
export function livesLonger(seconds: number | null, than_seconds: number | null): boolean {
  if (than_seconds === null) return false;
  return seconds === null || seconds > than_seconds;
}
