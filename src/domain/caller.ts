// The caller: who calls this service, with which credential, from where. Made by http/authenticate.ts, handed to every
// use-case, and written into every entry of the record (L2).

import type { PersonFacts, TokenFacts } from './facts.ts';
import type { Capability } from './vocabulary.ts';

export type ClientFacts = {
  readonly id: number;
  readonly client_id: string;
  readonly capabilities: readonly Capability[];
  /** Null: a client of all organizations. Else what it may learn is bounded to these (T6). */
  readonly organization_ids: readonly number[] | null;
  readonly audiences: readonly string[];
  /** What a gateway has before the paths that it asks about. */
  readonly strip_prefixes: readonly string[];
  /** How long ago this was known, where the database could not be reached since. */
  readonly stale_ms?: number;
};

export type Principal =
  | { readonly type: 'anonymous' }
  | { readonly type: 'session'; readonly person: PersonFacts; readonly session_id: number }
  | { readonly type: 'token'; readonly person: PersonFacts; readonly token: TokenFacts }
  | { readonly type: 'client'; readonly client: ClientFacts }
  /** This service itself: the first start, a job. */
  | { readonly type: 'system' };

/** The person who calls; null: nobody, a client, or this service. */
export function personBehind(principal: Principal): PersonFacts | null {
  return principal.type === 'session' || principal.type === 'token' ? principal.person : null;
}

export type Caller = {
  readonly principal: Principal;
  readonly request_id: string | null;
  readonly ip: string | null;
  readonly user_agent: string | null;
};

export const SYSTEM_CALLER: Caller = { principal: { type: 'system' }, request_id: null, ip: null, user_agent: null };
