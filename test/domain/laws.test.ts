// Laws of the decision over random facts: taking away never gives, a restriction never opens, a narrower token never does
// more, nobody does by a token what he may not do himself, and nothing but the arguments counts.

import fc from 'fast-check';
import t from 'tap';
import { decide } from '../../src/domain/decide.ts';
import type { Facts, OrganizationFacts, Resource, TokenFacts } from '../../src/domain/facts.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import type { OrganizationPolicy } from '../../src/domain/policy.ts';
import { LEVELS, ROLES, SCOPES } from '../../src/domain/vocabulary.ts';
import { NOW } from '../rules/matrix.ts';
import { type Case, caseOf, TAPE_LENGTH } from '../rules/random-cases.ts';
import { aTape, seed } from '../rules/tape.ts';
import { cases } from '../support/effort.ts';

const RUNS = cases({ short: 2_000, long: 40_000 });
type FineGrained = Extract<TokenFacts, { kind: 'fine_grained' }>;
type Change = (facts: Facts, choice: number) => Facts;

const isAllowed = ({ facts, request }: Case): boolean => decide(facts, request, NOW).effect === 'allow';

function withToken(facts: Facts, change: (token: TokenFacts) => TokenFacts): Facts {
  if (facts.subject.type !== 'token') return facts;
  return { ...facts, subject: { ...facts.subject, token: change(facts.subject.token) } };
}

function withGrant(facts: Facts, change: (grant: NonNullable<FineGrained['grant']>) => FineGrained['grant']): Facts {
  return withToken(facts, (token) =>
    token.kind === 'fine_grained' && token.grant !== null ? { ...token, grant: change(token.grant) } : token,
  );
}

function withRepository(facts: Facts, change: Partial<Extract<Resource, { type: 'repository' }>>): Facts {
  return facts.resource.type === 'repository' ? { ...facts, resource: { ...facts.resource, ...change } } : facts;
}

function withOrganization(facts: Facts, change: (organization: OrganizationFacts) => OrganizationFacts): Facts {
  const { resource } = facts;
  if (resource.type === 'organization') {
    return { ...facts, resource: { ...resource, organization: change(resource.organization) } };
  }
  if (resource.type !== 'repository' || resource.owner.type !== 'Organization') return facts;
  return { ...facts, resource: { ...resource, owner: change(resource.owner) } };
}

function withPolicy(facts: Facts, change: (policy: OrganizationPolicy) => Partial<OrganizationPolicy>): Facts {
  return withOrganization(facts, (organization) =>
    organization.policy === null
      ? organization
      : { ...organization, policy: { ...organization.policy, ...change(organization.policy) } },
  );
}

const without = (map: PermissionMap, name: string | undefined): PermissionMap =>
  Object.fromEntries(Object.entries(map).filter(([each]) => each !== name));
const at = <Value>(values: readonly Value[], choice: number): Value | undefined => values[choice % values.length];

/** A classic token's scope taken away, or one of those that it includes put in its place. */
const narrowScopes: Change = (facts, choice) =>
  withToken(facts, (token) => {
    if (token.kind !== 'classic') return token;
    const scope = at(token.scopes, choice);
    const includes = SCOPES.find(({ name }) => name === scope)?.includes ?? [];
    const instead = at([undefined, ...includes], choice >> 4);
    const others = token.scopes.filter((each) => each !== scope);
    return { ...token, scopes: instead === undefined ? others : [...others, instead] };
  });

/** One permission taken away, or one level lowered. */
const narrowPermissions: Change = (facts, choice) =>
  withGrant(facts, (grant) => {
    const name = at(Object.keys(grant.permissions), choice);
    if (name === undefined) return grant;
    const lower = LEVELS[LEVELS.indexOf(grant.permissions[name] ?? 'read') - 1];
    const lowered = lower === undefined ? {} : { [name]: lower };
    const kept = without(grant.permissions, name);
    return { ...grant, permissions: choice & 16 ? { ...kept, ...lowered } : kept };
  });

const NARROWER: readonly Change[] = [
  narrowScopes,
  narrowPermissions,
  (facts) => withGrant(facts, () => null),
  (facts) => withGrant(facts, (grant) => ({ ...grant, repository_selection: 'none' })),
  (facts) =>
    withGrant(facts, (grant) =>
      grant.repository_selection === 'all' ? { ...grant, repository_selection: 'subset' } : grant,
    ),
];

const lowerRole: Change = (facts) => {
  if (facts.resource.type !== 'repository' || facts.resource.role === null) return facts;
  return withRepository(facts, { role: ROLES[ROLES.indexOf(facts.resource.role) - 1] ?? null });
};

const lowerMembership: Change = (facts) =>
  withOrganization(facts, (organization) => ({
    ...organization,
    membership: organization.membership === 'admin' ? 'member' : null,
    reviews: false,
  }));

const TAKEN_AWAY: readonly Change[] = [
  ...NARROWER,
  lowerRole,
  lowerMembership,
  (facts) => withRepository(facts, { role: null }),
  (facts) => withRepository(facts, { selected: false }),
  (facts) =>
    withOrganization(facts, (organization) => ({
      ...organization,
      enterprise: organization.enterprise && { ...organization.enterprise, holder_administers: false },
    })),
  (facts) =>
    facts.resource.type === 'enterprise'
      ? {
          ...facts,
          resource: { type: 'enterprise', enterprise: { ...facts.resource.enterprise, holder_administers: false } },
        }
      : facts,
];

const hide: Change = (facts) =>
  facts.resource.type === 'repository' && facts.resource.visibility !== null
    ? withRepository(facts, { visibility: 'private' })
    : facts;

const smaller = (cap: number | null, other: number): number => Math.min(cap ?? other, other);
const RESTRICTIONS: readonly Change[] = [
  (facts) => withPolicy(facts, () => ({ classic_tokens: 'restricted' })),
  (facts) => withPolicy(facts, () => ({ fine_grained_tokens: 'restricted' })),
  (facts) => withPolicy(facts, () => ({ lifetime_applies_to_public_reads: true })),
  (facts, choice) =>
    withPolicy(facts, ({ max_lifetime_days: { fine_grained, classic } }) => {
      const days = 1 + (choice % 366);
      return { max_lifetime_days: { fine_grained: smaller(fine_grained, days), classic: smaller(classic, days) } };
    }),
  (facts, choice) =>
    withOrganization(facts, (organization) => ({
      ...organization,
      enterprise: organization.enterprise && withEnterprisePolicy(organization.enterprise, choice),
    })),
  (facts, choice) =>
    facts.resource.type === 'enterprise'
      ? {
          ...facts,
          resource: { type: 'enterprise', enterprise: withEnterprisePolicy(facts.resource.enterprise, choice) },
        }
      : facts,
  (facts) =>
    withOrganization(facts, (organization) => ({ ...organization, sso: { required: true, authorized: false } })),
  (facts) =>
    withOrganization(facts, (organization) => ({ ...organization, sso: { ...organization.sso, authorized: false } })),
  (facts) =>
    withToken(facts, (token) =>
      token.kind === 'fine_grained' ? { ...token, grant: null, request_pending: true } : token,
    ),
  (facts) => withToken(facts, (token) => ({ ...token, revoked_at: NOW })),
  (facts) => withToken(facts, (token) => ({ ...token, expires_at: NOW })),
  (facts) => withToken(facts, (token) => ({ ...token, secret_expires_at: NOW })),
  (facts) => withRepository(facts, { archived: true }),
  hide,
  (facts) => withRepository(facts, { visibility: null }),
  (facts) => ({ ...facts, resource: { type: 'absent' } }),
  (facts) => {
    const { subject } = facts;
    return subject.type === 'anonymous'
      ? facts
      : { ...facts, subject: { ...subject, person: { ...subject.person, suspended: true } } };
  },
];

function withEnterprisePolicy(
  enterprise: NonNullable<OrganizationFacts['enterprise']>,
  choice: number,
): NonNullable<OrganizationFacts['enterprise']> {
  if (enterprise.policy === null) return enterprise;
  const { fine_grained, classic } = enterprise.policy.max_lifetime_days;
  const tighter = (cap: typeof classic): number => smaller(cap === 'no_policy' ? null : cap, 1 + (choice % 366));
  const stricter = [
    { classic_tokens: 'restricted' },
    { fine_grained_tokens: 'restricted' },
    { lifetime_applies_to_public_reads: true },
    { exempt_administrators: false },
    { max_lifetime_days: { fine_grained: tighter(fine_grained), classic: tighter(classic) } },
  ] as const;
  return { ...enterprise, policy: { ...enterprise.policy, ...at(stricter, choice) } };
}

/** Runs a property that says whether the interesting case occurred; prints the seed and how often it did. */
function law(
  name: string,
  occurs_at_least: number,
  property: (drawn: Case, choices: readonly number[]) => boolean,
): void {
  t.test(name, async (t) => {
    let occurred = 0;
    const choices = fc.array(fc.nat(2 ** 30), { minLength: 8, maxLength: 8 });
    const run = fc.check(
      fc.property(aTape(TAPE_LENGTH), choices, (tape, chosen) => {
        if (property(caseOf(tape), chosen)) occurred += 1;
      }),
      { numRuns: RUNS, seed: seed() },
    );
    t.comment(`seed ${run.seed}, ${run.numRuns} cases, in ${occurred} of them there was something to see`);
    if (run.failed) t.comment(`SEED=${run.seed} shows it again: ${String(run.errorInstance)}`);
    t.notOk(run.failed, name);
    t.ok(run.failed || occurred >= occurs_at_least * RUNS, 'the law is not vacuous');
  });
}

function expectAllowed(cases: Case, because: Facts): void {
  if (isAllowed(cases)) return;
  const { effect, reason, fine_reason } = decide(cases.facts, cases.request, NOW);
  throw new Error(
    `${effect} ${reason} ${fine_reason}: ${JSON.stringify({ ...cases, allowed_with: because }, null, 1)}`,
  );
}

const pick = (changes: readonly Change[], facts: Facts, choice: number): Facts =>
  (at(changes, choice) ?? ((same: Facts) => same))(facts, choice >> 8);

/** P4's switch refuses public reads only to members (contract 10), so that who leaves may make them again. */
function mayOnlyBeAMembersPublicRead(before: Case, after: Facts): boolean {
  const left = decide(after, before.request, NOW).reason === 'public_read';
  return left && decide(before.facts, before.request, NOW).reason === 'lifetime_exceeded';
}

law(
  'taking away a grant, permission, scope, role or repository never allows anything @rule F1 K1',
  0.06,
  (drawn, [choice = 0]) => {
    const less = pick(TAKEN_AWAY, drawn.facts, choice);
    if (!isAllowed({ ...drawn, facts: less })) return false;
    if (!mayOnlyBeAMembersPublicRead(drawn, less)) expectAllowed(drawn, less);
    return less !== drawn.facts;
  },
);

law('adding a restriction never allows anything @rule F1 F3 P1 P2 P4 P5 O1', 0.05, (drawn, [choice = 0]) => {
  const restricted = pick(RESTRICTIONS, drawn.facts, choice);
  if (!isAllowed({ ...drawn, facts: restricted })) return false;
  expectAllowed(drawn, restricted);
  return restricted !== drawn.facts;
});

law('every one of many restrictions together allows nothing more @rule F1 F3', 0.01, (drawn, choices) => {
  const restricted = choices.slice(0, 3).reduce((facts, choice) => pick(RESTRICTIONS, facts, choice), drawn.facts);
  if (!isAllowed({ ...drawn, facts: restricted })) return false;
  expectAllowed(drawn, restricted);
  return restricted !== drawn.facts;
});

law('a question that asks for more is not allowed where one that asks for less is not @rule C4 K2', 0.05, (drawn) => {
  const more = { ...drawn.request, path: '.github/workflows/ci.yml', becomes: 'private' } as const;
  if (!isAllowed({ facts: drawn.facts, request: more })) return false;
  expectAllowed(drawn, drawn.facts);
  return drawn.facts.subject.type === 'token';
});

law('what a token may, every token that contains it may @rule F1 K3 K4 K5', 0.05, (drawn, choices) => {
  if (drawn.facts.subject.type !== 'token') return false;
  const narrower = choices.slice(0, 4).reduce((facts, choice) => pick(NARROWER, facts, choice), drawn.facts);
  if (!isAllowed({ ...drawn, facts: narrower })) return false;
  expectAllowed(drawn, narrower);
  return narrower !== drawn.facts;
});

law('nobody does by a token what he may not do himself @rule F1 C5', 0.1, ({ facts, request }) => {
  const { subject } = facts;
  if (subject.type !== 'token' || request.ask.type === 'scope') return false;
  const decision = decide(facts, request, NOW);
  if (decision.effect === 'deny' || decision.reason === 'public_read') return false;
  const himself: Facts = { ...facts, subject: { type: 'person', person: subject.person } };
  expectAllowed({ facts: himself, request }, facts);
  return true;
});

law(
  'what a stranger may, every live credential may, but for the switch of P4 @rule F2 F7',
  0.02,
  ({ facts, request }) => {
    const stranger: Facts = { ...facts, subject: { type: 'anonymous' } };
    if (!isAllowed({ facts: stranger, request })) return false;
    const { reason, fine_reason } = decide(facts, request, NOW);
    const expected = ['public_read', 'bad_credential', 'lifetime_exceeded'].includes(reason);
    if (!expected) throw new Error(`${reason} ${fine_reason}: ${JSON.stringify({ facts, request })}`);
    return facts.subject.type !== 'anonymous';
  },
);

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Date || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
}

let earlier: Case | null = null;
law('nothing but the arguments counts, and they are left alone @rule F5', 0.2, (drawn) => {
  deepFreeze(drawn);
  const first = JSON.stringify(decide(drawn.facts, drawn.request, NOW));
  if (earlier !== null) decide(earlier.facts, earlier.request, new Date(NOW.getTime() + 1));
  earlier = drawn;
  const second = JSON.stringify(decide(drawn.facts, drawn.request, NOW));
  const copied = structuredClone(drawn);
  const third = JSON.stringify(decide(copied.facts, copied.request, new Date(NOW)));
  if (first !== second || first !== third)
    throw new Error(`${first}, then ${second}, then ${third}: ${JSON.stringify(drawn)}`);
  return isAllowed(drawn);
});
