// Every permission at every level, asked of every kind of resource by every kind of caller; every classic scope, singly and
// in pairs, for every permission and as an action; every declared operation. The engine and the reference agree in each.

import { existsSync, readFileSync } from 'node:fs';
import tap from 'tap';
import { decide } from '../../src/domain/decide.ts';
import type { Facts, OrganizationFacts, Resource, Subject, TokenFacts } from '../../src/domain/facts.ts';
import { GIT_OPERATIONS } from '../../src/domain/git.ts';
import type { Operation } from '../../src/domain/operation.ts';
import { OWN_OPERATIONS } from '../../src/domain/own-operations.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import type { Ask, DecisionRequest } from '../../src/domain/requirement.ts';
import { PERMISSIONS, ROLES, SCOPES, VISIBILITIES } from '../../src/domain/vocabulary.ts';
import { reference } from '../model/reference.ts';
import { cases, share } from '../support/effort.ts';
import { NOW, operation } from './matrix.ts';
import { differ, inShort, Mismatches } from './mismatches.ts';
import { seed } from './tape.ts';

const OPERATIONS_FILE = new URL('../../../shared/data/operations.json', import.meta.url);
const PERSON = { id: 1, login: 'mona', suspended: false, site_admin: false };
const TIMES = {
  secret_issued_at: new Date(NOW.getTime() - 1_000),
  expires_at: null,
  revoked_at: null,
  secret_expires_at: null,
};
const ONESELF = { type: 'User', id: 1, login: 'mona' } as const;
const ANOTHER = { type: 'User', id: 2, login: 'hubot' } as const;
const ENTERPRISE = { id: 30, slug: 'globex', name: 'Globex', policy: null } as const;
const UNBOUND = {
  fine_grained_tokens: 'no_policy',
  classic_tokens: 'no_policy',
  approval: 'no_policy',
  max_lifetime_days: { fine_grained: null, classic: null },
  lifetime_applies_to_public_reads: 'no_policy',
  exempt_administrators: false,
} as const;

type Named<Value> = readonly [name: string, value: Value];

const organization = (membership: OrganizationFacts['membership'], reviews = false): OrganizationFacts => ({
  type: 'Organization',
  id: 10,
  login: 'acme',
  profile_name: null,
  membership,
  reviews,
  policy: {
    fine_grained_tokens: 'allowed',
    classic_tokens: 'allowed',
    approval: 'required',
    max_lifetime_days: { fine_grained: null, classic: null },
    lifetime_applies_to_public_reads: false,
  },
  enterprise: null,
  sso: { required: false, authorized: false },
});
const OWNERS = [
  organization('admin'),
  organization('member'),
  organization('member', true),
  organization(null),
  organization(null, true),
  ONESELF,
  ANOTHER,
];

function ownerName(owner: (typeof OWNERS)[number]): string {
  if (owner.type === 'User') return owner.login;
  return `acme (${owner.membership ?? 'no member'}${owner.reviews ? ', reviewer' : ''})`;
}

const REPOSITORIES: readonly Named<Resource>[] = OWNERS.flatMap((owner) =>
  [...VISIBILITIES, null].flatMap((visibility) =>
    [null, ...ROLES].flatMap((role) =>
      [false, true].map((archived): Named<Resource> => {
        const name = `${visibility} repository of ${ownerName(owner)}, role ${role}${archived ? ', archived' : ''}`;
        return [
          name,
          { type: 'repository', id: 500, name: 'engine', owner, visibility, archived, role, selected: true },
        ];
      }),
    ),
  ),
);
const OTHERS: readonly Named<Resource>[] = [
  ...OWNERS.filter((owner) => owner.type !== 'User').map(
    (owner): Named<Resource> => [ownerName(owner), { type: 'organization', organization: owner }],
  ),
  ['oneself', { ...ONESELF, type: 'user' }],
  ['another person', { ...ANOTHER, type: 'user' }],
  ['own enterprise', { type: 'enterprise', enterprise: { ...ENTERPRISE, policy: UNBOUND, holder_administers: true } }],
  ['own enterprise without policy', { type: 'enterprise', enterprise: { ...ENTERPRISE, holder_administers: true } }],
  ['enterprise', { type: 'enterprise', enterprise: { ...ENTERPRISE, policy: UNBOUND, holder_administers: false } }],
  ['nothing in particular', { type: 'none' }],
  ['what is not there', { type: 'absent' }],
];
const RESOURCES = [...REPOSITORIES, ...OTHERS];

const COMMON = { id: 900, name: 'ci', hashed_token: '', exchanged: null, ...TIMES } as const;
function classic(scopes: readonly string[]): Subject {
  return { type: 'token', person: PERSON, token: { ...COMMON, kind: 'classic', scopes } };
}
function fineGrained(owner: typeof ONESELF | OrganizationFacts, permissions: PermissionMap, pending = false): Subject {
  const grant = pending ? null : ({ id: 700, permissions, repository_selection: 'all' } as const);
  const token: TokenFacts = { ...COMMON, kind: 'fine_grained', resource_owner: owner, grant, request_pending: pending };
  return { type: 'token', person: PERSON, token };
}

const EVERY_SCOPE = SCOPES.map((scope) => scope.name);
const EVERYTHING = Object.fromEntries(PERMISSIONS.map(({ name, levels }) => [name, levels.at(-1) ?? 'read']));
const WITHOUT_REPOSITORIES = Object.fromEntries(
  PERMISSIONS.filter(({ category }) => category !== 'repository').map(({ name, levels }) => [
    name,
    levels.at(-1) ?? 'read',
  ]),
);
const SUBJECTS: readonly Named<Subject>[] = [
  ['anonymous', { type: 'anonymous' }],
  ['a person', { type: 'person', person: PERSON }],
  ['classic without scopes', classic([])],
  ['classic with all scopes', classic(EVERY_SCOPE)],
  ['classic with repo', classic(['repo'])],
  ['classic with public_repo', classic(['public_repo'])],
  ['fine-grained of acme with everything', fineGrained(organization('member'), EVERYTHING)],
  ['fine-grained of acme without repository permissions', fineGrained(organization('member'), WITHOUT_REPOSITORIES)],
  ['fine-grained of acme with metadata', fineGrained(organization('member'), { metadata: 'read' })],
  ['fine-grained of acme, pending', fineGrained(organization('member'), EVERYTHING, true)],
  ['fine-grained of the holder with everything', fineGrained(ONESELF, EVERYTHING)],
];

const LEVELS_OF_ALL = PERMISSIONS.flatMap(({ name, levels }) => levels.map((level) => ({ permission: name, level })));
const PERMISSION_ASKS: readonly Named<Ask>[] = LEVELS_OF_ALL.map((asked) => [
  `${asked.permission}:${asked.level}`,
  { type: 'permission', ...asked },
]);
const SCOPE_ASKS: readonly Named<Ask>[] = EVERY_SCOPE.map((scope) => [scope, { type: 'scope', scope }]);

/** Compares every subject at every resource for every question (in the short form a third of them, everywhere others), and counts. */
class Comparison {
  readonly #mismatches = new Mismatches();
  #cases = 0;
  #places = 0;
  #allowed = 0;

  run(
    subjects: readonly Named<Subject>[],
    resources: readonly Named<Resource>[],
    requests: readonly Named<DecisionRequest>[],
  ) {
    for (const [who, subject] of subjects) {
      for (const [what, resource] of resources) {
        this.#places += 1;
        for (const [question, request] of share(requests, 6, this.#places))
          this.#compare([who, what, question], { subject, resource }, request);
      }
    }
  }

  #compare(words: readonly string[], facts: Facts, request: DecisionRequest): void {
    const decision = decide(facts, request, NOW);
    const answer = reference(facts, request, NOW);
    this.#cases += 1;
    if (decision.effect === 'allow') this.#allowed += 1;
    if (differ(decision, answer)) {
      this.#mismatches.add(words.join(', '), `${inShort(decision)} instead of ${inShort(answer)}`);
    }
  }

  conclude(t: Pick<typeof tap, 'comment' | 'equal' | 'ok'>, allowed_at_least: number): void {
    const ratio = this.#allowed / this.#cases;
    t.comment(`${this.#cases} cases, ${this.#allowed} allowed (${(100 * ratio).toFixed(2)} %)`);
    if (this.#mismatches.count > 0) t.comment(this.#mismatches.text());
    t.equal(this.#mismatches.count, 0, 'engine and reference agree');
    t.ok(ratio >= allowed_at_least, `at least ${allowed_at_least} of them are allowed`);
  }
}

const plain = (asks: readonly Named<Ask>[]): Named<DecisionRequest>[] => asks.map(([name, ask]) => [name, { ask }]);

tap.test('every permission and level at every resource, by every kind of caller @rule F2 F5 K3 K4 K6 C5', async (t) => {
  const comparison = new Comparison();
  comparison.run(SUBJECTS, RESOURCES, plain(PERMISSION_ASKS));
  comparison.conclude(t, 0.05);
});

tap.test('a workflow file asks for more, at every level of every permission @rule C4', async (t) => {
  const comparison = new Comparison();
  const requests = PERMISSION_ASKS.map(
    ([name, ask]): Named<DecisionRequest> => [`${name} in a workflow`, { ask, path: '.github/workflows/ci.yml' }],
  );
  const subjects: readonly Named<Subject>[] = [
    ...SUBJECTS,
    ['classic with workflow', classic(['workflow'])],
    ['classic with repo and workflow', classic(['repo', 'workflow'])],
    ['classic with public_repo and workflow', classic(['public_repo', 'workflow'])],
    ['fine-grained with contents', fineGrained(organization('member'), { contents: 'write', metadata: 'read' })],
  ];
  comparison.run(subjects, RESOURCES, requests);
  comparison.conclude(t, 0.05);
});

/** Where the holder may everything, so that only the scopes decide; and where a repository is made or edited. */
const OWNED = RESOURCES.filter(([name]) =>
  /^((public|private) repository of (acme \(admin\)|mona), role admin|acme \(admin\)|oneself|own enterprise|nothing in particular)$/.test(
    name,
  ),
);

function pairs(count: number, from: number): string[][] {
  let state = from;
  const next = (): string => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return EVERY_SCOPE[(state >>> 8) % EVERY_SCOPE.length] ?? 'repo';
  };
  return Array.from({ length: count }, () => [next(), next()]);
}

tap.test('every scope, singly and in pairs, for every permission @rule C6 K2 K5', async (t) => {
  const started_with = seed();
  t.comment(`seed ${started_with}`);
  const held = [[], EVERY_SCOPE, ...EVERY_SCOPE.map((scope) => [scope]), ...pairs(150, started_with)];
  const subjects = held.map((scopes): Named<Subject> => [`classic with ${scopes.join(' and ')}`, classic(scopes)]);
  const becoming = PERMISSION_ASKS.flatMap(([name, ask]) =>
    (['public', 'private'] as const).map(
      (becomes): Named<DecisionRequest> => [`${name} of what becomes ${becomes}`, { ask, becomes }],
    ),
  );
  const comparison = new Comparison();
  comparison.run(subjects, OWNED, [...plain(PERMISSION_ASKS), ...becoming]);
  comparison.conclude(t, 0.02);
});

tap.test('every scope asked as an action @rule C6', async (t) => {
  const held = [[], EVERY_SCOPE, ...EVERY_SCOPE.map((scope) => [scope])];
  const subjects = held.map((scopes): Named<Subject> => [`classic with ${scopes.join(' and ')}`, classic(scopes)]);
  const unknown: Named<Ask>[] = [['no scope', { type: 'scope', scope: 'repo ' }]];
  const comparison = new Comparison();
  comparison.run([...SUBJECTS, ...subjects], [...OWNED, ...OTHERS], plain([...SCOPE_ASKS, ...unknown]));
  comparison.conclude(t, 0.02);
});

function asks(operations: readonly Operation[]): Named<DecisionRequest>[] {
  return operations.map((each) => [each.id, { ask: { type: 'operation', operation: each } }]);
}

tap.test('Git and the own operations at every resource, by every kind of caller @rule C2 C4', async (t) => {
  const comparison = new Comparison();
  comparison.run(SUBJECTS, RESOURCES, asks([...GIT_OPERATIONS, ...OWN_OPERATIONS]));
  comparison.conclude(t, 0.05);
});

tap.test('declarations of every form at every resource, by every kind of caller @rule C1', async (t) => {
  const id = (method: string): string => `${method} /repos/{owner}/{repo}/things`;
  const forms: Named<Partial<Operation>>[] = [
    ['nothing declared', {}],
    ['only a public read', { public_read: true }],
    ['an empty set', { permission_sets: [{}] }],
    ['an empty set or contents', { permission_sets: [{}, { contents: 'read' }] }],
    ['permissionless', { permissionless: true }],
    ['permissionless public read', { permissionless: true, public_read: true }],
    ['permissionless without classic tokens', { permissionless: true, classic_scopes: [] }],
    ['permissionless with a scope', { permissionless: true, classic_scopes: ['gist'] }],
    ['contents', { permission_sets: [{ contents: 'write' }] }],
    ['contents without classic tokens', { permission_sets: [{ contents: 'write' }], classic_scopes: [] }],
    ['contents with a scope', { permission_sets: [{ contents: 'write' }], classic_scopes: ['gist'] }],
    ['contents and workflows', { permission_sets: [{ contents: 'write', workflows: 'write' }] }],
    ['contents or workflows', { permission_sets: [{ contents: 'write' }, { workflows: 'write' }] }],
    ['issues or administration', { permission_sets: [{ issues: 'write' }, { administration: 'write' }] }],
    ['pages and administration', { permission_sets: [{ pages: 'write', administration: 'write' }] }],
    ['metadata and administration', { permission_sets: [{ metadata: 'read', administration: 'write' }] }],
    ['members and administration', { permission_sets: [{ members: 'read', administration: 'write' }] }],
    ['emails or administration', { permission_sets: [{ emails: 'read' }, { administration: 'read' }] }],
  ];
  const operations = forms.flatMap(([name, declares]) =>
    ['GET', 'HEAD', 'POST', 'get'].map((method) => ({ ...operation(id(method), declares), id: `${method} ${name}` })),
  );
  const held = [['workflow'], ['repo', 'workflow'], ['public_repo', 'workflow'], ['gist'], ['repo', 'gist']];
  const subjects = held.map((scopes): Named<Subject> => [`classic with ${scopes.join(' and ')}`, classic(scopes)]);
  const paths = asks(operations).map(
    ([name, request]): Named<DecisionRequest> => [
      `${name} in a workflow`,
      { ...request, path: '.github/workflows/a.yml' },
    ],
  );
  const comparison = new Comparison();
  comparison.run([...SUBJECTS, ...subjects], RESOURCES, [...asks(operations), ...paths]);
  comparison.conclude(t, 0.05);
});

/** What is decided follows from the method and the declaration, not from the path: of those alike, so many are asked. */
function leading(operations: readonly Operation[]): readonly Operation[] {
  const alike = Map.groupBy(operations, (each) => JSON.stringify({ ...each, id: '', template: '' }));
  return [...alike.values()].flatMap((each) => each.slice(0, cases({ short: 1, long: each.length })));
}

tap.test('the operations of the sample catalogue at every resource, by every kind of caller @rule C1 C5', async (t) => {
  if (!existsSync(OPERATIONS_FILE)) {
    t.comment('the sample catalogue is not beside this checkout; nothing to compare');
    return;
  }
  type Row = { method: string; path: string; classic_scopes?: string[] } & Pick<
    Operation,
    'permission_sets' | 'permissionless' | 'public_read'
  >;
  const rows = JSON.parse(readFileSync(OPERATIONS_FILE, 'utf8')) as Row[];
  const operations = rows.map(({ method, path, permission_sets, permissionless, public_read, classic_scopes = null }) =>
    operation(`${method} ${path}`, { permission_sets, permissionless, public_read, classic_scopes }),
  );
  const comparison = new Comparison();
  comparison.run(SUBJECTS, RESOURCES, asks(leading(operations)));
  comparison.conclude(t, 0.05);
});
