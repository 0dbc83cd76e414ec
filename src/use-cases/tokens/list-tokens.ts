// The tokens of the holder, of all states, newest first (contract 6).

import { listTokenRecords } from '../../db/token-records.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { foldedName } from '../../domain/folded-name.ts';
import { parseMoment } from '../../domain/moment.ts';
import { invalid } from '../../domain/refusal.ts';
import type { TokenRecord } from '../../domain/token-record.ts';
import type { TokenKind, TokenState } from '../../domain/vocabulary.ts';
import { holderIdOf } from '../people/holding-session.ts';
import { toTokenRecord } from './token-record.ts';

export type TokenFilter = {
  readonly kind?: TokenKind | undefined;
  readonly state?: TokenState | undefined;
  /** A login. */
  readonly resource_owner?: string | undefined;
  /** Tokens that end before this moment; one that never does is not among them. */
  readonly expires_before?: string | undefined;
};

function readExpiresBefore(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const moment = parseMoment(text);
  if (moment === null) throw invalid('Query', 'expires_before', 'invalid', 'must be a moment or a date');
  return moment;
}

/** A page of the holder's tokens, and whether there are more. */
export async function listTokens(
  deps: Deps,
  caller: Caller,
  input: {
    readonly filter: TokenFilter;
    readonly page: { readonly limit: number; readonly offset: number };
    readonly now: Date;
  },
): Promise<{ readonly rows: TokenRecord[]; readonly has_more: boolean }> {
  const { filter, page, now } = input;
  const { kind = null, state = null, resource_owner } = filter;
  const found = await listTokenRecords(deps.db, {
    user_id: holderIdOf(caller),
    ...{ kind, state, now },
    resource_owner_key: resource_owner === undefined ? null : foldedName(resource_owner),
    expires_before: readExpiresBefore(filter.expires_before),
    limit: page.limit + 1,
    offset: page.offset,
  });
  const rows = found.slice(0, page.limit).map((row) => toTokenRecord(row, now));
  return { rows, has_more: found.length > page.limit };
}
