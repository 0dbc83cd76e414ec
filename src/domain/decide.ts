// THE decision: one pure function over facts, used by introspected callers, evaluation, gateways and every route of this
// service alike. The chain of F5, step by step; the first step that applies answers. No clock, no await, nothing outside
// its arguments. Deny is the answer to every doubt (F3).

import { ceilingAllows, reviewRightAllows } from './ceiling.ts';
import { ALLOWED, type Decision, deny, hidden, PUBLIC_READ } from './decision.ts';
import { allowedBy } from './exercise.ts';
import type { Facts, PersonFacts, RepositoryFacts, Resource, Subject, TokenFacts } from './facts.ts';
import { isLive } from './lifetime.ts';
import { judgeOwnerPolicy, judgePublicRead } from './owner-policy.ts';
import { hasCategory, type PermissionMap, satisfies } from './permission.ts';
import { isPublicRead } from './public-read.ts';
import { classicReach, fineGrainedReach } from './reach.ts';
import { type DecisionRequest, neededFor, type Requirement, requirementOf, scopesSuffice } from './requirement.ts';
import { MEMBERSHIP_ROLES, ROLES, TOKEN_KINDS, VISIBILITIES } from './vocabulary.ts';

/** A kind of token that this version does not know is none. @rule F3 */
function isKnownKind(token: TokenFacts): boolean {
  return TOKEN_KINDS.includes(token.kind);
}

/** Step 1: the same 401 for everything that is not a live credential of a person who may act. @rule F5.1 */
export function judgeCredential(subject: Subject, now: Date): Decision | null {
  if (subject.type === 'anonymous') return null;
  if (subject.type !== 'person' && subject.type !== 'token') return deny('bad_credential');
  if (subject.type === 'token' && !(isKnownKind(subject.token) && isLive(subject.token, now)))
    return deny('bad_credential');
  if (subject.person.suspended !== false) return deny('bad_credential', { fine_reason: 'holder_suspended' });
  return null;
}

const RESOURCE_TYPES = ['organization', 'user', 'enterprise', 'none', 'absent'] as const;

/** Step 3: what the holder himself may not even see. @rule F5.3, F6 */
function judgeSight(person: PersonFacts, resource: Resource): Decision | null {
  switch (resource.type) {
    case 'absent':
      return hidden('not_visible');
    case 'repository':
      return resource.visibility === 'public' || isOneOf(ROLES, resource.role) ? null : hidden('not_visible');
    case 'organization':
      if (isOneOf(MEMBERSHIP_ROLES, resource.organization.membership)) return null;
      // The organization is visible to all, the id of a team is not: who is no member is told what is told of one that is not there.
      return resource.by_team === true ? hidden('not_visible') : deny('role_missing');
    case 'user':
      return resource.id === person.id ? null : hidden('not_visible');
    case 'enterprise':
      return resource.enterprise.holder_administers === true ? null : hidden('not_visible');
    case 'none':
      return null;
  }
}

/** What could not be understood is not there: unknown types, visibilities, owners. @rule F3 */
function isUnderstood(resource: Resource): boolean {
  if (resource.type !== 'repository') return isOneOf(RESOURCE_TYPES, resource.type);
  const { owner, visibility } = resource;
  return isOneOf(VISIBILITIES, visibility) && (owner.type === 'User' || owner.type === 'Organization');
}

function isOneOf(known: readonly string[], word: string | null): boolean {
  return word !== null && known.includes(word);
}

/** At a person `public_repo` is for what is his account's (C6: starring): of his repositories nothing says that they are public. */
function isAboutAccount({ sets }: Requirement): boolean {
  return sets.length > 0 && sets.every((set) => hasCategory(set, 'account'));
}

/** `public_repo` counts only where the repository is public and, made or edited, is to be public. @rule K2, C6, F3 */
function publicRepoCounts(resource: Resource, { becomes }: DecisionRequest, requirement: Requirement): boolean {
  const may_be_public = becomes === undefined || becomes === 'public';
  if (resource.type === 'repository') return resource.visibility === 'public' && may_be_public;
  if (requirement.scope_only) return false;
  return becomes === 'public' || (becomes === undefined && resource.type === 'user' && isAboutAccount(requirement));
}

/** Step 6: the permission sets that the credential satisfies; a person is not bounded by any. @rule F5.6, C1 */
function satisfiedSets(
  subject: Exclude<Subject, { type: 'anonymous' }>,
  resource: Resource,
  requirement: Requirement,
  request: DecisionRequest,
): readonly PermissionMap[] | Decision {
  const token = subject.type === 'token' ? subject.token : null;
  const public_repo_counts = publicRepoCounts(resource, request, requirement);
  if (token?.kind === 'classic') {
    if (scopesSuffice(token.scopes, requirement, public_repo_counts)) return requirement.sets;
    return deny('scope_missing', { needed: neededFor(requirement, public_repo_counts, token.scopes) });
  }
  if (requirement.scope_only) return deny('scope_missing', { needed: neededFor(requirement, public_repo_counts) });
  if (token === null) return requirement.sets;
  if (requirement.permissionless) return requirement.sets;
  const permissions = token.grant?.permissions ?? {};
  const satisfied = requirement.sets.filter((set) => satisfies(permissions, set));
  if (satisfied.length > 0) return satisfied;
  return deny('permission_missing', { needed: neededFor(requirement, public_repo_counts) });
}

/** An archived repository takes no writes but those of `administration`. @rule C5, F5.8 */
function archiveAllows(repository: RepositoryFacts, requirement: Requirement, set: PermissionMap): boolean {
  if (repository.archived === false || !requirement.write) return true;
  const written = Object.entries(set).filter(([, level]) => level !== 'read');
  return written.length > 0 && written.every(([permission]) => permission === 'administration');
}

const NOTHING_ASKED: readonly PermissionMap[] = [{}];

/** Steps 7 and 8: which of the sets that step 6 left the holder's role and the archive leave. @rule F5.7, F5.8 */
function setsOfRole(
  subject: Exclude<Subject, { type: 'anonymous' }>,
  resource: Resource,
  requirement: Requirement,
  sets: readonly PermissionMap[],
): readonly PermissionMap[] | Decision {
  if (requirement.scope_only) return sets;
  const asked = requirement.permissionless && sets.length === 0 ? NOTHING_ASKED : sets;
  const { person } = subject;
  const in_person = subject.type === 'person';
  const held = asked.filter(
    (set) => ceilingAllows(person, resource, set) || (in_person && reviewRightAllows(resource, set)),
  );
  if (held.length === 0) return deny('role_missing');
  if (resource.type !== 'repository' || resource.archived === false) return held;
  const writable = held.filter((set) => archiveAllows(resource, requirement, set));
  return writable.length > 0 ? writable : deny('archived');
}

/** A list that answers every live credential, whatever a policy says; what it names must be there to be seen. @rule F8 */
function judgeOpenList(person: PersonFacts, resource: Resource): Decision {
  return resource.type === 'organization' ? ALLOWED : (judgeSight(person, resource) ?? ALLOWED);
}

/** What no token may do, before anything else is asked. @rule K7 */
function isForSessionsOnly({ ask }: DecisionRequest): boolean {
  return ask.type === 'operation' && ask.operation.session_only === true;
}

/** What only a session or a classic token may do: there is no permission for it. @rule K4 */
function isClosedToFineGrained(token: TokenFacts, { ask }: DecisionRequest): boolean {
  return token.kind === 'fine_grained' && ask.type === 'operation' && ask.operation.no_fine_grained === true;
}

/** Steps 4 and 5. */
function judgeToken(
  token: TokenFacts,
  person: PersonFacts,
  resource: Resource,
  requirement: Requirement,
  request: DecisionRequest,
): Decision | null {
  const out_of_reach =
    token.kind === 'classic'
      ? classicReach(token, resource, requirement)
      : fineGrainedReach(token, person, resource, requirement, request);
  return out_of_reach ?? judgeOwnerPolicy(token, resource);
}

/**
 * Whether this subject may do this to this resource at this moment, why, and what would have been enough.
 * @rule F1, F2, F3, F5, F6, F7, K1 to K6
 */
export function decide(facts: Facts, request: DecisionRequest, now: Date): Decision {
  const { subject } = facts;
  const resource: Resource = isUnderstood(facts.resource) ? facts.resource : { type: 'absent' };
  const bad = judgeCredential(subject, now);
  if (bad !== null) return bad;
  const requirement = requirementOf(request);
  if (requirement === null) return deny(subject.type === 'anonymous' ? 'authentication_required' : 'unknown_operation');
  if (subject.type === 'token' && isForSessionsOnly(request)) return deny('session_required');
  const is_open_list = request.ask.type === 'operation' && request.ask.operation.open_list === true;
  if (isPublicRead(request, resource)) {
    const may_be_closed = subject.type === 'token' && !is_open_list;
    return (may_be_closed ? judgePublicRead(subject.token, resource) : null) ?? PUBLIC_READ;
  }
  if (subject.type === 'anonymous') return deny('authentication_required');
  if (is_open_list) return judgeOpenList(subject.person, resource);
  const unseen = judgeSight(subject.person, resource);
  if (unseen !== null) return unseen;
  if (subject.type === 'token') {
    const refused = judgeToken(subject.token, subject.person, resource, requirement, request);
    if (refused !== null) return refused;
    if (isClosedToFineGrained(subject.token, request)) {
      return deny('permission_missing', { needed: neededFor(requirement, false) });
    }
  }
  const sets = satisfiedSets(subject, resource, requirement, request);
  if ('effect' in sets) return sets;
  const left = setsOfRole(subject, resource, requirement, sets);
  if ('effect' in left) return left;
  if (subject.type === 'person') return ALLOWED;
  return allowedBy({ requirement, sets: left, public_repo_counts: publicRepoCounts(resource, request, requirement) });
}
