// What an exchange comes to, what roles give, and what a question asks for: the parts of a decision, each asked by itself.
// golden/*.txt have the answers.

import t from 'tap';
import { ceilingAllows, highestRole, reviewRightAllows, roleIncludes, roleNeeded } from '../../src/domain/ceiling.ts';
import * as exchanges from '../../src/domain/exchange.ts';
import { type Exchange, isForAudience, narrowResource, narrowToken } from '../../src/domain/exchanged.ts';
import type { OrganizationFacts, RepositoryFacts, Resource, TokenFacts } from '../../src/domain/facts.ts';
import { isLive } from '../../src/domain/lifetime.ts';
import { ownOperation } from '../../src/domain/own-operations.ts';
import { judgeOwnerPolicy, judgePublicRead } from '../../src/domain/owner-policy.ts';
import { type EnterprisePolicy, INITIAL_ORGANIZATION_POLICY } from '../../src/domain/policy.ts';
import { isPublicRead } from '../../src/domain/public-read.ts';
import {
  type Ask,
  acceptedScopes,
  isWorkflowFile,
  neededFor,
  requirementOf,
  scopesSuffice,
} from '../../src/domain/requirement.ts';
import { legacyPermission, roleFlags } from '../../src/domain/role-words.ts';
import { expandScopes, meetScopes, normaliseScopes, scopesForPermission } from '../../src/domain/scope.ts';
import { PERMISSIONS, ROLES, SCOPES, VISIBILITIES } from '../../src/domain/vocabulary.ts';
import { golden } from './golden.ts';

const NOW = new Date('2027-03-19T08:00:00Z');
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const PERSON = { id: 1, login: 'mona', suspended: false, site_admin: false };
const ORGANIZATION: OrganizationFacts = {
  ...{ type: 'Organization', id: 10, login: 'acme', profile_name: null, membership: 'member', reviews: false },
  ...{
    policy: { ...INITIAL_ORGANIZATION_POLICY, fine_grained_tokens: 'allowed' },
    enterprise: null,
    sso: { required: false, authorized: false },
  },
};
const MILL: RepositoryFacts = {
  ...{
    type: 'repository',
    id: 50,
    name: 'mill',
    owner: ORGANIZATION,
    visibility: 'private',
    archived: false,
    role: 'read',
    selected: true,
  },
};
const times = { secret_issued_at: NOW, expires_at: after(7200), revoked_at: null, secret_expires_at: null };
const common = { ...times, id: 900, name: 'ci', hashed_token: 'root' };
const EXCHANGED = {
  ...{
    id: 77,
    issued_at: NOW,
    expires_at: after(60),
    ended_at: null,
    depth: 1,
    secret_digest: 'root',
    narrows_repositories: false,
  },
  ...{ audience: null, actor_ids: [4], client_id: 'c1' },
};
const classic = (scopes: readonly string[], exchanged: TokenFacts['exchanged'] = null): TokenFacts => ({
  ...common,
  kind: 'classic',
  scopes,
  exchanged,
});
type Fine = Extract<TokenFacts, { kind: 'fine_grained' }>;
const fine = (change: Partial<Fine> = {}): Fine => ({
  ...{ ...common, kind: 'fine_grained', exchanged: null, request_pending: false },
  resource_owner: { id: 10, type: 'Organization', login: 'acme' },
  grant: { id: 7, permissions: { contents: 'write', metadata: 'read' }, repository_selection: 'all' },
  ...change,
});
const grant = (
  repository_selection: 'all' | 'subset' | 'none',
  permissions = { contents: 'write' } as NonNullable<Fine['grant']>['permissions'],
) => fine({ grant: { id: 7, permissions, repository_selection } });
const TOKENS: Readonly<Record<string, TokenFacts>> = {
  'no scope': classic([]),
  repo: classic(['repo', 'read:org']),
  public_repo: classic(['public_repo']),
  'repo:status': classic(['repo:status']),
  gist: classic(['gist']),
  'narrowed repo': classic(['repo'], { ...EXCHANGED, narrows_repositories: true }),
  'for a': classic(['repo'], { ...EXCHANGED, audience: ['a'], depth: 2 }),
  'for a and b, deep': classic(['repo'], { ...EXCHANGED, audience: ['a', 'b'], depth: 3 }),
  all: grant('all'),
  subset: grant('subset'),
  none: grant('none'),
  'members only': grant('all', { members: 'read' }),
  ungranted: fine({ grant: null }),
  ownerless: fine({ resource_owner: null }),
  'of another': fine({ resource_owner: { id: 20, type: 'Organization', login: 'beta' } }),
};
const REPOSITORIES: Readonly<Record<string, Resource>> = {
  mill: MILL,
  'not selected': { ...MILL, selected: false },
  public: { ...MILL, visibility: 'public', role: null },
  'public, not selected': { ...MILL, visibility: 'public', selected: false },
  hidden: { ...MILL, role: null },
  'of mona': { ...MILL, id: 51, owner: { type: 'User', id: 1, login: 'mona' } },
  organization: { type: 'organization', organization: ORGANIZATION },
  absent: { type: 'absent' },
};

t.test(
  'T3: what an exchange comes to, for every kind of token',
  golden('exchanges', ({ head, line }) => {
    for (const [name, token] of Object.entries(TOKENS)) {
      head(name);
      line('granted', () => exchanges.isGranted(token));
      line('depth', () => exchanges.nextDepth(token.exchanged));
      const scopes = [
        undefined,
        '',
        'repo',
        'repo read:org',
        'public_repo',
        'repo:status',
        'gist',
        'contents:read',
        'contents:write',
        'contents:read contents:write',
        'contents:write contents:read',
        'contents:admin',
        'metadata:read',
        'issues:read',
        'members:read',
        'odd',
        'GTH_pat',
        ' repo  repo ',
        'x'.repeat(60),
        'contents:',
      ];
      for (const scope of scopes) line(`scope ${scope?.slice(0, 30)}`, () => exchanges.narrowedAccess(token, scope));
      for (const [place, resource] of Object.entries(REPOSITORIES))
        line(place, () => exchanges.narrowedRepositories(token, [resource]));
      line('two of one', () =>
        exchanges.narrowedRepositories(token, [
          { ...MILL, visibility: 'public' },
          { ...MILL, visibility: 'public' },
        ]),
      );
      for (const asked of [[], ['a'], ['b'], ['a', 'b'], ['a', 'a'], ['c']])
        line(`audience ${asked}`, () => exchanges.narrowedAudience(token, asked, ['a', 'b']));
      line('acting', () => [exchanges.actingFor(token, null), exchanges.actingFor(token, { ...PERSON, id: 9 })]);
      for (const names of [[], ['a'], ['c']]) line(`for ${names}`, () => isForAudience(token, names));
      for (const form of ['classic', 'fine', 'neither'] as const) {
        for (const narrows_repositories of [true, false]) {
          const exchange: Exchange = {
            ...{ ...EXCHANGED, hashed_token: 'child', narrows_repositories },
            scopes: form === 'classic' ? ['repo:status', 'read:org'] : null,
            permissions: form === 'fine' ? { contents: 'read', issues: 'read' } : null,
          };
          line(`${form} ${narrows_repositories}`, () => narrowToken(token, exchange));
          for (const listed of [true, false]) {
            for (const [place, resource] of Object.entries(REPOSITORIES)) {
              if (form === 'fine')
                line(`${place} ${listed} ${narrows_repositories}`, () => {
                  const narrowed = narrowResource(resource, { root: token, exchange, listed });
                  return 'selected' in narrowed ? narrowed.selected : narrowed.type;
                });
            }
          }
        }
      }
    }
    head('ends');
    for (const expires_at of [null, after(10), after(3600), after(7200)]) {
      for (const secret_expires_at of [null, after(5), after(4000)]) {
        for (const seconds of [undefined, 1, 3600, 3601]) {
          const token = { ...classic([]), expires_at, secret_expires_at };
          line(`${expires_at?.getTime()} ${secret_expires_at?.getTime()} ${seconds}`, () =>
            exchanges.narrowedEnd(token, seconds, NOW),
          );
        }
      }
    }
    const broken = new Date(Number.NaN);
    for (const change of [
      {},
      { expires_at: NOW },
      { expires_at: after(0.001) },
      { expires_at: null },
      { revoked_at: NOW },
      { secret_expires_at: NOW },
      { secret_expires_at: after(1) },
      { secret_issued_at: broken },
      { expires_at: broken },
      { exchanged: EXCHANGED },
      { exchanged: { ...EXCHANGED, ended_at: NOW } },
    ]) {
      line(`alive ${JSON.stringify(change)}`, () => [
        isLive({ ...classic([]), ...change }, NOW),
        isLive({ ...classic([]), ...change }, broken),
      ]);
    }
  }),
);

t.test(
  'C5, A1, K5: what roles give',
  golden('roles', ({ head, line }) => {
    head('roles on repositories');
    const base = {
      owns: false,
      membership: null,
      base_permission: null,
      team_roles: [],
      collaborator_role: null,
      internal_to_person: false,
    } as const;
    const sources = [
      {},
      { owns: true },
      { membership: 'admin' },
      { membership: 'member' },
      { membership: 'member', base_permission: 'write' },
      { base_permission: 'write' },
      { membership: 'member', base_permission: 'none' },
      { membership: 'odd', base_permission: 'read' },
      { team_roles: ['read', 'maintain'] },
      { team_roles: ['odd'] },
      { collaborator_role: 'triage' },
      { internal_to_person: true },
      { internal_to_person: true, team_roles: ['admin'] },
      { collaborator_role: 'admin', membership: 'member', base_permission: 'read' },
    ];
    for (const each of sources) line(JSON.stringify(each), () => highestRole({ ...base, ...(each as object) }));
    for (const held of [null, ...ROLES])
      line(`${held}`, () => [
        ROLES.map((each) => roleIncludes(held, each)),
        roleIncludes(held, 'odd' as never),
        roleFlags(held),
        legacyPermission(held),
      ]);
    head('roles that permissions need');
    for (const { name, category } of PERMISSIONS) {
      if (category === 'repository')
        line(name, () => (['read', 'write', 'admin'] as const).map((level) => roleNeeded(name, level)));
    }
    head('ceilings');
    const sets = [
      {},
      { contents: 'read' },
      { contents: 'write' },
      { contents: 'odd' },
      { odd: 'read' },
      { emails: 'read' },
      { members: 'read' },
      { members: 'write' },
      { organization_plan: 'read' },
      { organization_hooks: 'read' },
      { contents: 'read', members: 'read' },
      { administration: 'read' },
    ];
    const member = (membership: 'admin' | 'member' | null, reviews = false): OrganizationFacts => ({
      ...ORGANIZATION,
      membership,
      reviews,
    });
    const enterprise = { id: 30, slug: 'globex', name: 'Globex', policy: null };
    const places: Readonly<Record<string, Resource>> = {
      ...Object.fromEntries([null, ...ROLES].map((role) => [`mill as ${role}`, { ...MILL, role }])),
      ...Object.fromEntries(
        ([null, 'member', 'admin'] as const).map((each) => [
          `of acme as ${each}`,
          { ...MILL, role: 'write', owner: member(each) },
        ]),
      ),
      ...Object.fromEntries(
        ([null, 'member', 'admin'] as const).map((each) => [
          `acme as ${each}`,
          { type: 'organization', organization: member(each) },
        ]),
      ),
      'of mona': { ...MILL, owner: { type: 'User', id: 1, login: 'mona' }, role: 'admin' },
      mona: { type: 'user', id: 1, login: 'mona' },
      lisa: { type: 'user', id: 2, login: 'lisa' },
      'globex as administrator': { type: 'enterprise', enterprise: { ...enterprise, holder_administers: true } },
      globex: { type: 'enterprise', enterprise: { ...enterprise, holder_administers: false } },
      none: { type: 'none' },
      absent: { type: 'absent' },
    };
    for (const [place, resource] of Object.entries(places))
      line(place, () => sets.map((set) => ceilingAllows(PERSON, resource, set as never)));
    head('reviews');
    const requests = 'organization_personal_access_token_requests';
    const reviewed = [
      {},
      { [requests]: 'write' },
      { [requests]: 'read', organization_personal_access_tokens: 'read' },
      { [requests]: 'odd' },
      { [requests]: 'read', members: 'read' },
    ];
    for (const membership of [null, 'member', 'admin'] as const) {
      for (const reviews of [true, false]) {
        line(`${membership} ${reviews}`, () =>
          reviewed.map((set) =>
            reviewRightAllows({ type: 'organization', organization: member(membership, reviews) }, set as never),
          ),
        );
      }
    }
    line('elsewhere', () =>
      reviewed.map((set) => reviewRightAllows({ ...MILL, owner: member('member', true) }, set as never)),
    );
  }),
);

t.test(
  'C1, C4, C6, F2, K2, K5: what a question asks for, and which scopes are enough',
  golden('requirements', ({ head, line }) => {
    head('scopes for permissions');
    for (const { name } of PERMISSIONS)
      line(name, () => (['read', 'write', 'admin'] as const).map((level) => scopesForPermission(name, level)));
    line('odd', () => scopesForPermission('odd', 'read'));
    head('scopes');
    for (const { name } of SCOPES)
      line(name, () => [expandScopes([name]), normaliseScopes([name, 'repo:status', 'repo', 'odd'])]);
    line('meeting', () => [
      meetScopes(['repo'], ['repo:status', 'gist']),
      meetScopes(['repo:status'], ['repo']),
      meetScopes(['gist'], ['repo']),
      meetScopes(['odd'], ['odd']),
    ]);
    head('questions');
    const operation = (change: object) => ({ ...ownOperation('PATCH /repos/{owner}/{repo}'), ...change });
    const asks: Readonly<Record<string, Ask>> = {
      'contents:read': { type: 'permission', permission: 'contents', level: 'read' },
      'contents:write': { type: 'permission', permission: 'contents', level: 'write' },
      'workflows:write': { type: 'permission', permission: 'workflows', level: 'write' },
      'contents:odd': { type: 'permission', permission: 'contents', level: 'odd' },
      'odd:read': { type: 'permission', permission: 'odd', level: 'read' },
      repo: { type: 'scope', scope: 'repo' },
      public_repo: { type: 'scope', scope: 'public_repo' },
      odd: { type: 'scope', scope: 'odd' },
      unknown: { type: 'unknown' },
      other: { type: 'other' } as never,
      PATCH: { type: 'operation', operation: operation({}) },
      GET: { type: 'operation', operation: ownOperation('GET /repos/{owner}/{repo}') },
      'two sets': {
        type: 'operation',
        operation: operation({
          permission_sets: [{ contents: 'write' }, {}, { issues: 'write', pages: 'read' }],
          classic_scopes: null,
        }),
      },
      'no set': { type: 'operation', operation: operation({ permission_sets: [{}] }) },
      permissionless: {
        type: 'operation',
        operation: operation({ permission_sets: [], permissionless: true, classic_scopes: null }),
      },
      'no scopes': { type: 'operation', operation: operation({ classic_scopes: [] }) },
      'upload-pack': {
        type: 'operation',
        operation: operation({ id: 'POST /{owner}/{repo}/git-upload-pack', method: 'POST', public_read: true }),
      },
    };
    const held = [
      [],
      ['repo'],
      ['public_repo'],
      ['public_repo', 'workflow'],
      ['repo', 'workflow'],
      ['workflow'],
      ['gist'],
      ['delete_repo'],
    ];
    for (const [name, ask] of Object.entries(asks)) {
      for (const path of [undefined, '.github/workflows/ci.yml', 'README.md']) {
        line(`${name} ${path}`, () => {
          const requirement = requirementOf({ ask, path });
          if (requirement === null) return null;
          const suffice = [true, false].map((counts) =>
            held.map((scopes) => scopesSuffice(scopes, requirement, counts)),
          );
          return {
            requirement,
            accepted: acceptedScopes(requirement),
            needed: [neededFor(requirement, true), neededFor(requirement, false)],
            suffice,
          };
        });
      }
      for (const visibility of [...VISIBILITIES, null])
        line(`${name} of ${visibility}`, () => isPublicRead({ ask }, { ...MILL, visibility }));
      const others: Resource[] = [
        { type: 'organization', organization: ORGANIZATION },
        { type: 'user', id: 1, login: 'mona' },
        { type: 'none' },
        { type: 'absent' },
      ];
      line(`${name} elsewhere`, () => others.map((resource) => isPublicRead({ ask }, resource)));
    }
    head('workflow files');
    for (const path of [
      '.github/workflows/a',
      '.github/workflows',
      '.github/workflows/',
      '/.GITHUB/Workflows/a',
      './.github//workflows/./a',
      'x/../.github/workflows/a',
      '.github/workflows/../a',
      '../.github/workflows/a',
      'a/.github/workflows/b',
      '.github/workflowsx/a',
      '',
      '/',
    ]) {
      line(path, () => isWorkflowFile(path));
    }
  }),
);

t.test(
  'P1, P2, P4, P5, O1, F3: what policies say to a token',
  golden('judgements', ({ head, line }) => {
    const silent: EnterprisePolicy = {
      ...{
        fine_grained_tokens: 'no_policy',
        classic_tokens: 'no_policy',
        approval: 'no_policy',
        exempt_administrators: false,
      },
      ...{
        max_lifetime_days: { fine_grained: 'no_policy', classic: null },
        lifetime_applies_to_public_reads: 'no_policy',
      },
    };
    const above: Readonly<Record<string, EnterprisePolicy | null>> = {
      silent,
      broken: null,
      restricting: { ...silent, fine_grained_tokens: 'restricted', classic_tokens: 'restricted' },
      allowing: { ...silent, fine_grained_tokens: 'allowed', classic_tokens: 'allowed' },
      capping: { ...silent, max_lifetime_days: { fine_grained: 1, classic: 1 } },
      'capping most': { ...silent, max_lifetime_days: { fine_grained: 1, classic: 1 }, exempt_administrators: true },
      closing: {
        ...silent,
        lifetime_applies_to_public_reads: true,
        max_lifetime_days: { fine_grained: 1, classic: 1 },
      },
    };
    const policy = { ...INITIAL_ORGANIZATION_POLICY, fine_grained_tokens: 'allowed' } as const;
    const own: Readonly<Record<string, OrganizationFacts['policy']>> = {
      usual: policy,
      broken: null,
      restricting: { ...policy, fine_grained_tokens: 'restricted', classic_tokens: 'restricted' },
      odd: { ...policy, fine_grained_tokens: 'odd' as never, classic_tokens: 'odd' as never },
      capping: { ...policy, max_lifetime_days: { fine_grained: 2, classic: 1 } },
      closing: {
        ...policy,
        lifetime_applies_to_public_reads: true,
        max_lifetime_days: { fine_grained: 1, classic: 1 },
      },
    };
    const lives: Readonly<Record<string, TokenFacts>> = {
      'classic of a day': { ...classic(['repo']), expires_at: after(86_400) },
      'classic of more': { ...classic(['repo']), expires_at: after(86_401) },
      'classic for ever': { ...classic(['repo']), expires_at: null },
      'fine-grained of a day': fine({ expires_at: after(86_400) }),
      'fine-grained of more': fine({ expires_at: after(2 * 86_400 + 1) }),
    };
    for (const [own_name, own_policy] of Object.entries(own)) {
      for (const above_name of ['nobody', ...Object.keys(above)]) {
        head(`${own_name} below ${above_name}`);
        for (const holder_administers of [true, false]) {
          const facts =
            above_name === 'nobody'
              ? null
              : { id: 30, slug: 'globex', name: 'Globex', policy: above[above_name] ?? null, holder_administers };
          for (const membership of ['member', null] as const) {
            const organization = { ...ORGANIZATION, policy: own_policy, enterprise: facts, membership };
            for (const [name, token] of Object.entries(lives)) {
              const brief = (resource: Resource) =>
                [judgeOwnerPolicy(token, resource), judgePublicRead(token, resource)].map(
                  (each) => each && [each.reason, each.policy?.source, each.policy?.owner],
                );
              line(`${name} ${holder_administers} ${membership}`, () => brief({ ...MILL, owner: organization }));
              if (facts !== null && own_name === 'usual')
                line('of the enterprise', () => brief({ type: 'enterprise', enterprise: facts }));
            }
          }
        }
      }
    }
    head('single sign-on');
    for (const required of [true, false, 'odd' as never]) {
      for (const authorized of [true, false, 'odd' as never]) {
        const organization = { ...ORGANIZATION, sso: { required, authorized } };
        for (const token of [classic(['repo']), fine()])
          line(`${token.kind} ${required} ${authorized}`, () =>
            judgeOwnerPolicy(token, { type: 'organization', organization }),
          );
      }
    }
    for (const resource of [
      { type: 'none' },
      { type: 'absent' },
      { type: 'user', id: 1, login: 'mona' },
      REPOSITORIES['of mona'],
    ] as Resource[]) {
      line(resource.type, () => [judgeOwnerPolicy(classic([]), resource), judgePublicRead(classic([]), resource)]);
    }
  }),
);
