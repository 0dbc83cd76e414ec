// Which resources of a type a subject reaches otherwise than by public read (AuthZEN section 8.5, contract 10).

import { listEnterpriseCandidates, listOrganizationCandidates } from '../../db/search-organizations.ts';
import { listRepositoryCandidates, type RepositoryCandidatesQuery } from '../../db/search-repositories.ts';
import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import { decide } from '../../domain/decide.ts';
import type { PersonFacts, Resource, Subject } from '../../domain/facts.ts';
import { judgeOwnerPolicy } from '../../domain/owner-policy.ts';
import type { DecisionRequest } from '../../domain/requirement.ts';
import { isForClient, isReached, organizationKinds, repositoryKinds } from '../../domain/search.ts';
import type { ResourceKey, SubjectKey } from '../../facts/source.ts';
import { boundedClientId, subjectForClient } from '../checks/authenticate.ts';
import { recordTokenUse } from '../checks/record-token-use.ts';
import { fillPage, type Page, type Search } from './fill-page.ts';
import type { SearchQuestion } from './search-question.ts';

type Known = Exclude<Subject, { type: 'anonymous' }>;
type Candidate = { readonly place: string; readonly key: ResourceKey };
type Asking = {
  readonly deps: Deps;
  readonly client: ClientFacts;
  readonly key: SubjectKey;
  readonly subject: Known;
  readonly request: DecisionRequest;
  readonly now: Date;
};
type Listing = {
  readonly list: Search<Candidate, string>['list'];
  /** Is told of every resource that was looked at. */
  readonly look?: (subject: Known, resource: Resource) => void;
};

const NOTHING: Listing = { list: async () => [] };

function idAfter(place: string | null): number {
  return place === null ? 0 : Number(place);
}

/** The id by which an evaluation names the resource. */
function nameOf(resource: Resource): string | null {
  switch (resource.type) {
    case 'repository':
      return `${resource.owner.login}/${resource.name}`;
    case 'organization':
      return resource.organization.login;
    case 'user':
      return resource.login;
    case 'enterprise':
      return resource.enterprise.slug;
    case 'none':
    case 'absent':
      return null;
  }
}

/** Whose things alone can be among the answers; null: anybody's. A fine-grained token has one resource owner. @rule K3, T6 */
function ownersInReach({ client, subject }: Asking): readonly number[] | null {
  const of_client = client.organization_ids;
  if (subject.type !== 'token' || subject.token.kind !== 'fine_grained') return of_client;
  const { resource_owner } = subject.token;
  if (resource_owner === null || (of_client !== null && !of_client.includes(resource_owner.id))) return [];
  return [resource_owner.id];
}

/** The list that names all repositories that the token may reach, where it has one. @rule K3, T3 */
function listOf(subject: Known): RepositoryCandidatesQuery['listed_by'] {
  if (subject.type !== 'token') return null;
  const { exchanged } = subject.token;
  if (exchanged?.narrows_repositories === true) return { type: 'exchanged', id: exchanged.id };
  const grant = subject.token.kind === 'fine_grained' ? subject.token.grant : null;
  return grant?.repository_selection === 'subset' ? { type: 'grant', id: grant.id } : null;
}

function repositoriesOf(asking: Asking): Listing {
  const { deps, subject, request, now } = asking;
  const kinds = repositoryKinds(subject, request, now);
  const owner_ids = ownersInReach(asking);
  const is_any = kinds.roles.length > 0 || kinds.all_public || kinds.members_public;
  if (!is_any || owner_ids?.length === 0) return NOTHING;
  const query = { person_id: subject.person.id, kinds, owner_ids, listed_by: listOf(subject) };
  // What an organization's policy keeps from a token is kept from it in all its repositories: they are passed over.
  const closed = new Set<number>();
  return {
    list: async (after, limit) => {
      const except_owner_ids = [...closed];
      const after_id = idAfter(after);
      const found = await listRepositoryCandidates(deps.db, { ...query, except_owner_ids, after_id, limit });
      return found.map(({ id, owner, name }) => ({ place: String(id), key: { type: 'repository', owner, name } }));
    },
    look: (looking, resource) => {
      if (looking.type !== 'token' || resource.type !== 'repository') return;
      if (judgeOwnerPolicy(looking.token, resource) !== null) closed.add(resource.owner.id);
    },
  };
}

function organizationsOf(asking: Asking): Listing {
  const { deps, subject, request, now } = asking;
  const kinds = organizationKinds(subject, request, now);
  const query = { person_id: subject.person.id, kinds, organization_ids: ownersInReach(asking) };
  if (!kinds.others && kinds.memberships.length === 0) return NOTHING;
  return {
    list: async (after, limit) => {
      const found = await listOrganizationCandidates(deps.db, { ...query, after_id: idAfter(after), limit });
      return found.map(({ id, name }) => ({ place: String(id), key: { type: 'organization', login: name } }));
    },
  };
}

/** Nobody reaches the account of another person. @rule F5.3 */
function oneself({ login }: PersonFacts): Listing {
  return { list: async (after) => (after === null ? [{ place: login, key: { type: 'user', login } }] : []) };
}

function enterprisesOf({ deps, subject }: Asking): Listing {
  const person_id = subject.person.id;
  return {
    list: async (after, limit) => {
      const found = await listEnterpriseCandidates(deps.db, { person_id, after_id: idAfter(after), limit });
      return found.map(({ id, name }) => ({ place: String(id), key: { type: 'enterprise', slug: name } }));
    },
  };
}

function listingOf(type: string, asking: Asking): Listing {
  switch (type) {
    case 'repository':
      return repositoriesOf(asking);
    case 'organization':
      return organizationsOf(asking);
    case 'user':
      return oneself(asking.subject.person);
    case 'enterprise':
      return enterprisesOf(asking);
    default:
      return NOTHING;
  }
}

function searchFor(asking: Asking, { list, look }: Listing): Search<Candidate, string> {
  const { deps, client, key, request } = asking;
  const bounded_client_id = boundedClientId(client, key);
  return {
    list,
    placeOf: ({ place }) => place,
    judge: async (candidates) => {
      const loaded = await deps.facts.loadAll(
        candidates.map((each) => ({ subject: key, resource: each.key, bounded_client_id })),
      );
      return loaded.map((facts) => {
        const { resource, now } = facts;
        const subject = subjectForClient(facts, client);
        if (subject === null || subject.type === 'anonymous') return null;
        look?.(subject, resource);
        const decision = decide({ subject, resource }, request, now);
        return isReached(decision) && isForClient(client, resource, decision) ? nameOf(resource) : null;
      });
    },
  };
}

/** An operation that is about nothing, or about something of another type, reaches nothing of this one. @rule F3 */
function isAbout({ ask }: DecisionRequest, type: string): boolean {
  return ask.type !== 'operation' || ask.operation.resource === type;
}

/** The ids of what an evaluation would allow otherwise than by public read, in the order in which they were made. @rule F2, T6 */
export async function searchResources(
  deps: Deps,
  type: string,
  { client, asked, limit, after }: SearchQuestion,
): Promise<Page<string>> {
  const { subject: key, ask, path } = asked;
  const request = { ask, path };
  if (key === null || !isAbout(request, type)) return { results: [], next: null };
  const facts = await deps.facts.load({
    ...{ subject: key, resource: { type: 'none' } as const, bounded_client_id: boundedClientId(client, key) },
  });
  const subject = subjectForClient(facts, client);
  if (subject === null || subject.type === 'anonymous') return { results: [], next: null };
  recordTokenUse(deps, key, subject, facts.now);
  const asking: Asking = { deps, client, key, subject, request, now: facts.now };
  return fillPage(searchFor(asking, listingOf(type, asking)), { limit, after });
}
