// Classes of tokens that a preview cannot tell apart (domain/policy-preview-classes.ts): what is asked by the caps of one organization is
// what would be asked by those of all.

import fc from 'fast-check';
import t from 'tap';
import type { EnterpriseFacts, OrganizationFacts } from '../../src/domain/facts.ts';
import {
  blockedAtEnterprise,
  blockedAtOrganization,
  blockedAtOrganizations,
  namedCaps,
  type ProposedOrganization,
} from '../../src/domain/policy-preview-classes.ts';
import { cases } from '../support/effort.ts';

const access = fc.constantFrom('allowed', 'allowed', 'restricted');
const days = fc.option(fc.constantFrom(1, 7, 30, 90, 180, 365, 366));

const organization_policy = fc.record({
  fine_grained_tokens: access,
  classic_tokens: access,
  approval: fc.constant('required'),
  max_lifetime_days: fc.record({ fine_grained: days, classic: days }),
  lifetime_applies_to_public_reads: fc.boolean(),
});
const bound = <Value>(values: fc.Arbitrary<Value>) => fc.oneof(fc.constant('no_policy' as const), values);
const enterprise_policy = fc.record({
  fine_grained_tokens: bound(access),
  classic_tokens: bound(access),
  approval: fc.constant('no_policy'),
  max_lifetime_days: fc.record({ fine_grained: bound(days), classic: bound(days) }),
  lifetime_applies_to_public_reads: bound(fc.boolean()),
  exempt_administrators: fc.boolean(),
});

const proposed = fc
  .record({
    policies: fc.tuple(organization_policy, organization_policy),
    above: fc.option(fc.tuple(enterprise_policy, enterprise_policy)),
    required: fc.boolean(),
  })
  .map(({ policies, above, required }): ProposedOrganization => {
    const of = (which: 0 | 1): OrganizationFacts =>
      ({
        ...{ type: 'Organization', id: 1, login: 'acme', profile_name: null, membership: null, reviews: false },
        policy: policies[which],
        enterprise: above && { id: 2, slug: 'galaxy', name: 'Galaxy', policy: above[which], holder_administers: false },
        sso: { required, authorized: false },
      }) as OrganizationFacts;
    return { before: of(0), after: of(1) };
  });

t.test('P4, P5: a class is blocked by the caps that bind it, whatever others are named elsewhere', async (t) => {
  let blocked = 0;
  fc.assert(
    fc.property(fc.array(proposed, { minLength: 1, maxLength: 5 }), (organizations) => {
      const caps = namedCaps(organizations, null);
      const by_all = organizations.map((each) => blockedAtOrganization(each, caps));
      blocked += by_all.flatMap(({ classic, fine_grained }) => [...classic, ...fine_grained]).filter(Boolean).length;
      t.strictSame(blockedAtOrganizations(organizations, caps), by_all);
    }),
    { numRuns: cases({ short: 30, long: 1000 }) },
  );
  t.ok(blocked > 100, `${blocked} classes were blocked`);
});

const POLICY = {
  ...{ fine_grained_tokens: 'allowed', classic_tokens: 'allowed', approval: 'not_required' },
  ...{ max_lifetime_days: { fine_grained: null, classic: null }, lifetime_applies_to_public_reads: false },
} as const;
const ABOVE = {
  ...{ fine_grained_tokens: 'no_policy', classic_tokens: 'no_policy', approval: 'no_policy' },
  ...{ max_lifetime_days: { fine_grained: 'no_policy', classic: 'no_policy' } },
  ...{ lifetime_applies_to_public_reads: 'no_policy', exempt_administrators: true },
} as const;
const CAPS = [30, 90];
const CAP = { max_lifetime_days: { fine_grained: 30, classic: 30 } };
const RESTRICTED = { fine_grained_tokens: 'restricted', classic_tokens: 'restricted' };

const organization = (policy: object, above: object | null = null, required = false): OrganizationFacts =>
  ({
    ...{ type: 'Organization', id: 1, login: 'acme', profile_name: null, membership: null, reviews: false },
    policy: { ...POLICY, ...policy },
    enterprise: above && {
      ...{ id: 2, slug: 'galaxy', name: 'Galaxy', policy: { ...ABOVE, ...above }, holder_administers: false },
    },
    sso: { required, authorized: false },
  }) as OrganizationFacts;

/** A class by its number, read as the documentation of BlockedClasses says. */
function bitsOf(number: number) {
  const has = (bit: number): boolean => Math.floor(number / 2 ** bit) % 2 === 1;
  const over = Math.floor(number / 16) > 0;
  return { reaches: has(0), is_member: has(1), administers: has(2), authorized: has(3), over };
}
type Bits = ReturnType<typeof bitsOf>;

const EXPECTED: readonly [string, OrganizationFacts, OrganizationFacts, (bits: Bits) => boolean][] = [
  ['nothing changes', organization({}), organization({}), () => false],
  ['a restriction', organization({}), organization(RESTRICTED), ({ reaches }) => reaches],
  [
    'a restriction where single sign-on closes already',
    ...([organization({}, null, true), organization(RESTRICTED, null, true)] as const),
    ({ reaches, authorized }) => reaches && authorized,
  ],
  ['a cap', organization({}), organization(CAP), ({ reaches, over }) => reaches && over],
  [
    'a cap that closes public reads to members',
    ...([organization({}), organization({ ...CAP, lifetime_applies_to_public_reads: true })] as const),
    ({ reaches, is_member, over }) => over && (reaches || is_member),
  ],
  [
    'a cap of the enterprise, whose administrators are exempt',
    ...([organization({}, {}), organization({}, CAP)] as const),
    ({ reaches, administers, over }) => over && reaches && !administers,
  ],
];

t.test('P1, P2, P4, P5, O1: which classes a proposal blocks at an organization', async (t) => {
  for (const [what, before, after, isBlocked] of EXPECTED) {
    const { classic, fine_grained } = blockedAtOrganization({ before, after }, CAPS);
    t.equal(classic.length, 16 * (CAPS.length + 1));
    t.same(
      classic,
      classic.map((_, number) => isBlocked(bitsOf(number))),
      `${what}: classic`,
    );
    t.same(
      fine_grained,
      classic.map((_, number) => isBlocked(bitsOf(number))),
      `${what}: fine-grained`,
    );
  }
  const only_classic = organization({ classic_tokens: 'restricted' });
  const { classic, fine_grained } = blockedAtOrganization({ before: organization({}), after: only_classic }, CAPS);
  t.ok(classic.includes(true));
  t.notOk(fine_grained.includes(true), 'the kinds are told apart');
});

const enterprise = (policy: object): EnterpriseFacts =>
  ({
    id: 2,
    slug: 'galaxy',
    name: 'Galaxy',
    policy: { ...ABOVE, ...policy },
    holder_administers: false,
  }) as EnterpriseFacts;

t.test('P5: which classes a proposal blocks at what the enterprise itself owns', async (t) => {
  const blocked = (policy: object) => blockedAtEnterprise({ before: enterprise({}), after: enterprise(policy) }, CAPS);
  const numbers = Array.from({ length: 16 * (CAPS.length + 1) }, (_, number) => bitsOf(number));
  t.same(
    blocked({}),
    numbers.map(() => false),
  );
  t.same(
    blocked(RESTRICTED),
    numbers.map(({ reaches }) => reaches),
  );
  const is_over = ({ reaches, administers, over }: Bits) => reaches && over && !administers;
  t.same(blocked(CAP), numbers.map(is_over));
});

t.test('P4, P5: the caps that are named, the smallest first and each once', async (t) => {
  const capped = (classic: number | null, above: object | null = null) =>
    organization({ max_lifetime_days: { fine_grained: null, classic } }, above);
  const organizations = [
    { before: capped(90), after: capped(7, { max_lifetime_days: { fine_grained: 100, classic: 'no_policy' } }) },
  ];
  const proposal = {
    before: enterprise(CAP),
    after: enterprise({ max_lifetime_days: { fine_grained: 7, classic: 365 } }),
  };
  t.same(namedCaps(organizations, null), [7, 90, 100]);
  t.same(namedCaps(organizations, proposal), [7, 30, 90, 100, 365]);
  t.same(namedCaps([], proposal), [7, 30, 365]);
});
