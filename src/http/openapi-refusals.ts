// Which errors a route can answer, in the OpenAPI document: what follows from who may call it and from what it takes.

import type { FastifySchema, RouteOptions } from 'fastify';
import { isWriteMethod } from '../domain/operation.ts';
import type { Access } from './access.ts';

export const ERROR_STATUSES: Readonly<Record<number, string>> = {
  400: 'Malformed request',
  401: 'No credential, or a bad one',
  403: 'Not allowed',
  404: 'Not there, or hidden from the caller',
  409: 'Not in a state for it',
  413: 'The body is too large',
  415: 'The content type is not the one of this endpoint',
  422: 'Validation failed; `errors` says where',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Temporarily unavailable; `Retry-After` says when to try again',
};

type Declared = { readonly schema: FastifySchema | undefined; readonly access: Access; readonly takes_key: boolean };

/** The errors that any route of this declaration can answer. */
export function errorResponses(route: RouteOptions, { schema, access, takes_key }: Declared) {
  const { config = {} } = route;
  const writes = [route.method].flat().some(isWriteMethod);
  const oauth = config.errors === 'oauth';
  const $ref = oauth ? 'OAuthError#' : 'Error#';
  const statuses = [
    ...credentialErrors(access, schema?.body !== undefined),
    ...(takes_key ? [409, 422] : []),
    ...inputErrors(schema, { writes, only_400: oauth || config.wrong_body === 400 }),
    500,
    503,
  ];
  const answer = (status: number): [string, unknown] => [
    String(status),
    { description: ERROR_STATUSES[status], content: { 'application/json': { schema: { $ref } } } },
  ];
  return Object.fromEntries(statuses.map(answer));
}

function credentialErrors(access: Access, hasBody: boolean): number[] {
  if ('gateway' in access && access.gateway === 'nginx') return [401, 403];
  const refused = 400; // two credentials, a forged consistency token: before a route is asked
  if ('open' in access && access.anonymous_only === true) return [refused, 403, 429];
  if ('open' in access) return hasBody ? [refused, 401, 429] : [refused]; // a password or a one-time text in the body
  if ('gateway' in access) return [refused, 401, 403, 404, 429];
  return 'client' in access ? [refused, 401, 403] : [refused, 401, 403, 429]; // the calls of clients are not counted
}

/**
 * `only_400`: the standards of these endpoints know no other status for what is wrong with a body. What writes can be refused
 * for what it names in its path, and a body is refused where none is taken: by its kind, its size or its members.
 */
function inputErrors(
  schema: FastifySchema | undefined,
  { writes, only_400 }: { writes: boolean; only_400: boolean },
): number[] {
  const hasBody = schema?.body !== undefined;
  const hasInput = hasBody || writes || schema?.querystring !== undefined;
  return [
    ...(hasBody || writes ? [413] : []),
    ...((hasBody || writes) && !only_400 ? [415] : []),
    ...(schema?.params !== undefined ? [404] : []),
    ...(hasInput && !only_400 ? [422] : []),
  ];
}
