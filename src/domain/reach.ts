// Step 4 of the chain (F5): does the token reach the resource at all?

import { type Decision, deny, hidden } from './decision.ts';
import type { ClassicTokenFacts, FineGrainedTokenFacts, PersonFacts, Resource } from './facts.ts';
import { WHO_AM_I } from './operation.ts';
import { hasCategory } from './permission.ts';
import type { FineReason, Reason } from './reason.ts';
import { acceptedScopes, type DecisionRequest, type Requirement } from './requirement.ts';
import { expandScopes } from './scope.ts';

/** 404 where the repository is not public, else 403. @rule F5.4 */
function outOfReach(resource: Resource, fine_reason: FineReason | Reason): Decision {
  const hides = resource.type === 'repository' && resource.visibility !== 'public';
  return hides ? hidden(fine_reason) : deny('not_in_reach', { fine_reason });
}

/** The account whose thing the resource is; null: nobody's, or an enterprise's. */
function ownerIdOf(resource: Resource): number | null {
  switch (resource.type) {
    case 'repository':
      return resource.owner.id;
    case 'organization':
      return resource.organization.id;
    case 'user':
      return resource.id;
    case 'enterprise':
    case 'none':
    case 'absent':
      return null;
  }
}

/** Who is no member has no grant, whatever row is still there: no outside collaborator acts by such a token. @rule K1, K6, A4 */
function isLeftOrganization(resource: Resource): boolean {
  return resource.type === 'repository' && resource.owner.type === 'Organization' && resource.owner.membership === null;
}

function isSelected(resource: Resource, token: FineGrainedTokenFacts): boolean {
  if (resource.type !== 'repository') return true;
  if (token.grant?.repository_selection === 'all') return true;
  return token.grant?.repository_selection === 'subset' && resource.selected;
}

function isAboutHolderWithoutPermission(requirement: Requirement, person: PersonFacts, resource: Resource): boolean {
  return requirement.permissionless && resource.type === 'user' && resource.id === person.id;
}

/** Why a fine-grained token does not reach the resource, or null where it does. @rule F5.4, K3, K6, M5 */
export function fineGrainedReach(
  token: FineGrainedTokenFacts,
  person: PersonFacts,
  resource: Resource,
  requirement: Requirement,
  request: DecisionRequest,
): Decision | null {
  const about_holder = isAboutHolderWithoutPermission(requirement, person, resource);
  if (about_holder && request.ask.type === 'operation' && request.ask.operation.id === WHO_AM_I) return null;
  const owner_free = about_holder || resource.type === 'none';
  if (!owner_free && (token.resource_owner === null || token.resource_owner.id !== ownerIdOf(resource))) {
    return outOfReach(resource, 'other_owner');
  }
  if (token.grant === null) return outOfReach(resource, token.request_pending ? 'pending' : 'denied');
  if (isLeftOrganization(resource)) return outOfReach(resource, 'denied');
  if (!isSelected(resource, token)) return outOfReach(resource, 'not_selected');
  if (resource.type === 'repository' && !hasCategory(token.grant.permissions, 'repository')) {
    return outOfReach(resource, 'permission_missing');
  }
  return null;
}

/**
 * Why a classic token does not reach the resource, or null where it does. An exchanged one may be narrowed to repositories.
 * @rule F5.4, K2, T3
 */
export function classicReach(token: ClassicTokenFacts, resource: Resource, requirement: Requirement): Decision | null {
  if (resource.type !== 'repository') return null;
  const narrowed = token.exchanged?.narrows_repositories === true;
  if (narrowed && !resource.selected) return outOfReach(resource, 'not_selected');
  if (resource.visibility === 'public') return null;
  const held = expandScopes(token.scopes);
  if (held.has('repo')) return null;
  const accepted = acceptedScopes(requirement);
  if (accepted.some((scope) => scope !== 'public_repo' && held.has(scope))) return null;
  return outOfReach(resource, 'scope_missing');
}
