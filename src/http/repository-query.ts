// What the query of a list of repositories asks for, in the terms of the use-cases.

import type { Static } from 'typebox';
import type { Affiliation } from '../domain/affiliation.ts';
import { invalid } from '../domain/refusal.ts';
import { pageOf } from './pages.ts';
import type { OrganizationRepositoriesQuery, OwnRepositoriesQuery } from './schemas/repositories.ts';

type OwnQuery = Static<typeof OwnRepositoriesQuery>;
type OrganizationQuery = Static<typeof OrganizationRepositoriesQuery>;
type Visibility = 'all' | 'public' | 'private';

/** By name from the first, by age from the newest, as GitHub does where no direction is given. */
function order(query: OwnQuery, sort_default: 'full_name' | 'created') {
  const asked = query.sort ?? sort_default;
  const sort = asked === 'full_name' ? ('full_name' as const) : ('created' as const);
  const descending = (query.direction ?? (sort === 'full_name' ? 'asc' : 'desc')) === 'desc';
  return { sort, descending };
}

/** `type` stands for a `visibility` and an `affiliation`, beside which it is not accepted. */
function ofType(type: OwnQuery['type']): { visibility: Visibility; affiliations: readonly Affiliation[] } {
  switch (type) {
    case 'public':
    case 'private':
      return { visibility: type, affiliations: [] };
    case 'owner':
      return { visibility: 'all', affiliations: ['owner'] };
    case 'member':
      return { visibility: 'all', affiliations: ['collaborator', 'organization_member'] };
    case 'all':
    case undefined:
      return { visibility: 'all', affiliations: [] };
  }
}

export function ownRepositoriesFilter(query: OwnQuery) {
  const { type, visibility, affiliation } = query;
  if (type !== undefined && (visibility !== undefined || affiliation !== undefined)) {
    throw invalid('Query', 'type', 'invalid', 'cannot stand beside `visibility` or `affiliation`');
  }
  const typed = ofType(type);
  return {
    ...order(query, 'full_name'),
    ...pageOf(query),
    visibility: visibility ?? typed.visibility,
    affiliations: affiliation ?? typed.affiliations,
  };
}

export function organizationRepositoriesFilter(query: OrganizationQuery) {
  const { type, sort, direction } = query;
  const visibility: Visibility = type === 'public' || type === 'private' ? type : 'all';
  const ordered = order({ ...(sort && { sort }), ...(direction && { direction }) }, 'created');
  return { ...ordered, ...pageOf(query), visibility, only_with_role: type === 'member', only_forks: type === 'forks' };
}
