// Deny is the answer to every doubt (F3): every member of the facts and of the question, with a value that nobody knows,
// turns each yes that depends on it into a no. The values are cast in, as a newer database or a broken row would bring them.

import t from 'tap';
import { decide } from '../../src/domain/decide.ts';
import type { Facts } from '../../src/domain/facts.ts';
import type { Operation } from '../../src/domain/operation.ts';
import type { Ask, DecisionRequest } from '../../src/domain/requirement.ts';
import { NOW, operation } from './matrix.ts';

const DAY = 86_400_000;
const NONE = new Date(Number.NaN);

type Members = { readonly [member: string]: unknown };
type Path = string;
type Situation = { readonly name: string; readonly facts: Facts; readonly request: DecisionRequest };

const permission = (name: string, level: string): Ask => ({ type: 'permission', permission: name, level });
const declared = (declares: Partial<Operation>): Ask => ({
  type: 'operation',
  operation: operation('POST /repos/{owner}/{repo}/things', declares),
});

const person = { id: 1, login: 'mona', suspended: false, site_admin: false };
const organization = {
  type: 'Organization',
  id: 10,
  login: 'acme',
  profile_name: null,
  membership: 'admin',
  reviews: false,
  policy: {
    fine_grained_tokens: 'allowed',
    classic_tokens: 'allowed',
    approval: 'required',
    max_lifetime_days: { fine_grained: 366, classic: 366 },
    lifetime_applies_to_public_reads: false,
  },
  enterprise: {
    id: 30,
    slug: 'globex',
    name: 'Globex',
    policy: {
      fine_grained_tokens: 'allowed',
      classic_tokens: 'allowed',
      approval: 'no_policy',
      max_lifetime_days: { fine_grained: 366, classic: 366 },
      lifetime_applies_to_public_reads: 'no_policy',
      exempt_administrators: false,
    },
    holder_administers: true,
  },
  sso: { required: true, authorized: true },
} as const;
const repository = {
  type: 'repository',
  id: 500,
  name: 'engine',
  owner: organization,
  visibility: 'private',
  archived: false,
  role: 'admin',
  selected: true,
} as const;
const times = {
  secret_issued_at: new Date(NOW.getTime() - DAY),
  expires_at: new Date(NOW.getTime() + DAY),
  revoked_at: null,
  secret_expires_at: null,
};
const classic = {
  kind: 'classic',
  id: 900,
  name: 'ci',
  hashed_token: '',
  exchanged: null,
  ...times,
  scopes: ['repo', 'admin:org'],
} as const;
const fine_grained = {
  kind: 'fine_grained',
  id: 900,
  name: 'ci',
  hashed_token: '',
  exchanged: null,
  ...times,
  resource_owner: { id: 10, type: 'Organization', login: 'acme' },
  grant: { id: 700, permissions: { contents: 'write', members: 'write' }, repository_selection: 'subset' },
  request_pending: false,
} as const;
const never = { expires_at: null, revoked_at: null, secret_expires_at: null };
const WRITE = { ask: permission('contents', 'write') };
const MEMBERS = { ask: permission('members', 'write') };
const acme = { type: 'organization', organization } as const;

const SITUATIONS = {
  fine_grained: {
    name: 'a fine-grained token writes to a private repository',
    facts: { subject: { type: 'token', person, token: fine_grained }, resource: repository },
    request: WRITE,
  },
  classic: {
    name: 'a classic token writes to a private repository',
    facts: { subject: { type: 'token', person, token: classic }, resource: repository },
    request: WRITE,
  },
  unending: {
    name: 'a classic token that never expires writes to a repository of its holder',
    facts: {
      subject: { type: 'token', person, token: { ...classic, ...never } },
      resource: { ...repository, owner: { type: 'User', id: 1, login: 'mona' } },
    },
    request: WRITE,
  },
  person: {
    name: 'a person writes to a private repository',
    facts: { subject: { type: 'person', person }, resource: repository },
    request: WRITE,
  },
  fine_grained_members: {
    name: 'a fine-grained token writes the members of an organization',
    facts: { subject: { type: 'token', person, token: fine_grained }, resource: acme },
    request: MEMBERS,
  },
  classic_members: {
    name: 'a classic token writes the members of an organization',
    facts: { subject: { type: 'token', person, token: classic }, resource: acme },
    request: MEMBERS,
  },
  person_members: {
    name: 'a person writes the members of an organization',
    facts: { subject: { type: 'person', person }, resource: acme },
    request: MEMBERS,
  },
  reviewer: {
    name: 'a member with the review right reviews requests',
    facts: {
      subject: { type: 'person', person },
      resource: { ...acme, organization: { ...organization, membership: 'member', reviews: true } },
    },
    request: { ask: permission('organization_personal_access_token_requests', 'write') },
  },
  member_only: {
    name: 'a person does what needs no permission at an organization',
    facts: { subject: { type: 'person', person }, resource: acme },
    request: { ask: declared({ permissionless: true }) },
  },
  enterprise: {
    name: 'a classic token acts at an enterprise',
    facts: {
      subject: { type: 'token', person, token: classic },
      resource: { type: 'enterprise', enterprise: organization.enterprise },
    },
    request: { ask: declared({ permission_sets: [{ organization_administration: 'read' }] }) },
  },
  exempt: {
    name: 'an enterprise administrator is exempt from its cap',
    facts: {
      subject: { type: 'token', person, token: classic },
      resource: {
        ...repository,
        owner: {
          ...organization,
          enterprise: {
            ...organization.enterprise,
            policy: {
              ...organization.enterprise.policy,
              max_lifetime_days: { fine_grained: 1, classic: 1 },
              exempt_administrators: true,
            },
          },
        },
      },
    },
    request: WRITE,
  },
  scope: {
    name: 'a scope asked as an action',
    facts: { subject: { type: 'token', person, token: classic }, resource: repository },
    request: { ask: { type: 'scope', scope: 'repo' } },
  },
  operation: {
    name: 'an operation by a person',
    facts: { subject: { type: 'person', person }, resource: repository },
    request: { ask: declared({ permission_sets: [{ contents: 'write' }] }) },
  },
  classic_operation: {
    name: 'an operation by a classic token with declared scopes',
    facts: { subject: { type: 'token', person, token: classic }, resource: repository },
    request: { ask: declared({ permission_sets: [{ contents: 'write' }], classic_scopes: ['repo'] }) },
  },
} as const satisfies Record<string, Situation>;
type Name = keyof typeof SITUATIONS;

const TOKENS: Name[] = ['fine_grained', 'classic', 'fine_grained_members', 'classic_members'];
const REPOSITORY: Name[] = ['fine_grained', 'classic', 'person'];
const OWNER = 'facts.resource.owner';
const ORGANIZATION = 'facts.resource.organization';

/** In which situations which member gets which unknown values. */
const DOUBTS: readonly (readonly [Name[], Path, readonly unknown[]])[] = [
  [['fine_grained', 'person'], 'facts.subject.type', ['robot', '', undefined]],
  [TOKENS, 'facts.subject.token.kind', ['exchanged', '', undefined]],
  [['unending'], 'facts.subject.token.kind', ['exchanged', '', undefined]],
  [[...TOKENS, 'person'], 'facts.subject.person.suspended', [undefined, null, 'no', 0]],
  [TOKENS, 'facts.subject.token.expires_at', [NONE]],
  [[...TOKENS, 'unending'], 'facts.subject.token.secret_expires_at', [NONE]],
  [[...TOKENS, 'unending'], 'facts.subject.token.secret_issued_at', [NONE]],
  [[...TOKENS, 'unending'], 'facts.subject.token.revoked_at', [NONE, undefined]],
  [['classic', 'classic_members'], 'facts.subject.token.scopes', [[], ['REPO'], ['repo '], ['everything']]],
  [['fine_grained'], 'facts.subject.token.grant.repository_selection', ['some', '', undefined]],
  [['fine_grained'], 'facts.subject.token.grant.permissions', [{}, { contents: 'owner' }, { Contents: 'write' }]],
  [['fine_grained'], 'facts.subject.token.resource_owner', [null]],
  [['fine_grained'], 'facts.subject.token.grant', [null]],
  [[...REPOSITORY, 'member_only'], 'facts.resource.type', ['galaxy', '', undefined]],
  [REPOSITORY, 'facts.resource.visibility', [null, 'secret', '', undefined]],
  [REPOSITORY, 'facts.resource.role', [null, 'owner', '', undefined]],
  [REPOSITORY, 'facts.resource.archived', [undefined, null, 'no']],
  [['fine_grained', 'classic'], `${OWNER}.type`, ['Team', '', undefined]],
  [['fine_grained', 'classic'], `${OWNER}.policy`, [null]],
  [['fine_grained', 'classic'], `${OWNER}.sso.authorized`, [false, 'perhaps', undefined]],
  [
    ['fine_grained_members', 'classic_members', 'person_members', 'member_only'],
    `${ORGANIZATION}.membership`,
    [null, 'guest', '', undefined],
  ],
  [['reviewer'], `${ORGANIZATION}.reviews`, [false, null, 'yes', 1, undefined]],
  [['reviewer'], `${ORGANIZATION}.membership`, [null, 'guest', '', undefined]],
  [['reviewer'], 'request.ask.level', ['owner', 'admin', '']],
  [
    ['fine_grained', 'fine_grained_members'],
    'facts.resource.*.enterprise.policy.fine_grained_tokens',
    ['maybe', '', null],
  ],
  [['classic', 'classic_members'], 'facts.resource.*.enterprise.policy.classic_tokens', ['maybe', '', null]],
  [['classic', 'fine_grained'], 'facts.resource.*.enterprise.policy', [null]],
  [
    ['fine_grained', 'fine_grained_members'],
    'facts.resource.*.policy.max_lifetime_days.fine_grained',
    [Number.NaN, 'week', undefined],
  ],
  [
    ['classic', 'classic_members'],
    'facts.resource.*.policy.max_lifetime_days.classic',
    [Number.NaN, 'week', undefined],
  ],
  [
    ['fine_grained'],
    'facts.resource.*.enterprise.policy.max_lifetime_days.fine_grained',
    [Number.NaN, 'week', undefined],
  ],
  [['classic'], 'facts.resource.*.enterprise.policy.max_lifetime_days.classic', [Number.NaN, 'week', undefined]],
  [['enterprise'], 'facts.resource.enterprise.policy.max_lifetime_days.classic', [Number.NaN, 'week', undefined]],
  [['exempt'], 'facts.resource.*.enterprise.policy.exempt_administrators', ['perhaps', 1, undefined]],
  [['exempt'], 'facts.resource.*.enterprise.holder_administers', ['perhaps', 1, undefined]],
  [['enterprise'], 'facts.resource.enterprise.holder_administers', ['perhaps', 1, undefined]],
  [['enterprise'], 'facts.resource.enterprise.policy', [null]],
  [['enterprise'], 'facts.resource.enterprise.policy.classic_tokens', ['maybe', '', null]],
  [REPOSITORY, 'request.ask.type', ['guess', '', undefined]],
  [REPOSITORY, 'request.ask.permission', ['everything', 'Contents', 'constructor', '__proto__', '']],
  [REPOSITORY, 'request.ask.level', ['owner', 'admin', 'Write', '']],
  [['scope'], 'request.ask.scope', ['everything', 'REPO', 'repo ', 'constructor', '']],
  [
    ['operation', 'classic_operation'],
    'request.ask.operation.permission_sets',
    [[], [{}], [{ everything: 'read' }], [{ contents: 'owner' }], [{ constructor: 'read' }]],
  ],
  [['classic_operation'], 'request.ask.operation.classic_scopes', [[], ['everything'], ['REPO']]],
];

/** The same with one member changed; `*` stands for the member that leads to the organization. */
function withMember(value: unknown, path: readonly string[], changed: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return changed;
  const members = value as Members;
  const wildcard = 'owner' in members ? 'owner' : 'organization';
  const member = name === '*' ? wildcard : name;
  return { ...members, [member]: withMember(members[member], rest, changed) };
}

for (const situation of Object.values(SITUATIONS)) {
  t.test(`understood: ${situation.name}`, async (t) => {
    t.equal(decide(situation.facts, situation.request, NOW).effect, 'allow');
  });
}

for (const [names, path, values] of DOUBTS) {
  t.test(`a doubt about ${path} denies @rule F3`, async (t) => {
    for (const name of names) {
      for (const value of values) {
        const { facts, request } = withMember(SITUATIONS[name], path.split('.'), value) as Situation;
        const text = JSON.stringify(value) ?? 'undefined';
        t.equal(
          decide(facts, request, NOW).effect,
          'deny',
          `${value === NONE ? 'no date' : text} where ${SITUATIONS[name].name}`,
        );
      }
    }
  });
}

t.test('where nothing above binds, unknown words of the organization deny @rule F3 P1 P2 P4', async (t) => {
  const unbound = withMember(SITUATIONS.classic, `${OWNER}.enterprise`.split('.'), null) as Situation;
  const fine = withMember(SITUATIONS.fine_grained, `${OWNER}.enterprise`.split('.'), null) as Situation;
  t.equal(decide(unbound.facts, unbound.request, NOW).effect, 'allow');
  t.equal(decide(fine.facts, fine.request, NOW).effect, 'allow');
  for (const value of ['maybe', '', null, undefined, 'no_policy']) {
    const classic_word = withMember(unbound, `${OWNER}.policy.classic_tokens`.split('.'), value) as Situation;
    const fine_word = withMember(fine, `${OWNER}.policy.fine_grained_tokens`.split('.'), value) as Situation;
    t.equal(decide(classic_word.facts, classic_word.request, NOW).effect, 'deny', `classic ${value}`);
    t.equal(decide(fine_word.facts, fine_word.request, NOW).effect, 'deny', `fine-grained ${value}`);
  }
});

t.test('single sign-on of which is not known whether it is required is required @rule F3 O1', async (t) => {
  for (const required of ['perhaps', null, undefined, 1]) {
    const { facts, request } = withMember(SITUATIONS.classic, `${OWNER}.sso`.split('.'), {
      required,
      authorized: false,
    }) as Situation;
    t.equal(decide(facts, request, NOW).effect, 'deny', `${required}`);
  }
});

t.test('a clock that shows no time denies tokens, also those that never expire @rule F3', async (t) => {
  for (const name of [...TOKENS, 'unending'] as const) {
    const { facts, request } = SITUATIONS[name];
    t.equal(decide(facts, request, NONE).effect, 'deny', name);
  }
});

t.test('the switch about public reads counts as on where it is not understood @rule F3 P4', async (t) => {
  const long = { ...times, expires_at: new Date(NOW.getTime() + 400 * DAY) };
  const facts = {
    subject: { type: 'token', person, token: { ...classic, ...long } },
    resource: { ...repository, visibility: 'public' },
  } as const;
  const situation = { name: 'a public read', facts, request: { ask: permission('contents', 'read') } };
  t.equal(decide(facts, situation.request, NOW).effect, 'allow');
  for (const value of ['perhaps', null, undefined, 1]) {
    const own = withMember(
      situation,
      `${OWNER}.policy.lifetime_applies_to_public_reads`.split('.'),
      value,
    ) as Situation;
    t.equal(decide(own.facts, own.request, NOW).effect, 'deny', `organization ${value}`);
  }
  for (const value of ['perhaps', 1, 'on']) {
    const above = withMember(
      situation,
      `${OWNER}.enterprise.policy.lifetime_applies_to_public_reads`.split('.'),
      value,
    ) as Situation;
    t.equal(decide(above.facts, above.request, NOW).effect, 'deny', `enterprise ${value}`);
  }
});
