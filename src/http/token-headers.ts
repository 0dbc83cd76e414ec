// The headers on every answer of this API to a token (contract 9).

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TokenFacts } from '../domain/facts.ts';
import { endOfText } from '../domain/lifetime.ts';
import { onceFor } from '../domain/once.ts';
import type { Operation } from '../domain/operation.ts';
import { acceptedScopes, requirementOf } from '../domain/requirement.ts';
import type { Access } from './access.ts';
import { addHeaders, type HeaderList } from './header-list.ts';

/** `2027-03-19 00:00:00 UTC` */
function printExpiration(moment: Date): string {
  const text = moment.toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}

const EXPIRATION = 'github-authentication-token-expiration';
const PERMISSIONLESS = 'allows_permissionless_access=true';

/** The sets as `a=read,b=write; c=read`: comma is and, semicolon is or. @rule C1 */
export function printAcceptedPermissions(operation: Operation): string {
  if (operation.no_fine_grained) return '';
  if (operation.permissionless) return PERMISSIONLESS;
  return operation.permission_sets
    .map((set) =>
      Object.entries(set)
        .map(([permission, level]) => `${permission}=${level}`)
        .join(','),
    )
    .join('; ');
}

/** What suffices at the route. A session's own accept no scope and no permission, and say so by an empty list. */
function acceptedAt(access: Access | undefined): { readonly scopes: readonly string[]; readonly permissions: string } {
  if (access !== undefined && 'operation' in access) {
    const { operation } = access;
    const requirement = requirementOf({ ask: { type: 'operation', operation } });
    const scopes = requirement === null ? [] : acceptedScopes(requirement);
    return { scopes, permissions: printAcceptedPermissions(operation) };
  }
  return { scopes: [], permissions: access !== undefined && 'self' in access ? PERMISSIONLESS : '' };
}

/** The headers of an answer to a token at a route. */
export function tokenHeadersAt(access: Access | undefined): (token: TokenFacts) => HeaderList {
  const { scopes, permissions } = acceptedAt(access);
  const accepted_scopes = scopes.join(', ');
  return (token) => {
    const headers =
      token.kind === 'classic'
        ? ['x-oauth-scopes', token.scopes.join(', '), 'x-accepted-oauth-scopes', accepted_scopes]
        : ['x-accepted-github-permissions', permissions];
    const ends_at = endOfText(token);
    if (ends_at !== null) headers.push(EXPIRATION, printExpiration(ends_at));
    return headers;
  };
}

/** What an access accepts is worked out once. */
const headersAt = onceFor((access: Access) => tokenHeadersAt(access));
const headersAnywhere = tokenHeadersAt(undefined);

export function addTokenHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const principal = request.caller?.principal;
  if (principal?.type !== 'token') return;
  const access = request.routeOptions?.config?.access;
  const headersOf = access === undefined ? headersAnywhere : headersAt(access);
  addHeaders(reply, headersOf(principal.token));
}
