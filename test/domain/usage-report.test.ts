// What is told of the use of a token (U1), case by case: alternatives, levels, selections, days.

import t from 'tap';
import { decide } from '../../src/domain/decide.ts';
import { alternativesOf, printAlternatives, readAlternatives } from '../../src/domain/exercise.ts';
import type { Resource, TokenFacts } from '../../src/domain/facts.ts';
import { metBy, narrowPermissions, narrowScopes, narrowSelection } from '../../src/domain/narrower-grant.ts';
import type { Operation } from '../../src/domain/operation.ts';
import type { DecisionRequest } from '../../src/domain/requirement.ts';
import { dayOf, firstDayOfUsage, printDay } from '../../src/domain/usage.ts';
import { type CountedUse, classicUsage, fineGrainedUsage } from '../../src/domain/usage-report.ts';
import { NOW, operation } from '../rules/matrix.ts';

const needs = (...texts: string[]) => texts.map(readAlternatives);
const use = (text: string, checks = 1, last_day = 10): CountedUse => ({
  needed: readAlternatives(text),
  checks,
  last_day,
});

t.test('U1: days are UTC, thirty of them, the present one among them', async (t) => {
  const moment = (text: string) => dayOf(new Date(text));
  t.equal(moment('1970-01-01T23:59:59.999Z'), 0);
  t.equal(moment('1970-01-02T00:00:00Z'), 1);
  t.equal(firstDayOfUsage(new Date('1970-01-31T12:00:00Z')), 1);
  t.equal(printDay(moment('2027-03-19T23:00:00Z')), '2027-03-19');
});

t.test('U1: needs are printed the same for the same, and read again', async (t) => {
  t.equal(
    printAlternatives([['b:read', 'a:write', 'b:read'], ['c:read'], ['a:write', 'b:read']]),
    'a:write,b:read; c:read',
  );
  t.equal(printAlternatives([['a:read'], []]), '', 'one that needs nothing is enough');
  t.same(readAlternatives('a:write,b:read; c:read'), [['a:write', 'b:read'], ['c:read']]);
  t.same(readAlternatives(''), [[]]);
  t.same(
    metBy([['a:read'], ['b:read']], ([member]) => member === 'b:read'),
    ['b:read'],
  );
  t.same(
    metBy([['a:read'], ['b:read']], () => false),
    ['a:read'],
    'what cannot be repeated counts for the first',
  );
  t.same(
    metBy([], () => false),
    [],
  );
});

const issued = new Date(NOW.getTime() - 1000);
const times = { secret_issued_at: issued, expires_at: null, revoked_at: null, secret_expires_at: null } as const;
const common = { id: 7, name: 'ci', hashed_token: '', exchanged: null, ...times } as const;
const person = { id: 1, login: 'mona', suspended: false, site_admin: false } as const;
const owner = { type: 'User', id: 1, login: 'mona' } as const;

function repository(visibility: 'public' | 'private', archived = false): Resource {
  return { type: 'repository', id: 5, name: 'r', owner, visibility, archived, role: 'admin', selected: true };
}
const classic = (...scopes: string[]): TokenFacts => ({ kind: 'classic', ...common, scopes });
function fineGrained(permissions: Readonly<Record<string, 'read' | 'write' | 'admin'>>): TokenFacts {
  const grant = { id: 1, permissions, repository_selection: 'all' } as const;
  return { kind: 'fine_grained', ...common, resource_owner: owner, grant, request_pending: false };
}
const permission = (name: string, level: string): DecisionRequest => ({
  ask: { type: 'permission', permission: name, level },
});
const calls = (id: string, declares: Partial<Operation>): DecisionRequest => ({
  ask: { type: 'operation', operation: operation(id, declares) },
});

/** What was needed; null: it was not allowed, or nothing was. */
function needed(token: TokenFacts, resource: Resource, request: DecisionRequest): string | null {
  const decision = decide({ subject: { type: 'token', token, person }, resource }, request, NOW);
  const { exercise } = decision;
  return exercise === undefined ? null : printAlternatives(alternativesOf(token, exercise, resource));
}

t.test('U1: a fine-grained token needed the sets that it satisfies and its holder may use', async (t) => {
  const closed = repository('private');
  const all = fineGrained({ contents: 'write', administration: 'write', emails: 'read', metadata: 'read' });
  t.equal(needed(all, closed, permission('contents', 'read')), 'contents:read', 'at the level that was asked');
  const either = calls('PUT /repos/{owner}/{repo}/x', {
    permission_sets: [{ contents: 'write' }, { administration: 'write', contents: 'read' }, { issues: 'write' }],
  });
  t.equal(needed(all, closed, either), 'administration:write,contents:read; contents:write');
  t.equal(needed(all, repository('private', true), either), 'administration:write,contents:read', 'archived');
  t.equal(needed(all, repository('private', true), permission('contents', 'write')), null);
  const administers = calls('PUT /repos/{owner}/{repo}/y', {
    permission_sets: [{ contents: 'write' }, { administration: 'write' }],
  });
  t.equal(needed(all, repository('private', true), administers), 'administration:write');
  const emails = calls('GET /repos/{owner}/{repo}/emails', { permission_sets: [{ emails: 'read' }] });
  t.equal(
    needed(all, closed, emails),
    'emails:read,metadata:read',
    'a repository is reached by a permission of its kind',
  );
  t.equal(needed(all, { type: 'user', id: 1, login: 'mona' }, permission('emails', 'read')), 'emails:read');
  const free = calls('GET /repos/{owner}/{repo}/free', { permissionless: true });
  t.equal(needed(all, closed, free), 'metadata:read');
  t.equal(needed(all, repository('public'), permission('contents', 'read')), null, 'a public read needs nothing');
  t.equal(needed(all, closed, permission('issues', 'read')), null, 'denied');
  const session = decide(
    { subject: { type: 'person', person }, resource: closed },
    permission('contents', 'read'),
    NOW,
  );
  t.notOk('exercise' in session, 'a person exercises no permission');
});

t.test('U1: a classic token needed the scopes that it holds of those that are enough', async (t) => {
  const closed = repository('private');
  const open = repository('public');
  t.equal(needed(classic('repo'), closed, permission('contents', 'read')), 'repo');
  t.equal(needed(classic('repo'), open, permission('contents', 'write')), 'public_repo; repo');
  t.equal(needed(classic('repo', 'gist'), closed, permission('statuses', 'write')), 'repo; repo:status');
  t.equal(needed(classic('repo', 'workflow'), closed, permission('workflows', 'write')), 'repo,workflow');
  const file = { ...permission('contents', 'write'), path: '.github/workflows/ci.yml' };
  t.equal(needed(classic('repo', 'workflow'), closed, file), 'repo,workflow');
  const declared = calls('PUT /repos/{owner}/{repo}/z', {
    permission_sets: [{ contents: 'write' }],
    classic_scopes: ['gist', 'repo'],
  });
  t.equal(needed(classic('repo'), closed, declared), 'repo');
  t.equal(needed(classic('repo', 'gist'), closed, declared), 'gist; repo');
  t.equal(needed(classic('repo', 'workflow'), closed, { ...declared, path: '.github/workflows/a' }), 'repo,workflow');
  const either = calls('DELETE /repos/{owner}/{repo}/z', {
    permission_sets: [{ contents: 'write' }, { workflows: 'write' }],
  });
  t.equal(needed(classic('repo', 'workflow'), closed, either), 'repo; repo,workflow');
  t.equal(needed(classic('repo'), closed, either), 'repo', 'not by what it lacks: another token may have that');
  const free = calls('GET /repos/{owner}/{repo}/free', { permissionless: true });
  t.equal(needed(classic('repo'), closed, free), 'repo', 'by it a closed repository is reached');
  t.equal(needed(classic('gist'), open, free), '', 'an open one is reached by nothing');
  const two = calls('GET /repos/{owner}/{repo}/two', { permission_sets: [{ contents: 'read', emails: 'read' }] });
  t.equal(needed(classic('repo', 'user'), closed, two), 'read:user,repo; repo,user; repo,user:email');
  t.equal(needed(classic('gist', 'repo'), closed, { ask: { type: 'scope', scope: 'repo:status' } }), 'repo:status');
});

t.test('U1, K4: the least levels, and no permission that another one makes needless', async (t) => {
  const granted = { contents: 'write', issues: 'write', metadata: 'read', organization_projects: 'admin' } as const;
  t.same(narrowPermissions(granted, []), {});
  t.same(narrowPermissions(granted, needs('contents:read')), { contents: 'read', metadata: 'read' });
  t.same(narrowPermissions(granted, needs('metadata:read')), { metadata: 'read' });
  t.same(narrowPermissions(granted, needs('contents:read', 'metadata:read')), { contents: 'read', metadata: 'read' });
  t.same(narrowPermissions(granted, needs('organization_projects:write')), { organization_projects: 'write' });
  t.same(narrowPermissions(granted, needs('contents:write; issues:read')), { issues: 'read', metadata: 'read' });
  t.same(
    narrowPermissions(granted, needs('contents:write; issues:read', 'contents:write')),
    { contents: 'write', metadata: 'read' },
    'the one that is needed anyway',
  );
  t.same(narrowPermissions(granted, needs('contents:write,issues:read')), {
    contents: 'write',
    issues: 'read',
    metadata: 'read',
  });
  t.same(
    narrowPermissions(granted, needs('pages:read', 'issues:admin', 'what:ever')),
    {},
    'what it cannot do is no reason',
  );
});

t.test('U1, K5: the narrowest scopes', async (t) => {
  t.same(narrowScopes(['repo', 'admin:org'], []), []);
  t.same(narrowScopes(['repo', 'admin:org'], needs('repo:status; repo', 'admin:org; read:org')), [
    'repo:status',
    'read:org',
  ]);
  t.same(narrowScopes(['repo', 'admin:org'], needs('repo', 'repo:status; repo')), ['repo']);
  t.same(narrowScopes(['admin:org'], needs('write:org', 'read:org; admin:org')), ['write:org']);
  t.same(narrowScopes(['repo', 'workflow', 'user'], needs('repo,workflow', 'gist')), ['repo', 'workflow']);
});

t.test('U1, M6: the repositories that were used, where a subset can hold them', async (t) => {
  const limits = (used_ids: readonly number[]) => ({ used_ids, repositories_max: 2 });
  const contents = { contents: 'read', metadata: 'read' } as const;
  t.same(narrowSelection('all', { members: 'read' }, limits([1])), {
    repository_selection: 'none',
    repository_ids: [],
  });
  t.same(narrowSelection('all', contents, limits([1, 2])), { repository_selection: 'subset', repository_ids: [1, 2] });
  t.same(narrowSelection('all', contents, limits([1, 2, 3])), { repository_selection: 'all', repository_ids: null });
  t.same(narrowSelection('subset', contents, limits([])), { repository_selection: 'subset', repository_ids: null });
});

const repositories = [
  { id: 2, full_name: 'acme/web', checks: 9, last_day: 12 },
  { id: 1, full_name: 'acme/docs', checks: 1, last_day: 10 },
] as const;

t.test(
  'U1: a report adds up, names what was never needed, and says whether there is something to narrow',
  async (t) => {
    const granted = {
      permissions: { contents: 'write', issues: 'write', metadata: 'read' },
      repository_selection: 'subset',
    } as const;
    const uses = [use('contents:read', 4, 12), use('contents:read; issues:read', 2, 11), use('pages:read', 1, 3)];
    const input = { granted, held_count: 3, uses, repositories, repositories_max: 50 };
    t.same(fineGrainedUsage(input), {
      kind: 'fine_grained',
      last_day: 12,
      exercised: [
        { name: 'contents:read', checks: 6, last_day: 12 },
        { name: 'pages:read', checks: 1, last_day: 3 },
      ],
      repositories,
      granted,
      unused: { issues: 'write' },
      narrower_grant: {
        permissions: { contents: 'read', metadata: 'read' },
        repository_selection: 'subset',
        repositories: ['acme/docs', 'acme/web'],
      },
      is_narrower: true,
    });
    const exact = { permissions: { contents: 'read', metadata: 'read' }, repository_selection: 'subset' } as const;
    t.equal(fineGrainedUsage({ ...input, granted: exact }).is_narrower, true, 'one repository less');
    t.equal(fineGrainedUsage({ ...input, granted: exact, held_count: 2 }).is_narrower, false);
    const wide = { ...exact, repository_selection: 'all' } as const;
    t.equal(fineGrainedUsage({ ...input, granted: wide, held_count: null }).is_narrower, true, 'not all repositories');
    const more = fineGrainedUsage({ ...input, granted: wide, held_count: null, repositories_max: 1 });
    t.match(more, { is_narrower: false, narrower_grant: { repository_selection: 'all', repositories: null } });
    t.equal(more.repositories.length, 1);
    const ended = fineGrainedUsage({ ...input, granted: null, held_count: null });
    t.match(ended, { granted: null, unused: {}, narrower_grant: null, is_narrower: false, last_day: 12 });
    const never = fineGrainedUsage({ ...input, uses: [], repositories: [] });
    t.match(never, {
      last_day: null,
      exercised: [],
      narrower_grant: { permissions: {}, repository_selection: 'none' },
    });
    t.same(never.unused, granted.permissions);
  },
);

t.test('U1: a report of a classic token', async (t) => {
  const uses = [use('repo:status; repo', 3, 9), use('admin:org; read:org', 1, 12)];
  t.same(classicUsage(['repo', 'admin:org', 'gist'], uses), {
    kind: 'classic',
    last_day: 12,
    exercised: [
      { name: 'read:org', checks: 1, last_day: 12 },
      { name: 'repo:status', checks: 3, last_day: 9 },
    ],
    scopes: ['repo', 'admin:org', 'gist'],
    unused: ['gist'],
    narrower_grant: { scopes: ['repo:status', 'read:org'] },
    is_narrower: true,
  });
  t.match(classicUsage(['repo:status', 'read:org'], uses), { unused: [], is_narrower: false });
  t.match(classicUsage(['gist'], []), {
    unused: ['gist'],
    narrower_grant: { scopes: [] },
    last_day: null,
    exercised: [],
  });
});
