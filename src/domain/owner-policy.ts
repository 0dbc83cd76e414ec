// Step 5 of the chain (F5): what the owner of the resource says about tokens, in the order restriction, lifetime, SSO.

import { type Decision, deny } from './decision.ts';
import type { EnterpriseFacts, OrganizationFacts, Resource, TokenFacts } from './facts.ts';
import {
  appliesToPublicReads,
  effectiveAccess,
  effectiveCap,
  enterpriseCap,
  exceedsCap,
  type Sourced,
} from './policy.ts';

const KIND_IN_WORDS = {
  classic: 'a personal access token (classic)',
  fine_grained: 'a fine-grained personal access token',
} as const;
const OTHER_KIND = { classic: 'fine_grained', fine_grained: 'classic' } as const;
const RESTRICTED_CODE = { classic: 'classic_restricted', fine_grained: 'fine_grained_restricted' } as const;

/** The organization whose policies bind access to the resource; null where none does. */
export function organizationOf(resource: Resource): OrganizationFacts | null {
  if (resource.type === 'organization') return resource.organization;
  if (resource.type === 'repository' && resource.owner.type === 'Organization') return resource.owner;
  return null;
}

function ownerName(organization: OrganizationFacts, source: 'organization' | 'enterprise'): string {
  return source === 'enterprise' ? (organization.enterprise?.slug ?? organization.login) : organization.login;
}

/** Whose policy refuses, and whether it allows the other kind of token. */
type Restriction = {
  readonly source: 'organization' | 'enterprise';
  readonly owner: string;
  readonly other_kind_allowed: boolean;
};

/** The message names the organization, whose policy it is where it is not its own, and what works instead. @rule P1, P2, P5 */
function restricted(token: TokenFacts, forbids: string, restriction: Restriction): Decision {
  const { source, owner, other_kind_allowed } = restriction;
  const other = other_kind_allowed ? `${KIND_IN_WORDS[OTHER_KIND[token.kind]]}, or ` : '';
  const by = forbids === owner ? '' : ` by the policy of the enterprise \`${owner}\``;
  return deny(RESTRICTED_CODE[token.kind], {
    message: `\`${forbids}\` forbids access via ${KIND_IN_WORDS[token.kind]}${by}. Please use ${other}the session of a person.`,
    policy: { source, owner },
  });
}

/** The message names whose policy, the limit and the token. @rule P4 */
function tooLong(token: TokenFacts, cap: Sourced<number>, whose: string, owner: string): Decision {
  const days = cap.value === 1 ? '1 day' : `${cap.value} days`;
  return deny('lifetime_exceeded', {
    message:
      `The '${whose}' ${cap.source} forbids access via ${KIND_IN_WORDS[token.kind]} if the token's lifetime is greater ` +
      `than ${days}. Regenerate token ${token.id} with a shorter lifetime: /user/personal-access-tokens/${token.id}`,
    policy: { source: cap.source, owner },
  });
}

/** A doubt about policy denies as a restriction would. @rule F3 */
function policyUnknown(organization: OrganizationFacts): boolean {
  return organization.policy === null || (organization.enterprise !== null && organization.enterprise.policy === null);
}

/** Why the life of the token is too long for the organization, or null. @rule P4, P5 */
export function lifetimeJudgement(token: TokenFacts, organization: OrganizationFacts): Decision | null {
  const { policy, enterprise } = organization;
  if (policy === null) return null;
  const pair = { organization: policy, enterprise: enterprise?.policy ?? null };
  const cap = effectiveCap(pair, token.kind, enterprise?.holder_administers ?? false);
  if (cap === null || !exceedsCap(token.secret_issued_at, token.expires_at, cap.value)) return null;
  const organization_name = organization.profile_name ?? organization.login;
  const whose = cap.source === 'enterprise' ? (enterprise?.name ?? organization_name) : organization_name;
  return tooLong(token, cap, whose, ownerName(organization, cap.source));
}

function judgeOrganization(token: TokenFacts, organization: OrganizationFacts): Decision | null {
  const { policy, enterprise, login } = organization;
  if (policy === null || policyUnknown(organization)) {
    return restricted(token, login, { source: 'organization', owner: login, other_kind_allowed: false });
  }
  const pair = { organization: policy, enterprise: enterprise?.policy ?? null };
  const access = effectiveAccess(pair, token.kind);
  if (access.value !== 'allowed') {
    const owner = ownerName(organization, access.source);
    const other_kind_allowed = effectiveAccess(pair, OTHER_KIND[token.kind]).value === 'allowed';
    return restricted(token, login, { source: access.source, owner, other_kind_allowed });
  }
  const too_long = lifetimeJudgement(token, organization);
  if (too_long !== null) return too_long;
  if (organization.sso.required === false || organization.sso.authorized === true) return null;
  return deny('sso_required', {
    message:
      'Resource protected by organization single sign-on enforcement. ' +
      `You must grant your personal access token access to \`${login}\`.`,
    sso_organization: { id: organization.id, login },
  });
}

/** A binding restriction or cap also covers what the enterprise itself owns. @rule P5 */
function judgeEnterprise(token: TokenFacts, enterprise: EnterpriseFacts): Decision | null {
  const member = token.kind === 'classic' ? 'classic_tokens' : 'fine_grained_tokens';
  const { policy, slug, name } = enterprise;
  const value = policy?.[member] ?? 'restricted';
  // No fine-grained token reaches an enterprise (K6): the other kind is no way in.
  const restriction = { source: 'enterprise', owner: slug, other_kind_allowed: false } as const;
  if (value !== 'allowed' && value !== 'no_policy') return restricted(token, slug, restriction);
  const cap = enterpriseCap(policy, token.kind, enterprise.holder_administers);
  if (cap === null || !exceedsCap(token.secret_issued_at, token.expires_at, cap)) return null;
  return tooLong(token, { value: cap, source: 'enterprise' }, name, slug);
}

/** Why the owner's policies refuse the token, or null. Persons are not asked (T5). @rule F5.5, P1, P2, P4, P5, O1 */
export function judgeOwnerPolicy(token: TokenFacts, resource: Resource): Decision | null {
  if (resource.type === 'enterprise') return judgeEnterprise(token, resource.enterprise);
  const organization = organizationOf(resource);
  return organization === null ? null : judgeOrganization(token, organization);
}

/** Why a public read is refused: the one exception, for a member's token over the cap. @rule F2, F5.2, P4 */
export function judgePublicRead(token: TokenFacts, resource: Resource): Decision | null {
  const organization = organizationOf(resource);
  if (organization === null || organization.membership === null || organization.policy === null) return null;
  const pair = { organization: organization.policy, enterprise: organization.enterprise?.policy ?? null };
  return appliesToPublicReads(pair) ? lifetimeJudgement(token, organization) : null;
}
