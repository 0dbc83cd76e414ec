// Where a fine-grained token reaches at all (F5.4).

import t from 'tap';
import type { FineGrainedTokenFacts, PersonFacts, Resource } from '../../src/domain/facts.ts';
import { fineGrainedReach } from '../../src/domain/reach.ts';
import type { DecisionRequest, Requirement } from '../../src/domain/requirement.ts';

const PERSON: PersonFacts = { id: 1, login: 'mona', suspended: false, site_admin: false };

t.test(
  'F5.4: only the holder himself is reached without a permission, not another thing with his number',
  async (t) => {
    const token: FineGrainedTokenFacts = {
      ...{ kind: 'fine_grained', id: 7, expires_at: null, revoked_at: null, secret_issued_at: new Date(0) },
      ...{ resource_owner: { id: 20, type: 'User', login: 'other' }, grant: null, request_pending: false },
    } as unknown as FineGrainedTokenFacts;
    const request: DecisionRequest = {
      ask: { type: 'permission', permission: 'contents', level: 'read' },
      path: undefined,
    };
    const requirement: Requirement = {
      ...{ sets: [], permissionless: true, scopes: null, scope_only: false, write: false, workflow: false },
    };
    const reach = (resource: Resource) => fineGrainedReach(token, PERSON, resource, requirement, request);
    const reason = (resource: Resource) => JSON.stringify(reach(resource));
    const repository = { name: 'web', visibility: 'public', archived: false, role: null, selected: false } as const;
    t.match(reason({ type: 'user', id: 2, login: 'bob' }), 'other_owner', 'somebody else');
    t.match(
      reason({ type: 'repository', id: 1, owner: { type: 'User', id: 5, login: 'eve' }, ...repository }),
      'other_owner',
    );
    t.notMatch(reason({ type: 'user', id: 1, login: 'mona' }), 'other_owner', 'himself');
  },
);
