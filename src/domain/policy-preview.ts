// What a proposed policy would do to a token that exists: the judgement of step 5 (owner-policy.ts) made twice, with the
// policy as it is and as it would be. Nothing here knows what a policy means.

import { judgeCredential } from './decide.ts';
import type { Decision } from './decision.ts';
import type { OrganizationFacts, PersonFacts, Resource, TokenFacts } from './facts.ts';
import { OWN_OPERATIONS } from './own-operations.ts';
import { judgeOwnerPolicy, judgePublicRead } from './owner-policy.ts';
import type { PolicySource } from './policy.ts';
import type { Reason } from './reason.ts';
import { expandScopes, scopesForPermission } from './scope.ts';
import { PERMISSIONS } from './vocabulary.ts';

/** What of an owner's things a token would lose. */
export const CLOSED_PARTS = ['everything', 'all_but_public_reads', 'public_reads'] as const;
export type ClosedPart = (typeof CLOSED_PARTS)[number];

export type Blocking = {
  /** The code with which its requests would be refused. */
  readonly reason: Reason;
  /** Whose policy it is. */
  readonly policy: { readonly source: PolicySource; readonly owner: string };
  readonly closes: ClosedPart;
};

/** An owner of things as a token meets it, before and after. */
export type Proposal = { readonly before: Resource; readonly after: Resource };

/** Scopes that give permissions of one's own account and nothing else. */
const ACCOUNT_ONLY_SCOPES: ReadonlySet<string> = accountOnlyScopes();

function accountOnlyScopes(): ReadonlySet<string> {
  const scopesOf = (is_account: boolean) =>
    PERMISSIONS.filter(({ category }) => (category === 'account') === is_account).flatMap(({ name, levels }) =>
      levels.flatMap((level) => scopesForPermission(name, level)),
    );
  const others = new Set(scopesOf(false));
  return new Set(scopesOf(true).filter((scope) => !others.has(scope)));
}

/** Scopes that an operation about an enterprise takes. */
const ENTERPRISE_SCOPES: ReadonlySet<string> = new Set(
  OWN_OPERATIONS.filter(({ resource }) => resource === 'enterprise').flatMap((each) => each.classic_scopes ?? []),
);

/** Whatever is not about one's account or an enterprise may be what an operation about an organization's things takes. */
function mayReachOrganizations(scope: string): boolean {
  return !ACCOUNT_ONLY_SCOPES.has(scope) && !scope.endsWith(':enterprise');
}

/** Whether one of these scopes is of any use there. @rule K2 */
export function mayReach(scopes: readonly string[], type: 'organization' | 'enterprise'): boolean {
  const is_of_use = type === 'enterprise' ? (scope: string) => ENTERPRISE_SCOPES.has(scope) : mayReachOrganizations;
  return [...expandScopes(scopes)].some(is_of_use);
}

/** Whether the token may do there anything but public reads, if no policy is against it. @rule F5.4, K2, K6 */
function reaches(token: TokenFacts, resource: Resource): boolean {
  if (token.kind === 'fine_grained') {
    if (token.grant === null || resource.type !== 'organization') return false;
    return token.resource_owner?.id === resource.organization.id;
  }
  return mayReach(token.scopes, resource.type === 'enterprise' ? 'enterprise' : 'organization');
}

/** The refusal that is new: none stood there before. */
function newly(before: Decision | null, after: Decision | null): Decision | null {
  return before === null ? after : null;
}

function closedPart(rest: Decision | null, public_reads: Decision | null): ClosedPart {
  if (rest === null) return 'public_reads';
  return public_reads === null ? 'all_but_public_reads' : 'everything';
}

/**
 * How the proposal would block this token where it is not blocked today; null: it would not. A token that is dead, or would
 * not reach anything there, loses nothing. @rule F5.1, F5.2, F5.5, P1, P2, P4, P5
 */
export function newBlocking(
  holder: PersonFacts,
  token: TokenFacts,
  { before, after }: Proposal,
  now: Date,
): Blocking | null {
  if (judgeCredential({ type: 'token', token, person: holder }, now) !== null) return null;
  const rest = reaches(token, after) ? newly(judgeOwnerPolicy(token, before), judgeOwnerPolicy(token, after)) : null;
  const public_reads = newly(judgePublicRead(token, before), judgePublicRead(token, after));
  const refusal = rest ?? public_reads;
  if (refusal?.policy === undefined) return null;
  return { reason: refusal.reason, policy: refusal.policy, closes: closedPart(rest, public_reads) };
}

/** The organization as something that is asked for. */
export function asResource(organization: OrganizationFacts): Resource {
  return { type: 'organization', organization };
}
