// The request that a gateway asks about, in the words of its kind; nothing else of the call is read (contract 8). What is
// missing, empty, repeated, also under an alias of the name, or not of the form of a request is not guessed at.

import type { FastifyRequest } from 'fastify';
import type { GatewayStyle } from './access.ts';
import { countHeaderAndAliases } from './credential.ts';

export type OriginalRequest = {
  readonly method: string;
  /** Path and query as they stood on the request line. */
  readonly target: string;
};

export const ENVOY_PREFIX = '/gateway/envoy';

const NAMES = {
  nginx: { method: 'x-original-method', target: 'x-original-uri' },
  'forward-auth': { method: 'x-forwarded-method', target: 'x-forwarded-uri' },
} as const;

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
/** A request line has neither blanks nor control characters; of bytes beyond ASCII each reader has an idea of his own. */
const TARGET = /^\/[\x21-\x7e]*$/;

/** The value of a header that arrived exactly once. */
function onlyValue({ raw }: FastifyRequest, name: string): string | null {
  const value = raw.headers[name];
  return countHeaderAndAliases(raw, name) === 1 && typeof value === 'string' ? value : null;
}

function fromPath({ method, originalUrl }: FastifyRequest): { method: string | null; target: string | null } {
  const begins = originalUrl.startsWith(`${ENVOY_PREFIX}/`);
  return { method, target: begins ? originalUrl.slice(ENVOY_PREFIX.length) : null };
}

/** Whether these can be the method and the target of a request line. */
export function isOriginalRequest(method: string, target: string): boolean {
  return METHOD.test(method) && TARGET.test(target);
}

/** What the gateway asks about, or null where it cannot be told. @rule C3 */
export function originalRequest(style: GatewayStyle, request: FastifyRequest): OriginalRequest | null {
  const { method, target } =
    style === 'envoy'
      ? fromPath(request)
      : { method: onlyValue(request, NAMES[style].method), target: onlyValue(request, NAMES[style].target) };
  if (method === null || target === null) return null;
  return isOriginalRequest(method, target) ? { method, target } : null;
}
