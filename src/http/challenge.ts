// What a 401 asks for (RFC 9110 section 11.6.1): by which scheme a credential can be presented, and whether the one that was is no good.

import type { FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { Refusal } from '../domain/refusal.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The scheme that a 401 asks for, where it is another than that of the route. */
    challenge: 'Basic' | undefined;
  }
}

/** What asks for a credential by this scheme. */
export function realmOf(scheme: 'Basic' | 'Bearer'): string {
  return `${scheme} realm="gatehouse"`;
}

/** Who has presented nothing is told of no error; all that is no good is told alike (RFC 6750 section 3). @rule F5 */
function errorOf({ raw }: FastifyRequest, { code }: Refusal): string {
  const is_bad = code === 'bad_credential' && raw.headers.authorization !== undefined;
  return is_bad ? ', error="invalid_token"' : '';
}

/** What a client of this route can present; a backend service does not present Bearer. */
export function challengeOf({ config }: Pick<Deps, 'config'>, request: FastifyRequest, refusal: Refusal): string {
  // No route where the path cannot be read.
  const access = request.routeOptions?.config?.access;
  const is_client = access !== undefined && 'client' in access;
  const is_gateway = access !== undefined && 'gateway' in access;
  const scheme = request.challenge ?? (is_client ? 'Basic' : 'Bearer');
  if (scheme !== 'Bearer') return realmOf(scheme);
  const error = errorOf(request, refusal);
  // What a gateway guards is another resource than this API.
  if (is_gateway) return realmOf(scheme) + error;
  const { origin, pathname } = new URL(config.public_url);
  const metadata = `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
  return `${realmOf(scheme)}${error}, resource_metadata="${metadata}"`; // RFC 9728 section 5.1
}
