// What a new password of a person takes with it, whoever set it: his other sessions and every right to choose the first one.

import type { Kysely } from 'kysely';
import { deletePasswordSetupsOf, insertPasswordSetup } from '../../db/password-setups.ts';
import { updatePerson } from '../../db/people.ts';
import type { Database } from '../../db/schema.ts';
import { deleteSessionsOf } from '../../db/sessions.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { DAY_MS } from '../../domain/moment.ts';
import { digestOf, newText } from '../../secrets.ts';

/** Null: without a password until he chooses one. The session that calls stays, where it is his. */
export async function setStoredPassword(
  transaction: Kysely<Database>,
  caller: Caller,
  { user_id, password_hash }: { readonly user_id: number; readonly password_hash: string | null },
): Promise<void> {
  const { principal } = caller;
  await updatePerson(transaction, user_id, { password_hash });
  await deleteSessionsOf(transaction, user_id, principal.type === 'session' ? principal.session_id : null);
  await deletePasswordSetupsOf(transaction, user_id);
}

/** The text by which a person without a password chooses one: once, within 24 hours. */
export async function makePasswordSetup(deps: Deps, transaction: Kysely<Database>, user_id: number): Promise<string> {
  const text = newText('setup', deps.config.token_prefix);
  const expires_at = new Date(deps.clock().getTime() + DAY_MS);
  await insertPasswordSetup(transaction, { digest: digestOf(text), user_id, expires_at });
  return text;
}
