// One token of the holder.

import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { TokenRecord } from '../../domain/token-record.ts';
import { holderIdOf } from '../people/holding-session.ts';
import { readTokenRecord } from './token-record.ts';

/** The record of the holder's token. Refuses: 404 where it is another's or none. */
export function showToken(
  deps: Deps,
  caller: Caller,
  input: { readonly id: number; readonly now: Date },
): Promise<TokenRecord> {
  return readTokenRecord(deps.db, { id: input.id, user_id: holderIdOf(caller) }, input.now);
}
