// The id of a request: the caller's own where it is well-formed (contract 10), else a new one. It is no secret.

import type { IncomingMessage } from 'node:http';

/** 1 to 128 visible ASCII characters without quotes and backslash. */
const WELL_FORMED = /^[!#-&(-[\]-~]{1,128}$/;

/** Two `X-Request-Id` headers arrive joined by a comma and a blank, which is not well-formed. */
export function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return requestIdOf(typeof given === 'string' ? given : null);
}

/** The same of the header's one value; null: there is none. */
export function requestIdOf(given: string | null): string {
  return given !== null && WELL_FORMED.test(given) ? given : crypto.randomUUID();
}
