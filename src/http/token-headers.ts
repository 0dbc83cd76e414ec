// The headers on every answer of this API to a token (contract 9).

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TokenFacts } from '../domain/facts.ts';
import { endOfText } from '../domain/lifetime.ts';
import { onceFor } from '../domain/once.ts';
import type { Operation } from '../domain/operation.ts';
import { acceptedScopes, requirementOf } from '../domain/requirement.ts';
import type { Access } from './access.ts';

/** `2027-03-19 00:00:00 UTC` */
function printExpiration(moment: Date): string {
  return `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
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

/** The headers of an answer to a token at a route. Pairs of name and value. */
export function tokenHeadersAt(
  access: Access | undefined,
): (token: TokenFacts) => readonly (readonly [string, string])[] {
  const { scopes, permissions } = acceptedAt(access);
  const accepted_scopes = ['x-accepted-oauth-scopes', scopes.join(', ')] as const;
  const of_fine_grained = [['x-accepted-github-permissions', permissions]] as const;
  return (token) => {
    const of_kind =
      token.kind === 'classic'
        ? [['x-oauth-scopes', token.scopes.join(', ')] as const, accepted_scopes]
        : of_fine_grained;
    const ends_at = endOfText(token);
    return ends_at === null ? of_kind : [...of_kind, [EXPIRATION, printExpiration(ends_at)]];
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
  for (const [name, value] of headersOf(principal.token)) reply.header(name, value);
}
