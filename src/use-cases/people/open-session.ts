// Signing in (T5): a login and a password for a session of 12 hours (a setting).

import { findPersonForSignIn } from '../../db/people.ts';
import { deleteOldestSessions, insertSession, insertSessionByPassword } from '../../db/sessions.ts';
import type { Deps } from '../../deps.ts';
import { SESSIONS_MAX } from '../../domain/count-caps.ts';
import { foldedName } from '../../domain/folded-name.ts';
import { Refusal } from '../../domain/refusal.ts';
import { digestOf, newText, verifyPassword } from '../../secrets.ts';
import { countingFailures } from './password-failures.ts';

type Person = { readonly id: number; readonly login: string };

/** `address`: where it is tried from. */
type SignIn = { readonly login: string; readonly password: string; readonly address: string | null };

async function verified(deps: Deps, { login, password, address }: SignIn) {
  const person = await findPersonForSignIn(deps.db, login);
  // By the id, which outlives every login; of a login that nobody has there is nothing else.
  const whose = person === undefined ? `login ${foldedName(login)}` : `id ${person.id}`;
  const attempt = { of: 'person', whose, address } as const;
  deps.credential_failures.begin(attempt);
  const matches = await verifyPassword(password, person?.password_hash ?? null);
  if (person === undefined || !matches || person.suspended_at !== null) throw new Refusal('bad_credential');
  deps.credential_failures.succeed(attempt);
  return person;
}

export type OpenedSession = { readonly token: string; readonly expires_at: Date; readonly user: Person };

/** Opens a session. Unknown login, wrong password and suspended: the same 401 in the same time. @rule T5 */
export async function openSession(deps: Deps, input: SignIn): Promise<OpenedSession> {
  // Case variants of a login share a count, and logins that do not exist have one just the same. Whatever is said to be a login,
  // it is no key of another kind.
  const person = await countingFailures(deps, `login ${foldedName(input.login)}`, () => verified(deps, input));
  return startSession(deps, person, person.password_hash);
}

/**
 * A new session of a person whose right to it has been checked. With the stored password that was verified: 401 if it is no
 * longer his, or he has been suspended, since then; a new password ends the sessions of the old one.
 */
export async function startSession(
  deps: Deps,
  { id, login }: Person,
  password_hash: string | null = null,
): Promise<OpenedSession> {
  const token = newText('session', deps.config.token_prefix);
  const created_at = deps.clock();
  const expires_at = new Date(created_at.getTime() + deps.config.session_ttl_seconds * 1000);
  const session = { digest: digestOf(token), user_id: id, created_at, expires_at };
  if (password_hash === null) await insertSession(deps.db, session);
  else if (!(await insertSessionByPassword(deps.db, session, password_hash))) throw new Refusal('bad_credential');
  await deleteOldestSessions(deps.db, id, SESSIONS_MAX);
  return { token, expires_at, user: { id, login } };
}
