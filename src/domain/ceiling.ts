// The ceiling: what the holder may do now, whatever his token says (F1, C5).

import type { OrganizationFacts, PersonFacts, RepositoryFacts, Resource } from './facts.ts';
import { isPermissionLevel, type PermissionMap, permissionNamed } from './permission.ts';
import { LEVELS, type Level, type MembershipRole, ROLES, type Role } from './vocabulary.ts';

const ADMIN_AT_EVERY_LEVEL: ReadonlySet<string> = new Set([
  'administration',
  'repository_hooks',
  'environments',
  'secrets',
  'actions_variables',
  'dependabot_secrets',
  'codespaces_secrets',
  'agent_secrets',
  'agent_variables',
  'copilot_agent_settings',
]);
const WRITE_AT_EVERY_LEVEL: ReadonlySet<string> = new Set([
  'security_events',
  'secret_scanning_alerts',
  'vulnerability_alerts',
  'repository_advisories',
  'code_quality',
]);
/** Where the write level needs another role than `write`. */
const ROLE_FOR_WRITE_LEVEL: Readonly<Record<string, Role>> = {
  repository_custom_properties: 'admin',
  issues: 'triage',
  discussions: 'triage',
  pull_requests: 'triage',
  pages: 'maintain',
};
/** Organization permissions whose read level any member has; all else needs an owner. */
const MEMBERS_MAY_READ: ReadonlySet<string> = new Set([
  'members',
  'organization_events',
  'organization_plan',
  'organization_projects',
  'organization_custom_properties',
]);

/** The role that a repository permission needs at this level. @rule C5 */
export function roleNeeded(permission: string, level: Level): Role {
  if (ADMIN_AT_EVERY_LEVEL.has(permission)) return 'admin';
  if (WRITE_AT_EVERY_LEVEL.has(permission)) return level === 'admin' ? 'admin' : 'write';
  if (level === 'admin') return 'admin';
  if (level === 'read') return 'read';
  return ROLE_FOR_WRITE_LEVEL[permission] ?? 'write';
}

/** Everything from which a person's role on a repository may come. */
export type RoleSources = {
  readonly owns: boolean;
  readonly membership: MembershipRole | null;
  /** The organization's `default_repository_permission`; null where the owner is a person. */
  readonly base_permission: string | null;
  readonly team_roles: readonly string[];
  readonly collaborator_role: string | null;
  /** The repository is internal and the person is a member of an organization of the enterprise. */
  readonly internal_to_person: boolean;
};

/** The highest role that the person has on the repository, null for none. Unknown words give nothing. @rule C5, F3 */
export function highestRole(sources: RoleSources): Role | null {
  if (sources.owns || sources.membership === 'admin') return 'admin';
  const claimed = [...sources.team_roles, sources.collaborator_role ?? ''];
  if (sources.membership === 'member') claimed.push(sources.base_permission ?? '');
  if (sources.internal_to_person) claimed.push('read');
  return ROLES.findLast((role) => claimed.includes(role)) ?? null;
}

/** Whether one role includes another: read < triage < write < maintain < admin. Unknown or no role includes nothing. @rule C5 */
export function roleIncludes(held: Role | null, needed: Role): boolean {
  if (held === null) return false;
  const needed_rank = ROLES.indexOf(needed);
  return needed_rank >= 0 && ROLES.indexOf(held) >= needed_rank;
}

function atOrganization(organization: OrganizationFacts, permission: string, level: Level): boolean {
  if (organization.membership === 'admin') return true;
  if (organization.membership !== 'member' || level !== 'read') return false;
  const definition = permissionNamed(permission);
  return definition?.category === 'repository' || MEMBERS_MAY_READ.has(permission);
}

function atRepository(repository: RepositoryFacts, permission: string, level: Level): boolean {
  const category = permissionNamed(permission)?.category;
  if (category === 'account') return true;
  if (category === 'organization') {
    return repository.owner.type === 'Organization' && atOrganization(repository.owner, permission, level);
  }
  return category === 'repository' && roleIncludes(repository.role, roleNeeded(permission, level));
}

function mayUse(person: PersonFacts, resource: Resource, permission: string, level: Level): boolean {
  const category = permissionNamed(permission)?.category;
  if (category === undefined || !LEVELS.includes(level)) return false;
  switch (resource.type) {
    case 'repository':
      return atRepository(resource, permission, level);
    case 'organization':
      return category === 'account' || atOrganization(resource.organization, permission, level);
    case 'user':
      return resource.id === person.id && category !== 'organization';
    case 'enterprise':
      return resource.enterprise.holder_administers === true;
    // Who asks about nothing in particular asks about no account of his own: only what needs no permission is allowed there (C2).
    case 'none':
    case 'absent':
      return false;
  }
}

/** Whether the person's own roles allow everything that the set asks, on this resource. @rule F1, C2, C5 */
export function ceilingAllows(person: PersonFacts, resource: Resource, set: PermissionMap): boolean {
  return Object.entries(set).every(([permission, level]) => mayUse(person, resource, permission, level));
}

/** What a reviewer has in person although he is no owner. */
const REVIEW_PERMISSIONS: ReadonlySet<string> = new Set([
  'organization_personal_access_token_requests',
  'organization_personal_access_tokens',
]);

/**
 * Whether a member may do this because an owner gave him the review right. It is his own, by his session; a token with
 * these permissions needs an owner behind it. @rule A1, K5
 */
export function reviewRightAllows(resource: Resource, set: PermissionMap): boolean {
  if (resource.type !== 'organization') return false;
  const { membership, reviews } = resource.organization;
  if (membership !== 'member' || reviews !== true) return false;
  const asked = Object.entries(set);
  return (
    asked.length > 0 && asked.every(([name, level]) => REVIEW_PERMISSIONS.has(name) && isPermissionLevel(name, level))
  );
}
