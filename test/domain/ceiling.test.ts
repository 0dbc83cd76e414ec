// What a person may do of himself, whatever his token (C5): the edges beside the golden tables.

import t from 'tap';
import { ceilingAllows } from '../../src/domain/ceiling.ts';
import type { OrganizationFacts, PersonFacts } from '../../src/domain/facts.ts';
import { PERMISSIONS } from '../../src/domain/vocabulary.ts';

const PERSON: PersonFacts = { id: 1, login: 'mona', suspended: false, site_admin: false };

const organization = (membership: OrganizationFacts['membership']): OrganizationFacts => ({
  ...{
    type: 'Organization',
    id: 10,
    login: 'acme',
    profile_name: null,
    membership,
    reviews: false,
    enterprise: null,
    policy: null,
  },
  sso: { required: false, authorized: false },
});

t.test('C5: what any member reads of an organization', async (t) => {
  const at = (membership: OrganizationFacts['membership'], permission: string, level: 'read' | 'write') =>
    ceilingAllows(PERSON, { type: 'organization', organization: organization(membership) }, { [permission]: level });
  const READ = ['members', 'organization_events', 'organization_plan', 'organization_projects'];
  for (const permission of [...READ, 'organization_custom_properties']) {
    t.equal(at('member', permission, 'read'), true, permission);
    t.equal(at('member', permission, 'write'), false, permission);
    t.equal(at(null, permission, 'read'), false, permission);
  }
  t.equal(at('member', 'organization_secrets', 'read'), false);
});

t.test(
  'C2: about nothing in particular only what needs no permission is allowed, whatever the permission is',
  async (t) => {
    t.equal(ceilingAllows(PERSON, { type: 'none' }, {}), true, 'permissionless');
    for (const { name, levels } of PERMISSIONS) {
      for (const level of levels) {
        t.equal(ceilingAllows(PERSON, { type: 'none' }, { [name]: level }), false, `${name}:${level}`);
      }
    }
  },
);
