// The caller of a request, and typed access to what the hooks found out about it.

import type { FastifyRequest } from 'fastify';
import { type Caller, type ClientFacts, personBehind } from '../domain/caller.ts';
import type { EnterpriseFacts, OrganizationFacts, PersonFacts, RepositoryFacts } from '../domain/facts.ts';
import { Refusal } from '../domain/refusal.ts';
import type { LoadedFacts } from '../facts/source.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
    /** What authorisation judged; absent on open routes and for clients. */
    facts: LoadedFacts | undefined;
  }
}

const USER_AGENT_LENGTH_MAX = 512;

/** The caller before anything is known of him: where he calls from. */
export function anonymousCaller(request: FastifyRequest): Caller {
  return {
    principal: { type: 'anonymous' },
    request_id: request.id,
    ip: request.address,
    user_agent: request.headers['user-agent']?.slice(0, USER_AGENT_LENGTH_MAX) ?? null,
  };
}

/** The person who calls, by session or token. Routes that are open to others do not ask. */
export function personOf(request: FastifyRequest): PersonFacts {
  const person = personBehind(request.caller.principal);
  if (person !== null) return person;
  throw new Refusal('authentication_required');
}

/** The client that calls. */
export function clientOf(request: FastifyRequest): ClientFacts {
  const { principal } = request.caller;
  if (principal.type === 'client') return principal.client;
  throw new Refusal('authentication_required');
}

/** What authorisation judged. */
export function factsOf(request: FastifyRequest): LoadedFacts {
  if (request.facts === undefined) throw new Error('this route has no facts');
  return request.facts;
}

/** The repository that the path names; the hooks have refused the request where it is absent. */
export function repositoryOf(request: FastifyRequest): RepositoryFacts {
  const { resource } = factsOf(request);
  if (resource.type !== 'repository') throw new Refusal('not_found');
  return resource;
}

/** The organization that the path names. */
export function organizationOf(request: FastifyRequest): OrganizationFacts {
  const { resource } = factsOf(request);
  if (resource.type !== 'organization') throw new Refusal('not_found');
  return resource.organization;
}

/** The enterprise that the path names. */
export function enterpriseOf(request: FastifyRequest): EnterpriseFacts {
  const { resource } = factsOf(request);
  if (resource.type !== 'enterprise') throw new Refusal('not_found');
  return resource.enterprise;
}
