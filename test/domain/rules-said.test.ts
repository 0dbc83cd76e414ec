// Pure rules beside decide(), each asked about every kind of case there is: policies and whose they are, resource owners, what is
// asked of a token, names of resources, gateways' paths, reviews. golden/*.txt have the answers.

import t from 'tap';
import type { Principal } from '../../src/domain/caller.ts';
import { compileCatalogue, takesPartIn } from '../../src/domain/catalogue.ts';
import {
  effectiveEnterprisePolicy,
  effectiveOrganizationPolicy,
  POLICY_MEMBERS,
  shownEnterprisePolicy,
} from '../../src/domain/effective-policy.ts';
import { enterprisePolicyChanges, mergeEnterprisePolicy } from '../../src/domain/enterprise-policy-edit.ts';
import type { EnterpriseFacts } from '../../src/domain/facts.ts';
import { readGatewayPath } from '../../src/domain/gateway-path.ts';
import { defaultExpiry } from '../../src/domain/lifetime.ts';
import type { Operation } from '../../src/domain/operation.ts';
import { groupPermissions, hasCategory, normalisePermissions, printPermissions } from '../../src/domain/permission.ts';
import * as policies from '../../src/domain/policy.ts';
import * as edits from '../../src/domain/policy-edit.ts';
import { overlapEnd, refuseBeyondApproved, sameLife } from '../../src/domain/regeneration.ts';
import {
  lifeSeconds,
  livesLonger,
  narrowedExpiry,
  readExpiresAt,
  refuseBeyondCap,
  requestedExpiry,
} from '../../src/domain/requested-expiry.ts';
import { printNaming, readNaming } from '../../src/domain/resource-naming.ts';
import {
  ineligibility,
  lifetimeCap,
  needsApproval,
  type OrganizationAsOwner,
} from '../../src/domain/resource-owner.ts';
import { judgeApproval, judgePending, mayReview, refuseOwn } from '../../src/domain/review.ts';
import * as asks from '../../src/domain/token-ask.ts';
import { hasEnded, tokenState } from '../../src/domain/token-state.ts';
import { golden } from './golden.ts';

const NOW = new Date('2027-03-19T08:00:00Z');
const after = (ms: number): Date => new Date(NOW.getTime() + ms);
const DAY = 86_400_000;

const ORGANIZATION: policies.OrganizationPolicy = {
  ...{ fine_grained_tokens: 'allowed', classic_tokens: 'allowed', approval: 'not_required' },
  ...{ max_lifetime_days: { fine_grained: 30, classic: null }, lifetime_applies_to_public_reads: false },
};
const SILENT: policies.EnterprisePolicy = {
  ...{ fine_grained_tokens: 'no_policy', classic_tokens: 'no_policy', approval: 'no_policy' },
  ...{ max_lifetime_days: { fine_grained: 'no_policy', classic: 'no_policy' } },
  ...{ lifetime_applies_to_public_reads: 'no_policy', exempt_administrators: false },
};
const ENTERPRISES: Readonly<Record<string, policies.EnterprisePolicy | null>> = {
  none: null,
  silent: SILENT,
  allows: { ...SILENT, fine_grained_tokens: 'allowed', classic_tokens: 'allowed', approval: 'not_required' },
  restricts: { ...SILENT, fine_grained_tokens: 'restricted', classic_tokens: 'restricted', approval: 'required' },
  odd: {
    ...SILENT,
    fine_grained_tokens: 'odd' as never,
    approval: 'odd' as never,
    lifetime_applies_to_public_reads: 'odd' as never,
  },
  caps: { ...SILENT, max_lifetime_days: { fine_grained: 30, classic: 7 } },
  caps_less: { ...SILENT, max_lifetime_days: { fine_grained: 31, classic: null } },
  caps_more: { ...SILENT, max_lifetime_days: { fine_grained: 29, classic: 1 }, exempt_administrators: true },
  closes: { ...SILENT, lifetime_applies_to_public_reads: true, exempt_administrators: true },
  opens: { ...SILENT, lifetime_applies_to_public_reads: false },
};
const ORGANIZATIONS: Readonly<Record<string, policies.OrganizationPolicy>> = {
  usual: ORGANIZATION,
  initial: policies.INITIAL_ORGANIZATION_POLICY,
  strict: {
    ...{ fine_grained_tokens: 'restricted', classic_tokens: 'restricted', approval: 'required' },
    ...{ max_lifetime_days: { fine_grained: null, classic: 366 }, lifetime_applies_to_public_reads: true },
  },
  odd: {
    ...ORGANIZATION,
    approval: 'odd' as never,
    fine_grained_tokens: 'odd' as never,
    lifetime_applies_to_public_reads: 'odd' as never,
  },
};
const facts = (policy: policies.EnterprisePolicy | null, holder_administers = false): EnterpriseFacts => ({
  ...{ id: 30, slug: 'globex', name: 'Globex', policy, holder_administers },
});

t.test(
  'P1, P2, P3, P4, P5, P7, F3: which value is in force, and whose it is',
  golden('policies', ({ head, line }) => {
    for (const [own, organization] of Object.entries(ORGANIZATIONS)) {
      for (const [above, enterprise] of Object.entries(ENTERPRISES)) {
        head(`${own} below ${above}`);
        const pair = { organization, enterprise };
        for (const kind of ['classic', 'fine_grained'] as const) {
          line(`access ${kind}`, () => policies.effectiveAccess(pair, kind));
          line(`cap ${kind}`, () => [
            policies.effectiveCap(pair, kind, false),
            policies.effectiveCap(pair, kind, true),
          ]);
          line(`above ${kind}`, () => [
            policies.enterpriseCap(enterprise, kind, false),
            policies.enterpriseCap(enterprise, kind, true),
          ]);
        }
        line('approval', () => policies.effectiveApproval(pair));
        line('public reads', () => policies.appliesToPublicReads(pair));
        for (const members_set of [[], POLICY_MEMBERS]) {
          const governed = {
            login: 'acme',
            policy: organization,
            members_set,
            enterprise: above === 'none' ? null : facts(enterprise),
          };
          line(`said ${members_set.length}`, () => effectiveOrganizationPolicy(governed));
        }
        for (const membership of ['admin', 'member'] as const) {
          for (const sso of ['none', 'required', 'live'] as const) {
            for (const administers of [false, true]) {
              const as_enterprise = above === 'none' ? null : facts(enterprise, administers);
              const owner: OrganizationAsOwner = {
                ...{
                  type: 'Organization',
                  id: 10,
                  login: 'acme',
                  membership,
                  policy: organization,
                  enterprise: as_enterprise,
                  sso,
                },
              };
              line(`owner ${membership} ${sso} ${administers}`, () => [
                ineligibility(owner),
                needsApproval(owner),
                lifetimeCap(owner),
              ]);
            }
          }
        }
      }
    }
    head('not understood');
    const owner: OrganizationAsOwner = {
      ...{
        type: 'Organization',
        id: 10,
        login: 'acme',
        membership: 'member',
        policy: ORGANIZATION,
        enterprise: facts(null),
        sso: 'none',
      },
    };
    for (const each of [owner, { ...owner, policy: null }, { ...owner, policy: null, enterprise: null }]) {
      line(`${each.policy === null} ${each.enterprise === null}`, () => [
        ineligibility(each),
        needsApproval(each),
        lifetimeCap(each),
      ]);
    }
    const oneself = { type: 'User', id: 1, login: 'mona' } as const;
    line('oneself', () => [ineligibility(oneself), needsApproval(oneself), lifetimeCap(oneself)]);
    const governed = { login: 'acme', policy: ORGANIZATION, members_set: [], enterprise: facts(null) };
    line('said', () => effectiveOrganizationPolicy(governed));
    head('of enterprises');
    for (const [name, policy] of Object.entries(ENTERPRISES)) {
      if (policy !== null) line(name, () => effectiveEnterprisePolicy('globex', policy));
      line(`${name} shown`, () => shownEnterprisePolicy(policy));
    }
    head('lives');
    for (const days of [0, 1, Number.NaN]) {
      for (const ms of [0, DAY - 1, DAY, DAY + 1])
        line(`${ms} ms of ${days} days`, () => policies.exceedsCap(NOW, after(ms), days));
      line(`for ever of ${days}`, () => policies.exceedsCap(NOW, null, days));
      line(`broken of ${days}`, () => policies.exceedsCap(new Date(Number.NaN), NOW, days));
    }
  }),
);

t.test(
  'P5, L1: what an edit of a policy may say, and what is written of it',
  golden('policy-edits', ({ head, line }) => {
    const patches: edits.PolicyPatch[] = [
      {},
      ...(['allowed', 'restricted'] as const).flatMap((word) => [
        { fine_grained_tokens: word },
        { classic_tokens: word },
      ]),
      ...(['required', 'not_required'] as const).map((approval) => ({ approval })),
      ...[null, 1, 29, 30, 31].flatMap((days) => [
        { max_lifetime_days: { fine_grained: days } },
        { max_lifetime_days: { classic: days } },
      ]),
      { lifetime_applies_to_public_reads: true },
      { lifetime_applies_to_public_reads: false },
      { classic_tokens: 'restricted', approval: 'required', max_lifetime_days: { classic: 3, fine_grained: null } },
    ];
    for (const patch of patches) {
      head(JSON.stringify(patch));
      line('members', () => edits.membersOf(patch));
      for (const [name, policy] of Object.entries(ORGANIZATIONS)) {
        const merged = edits.mergePolicy(policy, patch);
        line(name, () => [merged, edits.policyChanges(policy, merged)]);
      }
      line('without enterprise', () => edits.refuseBoundMembers(patch, null));
      for (const [name, policy] of Object.entries(ENTERPRISES))
        line(`below ${name}`, () => edits.refuseBoundMembers(patch, facts(policy)));
    }
    head('of enterprises');
    for (const [before_name, before] of Object.entries(ENTERPRISES)) {
      for (const [after_name, policy] of Object.entries(ENTERPRISES)) {
        if (before !== null && policy !== null)
          line(`${before_name} to ${after_name}`, () => enterprisePolicyChanges(before, policy));
      }
      if (before === null) continue;
      line(`${before_name} merged`, () =>
        mergeEnterprisePolicy(before, { approval: 'required', max_lifetime_days: { classic: 5 } }),
      );
      line(`${before_name} left`, () => mergeEnterprisePolicy(before, {}));
    }
  }),
);

t.test(
  'M2, M3, M6, M8, K4, K5: what is asked of a token',
  golden('asks', ({ head, line }) => {
    head('names');
    for (const kind of ['classic', 'fine_grained'] as const) {
      for (const text of [
        '',
        '  ',
        ' a ',
        'a'.repeat(40),
        'a'.repeat(41),
        'ä'.repeat(40),
        '𝒂'.repeat(40),
        'a'.repeat(255),
        'a'.repeat(256),
      ]) {
        line(`${kind} ${[...text].slice(0, 3).join('')} ${text.length}`, () => asks.readTokenName(kind, text));
      }
    }
    head('scopes');
    for (const names of [[], ['repo'], ['repo:status', 'repo'], ['x'], ['repo', 'y', 'z'], ['user', 'user']])
      line(`${names}`, () => asks.readScopes(names));
    head('permissions');
    const maps = [
      {},
      { contents: 'read' },
      { contents: 'admin' },
      { contents: 'x' },
      { nothing: 'read' },
      { members: 'write' },
      { emails: 'read' },
    ];
    const long = { ['n'.repeat(200)]: 'read' };
    for (const map of [
      ...maps,
      long,
      { metadata: 'read' },
      { issues: 'write', contents: 'read' },
      { toString: 'read' },
    ]) {
      for (const owner of ['User', 'Organization'] as const) {
        for (const selection of ['none', 'all', 'subset'] as const) {
          line(`${JSON.stringify(map).slice(0, 50)} ${owner} ${selection}`, () =>
            asks.readPermissions(map as never, owner, selection),
          );
        }
      }
    }
    for (const map of [
      {},
      { contents: 'read' },
      { members: 'read' },
      { issues: 'read', contents: 'write' },
      { odd: 'read' },
      { contents: 'read', metadata: 'write', members: 'read' },
    ]) {
      line(JSON.stringify(map), () => [
        normalisePermissions(map as never),
        printPermissions(map as never),
        groupPermissions(map as never),
        (['repository', 'organization', 'account'] as const).map((each) => hasCategory(map as never, each)),
      ]);
    }
    head('repositories');
    for (const selection of ['none', 'all', 'subset'] as const) {
      for (const names of [undefined, [], ['a']])
        line(`${selection} ${names}`, () => asks.judgeSelection(selection, names));
    }
    for (const names of [
      [],
      ['a'],
      ['A', 'a', 'acme/A'],
      ['other/a'],
      ['a', 'b', 'c'],
      ['acme/', 'x/y/z'],
      ['b', 'a', 'B'],
    ]) {
      line(`${names}`, () => asks.readRepositoryNames(names, 'Acme', 2));
    }
    head('lives');
    for (const cap of [null, 7, 30, 60]) line(`default below ${cap}`, () => defaultExpiry(NOW, cap));
    for (const text of [
      '2027-03-19T08:00:01Z',
      '2027-03-19T08:00:00.999Z',
      '2027-03-20',
      'soon',
      '2027-03-19T08:00:00Z',
      '',
    ]) {
      line(text, () => readExpiresAt(text, NOW));
    }
    const bodies = [
      {},
      { expires_in_days: 1 },
      { expires_at: '2027-03-20' },
      { never_expires: true },
      { expires_in_days: 1, never_expires: true },
      { expires_at: 'x', expires_in_days: 1 },
      { expires_at: '2027-03-20', never_expires: true },
    ] as const;
    for (const body of bodies)
      for (const otherwise of [null, after(5)]) line(JSON.stringify(body), () => requestedExpiry(body, NOW, otherwise));
    for (const present of [null, after(2 * DAY)]) {
      for (const text of [null, '2027-03-20', '2027-03-21T08:00:00Z', '2027-03-21T08:00:01Z', 'x'])
        line(`${text} of ${present?.toISOString()}`, () => narrowedExpiry(text, present, NOW));
    }
    for (const expires_at of [null, after(DAY), after(DAY + 1), after(7 * DAY)]) {
      for (const days of [1, 7]) {
        const cap = { days, source: 'organization', owner: 'acme' } as const;
        line(`${expires_at?.toISOString()} of ${days}`, () =>
          refuseBeyondCap({ expires_at, field: 'expires_at' }, NOW, cap),
        );
      }
      line('without cap', () => refuseBeyondCap({ expires_at, field: 'expires_in_days' }, NOW, null));
      line('seconds', () => lifeSeconds(NOW, expires_at));
      line('same', () => sameLife({ secret_issued_at: NOW, expires_at }, after(5)));
      for (const seconds of [0, 60, 2 * 86_400]) line(`overlap ${seconds}`, () => overlapEnd(NOW, seconds, expires_at));
    }
    for (const one of [null, 1, 2]) {
      for (const other of [null, 1, 2]) {
        line(`${one} and ${other}`, () => livesLonger(one, other));
        line('approved', () => refuseBeyondApproved({ expires_at: null, field: 'never_expires' }, one, other));
      }
    }
  }),
);

t.test(
  'C2: how the resource of an operation may be named, and what is wrong with other ways',
  golden('namings', ({ head, line }) => {
    const templates = [
      '/repos/{owner}/{repo}/x',
      '/orgs/{org}',
      '/teams/{team_id}',
      '/repositories/{repository_id}',
      '/enterprises/{enterprise}',
      '/users/{username}',
      '/user/blocks/{username}',
      '/user',
      '/a/{repo}/{owner}',
      '/g/{group}/{project}',
      '/x/{repo}/{owner}/{repo}',
    ];
    const values: unknown[] = [
      'repository',
      'organization',
      'enterprise',
      'user',
      'holder',
      'none',
      'team',
      'odd',
      5,
      null,
      [],
      {},
      { type: 5 },
      { type: 'repository', more: 1 },
      { type: 'repository' },
      { type: 'repository', id: 5 },
    ];
    const types = ['repository', 'team', 'organization', 'enterprise', 'user', 'holder', 'none', 'odd'];
    const ids = [
      '{group}',
      '{group}/{project}',
      '{project}/{group}',
      'group',
      '{group',
      '{x}',
      '{group}/{x}',
      '',
      'a{group}',
      '{group}b',
      'a{group}/{project}',
      '{group}/{project}b',
      '{{group}}',
    ];
    for (const template of templates) {
      head(template);
      for (const value of values) line(JSON.stringify(value), () => readNaming(value, template));
    }
    head('by id');
    for (const type of types)
      for (const id of ids) line(`${type} ${id}`, () => readNaming({ type, id }, '/g/{group}/{project}'));
    head('printed, and read again');
    for (const template of templates) {
      for (const value of values.slice(0, 7)) {
        const naming = readNaming(value, template);
        if (typeof naming !== 'string')
          line(template, () => [printNaming(naming), readNaming(printNaming(naming), template)]);
      }
    }
  }),
);

t.test(
  'C3: what a gateway has before a path is taken away once',
  golden('gateway-paths', ({ head, line }) => {
    const targets = [
      '/git/a/b',
      '/git',
      '/git/',
      '/gitx/a',
      '/api/v3/x',
      '/api/v3',
      '/api',
      '/api/v3/git/x',
      '/%67it/a',
      '/git/a?b=/c',
      '/a/git/b',
      '/',
      '/git?x',
      '//git',
      '/api%2fv3/x',
      '/git/git/a',
    ];
    for (const prefixes of [[], ['/git'], ['/api', '/api/v3'], ['/api/v3', '/api'], ['/git', '/api/v3']]) {
      head(`${prefixes}`);
      for (const target of targets) line(target, () => readGatewayPath(target, prefixes));
    }
  }),
);

t.test(
  'A1, A2, K5, K7, P2, F3: who reviews, and what can be reviewed',
  golden('reviews', ({ head, line }) => {
    head('who');
    const person = { id: 1, login: 'mona', suspended: false, site_admin: false };
    const principals: Principal[] = [
      { type: 'anonymous' },
      { type: 'session', person, session_id: 1 },
      { type: 'token', person, token: { id: 9 } as never },
      { type: 'system' },
    ];
    for (const principal of principals) {
      for (const role of ['admin', 'member', null] as const) {
        for (const reviews of [true, false])
          line(`${principal.type} ${role} ${reviews}`, () => mayReview(principal, { role, reviews }));
      }
      for (const ids of [[], [1], [2], [2, 1]])
        line(`${principal.type} of ${ids}`, () =>
          refuseOwn(
            principal,
            ids.map((holder_id) => ({ holder_id })),
          ),
        );
    }
    head('what');
    for (const state of ['pending', 'approved', 'cancelled']) {
      line(state, () => judgePending({ state, expires_at: null, revoked_at: null }));
      for (const expires_at of [null, after(1), NOW, after(-1)]) {
        for (const revoked_at of [null, NOW]) {
          const request = { state, expires_at, revoked_at };
          const said = `${state} ${expires_at?.getTime()} ${revoked_at !== null}`;
          line(`${said} not understood`, () => judgeApproval(request, null, NOW));
          for (const [name, organization] of Object.entries(ORGANIZATIONS)) {
            line(`${said} ${name}`, () => judgeApproval(request, { organization, enterprise: null }, NOW));
          }
          line(`${said} below`, () =>
            judgeApproval(request, { organization: ORGANIZATION, enterprise: ENTERPRISES.restricts ?? null }, NOW),
          );
        }
      }
    }
    head('states');
    for (const kind of ['classic', 'fine_grained'] as const) {
      for (const expires_at of [null, after(1), NOW]) {
        for (const revoked_at of [null, NOW]) {
          for (const granted of [true, false]) {
            for (const request_pending of [true, false]) {
              const token = { kind, expires_at, revoked_at, granted, request_pending };
              line(JSON.stringify(token), () => tokenState(token, NOW));
            }
          }
        }
      }
    }
    for (const state of ['active', 'pending', 'denied', 'expired', 'revoked'] as const)
      line(state, () => hasEnded(state));
  }),
);

t.test(
  'C1, C2, C4: operations that are loaded beside those that are built in',
  golden('catalogues', ({ head, line }) => {
    const loaded = (id: string, sets: Operation['permission_sets'], permissionless = false): Operation => {
      const [method = '', template = ''] = id.split(' ');
      const plain = { classic_scopes: null, public_read: false, open_list: false, resource: 'repository' } as const;
      return { id, method, template, permission_sets: sets, permissionless, ...plain };
    };
    const catalogue = compileCatalogue(
      [
        loaded('GET /repos/{owner}/{repo}', [{ contents: 'read' }]),
        loaded('GET /orgs/{login}', [{ members: 'read' }]),
        loaded('PATCH /repos/{owner}/{repo}', []),
        loaded('GET /repos/{owner}/{repo}/issues', [{ issues: 'read' }]),
        loaded('GET /repos/{owner}/{repo}/hidden', [{}]),
        loaded('GET /meta', [], true),
      ],
      3,
    );
    head('named');
    const names = [
      'GET /repos/{owner}/{repo}',
      'HEAD /repos/{owner}/{repo}',
      'GET /orgs/{org}',
      'GET /orgs/{login}',
      'PATCH /repos/{owner}/{repo}',
      'GET /meta',
      'GET  /meta',
      'GET /meta x',
      '',
      'POST /{owner}/{repo}.git/git-upload-pack',
      'POST /{owner}/{repo}/git-receive-pack',
      'GET /repos/{owner}/{repo}/hidden',
    ];
    for (const name of names) line(name, () => catalogue.named(name));
    head('matched');
    const requests = [
      'GET /repos/a/b',
      'HEAD /repos/a/b',
      'PATCH /repos/a/b',
      'GET /repos/a/b/issues',
      'GET /repos/a/b/hidden',
      'POST /a/b.git/git-upload-pack',
      'POST /a/b/git-receive-pack',
      'GET /meta',
      'BREW /meta',
      'GET /a/b.git/info/refs',
    ];
    for (const request of requests) {
      const [method = '', target = ''] = request.split(' ');
      const path = readGatewayPath(target, []);
      if (path === null) continue;
      line(request, () => [catalogue.match(method, path)?.operation.id, catalogue.match(method, path)?.params]);
      line(`at ${target}`, () => catalogue.at(path).map(({ id }) => id));
    }
    line('version', () => [
      catalogue.version,
      catalogue.operations.filter(({ id }) => id.includes('/issues') || id.includes('meta')).map(({ id }) => id),
    ]);
    head('taking part');
    const both = loaded('GET /x', [{ contents: 'write', issues: 'read' }, { members: 'read' }]);
    for (const [name, level] of [
      ['contents', 'read'],
      ['contents', 'write'],
      ['issues', 'read'],
      ['members', 'read'],
      ['pages', 'read'],
      ['toString', 'read'],
    ] as const) {
      line(`${name}:${level}`, () => takesPartIn(both, name, level));
    }
  }),
);
