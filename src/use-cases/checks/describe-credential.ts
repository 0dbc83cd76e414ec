// What the presented credential is and may do, told to whoever presents it: `GET /token`.

import { findTokenRecord } from '../../db/token-records.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { ExchangedFacts } from '../../domain/exchanged.ts';
import type { TokenFacts } from '../../domain/facts.ts';
import { endOfText } from '../../domain/lifetime.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { TokenRecord } from '../../domain/token-record.ts';
import type { LoadedFacts } from '../../facts/source.ts';
import { toTokenRecord } from '../tokens/token-record.ts';

type User = { readonly id: number; readonly login: string };
export type DescribedCredential =
  | { readonly kind: 'session'; readonly user: User; readonly expires_at: Date }
  | {
      readonly kind: 'token';
      readonly user: User;
      readonly record: TokenRecord;
      /** Of the text that was presented, which may be the older of two. */
      readonly hashed_token: string;
      /** When the presented text ends; null: never. */
      readonly expires_at: Date | null;
    }
  | { readonly kind: 'exchanged'; readonly user: User; readonly token: TokenFacts; readonly exchanged: ExchangedFacts };

/** The credential by which the caller calls. The route has refused everybody without one. */
export async function describeCredential(deps: Deps, caller: Caller, facts: LoadedFacts): Promise<DescribedCredential> {
  const { principal } = caller;
  if (principal.type === 'session' && facts.subject.type === 'session') {
    const { id, login } = principal.person;
    return { kind: 'session', user: { id, login }, expires_at: facts.subject.expires_at };
  }
  if (principal.type !== 'token') throw new Refusal('authentication_required');
  const { id, login } = principal.person;
  const { token } = principal;
  const { exchanged } = token;
  if (exchanged !== null) return { kind: 'exchanged', user: { id, login }, token, exchanged };
  const row = await findTokenRecord(deps.db, { id: token.id, user_id: id });
  if (row === undefined) throw new Refusal('bad_credential'); // deleted since the hooks let it pass
  const record = toTokenRecord(row, facts.now);
  return { kind: 'token', user: { id, login }, record, hashed_token: token.hashed_token, expires_at: endOfText(token) };
}
