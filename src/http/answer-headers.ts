// Headers that answers carry whatever the route is. Which other origins may read an answer: cors.ts.

import type { FastifyReply } from 'fastify';

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'private, no-cache',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** The headers of every answer, for the request with this id. `secure`: clients reach the service by https. */
export function commonHeaders(request_id: string, secure: boolean): Record<string, string> {
  const headers: Record<string, string> = { ...SECURITY_HEADERS, 'x-request-id': request_id };
  if (secure) headers['strict-transport-security'] = 'max-age=31536000';
  return headers;
}

const STALE = 'x-stale-ms';

/** Says how long ago the answer was known, where the database could not be reached since (contract 3). */
export function markStale(reply: FastifyReply, stale_ms: number | undefined): void {
  if (stale_ms !== undefined) reply.header(STALE, stale_ms);
}

/** The same as name and value. */
export function staleMark(stale_ms: number | undefined): readonly string[] {
  return stale_ms === undefined ? [] : [STALE, String(stale_ms)];
}

/** For what carries a secret, and every introspection (contract 1). */
export function noStore(reply: FastifyReply): void {
  reply.header('cache-control', 'no-store');
}
