// How many requests of this API a holder, or an address without a credential, may make in an hour (contract 9). Checks by
// clients and gateways are not counted. The count holds over all nodes, as counts-over-nodes.ts says.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { countedSource } from '../address-ranges.ts';
import type { Counted } from '../counted-windows.ts';
import type { Deps } from '../deps.ts';
import { overLimit } from '../over-limit.ts';
import { addHeaders, type HeaderList } from './header-list.ts';

const HOUR_MS = 3_600_000;

function limiterOf({ counts, config }: Deps, is_person: boolean) {
  const { holder_requests_per_hour_max, anonymous_requests_per_hour_max } = config;
  return is_person
    ? counts.windows('holder', { count_max: holder_requests_per_hour_max, window_ms: HOUR_MS })
    : counts.windows('address', { count_max: anonymous_requests_per_hour_max, window_ms: HOUR_MS });
}

/** What every answer tells of the count. */
function headersOf(limit: number, { count, ends_in_ms }: Counted, now: Date): HeaderList {
  return [
    'x-ratelimit-limit',
    String(limit),
    'x-ratelimit-remaining',
    String(Math.max(0, limit - count)),
    'x-ratelimit-used',
    String(count),
    'x-ratelimit-reset',
    String(Math.ceil((now.getTime() + ends_in_ms) / 1000)),
    'x-ratelimit-resource',
    'core',
  ];
}

/** Counts this request; 429 with `Retry-After` when there were too many. */
export function countRequest(deps: Deps, request: FastifyRequest, reply: FastifyReply): void {
  const { principal } = request.caller;
  const is_person = principal.type === 'session' || principal.type === 'token';
  const limiter = limiterOf(deps, is_person);
  const key = is_person ? principal.person.id : countedSource(request.address);
  const now = deps.clock();
  const counted = limiter.take(key, now);
  addHeaders(reply, headersOf(limiter.count_max, counted, now));
  if (!counted.is_over) return;
  throw overLimit(is_person ? 'holder' : 'address', counted.ends_in_ms);
}

/** Counts a request of this person and tells the headers, where there is room; null: nothing was counted. */
export function countRequestOf(deps: Deps, person_id: number): HeaderList | null {
  const limiter = limiterOf(deps, true);
  const now = deps.clock();
  const counted = limiter.take(person_id, now);
  if (!counted.is_over) return headersOf(limiter.count_max, counted, now);
  limiter.giveBack(person_id);
  return null;
}
