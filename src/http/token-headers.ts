// The headers on every answer of this API to a token (contract 9).

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TokenFacts } from '../domain/facts.ts';
import { endOfText } from '../domain/lifetime.ts';
import type { Operation } from '../domain/operation.ts';
import { acceptedScopes, requirementOf } from '../domain/requirement.ts';
import { operationOf } from './access.ts';

/** `2027-03-19 00:00:00 UTC` */
function printExpiration(moment: Date): string {
  return `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The sets as `a=read,b=write; c=read`: comma is and, semicolon is or. @rule C1 */
export function printAcceptedPermissions(operation: Operation): string {
  if (operation.no_fine_grained) return '';
  if (operation.permissionless) return 'allows_permissionless_access=true';
  return operation.permission_sets
    .map((set) =>
      Object.entries(set)
        .map(([permission, level]) => `${permission}=${level}`)
        .join(','),
    )
    .join('; ');
}

function addKindHeaders(reply: FastifyReply, token: TokenFacts, operation: Operation | null): void {
  if (token.kind === 'classic') {
    const requirement = operation === null ? null : requirementOf({ ask: { type: 'operation', operation } });
    reply.header('x-oauth-scopes', token.scopes.join(', '));
    reply.header('x-accepted-oauth-scopes', requirement === null ? '' : acceptedScopes(requirement).join(', '));
    return;
  }
  if (operation !== null) reply.header('x-accepted-github-permissions', printAcceptedPermissions(operation));
}

export function addTokenHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const principal = request.caller?.principal;
  if (principal?.type !== 'token') return;
  const { token } = principal;
  const { access } = request.routeOptions.config;
  addKindHeaders(reply, token, access === undefined ? null : operationOf(access));
  const ends_at = endOfText(token);
  if (ends_at !== null) reply.header('github-authentication-token-expiration', printExpiration(ends_at));
}
