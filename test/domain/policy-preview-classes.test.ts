// Classes of tokens that a preview cannot tell apart (domain/policy-preview-classes.ts): what is asked by the caps of one organization is
// what would be asked by those of all.

import fc from 'fast-check';
import t from 'tap';
import type { OrganizationFacts } from '../../src/domain/facts.ts';
import {
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
