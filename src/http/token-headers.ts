// The headers on every answer of this API to a token (contract 9).

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TokenFacts } from '../domain/facts.ts';
import { endOfText } from '../domain/lifetime.ts';
import type { Operation } from '../domain/operation.ts';
import { acceptedScopes, requirementOf } from '../domain/requirement.ts';
import type { Access } from './access.ts';

/** `2027-03-19 00:00:00 UTC` */
function printExpiration(moment: Date): string {
  return `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

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

function addKindHeaders(reply: FastifyReply, token: TokenFacts, access: Access | undefined): void {
  const { scopes, permissions } = acceptedAt(access);
  if (token.kind === 'classic') {
    reply.header('x-oauth-scopes', token.scopes.join(', '));
    reply.header('x-accepted-oauth-scopes', scopes.join(', '));
    return;
  }
  reply.header('x-accepted-github-permissions', permissions);
}

export function addTokenHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const principal = request.caller?.principal;
  if (principal?.type !== 'token') return;
  const { token } = principal;
  addKindHeaders(reply, token, request.routeOptions?.config?.access);
  const ends_at = endOfText(token);
  if (ends_at !== null) reply.header('github-authentication-token-expiration', printExpiration(ends_at));
}
