// Signing in (T5): a login and a password for a session of 12 hours (a setting).

import { RateLimiterMemory } from 'rate-limiter-flexible';
import { findPersonForSignIn, type PersonForSignIn } from '../db/people.ts';
import { insertSession } from '../db/sessions.ts';
import type { Deps } from '../deps.ts';
import { Refusal } from '../domain/refusal.ts';
import { digestOf, newText, verifyPassword } from '../secrets.ts';

const FAILURES_MAX = 10;
const FAILURES_WINDOW_SECONDS = 15 * 60;

const FAILURES = new WeakMap<Deps, RateLimiterMemory>();

function failuresOf(deps: Deps): RateLimiterMemory {
  const known = FAILURES.get(deps);
  if (known !== undefined) return known;
  const made = new RateLimiterMemory({ points: FAILURES_MAX, duration: FAILURES_WINDOW_SECONDS });
  FAILURES.set(deps, made);
  return made;
}

/** The bucket of a login: case variants share it, and it counts for logins that do not exist just the same. */
async function refuseAfterFailures(failures: RateLimiterMemory, key: string): Promise<void> {
  const state = await failures.get(key);
  if (state === null || state.consumedPoints < FAILURES_MAX) return;
  const seconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
  throw new Refusal('rate_limited', { headers: { 'retry-after': String(seconds) } });
}

async function verified(deps: Deps, input: { login: string; password: string }): Promise<PersonForSignIn> {
  const person = await findPersonForSignIn(deps.db, input.login);
  const matches = await verifyPassword(input.password, person?.password_hash ?? null);
  if (person === undefined || !matches || person.suspended_at !== null) throw new Refusal('bad_credential');
  return person;
}

export type OpenedSession = {
  readonly token: string;
  readonly expires_at: Date;
  readonly user: { readonly id: number; readonly login: string };
};

/** Opens a session. Unknown login, wrong password and suspended: the same 401 in the same time. @rule T5 */
export async function openSession(deps: Deps, input: { login: string; password: string }): Promise<OpenedSession> {
  const failures = failuresOf(deps);
  const key = input.login.toLowerCase();
  await refuseAfterFailures(failures, key);
  let person: PersonForSignIn;
  try {
    person = await verified(deps, input);
  } catch (error) {
    if (error instanceof Refusal) await failures.penalty(key);
    throw error;
  }
  await failures.delete(key);
  return startSession(deps, person);
}

/** A new session of a person whose right to it has been checked. */
export async function startSession(deps: Deps, user: { id: number; login: string }): Promise<OpenedSession> {
  const token = newText('session', deps.config.token_prefix);
  const created_at = deps.clock();
  const expires_at = new Date(created_at.getTime() + deps.config.session_ttl_seconds * 1000);
  await insertSession(deps.db, { digest: digestOf(token), user_id: user.id, created_at, expires_at });
  return { token, expires_at, user: { id: user.id, login: user.login } };
}
