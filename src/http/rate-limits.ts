// How many requests of this API a holder, or an address without a credential, may make in an hour (contract 9). Checks by
// clients and gateways are not counted. The count is of this process.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Deps } from '../deps.ts';
import { Refusal } from '../domain/refusal.ts';

const HOUR_SECONDS = 3600;

type Limiters = { readonly holders: RateLimiterMemory; readonly addresses: RateLimiterMemory };
const LIMITERS = new WeakMap<Deps, Limiters>();

function limitersOf(deps: Deps): Limiters {
  const known = LIMITERS.get(deps);
  if (known !== undefined) return known;
  const { holder_requests_per_hour_max, anonymous_requests_per_hour_max } = deps.config;
  const made = {
    holders: new RateLimiterMemory({ points: holder_requests_per_hour_max, duration: HOUR_SECONDS }),
    addresses: new RateLimiterMemory({ points: anonymous_requests_per_hour_max, duration: HOUR_SECONDS }),
  };
  LIMITERS.set(deps, made);
  return made;
}

function addHeaders(reply: FastifyReply, limit: number, state: RateLimiterRes, now: Date): void {
  reply.header('x-ratelimit-limit', limit);
  reply.header('x-ratelimit-remaining', Math.max(0, state.remainingPoints));
  reply.header('x-ratelimit-used', state.consumedPoints);
  reply.header('x-ratelimit-reset', Math.ceil((now.getTime() + state.msBeforeNext) / 1000));
  reply.header('x-ratelimit-resource', 'core');
}

/** Counts this request; 429 with `Retry-After` when there were too many. */
export async function countRequest(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { principal } = request.caller;
  const { holders, addresses } = limitersOf(deps);
  const is_person = principal.type === 'session' || principal.type === 'token';
  const limiter = is_person ? holders : addresses;
  const key = is_person ? String(principal.person.id) : request.ip;
  try {
    addHeaders(reply, limiter.points, await limiter.consume(key), deps.clock());
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    addHeaders(reply, limiter.points, error, deps.clock());
    const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
    throw new Refusal('rate_limited', { headers: { 'retry-after': String(seconds) } });
  }
}
