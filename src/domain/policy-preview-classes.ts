// Tokens that a preview cannot tell apart: whatever the judgement of one depends on, besides the owner. The judgement itself is asked
// once for each class (policy-preview.ts) and the statement that finds the tokens takes those of the blocked ones: it knows what tells
// tokens apart, and not what a policy means.

import type { EnterpriseFacts, OrganizationFacts, PersonFacts, TokenFacts } from './facts.ts';
import { DAY_MS } from './moment.ts';
import { asResource, mayReach, newBlocking } from './policy-preview.ts';
import { SCOPES, type TokenKind } from './vocabulary.ts';

/** An owner as everybody meets him, before and after; how a holder stands to him is of the class. */
export type ProposedOrganization = { readonly before: OrganizationFacts; readonly after: OrganizationFacts };
export type ProposedEnterprise = { readonly before: EnterpriseFacts; readonly after: EnterpriseFacts };

type TokenClass = {
  readonly kind: TokenKind;
  /** It has a scope, or a grant, by which it reaches more than public reads. */
  readonly reaches: boolean;
  readonly is_member: boolean;
  readonly administers: boolean;
  readonly sso_authorized: boolean;
  /** Of the caps that are named, the smallest first, so many are shorter than its life. */
  readonly caps_exceeded: number;
};

const BITS = ['reaches', 'is_member', 'administers', 'sso_authorized'] as const;
const COMBINATIONS = 2 ** BITS.length;

/** For each number of a class (its bits, the first the lowest, and 16 for each cap exceeded) whether its tokens would be blocked. */
export type BlockedClasses = Readonly<Record<TokenKind, readonly boolean[]>>;

/** Scopes of which one is enough for a classic token to reach things of such an owner. */
export const REACHING_SCOPES: Readonly<Record<'organization' | 'enterprise', readonly string[]>> = {
  organization: SCOPES.map(({ name }) => name).filter((name) => mayReach([name], 'organization')),
  enterprise: SCOPES.map(({ name }) => name).filter((name) => mayReach([name], 'enterprise')),
};

/** All caps in days that any of these policies names, the smallest first. A life is long or short for them by these alone. */
export function namedCaps(
  organizations: readonly ProposedOrganization[],
  enterprise: ProposedEnterprise | null,
): readonly number[] {
  const facts = [...organizations, ...(enterprise === null ? [] : [enterprise])].flatMap((each) => [
    each.before,
    each.after,
  ]);
  const policies = facts.flatMap((each) =>
    'enterprise' in each ? [each.policy, each.enterprise?.policy] : [each.policy],
  );
  const caps = policies.flatMap((policy) => Object.values(policy?.max_lifetime_days ?? {}));
  return [...new Set(caps.filter((cap) => typeof cap === 'number'))].sort((a, b) => a - b);
}

const HOLDER: PersonFacts = { id: 0, login: '', suspended: false, site_admin: false };

/** `owner`: at whom it is looked at. */
function tokenOf(
  { kind, reaches, caps_exceeded }: TokenClass,
  owner: { readonly type: 'organization' | 'enterprise'; readonly id: number },
  caps: readonly number[],
): TokenFacts {
  const issued_at = new Date(0);
  const longest = caps[caps_exceeded - 1] ?? 0;
  const common = { id: 0, name: '', hashed_token: '', exchanged: null, revoked_at: null, secret_expires_at: null };
  const life = { secret_issued_at: issued_at, expires_at: new Date(longest * DAY_MS + 1) };
  if (kind === 'classic')
    return { ...common, ...life, kind, scopes: reaches ? REACHING_SCOPES[owner.type].slice(0, 1) : [] };
  const grant = reaches ? ({ id: 0, permissions: {}, repository_selection: 'none' } as const) : null;
  return {
    ...common,
    ...life,
    kind,
    resource_owner: { id: owner.id, type: 'Organization', login: '' },
    grant,
    request_pending: false,
  };
}

function classesOf(kind: TokenKind, caps: readonly number[]): readonly TokenClass[] {
  return Array.from({ length: COMBINATIONS * (caps.length + 1) }, (_, number) => {
    const has = (bit: (typeof BITS)[number]): boolean => (number & (1 << BITS.indexOf(bit))) !== 0;
    return {
      ...{ kind, reaches: has('reaches'), is_member: has('is_member'), administers: has('administers') },
      ...{ sso_authorized: has('sso_authorized'), caps_exceeded: Math.floor(number / COMBINATIONS) },
    };
  });
}

function metBy(each: TokenClass, organization: OrganizationFacts): OrganizationFacts {
  const { enterprise, sso } = organization;
  return {
    ...organization,
    membership: each.is_member ? 'member' : null,
    enterprise: enterprise === null ? null : { ...enterprise, holder_administers: each.administers },
    sso: { ...sso, authorized: each.sso_authorized },
  };
}

/** The moment at which the tokens of the classes live. */
const NOW = new Date(0);

/** Which classes would be newly blocked at this organization. */
export function blockedAtOrganization(
  { before, after }: ProposedOrganization,
  caps: readonly number[],
): BlockedClasses {
  const blocked = (kind: TokenKind) =>
    classesOf(kind, caps).map((each) => {
      const proposal = { before: asResource(metBy(each, before)), after: asResource(metBy(each, after)) };
      return newBlocking(HOLDER, tokenOf(each, { type: 'organization', id: before.id }, caps), proposal, NOW) !== null;
    });
  return { classic: blocked('classic'), fine_grained: blocked('fine_grained') };
}

/** The same at what the enterprise itself owns, of its administrators' classic tokens. */
export function blockedAtEnterprise(
  { before, after }: ProposedEnterprise,
  caps: readonly number[],
): readonly boolean[] {
  return classesOf('classic', caps).map((each) => {
    const of = (enterprise: EnterpriseFacts) =>
      ({ type: 'enterprise', enterprise: { ...enterprise, holder_administers: each.administers } }) as const;
    const proposal = { before: of(before), after: of(after) };
    return newBlocking(HOLDER, tokenOf(each, { type: 'enterprise', id: before.id }, caps), proposal, NOW) !== null;
  });
}

/** What of an organization the judgement of a class depends on: those that share it are judged once. */
function judgedBy({ before, after }: ProposedOrganization): string {
  const of = ({ policy, enterprise, sso }: OrganizationFacts) => [
    policy,
    enterprise?.policy,
    enterprise === null,
    sso.required,
  ];
  return JSON.stringify([of(before), of(after)]);
}

/** Of classes that are numbered by all caps, where only these of them matter: a life exceeds so many of these as it exceeds of all. */
function byAllCaps(judged: readonly boolean[], own: readonly number[], caps: readonly number[]): readonly boolean[] {
  const longest = [0, ...caps];
  return longest.flatMap((days) => {
    const from = COMBINATIONS * own.filter((cap) => cap <= days).length;
    return judged.slice(from, from + COMBINATIONS);
  });
}

/** Asked by the caps of this organization and its enterprise alone: all that are named elsewhere would be hundreds of classes more. */
function blockedByOwnCaps(each: ProposedOrganization, caps: readonly number[]): BlockedClasses {
  const own = namedCaps([each], null);
  const { classic, fine_grained } = blockedAtOrganization(each, own);
  return { classic: byAllCaps(classic, own, caps), fine_grained: byAllCaps(fine_grained, own, caps) };
}

/** Of each organization, in their order. */
export function blockedAtOrganizations(
  organizations: readonly ProposedOrganization[],
  caps: readonly number[],
): readonly BlockedClasses[] {
  const known = new Map<string, BlockedClasses>();
  return organizations.map((each) => {
    const key = judgedBy(each);
    const blocked = known.get(key) ?? blockedByOwnCaps(each, caps);
    known.set(key, blocked);
    return blocked;
  });
}
