// From a row to facts. A row is not trusted: whatever is not one of the words that the domain knows becomes null or is
// left out, and then denies (F3). Nothing here may throw on a strange row; a poisoned object denies, the service lives.

import type { ClientFactsRow } from '../db/client-facts.ts';
import type { BelongingColumns, EnterpriseColumns, FactsRow, OrganizationPolicyColumns } from '../db/facts-row.ts';
import type { ClientFacts } from '../domain/caller.ts';
import { highestRole } from '../domain/ceiling.ts';
import type {
  EnterpriseFacts,
  OrganizationFacts,
  OwnerFacts,
  PersonFacts,
  RepositoryFacts,
  Resource,
} from '../domain/facts.ts';
import { isPast } from '../domain/lifetime.ts';
import {
  ACCESS_VALUES,
  APPROVAL_VALUES,
  type EnterpriseCap,
  type EnterprisePolicy,
  LIFETIME_CAP_DAYS_MAX,
  type OrganizationPolicy,
} from '../domain/policy.ts';
import { CAPABILITIES, MEMBERSHIP_ROLES, VISIBILITIES } from '../domain/vocabulary.ts';
import { decodeToken, holdsSubset, narrowRepository } from './decode-token.ts';
import { neededMoment, oneOf } from './decode-values.ts';
import type { GrantedRepository, LoadedSubject, ResourceKey, SubjectKey } from './source.ts';

function decodeCap(value: unknown): number | null | undefined {
  if (value === null) return null;
  const understood =
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LIFETIME_CAP_DAYS_MAX;
  return understood ? value : undefined;
}

/** The organization's own policy; null where it is missing or not understood. */
export function decodeOrganizationPolicy(row: OrganizationPolicyColumns): OrganizationPolicy | null {
  const fine_grained_tokens = oneOf(ACCESS_VALUES, row.policy_fine_grained);
  const classic_tokens = oneOf(ACCESS_VALUES, row.policy_classic);
  const approval = oneOf(APPROVAL_VALUES, row.policy_approval);
  const fine_grained = decodeCap(row.policy_cap_fine_grained);
  const classic = decodeCap(row.policy_cap_classic);
  if (row.policy_id === null || fine_grained_tokens === null || classic_tokens === null || approval === null)
    return null;
  if (fine_grained === undefined || classic === undefined) return null;
  return {
    fine_grained_tokens,
    classic_tokens,
    approval,
    max_lifetime_days: { fine_grained, classic },
    lifetime_applies_to_public_reads: row.policy_public_reads !== false,
  };
}

/** In the table null stands for `no_policy` and 0 for an explicit null. */
function enterpriseCapOf(value: unknown): EnterpriseCap | undefined {
  const cap = decodeCap(value);
  if (cap === undefined) return undefined;
  if (cap === null) return 'no_policy';
  return cap === 0 ? null : cap;
}

function enterprisePolicy(row: EnterpriseColumns): EnterprisePolicy | null {
  const fine_grained_tokens = oneOf([...ACCESS_VALUES, 'no_policy'], row.enterprise_fine_grained);
  const classic_tokens = oneOf([...ACCESS_VALUES, 'no_policy'], row.enterprise_classic);
  const approval = oneOf([...APPROVAL_VALUES, 'no_policy'], row.enterprise_approval);
  const fine_grained = enterpriseCapOf(row.enterprise_cap_fine_grained);
  const classic = enterpriseCapOf(row.enterprise_cap_classic);
  if (row.enterprise_policy_id === null || fine_grained_tokens === null || classic_tokens === null) return null;
  if (approval === null || fine_grained === undefined || classic === undefined) return null;
  const public_reads = row.enterprise_public_reads;
  return {
    fine_grained_tokens,
    classic_tokens,
    approval,
    max_lifetime_days: { fine_grained, classic },
    lifetime_applies_to_public_reads: public_reads === 'no_policy' ? 'no_policy' : public_reads !== 'false',
    exempt_administrators: row.enterprise_exempt_administrators === true,
  };
}

/** The enterprise with its policy; null where there is none. */
export function decodeEnterprise(row: EnterpriseColumns): EnterpriseFacts | null {
  if (row.enterprise_id === null) return null;
  return {
    id: row.enterprise_id,
    slug: row.enterprise_slug ?? '',
    name: row.enterprise_name ?? '',
    policy: enterprisePolicy(row),
    holder_administers: row.enterprise_administered === true,
  };
}

/**
 * The enterprise of an organization; null where it says to belong to none. One that it names and that is not there is like one whose
 * policy is missing, which denies. @rule F3
 */
export function decodeEnterpriseOf(row: BelongingColumns): EnterpriseFacts | null {
  const found = decodeEnterprise(row);
  if (found !== null || row.belongs_to_id === null) return found;
  return { id: row.belongs_to_id, slug: '', name: '', policy: null, holder_administers: false };
}

function organization(row: FactsRow, id: number): OrganizationFacts {
  return {
    type: 'Organization',
    id,
    login: row.owner_login ?? '',
    profile_name: row.owner_profile_name,
    membership: oneOf(MEMBERSHIP_ROLES, row.membership_role),
    reviews: row.holder_reviews === true,
    policy: decodeOrganizationPolicy(row),
    enterprise: decodeEnterpriseOf(row),
    sso: { required: row.sso_required !== null && row.sso_required !== false, authorized: row.sso_authorized === true },
  };
}

function repository(row: FactsRow, id: number, owner: OwnerFacts): RepositoryFacts {
  const role = highestRole({
    owns: owner.type === 'User' && owner.id === row.person_id,
    membership: owner.type === 'Organization' ? owner.membership : null,
    base_permission: row.base_permission,
    team_roles: row.team_roles ?? [],
    collaborator_role: row.collaborator_role,
    internal_to_person: row.enterprise_member === true,
  });
  const found: RepositoryFacts = {
    type: 'repository',
    id,
    name: row.repository_name ?? '',
    owner,
    visibility: oneOf(VISIBILITIES, row.repository_visibility),
    archived: row.repository_archived !== false,
    role: row.person_id === null ? null : role,
    selected: row.repository_selected === true,
  };
  return narrowRepository(row, found);
}

/** Null: nobody's, or that of an organization of which nothing is known but its name. @rule F3 */
function ownerOf(row: FactsRow): OwnerFacts | null {
  if (row.owner_id === null) return null;
  if (row.owner_type === 'Organization') return row.org_id === null ? null : organization(row, row.org_id);
  return row.owner_type === 'User' ? { type: 'User', id: row.owner_id, login: row.owner_login ?? '' } : null;
}

/** The resource that was named; absent where there is no such thing or it is of another kind. */
export function decodeResource(row: FactsRow, key: ResourceKey): Resource {
  const absent: Resource = { type: 'absent' };
  if (key.type === 'none' || key.type === 'granted' || key.type === 'end') return { type: 'none' };
  if (key.type === 'holder') {
    return row.person_id === null ? absent : { type: 'user', id: row.person_id, login: row.person_login ?? '' };
  }
  if (key.type === 'enterprise') {
    const found = decodeEnterprise(row);
    return found === null ? absent : { type: 'enterprise', enterprise: found };
  }
  const owner = ownerOf(row);
  if (owner === null) return absent;
  if (key.type === 'repository_id') {
    // In place of one that is not there the statement has read another one (db/facts-resource.ts).
    const read = row.repository_id === null ? absent : repository(row, row.repository_id, owner);
    return row.repository_id === key.id ? read : absent;
  }
  if (key.type === 'repository') {
    return row.repository_id === null ? { ...absent, owner } : repository(row, row.repository_id, owner);
  }
  if (owner.type === 'User') {
    return key.type === 'organization' || key.type === 'organization_of_team'
      ? absent
      : { type: 'user', id: owner.id, login: owner.login };
  }
  if (key.type === 'organization_of_team') return { type: 'organization', organization: owner, by_team: true };
  return key.type === 'user' ? absent : { type: 'organization', organization: owner };
}

function person(row: FactsRow): PersonFacts | null {
  if (row.person_id === null || row.person_login === null) return null;
  return {
    id: row.person_id,
    login: row.person_login,
    suspended: row.person_suspended_at !== null,
    site_admin: row.person_site_admin === true,
  };
}

/** The repositories of a granted subset; null where they were not asked for or it is of none. */
export function decodeGrantedRepositories(
  row: FactsRow,
  key: ResourceKey,
  subject: LoadedSubject,
): readonly GrantedRepository[] | null {
  if (key.type !== 'granted' || subject.type !== 'token' || !holdsSubset(subject.token)) return null;
  const listed: unknown[] = Array.isArray(row.granted_repositories) ? row.granted_repositories : [];
  return listed as GrantedRepository[]; // made by the statement itself, of two columns that are never null
}

/** The subject that was named; `unknown` where there is none. */
export function decodeSubject(row: FactsRow, key: SubjectKey): LoadedSubject {
  if (key.type === 'anonymous') return { type: 'anonymous' };
  const found = person(row);
  if (found === null) return { type: 'unknown' };
  if (key.type === 'login') return { type: 'login', person: found };
  if (key.type === 'session') {
    if (row.session_id === null) return { type: 'unknown' };
    const expires_at = neededMoment(row.session_expires_at);
    return { type: 'session', person: found, session_id: row.session_id, expires_at };
  }
  const presented = decodeToken(row);
  return presented === null ? { type: 'unknown' } : { type: 'token', person: found, token: presented };
}

/** The client that was named; null where its secret is over. Unknown capabilities of a row count for nothing (F3). */
export function decodeClient(row: ClientFactsRow, own_now: Date): ClientFacts | null {
  const now = row.now.getTime() > own_now.getTime() ? row.now : own_now;
  if (row.secret_expires_at !== null && isPast(row.secret_expires_at, now)) return null;
  return {
    id: row.id,
    client_id: row.client_id,
    capabilities: CAPABILITIES.filter((each) => row.capabilities.includes(each)),
    audiences: row.audiences,
    strip_prefixes: row.strip_prefixes,
    organization_ids: row.organizations === 'all' ? null : row.organization_ids,
  };
}
