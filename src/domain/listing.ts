// What lists show (F8): exactly what the same credential could read singly. This is no second logic: repositories that
// decide() cannot tell apart form a class, decide() is asked once for each class of an owner, and the statement of the list
// takes the rows of the classes that it allowed.

import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { OrganizationFacts, OwnerFacts, RepositoryFacts, Subject } from './facts.ts';
import type { Operation } from './operation.ts';
import { ownOperation } from './own-operations.ts';
import { VISIBILITIES, type Visibility } from './vocabulary.ts';

/** Whatever a read of a repository may depend on, besides its owner. */
export type RepositoryClass = {
  readonly visibility: Visibility;
  /** The holder has a role on it, whichever: the lowest is enough to read. */
  readonly has_role: boolean;
  /** It is one of those that the token's grant lists. */
  readonly selected: boolean;
};

const BOTH = [true, false] as const;
const CLASSES: readonly RepositoryClass[] = VISIBILITIES.flatMap((visibility) =>
  BOTH.flatMap((has_role) => BOTH.map((selected) => ({ visibility, has_role, selected }))),
);

const READ_REPOSITORY = ownOperation('GET /repos/{owner}/{repo}');

/** The same read without what everybody may: allowed to a credential that reads the repository in the holder's right. */
const READ_AS_HOLDER: Operation = { ...READ_REPOSITORY, public_read: false };

/** One organization in the list of one's own: a membership is not public, and these scopes tell of it. @rule F8 */
const LIST_ORGANIZATION: Operation = {
  ...ownOperation('GET /user/orgs'),
  open_list: false,
  resource: 'organization',
  classic_scopes: ['read:org', 'user', 'repo'],
};

function ofClass(owner: OwnerFacts, { visibility, has_role, selected }: RepositoryClass): RepositoryFacts {
  const role = has_role ? 'read' : null;
  return { type: 'repository', id: 0, name: '', owner, visibility, archived: false, role, selected };
}

export type ReadableClasses = {
  readonly classes: readonly RepositoryClass[];
  /** Single sign-on alone keeps the credential from something of this owner. */
  readonly sso_missing: boolean;
};

/** Which repositories of this owner the subject may read. @rule F8 */
export function readableClasses(subject: Subject, owner: OwnerFacts, now: Date): ReadableClasses {
  const request = { ask: { type: 'operation', operation: READ_REPOSITORY } } as const;
  const judged = CLASSES.map((each) => ({
    each,
    decision: decide({ subject, resource: ofClass(owner, each) }, request, now),
  }));
  return {
    classes: judged.filter(({ decision }) => decision.effect === 'allow').map(({ each }) => each),
    sso_missing: judged.some(({ each, decision }) => each.has_role && decision.reason === 'sso_required'),
  };
}

/** Whether the answer may tell the holder's own role: not where the read is only what a stranger may. @rule F2 */
export function readsAsHolder(subject: Subject, repository: RepositoryFacts, now: Date): boolean {
  const request = { ask: { type: 'operation', operation: READ_AS_HOLDER } } as const;
  return decide({ subject, resource: repository }, request, now).effect === 'allow';
}

export type Listed = {
  readonly listed: boolean;
  /** Single sign-on alone keeps it back: a credential that would not be shown it anyway hears of no policy. */
  readonly sso_missing: boolean;
};

/** @rule F8, O2 */
function listedAt(organization: OrganizationFacts, judge: (at: OrganizationFacts) => Decision): Listed {
  const decision = judge(organization);
  if (decision.reason !== 'sso_required') return { listed: decision.effect === 'allow', sso_missing: false };
  const signed_on = { ...organization, sso: { ...organization.sso, authorized: true } };
  return { listed: false, sso_missing: judge(signed_on).effect === 'allow' };
}

/** Whether this organization of the holder is named to the subject. @rule F8, O2 */
export function judgeListedOrganization(subject: Subject, organization: OrganizationFacts, now: Date): Listed {
  const request = { ask: { type: 'operation', operation: LIST_ORGANIZATION } } as const;
  return listedAt(organization, (at) =>
    decide({ subject, resource: { type: 'organization', organization: at } }, request, now),
  );
}

/** Whether the subject sees who the members are; the list is empty to all others. @rule F8, O2 */
export function judgeMemberList(subject: Subject, organization: OrganizationFacts, now: Date): Listed {
  const request = { ask: { type: 'permission', permission: 'members', level: 'read' } } as const;
  return listedAt(organization, (at) =>
    decide({ subject, resource: { type: 'organization', organization: at } }, request, now),
  );
}
