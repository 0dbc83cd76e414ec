// What changes of single places in src/domain had shown to be looked at by no test (`npm run test:mutation`): the edges between what
// the other tests say.

import t from 'tap';
import { parseAuditPhrase } from '../../src/domain/audit-phrase.ts';
import { readOpenapi } from '../../src/domain/catalogue-openapi.ts';
import { ceilingAllows } from '../../src/domain/ceiling.ts';
import { type DocumentPath, lineOf, pointerOf, shown } from '../../src/domain/document-fault.ts';
import type { FineGrainedTokenFacts, OrganizationFacts, PersonFacts, Resource } from '../../src/domain/facts.ts';
import { isGitPath } from '../../src/domain/git.ts';
import { narrowPermissions, narrowScopes } from '../../src/domain/narrower-grant.ts';
import { readPath } from '../../src/domain/path.ts';
import { isPublicRead } from '../../src/domain/public-read.ts';
import { fineGrainedReach } from '../../src/domain/reach.ts';
import type { DecisionRequest, Requirement } from '../../src/domain/requirement.ts';
import { compileRouter } from '../../src/domain/router.ts';
import { capture, moreSpecificFirst, narrowerFirst, readTemplate } from '../../src/domain/template.ts';
import { isAccessWithin, isSameAccess, type TokenAccess } from '../../src/domain/token-access.ts';

const PERSON: PersonFacts = { id: 1, login: 'mona', suspended: false, site_admin: false };

t.test('C3: what is ambiguous is two hexadecimal digits after a percent sign, once decoded', async (t) => {
  t.same(readPath('/a%254')?.segments, ['a%4']);
  t.same(readPath('/a%25zz')?.segments, ['a%zz']);
  t.equal(readPath('/a%2541'), null);
  t.equal(readPath('?a=/x'), null, 'no path before the query');
});

t.test('C3: of templates that ask for parts of the query, the one that asks most, and for all of it', async (t) => {
  const templates = ['/x', '/x?a=1', '/x?a=1&b=2'];
  for (const order of [templates, templates.toReversed(), ['/x?a=1', '/x', '/x?a=1&b=2']]) {
    const route = compileRouter(order.map((template) => ({ template, target: template })));
    const at = (text: string) => {
      const path = readPath(text);
      return path && route(path)?.target;
    };
    t.same([at('/x'), at('/x?a=2'), at('/x?b=2')], ['/x', '/x', '/x']);
    t.same([at('/x?a=1'), at('/x?a=1&b=3')], ['/x?a=1', '/x?a=1'], 'one of two is not both');
    t.equal(at('/x?b=2&a=1'), '/x?a=1&b=2');
  }
});

t.test('C3: a repository without a name is no repository of git', async (t) => {
  const is_git = (segments: readonly string[]) => isGitPath({ segments, query: new URLSearchParams() });
  t.equal(is_git(['acme', 'web.git', 'info', 'refs']), true);
  t.equal(is_git(['acme']), false);
});

t.test('C2: a fault is found by its pointer, quoted within a line, and counted from the first line', async (t) => {
  t.equal(pointerOf(['a~b', 'c/d', 0]), '/a~0b/c~1d/0');
  t.equal(shown('x'.repeat(100)), `\`${'x'.repeat(100)}\``);
  t.equal(shown('x'.repeat(101)), `\`${'x'.repeat(100)}…\``);
  t.same([lineOf('a\nb', 0), lineOf('a\nb', 1), lineOf('a\nb', 2)], [1, 1, 2]);
});

t.test('C2: versions of OpenAPI 3 by their numbers, whatever follows a minus sign', async (t) => {
  const faults = (openapi: unknown) => {
    const found: DocumentPath[] = [];
    readOpenapi({ openapi, paths: {} }, (path) => found.push(path));
    return found;
  };
  for (const version of ['3.0', '3.1.0', '3.10', '3.10.12', '3.2.0-rc1']) t.same(faults(version), [], version);
  for (const version of ['3', '2.0', '3.1.', '13.1', '3.1 x', 3.1, null]) t.same(faults(version), [['openapi']]);
});

t.test('L2: a digest is the whole value, and an id its digits', async (t) => {
  const digest = `${'A'.repeat(43)}=`;
  t.same(parseAuditPhrase(`hashed_token:${digest}`), [{ negated: false, any: [{ type: 'hashed_token', digest }] }]);
  for (const phrase of [
    `hashed_token:A${digest}`,
    `hashed_token:${digest}A`,
    'token_id:1a',
    'token_id:01',
    'actor:"  "',
  ])
    t.match(parseAuditPhrase(phrase), { fault: String }, phrase);
  t.same(parseAuditPhrase('token_id:12'), [{ negated: false, any: [{ type: 'token_id', id: 12 }] }]);
  const [no, one, other] = parseAuditPhrase('-actor:a actor:b actor:c') as readonly {
    negated: boolean;
    any: object[];
  }[];
  t.same(
    [no?.negated, no?.any.length, one?.any.length, other],
    [true, 1, 2, undefined],
    'what is excluded is no choice',
  );
});

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

t.test('U1: the smaller grant gives up the wide before the narrow, and metadata last', async (t) => {
  t.same(narrowScopes(['repo'], [[['public_repo'], ['repo']]]), ['public_repo']);
  t.same(narrowScopes(['admin:org'], [[['read:org']]]), ['read:org']);
  t.same(narrowPermissions({ contents: 'write', metadata: 'read' }, [[['metadata:read']]]), { metadata: 'read' });
  t.same(narrowPermissions({ contents: 'write' }, [[['contents:read', 'metadata:read']]]), {
    contents: 'read',
    metadata: 'read',
  });
  t.same(narrowPermissions({ contents: 'write' }, [[['contents:nothing']]]), {}, 'a word that is no level was no use');
});

t.test('F2: what a stranger may read of a public repository, and nothing else', async (t) => {
  const repository = { name: 'web', archived: false, role: null, selected: false } as const;
  const owner = { type: 'User', id: 5, login: 'eve' } as const;
  const isRead = (permission: string, level: 'read' | 'write', visibility: 'public' | 'private') =>
    isPublicRead(
      { ask: { type: 'permission', permission, level }, path: undefined },
      { type: 'repository', id: 1, owner, ...repository, visibility },
    );
  const READ = ['metadata', 'contents', 'issues', 'pull_requests', 'discussions', 'actions', 'deployments', 'statuses'];
  for (const permission of READ) {
    t.equal(isRead(permission, 'read', 'public'), true, permission);
    t.equal(isRead(permission, 'write', 'public'), false, permission);
    t.equal(isRead(permission, 'read', 'private'), false, permission);
  }
  for (const permission of ['', 'administration', 'secrets']) t.equal(isRead(permission, 'read', 'public'), false);
});

t.test('C3: literal, text with a parameter, a parameter, any number: the narrowest first', async (t) => {
  const template = (text: string) => readTemplate(text);
  const step = (text: string) => template(`/${text}`).steps[0] ?? { literals: [], names: [], rest: false };
  const ORDER = ['abc', 'x-{a}-y', 'x-{a}', '{a}', '{path}'];
  for (const [index, narrow] of ORDER.entries())
    for (const wide of ORDER.slice(index + 1)) {
      t.ok(narrowerFirst(step(narrow), step(wide)) < 0, `${narrow} before ${wide}`);
      t.ok(narrowerFirst(step(wide), step(narrow)) > 0, `${wide} after ${narrow}`);
    }
  t.equal(narrowerFirst(step('{a}'), step('{b}')), 0, 'names do not matter');
  t.ok(narrowerFirst(step('{a}-x'), step('{a}-y')) < 0, 'of equal length by the letters');
  t.ok(narrowerFirst(step('{a}-y'), step('{a}-x')) > 0);
  t.ok(moreSpecificFirst(template('/{path}/b'), template('/{path}')) < 0, 'what goes on is narrower');
  t.ok(moreSpecificFirst(template('/{path}'), template('/{path}/b')) > 0);
  t.equal(moreSpecificFirst(template('/a/{b}'), template('/a/{c}')), 0);
  t.same(capture(step('{a}'), 'x'), ['x']);
  t.equal(capture(step('{a}'), ''), null, 'no parameter takes nothing');
  t.equal(capture(step('x{a}'), 'x'), null);
  t.same(capture(step('{a}...{b}'), 'm...n'), ['m', 'n']);
  t.equal(capture(step('{a}...{b}'), '...n'), null);
  t.equal(capture(step('{a}...{b}'), 'm...'), null);
  t.equal(capture(step('{a}b{c}b'), 'xb'), null, 'what the end takes is not there for the middle');
});

t.test('K4: an empty selection is within none, and is not the same', async (t) => {
  const access = (repository_selection: TokenAccess['repository_selection'], ...repository_ids: number[]) => ({
    ...{ permissions: {}, repository_selection, repository_ids },
  });
  t.equal(isAccessWithin(access('subset'), access('none')), false);
  t.equal(isAccessWithin(access('none'), access('subset')), true);
  t.equal(isSameAccess(access('subset'), access('none')), false);
  t.equal(isSameAccess(access('subset', 1), access('all')), false);
  t.equal(isSameAccess(access('subset', 1), access('subset', 1)), true);
});
