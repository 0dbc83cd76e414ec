// Where a search has to look (AuthZEN section 8). This is no second logic: what decide() cannot tell apart forms a kind, decide()
// is asked once for each kind, and the statement of the search takes the rows of the kinds that it allowed. Kinds are a
// superset, in which policies are not known yet: every row that is found is judged again, with its own facts.

import type { ClientFacts } from './caller.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { OrganizationFacts, OwnerFacts, PersonFacts, RepositoryFacts, Resource, Subject } from './facts.ts';
import { organizationOf } from './owner-policy.ts';
import { INITIAL_ORGANIZATION_POLICY } from './policy.ts';
import type { DecisionRequest } from './requirement.ts';
import {
  MEMBERSHIP_ROLES,
  type MembershipRole,
  ROLES,
  type Role,
  VISIBILITIES,
  type Visibility,
} from './vocabulary.ts';

/** Ids begin at 1: this is nobody's and nothing's. */
const NO_ID = 0;
const SOMEBODY: PersonFacts = { id: NO_ID, login: '', suspended: false, site_admin: false };
const NO_ROLE: readonly (Role | null)[] = [null, ...ROLES];
const NO_MEMBERSHIP: readonly (MembershipRole | null)[] = [null, ...MEMBERSHIP_ROLES];

/** Whether the subject reaches what it asks, and not only as a stranger may. */
export function isReached(decision: Decision): boolean {
  return decision.effect === 'allow' && decision.reason !== 'public_read';
}

/** An organization whose policies refuse nothing. */
function permissive(id: number, membership: MembershipRole | null, reviews = false): OrganizationFacts {
  return {
    type: 'Organization',
    id,
    login: '',
    profile_name: null,
    membership,
    reviews,
    policy: {
      ...INITIAL_ORGANIZATION_POLICY,
      fine_grained_tokens: 'allowed',
      max_lifetime_days: { fine_grained: null, classic: null },
    },
    enterprise: null,
    sso: { required: false, authorized: false },
  };
}

/** The owners that may make a difference: himself, another person, an organization. */
function ownersFor(subject: Exclude<Subject, { type: 'anonymous' }>): readonly OwnerFacts[] {
  const organizations = (id: number) => NO_MEMBERSHIP.map((membership) => permissive(id, membership));
  if (subject.type === 'token' && subject.token.kind === 'fine_grained') {
    const { resource_owner } = subject.token;
    if (resource_owner === null) return [];
    const { id, login } = resource_owner;
    return resource_owner.type === 'User' ? [{ type: 'User', id, login }] : organizations(id);
  }
  const people = [subject.person.id, NO_ID].map((id): OwnerFacts => ({ type: 'User', id, login: '' }));
  return [...people, ...organizations(NO_ID)];
}

/** Which repositories a subject may reach. */
export type RepositoryKinds = {
  /** Of those on which he has a role: of which visibility, and which roles are enough somewhere. */
  readonly visibilities: readonly Visibility[];
  readonly roles: readonly Role[];
  readonly archived: boolean;
  /** Public ones on which he has no role: all of them, or those of organizations whose member he is. */
  readonly all_public: boolean;
  readonly members_public: boolean;
};

/** The kinds of repositories that this subject may reach. */
export function repositoryKinds(subject: Subject, request: DecisionRequest, now: Date): RepositoryKinds {
  const owners = subject.type === 'anonymous' ? [] : ownersFor(subject);
  const every = owners.flatMap((owner) =>
    VISIBILITIES.flatMap((visibility) =>
      NO_ROLE.flatMap((role) =>
        [false, true].map(
          (archived): RepositoryFacts => ({
            ...{ type: 'repository', id: NO_ID, name: '', owner, visibility, archived, role, selected: true },
          }),
        ),
      ),
    ),
  );
  const reached = every.filter((resource) => isReached(decide({ subject, resource }, request, now)));
  const without_role = reached.filter(({ role }) => role === null);
  return {
    visibilities: VISIBILITIES.filter((word) => reached.some((each) => each.visibility === word && each.role !== null)),
    roles: ROLES.filter((word) => reached.some(({ role }) => role === word)),
    archived: reached.some(({ archived }) => archived),
    all_public: without_role.some(({ owner }) => owner.type === 'User' || owner.membership === null),
    members_public: without_role.some(({ owner }) => owner.type === 'Organization' && owner.membership !== null),
  };
}

/** Which organizations a subject may reach. */
export type OrganizationKinds = {
  /** Where he is a member, in which role. */
  readonly memberships: readonly MembershipRole[];
  /** Where he is not. */
  readonly others: boolean;
};

/** The kinds of organizations that this subject may reach. */
export function organizationKinds(subject: Subject, request: DecisionRequest, now: Date): OrganizationKinds {
  if (subject.type === 'anonymous') return { memberships: [], others: false };
  const owners = ownersFor(subject).filter((each) => each.type === 'Organization');
  const reached = owners
    .flatMap((each) => [each, { ...each, reviews: each.membership === 'member' }])
    .filter((organization) =>
      isReached(decide({ subject, resource: { type: 'organization', organization } }, request, now)),
    );
  return {
    memberships: MEMBERSHIP_ROLES.filter((role) => reached.some(({ membership }) => membership === role)),
    others: reached.some(({ membership }) => membership === null),
  };
}

/** Which persons may do what is asked to one resource. */
export type PersonKinds = {
  readonly everyone: boolean;
  /** Whoever has one of these roles on the repository. */
  readonly roles: readonly Role[];
  /** Of the organization, or of the one that owns the repository. */
  readonly members: boolean;
  readonly owners: boolean;
  readonly reviewers: boolean;
  /** The person who is the resource, or owns it. */
  readonly self: boolean;
  /** Of the enterprise. */
  readonly administrators: boolean;
};

type Variant = { readonly kind: keyof PersonKinds | Role; readonly resource: Resource; readonly person?: PersonFacts };

function repositoryVariants(repository: RepositoryFacts): readonly Variant[] {
  const { owner } = repository;
  if (owner.type === 'User') {
    const of = (role: Role | null): Resource => ({ ...repository, role });
    const roles = ROLES.map((role): Variant => ({ kind: role, resource: of(role) }));
    return [{ kind: 'everyone', resource: of(null) }, ...roles, { kind: 'self', resource: of('admin') }];
  }
  const of = (role: Role | null, membership: MembershipRole | null): Resource => ({
    ...{ ...repository, role, owner: { ...owner, membership } },
  });
  return [
    { kind: 'everyone', resource: of(null, null) },
    { kind: 'members', resource: of(null, 'member') },
    { kind: 'owners', resource: of('admin', 'admin') },
    ...ROLES.flatMap((role): Variant[] => [
      { kind: role, resource: of(role, null) },
      { kind: role, resource: of(role, 'member') },
    ]),
  ];
}

/** The resource as different kinds of persons meet it. */
function variantsOf(resource: Resource): readonly Variant[] {
  switch (resource.type) {
    case 'repository':
      return repositoryVariants(resource);
    case 'organization': {
      const of = (membership: MembershipRole | null, reviews = false): Resource => ({
        ...{ type: 'organization', organization: { ...resource.organization, membership, reviews } },
      });
      return [
        { kind: 'everyone', resource: of(null) },
        { kind: 'members', resource: of('member') },
        { kind: 'reviewers', resource: of('member', true) },
        { kind: 'owners', resource: of('admin') },
      ];
    }
    case 'enterprise': {
      const enterprise = { ...resource.enterprise, holder_administers: true };
      return [{ kind: 'administrators', resource: { type: 'enterprise', enterprise } }];
    }
    case 'user': {
      const person = { ...SOMEBODY, id: resource.id };
      return [
        { kind: 'everyone', resource },
        { kind: 'self', resource, person },
      ];
    }
    case 'none':
      return [{ kind: 'everyone', resource }];
    case 'absent':
      return [];
  }
}

/** The kinds of persons who may do this to this resource. */
export function personKinds(resource: Resource, request: DecisionRequest, now: Date): PersonKinds {
  const allowed = new Set(
    variantsOf(resource)
      .filter((each) => {
        const subject = { type: 'person', person: each.person ?? SOMEBODY } as const;
        return decide({ subject, resource: each.resource }, request, now).effect === 'allow';
      })
      .map(({ kind }) => kind),
  );
  return {
    everyone: allowed.has('everyone'),
    roles: ROLES.filter((role) => allowed.has(role)),
    members: allowed.has('members'),
    owners: allowed.has('owners'),
    reviewers: allowed.has('reviewers'),
    self: allowed.has('self'),
    administrators: allowed.has('administrators'),
  };
}

/**
 * Whether the client may be told in a search that this is reached: of what is not its organizations' it learns only what every
 * stranger may see. A person is known to it before it asks what he may do to himself. @rule T6
 */
export function isForClient(client: ClientFacts, resource: Resource, decision: Decision): boolean {
  if (client.organization_ids === null || decision.reason === 'public_read') return true;
  if (resource.type === 'user' || resource.type === 'none') return true;
  const organization = organizationOf(resource);
  return organization !== null && client.organization_ids.includes(organization.id);
}
