// The person who manages his tokens: by a session only (K7), locked while he does.

import type { Kysely } from 'kysely';
import { type HolderRow, lockHolder } from '../../db/holders.ts';
import type { AskingHolder } from '../../db/resource-owners.ts';
import type { Database } from '../../db/schema.ts';
import { holdSession } from '../../db/sso-sessions.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';

export type Holder = AskingHolder & { readonly id: number; readonly login: string; readonly email_verified: boolean };

/** The session's person. The route has refused everybody else. @rule K7 */
export function holderIdOf(caller: Caller): number {
  if (caller.principal.type !== 'session') throw new Refusal('session_required');
  return caller.principal.person.id;
}

/**
 * The session's person, locked until the end of the transaction, and the session, which does not end before; who has gone
 * meanwhile, or whose session has ended, is nobody. @rule K7, F5.1
 */
export async function lockHoldingSession(db: Kysely<Database>, caller: Caller, now: Date): Promise<Holder> {
  if (caller.principal.type !== 'session') throw new Refusal('session_required');
  const { person, session_id } = caller.principal;
  const row: HolderRow | undefined = await lockHolder(db, person.id);
  if (row === undefined || row.suspended_at !== null) throw new Refusal('bad_credential');
  if ((await holdSession(db, session_id)) === undefined) throw new Refusal('bad_credential');
  const { id, login, email_verified } = row;
  return { id, user_id: id, login, email_verified, session_id, now };
}
