// What reads short texts and short questions, at the edges that other tests pass by.

import t from 'tap';
import { digestsOfEnded } from '../../src/domain/audit-export.ts';
import { readDeclaration, undeclared } from '../../src/domain/declaration.ts';
import type { DocumentPath } from '../../src/domain/document-fault.ts';
import {
  isGranted,
  narrowedAccess,
  narrowedEnd,
  narrowedRepositories,
  printAccess,
} from '../../src/domain/exchange.ts';
import { allowedBy } from '../../src/domain/exercise.ts';
import type { ClassicTokenFacts, FineGrainedTokenFacts } from '../../src/domain/facts.ts';
import { hasPermissions, hasScopes, metBy, narrowPermissions, narrowScopes } from '../../src/domain/narrower-grant.ts';
import { OWN_OPERATIONS } from '../../src/domain/own-operations.ts';
import { readPath } from '../../src/domain/path.ts';
import { type Ask, asksToRead, requirementOf, scopesSuffice } from '../../src/domain/requirement.ts';

const DIGEST = `${'A'.repeat(43)}=`;
const OTHER = `${'b'.repeat(43)}=`;

t.test('P8: only what asks to read and nothing else is answered by what was known last', async (t) => {
  const asks: readonly (readonly [Ask, boolean])[] = [
    [{ type: 'permission', permission: 'contents', level: 'read' }, true],
    [{ type: 'permission', permission: 'contents', level: 'write' }, false],
    [{ type: 'permission', permission: 'organization_projects', level: 'admin' }, false],
    [{ type: 'permission', permission: 'contents', level: 'root' }, false],
    [{ type: 'permission', permission: 'nothing', level: 'read' }, false],
    [{ type: 'scope', scope: 'read:org' }, true],
    [{ type: 'scope', scope: 'repo' }, false],
    [{ type: 'scope', scope: 'write:org' }, false],
    [{ type: 'scope', scope: 'delete_repo' }, false],
    [{ type: 'unknown' }, false],
  ];
  for (const [ask, is_read] of asks) t.equal(asksToRead({ ask, path: undefined }), is_read, JSON.stringify(ask));
  t.equal(asksToRead({ ask: { type: 'permission', permission: 'contents', level: 'read' }, path: 'a' }), true);
  const operation = (permission_sets: readonly Record<string, 'read' | 'write'>[], method = 'GET') =>
    ({ type: 'operation', operation: { ...undeclared(method, '/x'), permission_sets } }) as const;
  t.equal(asksToRead({ ask: operation([{ contents: 'read', issues: 'read' }]), path: undefined }), true);
  t.equal(asksToRead({ ask: operation([{ contents: 'read' }, { issues: 'write' }]), path: undefined }), false);
  t.equal(asksToRead({ ask: operation([{ contents: 'read', issues: 'write' }]), path: undefined }), false);
  t.equal(
    asksToRead({ ask: operation([{ contents: 'read' }], 'POST'), path: undefined }),
    false,
    'a write by its method',
  );
  t.equal(asksToRead({ ask: operation([]), path: undefined }), false, 'what declares nothing');
});

t.test('C1, C4, C6: a question in its own words becomes what it needs', async (t) => {
  const WORKFLOW = '.github/workflows/ci.yml';
  const needs = (permission: string, level: string, path?: string) =>
    requirementOf({ ask: { type: 'permission', permission, level }, path });
  t.same(needs('contents', 'read'), {
    ...{ sets: [{ contents: 'read' }], permissionless: false, scopes: null },
    ...{ scope_only: false, write: false, workflow: false },
  });
  t.same(needs('contents', 'write'), {
    ...{ sets: [{ contents: 'write' }], permissionless: false, scopes: null },
    ...{ scope_only: false, write: true, workflow: false },
  });
  t.match(needs('contents', 'read', WORKFLOW), { sets: [{ contents: 'read' }], write: false, workflow: false });
  t.match(needs('contents', 'write', WORKFLOW), {
    sets: [{ contents: 'write', workflows: 'write' }],
    ...{ write: true, workflow: true },
  });
  t.match(needs('contents', 'write', 'src/main.ts'), { sets: [{ contents: 'write' }], workflow: false });
  t.match(needs('workflows', 'write'), { sets: [{ workflows: 'write' }], write: true, workflow: true });
  t.same(requirementOf({ ask: { type: 'scope', scope: 'gist' }, path: undefined }), {
    ...{ sets: [], permissionless: false, scopes: ['gist'] },
    ...{ scope_only: true, write: false, workflow: false },
  });
  t.equal(requirementOf({ ask: { type: 'unknown' }, path: undefined }), null);
  const pushed = needs('workflows', 'write');
  if (pushed === null) throw new Error('there is such a permission');
  t.equal(scopesSuffice(['repo'], pushed, true), false, 'C6: workflow with repo');
  t.equal(scopesSuffice(['repo', 'workflow'], pushed, true), true);
});

t.test('U1: the same question is the same object, and so is the same answer', async (t) => {
  const ask = { ask: { type: 'permission', permission: 'pages', level: 'read' }, path: undefined } as const;
  const [first, again] = [requirementOf(ask), requirementOf(ask)];
  t.ok(first !== null && first === again);
  t.equal(
    requirementOf({ ask: { type: 'scope', scope: 'gist' }, path: undefined }),
    requirementOf({ ask: { type: 'scope', scope: 'gist' }, path: undefined }),
  );
  const [operation] = OWN_OPERATIONS.filter((each) => each.permission_sets.length > 0);
  if (operation === undefined) throw new Error('an operation declares something');
  const requirement = requirementOf({ ask: { type: 'operation', operation: { ...operation } }, path: undefined });
  if (requirement === null) throw new Error('it is declared');
  const [one, other] = [{ contents: 'read' }, { issues: 'read' }] as const;
  const yes = (sets: readonly object[], public_repo_counts = false) =>
    allowedBy({ requirement, sets: sets as readonly { contents: 'read' }[], public_repo_counts });
  t.equal(yes([one, other]), yes([one, other]));
  for (const [sets, counts] of [
    [[one, other], true],
    [[one], false],
    [[other, one], false],
    [[one, one], false],
    [[], false],
  ] as const) {
    t.not(yes(sets, counts), yes([one, other]), JSON.stringify([sets, counts]));
    t.same(yes(sets, counts).exercise, { requirement, sets, public_repo_counts: counts });
  }
  for (let each = 0; each < 80; each += 1) yes([{ contents: 'read' }]);
  t.equal(yes([one, other]), yes([one, other]), 'what came first is kept');
  const late = { contents: 'read' } as const;
  t.not(yes([late]), yes([late]), 'what is beyond the bound is made anew');
  t.same(yes([late]), yes([late]));
});

t.test('tokens that ended, as a list of digests or an export of the record tells them', async (t) => {
  const entry = (members: object) => JSON.stringify(members);
  t.same(digestsOfEnded(`${DIGEST}\n\n ${OTHER} \n${DIGEST}\n`), [DIGEST, OTHER]);
  for (const action of [
    'personal_access_token.destroy',
    'personal_access_token.credential_revoked',
    'oauth_access.destroy',
    'oauth_access.revoke',
  ]) {
    t.same(
      digestsOfEnded(entry({ action, managed_hashed_token: DIGEST, previous_hashed_token: OTHER })),
      [DIGEST],
      action,
    );
  }
  for (const action of ['personal_access_token.credential_regenerated', 'oauth_access.regenerate']) {
    t.same(
      digestsOfEnded(entry({ action, managed_hashed_token: DIGEST, previous_hashed_token: OTHER })),
      [OTHER],
      action,
    );
  }
  const ends = 'oauth_access.destroy';
  for (const nothing of [
    { action: `x${ends}`, managed_hashed_token: DIGEST, previous_hashed_token: DIGEST },
    { action: `${ends}x`, managed_hashed_token: DIGEST, previous_hashed_token: DIGEST },
    { action: 'xoauth_access.regenerate', previous_hashed_token: DIGEST },
    { action: 'oauth_access.regeneratex', previous_hashed_token: DIGEST },
    { action: ends, outcome: 'refused', managed_hashed_token: DIGEST },
    { action: [ends], managed_hashed_token: DIGEST },
    { action: ends, managed_hashed_token: null },
    { action: ends, managed_hashed_token: [DIGEST] },
    { action: ends, managed_hashed_token: `${DIGEST}=` },
    { action: ends, managed_hashed_token: `A${DIGEST}` },
    { action: ends },
  ]) {
    t.same(digestsOfEnded(entry(nothing)), [], entry(nothing));
  }
  for (const wrong of ['x', 'null', '1', '"text"', '[]', '{}', '{', `${DIGEST}x`, `x${DIGEST}`]) {
    t.throws(() => digestsOfEnded(`${OTHER}\n${wrong}`), { message: /^line 2 is neither/ }, wrong);
  }
});

t.test('U1: the smaller grant gives up the most first, and metadata last', async (t) => {
  const narrowed = (granted: object, ...uses: readonly (readonly string[])[][]) =>
    narrowPermissions(granted as Parameters<typeof narrowPermissions>[0], uses);
  t.same(narrowed({ contents: 'write', issues: 'write' }, [['contents:read']]), { contents: 'read', metadata: 'read' });
  t.same(narrowed({ contents: 'write', issues: 'write' }, [['contents:read'], ['issues:read']]), {
    issues: 'read',
    metadata: 'read',
  });
  t.same(narrowed({ issues: 'read', contents: 'write' }, [['contents:read'], ['issues:read']]), {
    issues: 'read',
    metadata: 'read',
  });
  t.same(narrowed({ contents: 'read', issues: 'write' }, [['contents:read'], ['issues:read']]), {
    contents: 'read',
    metadata: 'read',
  });
  t.same(narrowed({ contents: 'read' }, [['metadata:read']]), { contents: 'read', metadata: 'read' });
  t.same(narrowed({ contents: 'read', metadata: 'read' }, [['metadata:read']]), { metadata: 'read' });
  t.same(narrowed({ contents: 'read', metadata: 'read' }, [['contents:read', 'metadata:read']]), {
    contents: 'read',
    metadata: 'read',
  });
  t.same(narrowed({ contents: 'write' }, [['contents:root']]), {}, 'a level that is none is no use');
  t.same(narrowed({ contents: 'write' }, [['contents']]), {});
  t.same(narrowed({ contents: 'read' }, [['issues:read']]), {}, 'what was not granted does not count');
  t.same(narrowScopes(['repo', 'gist'], [[['public_repo'], ['gist']]]), ['gist']);
  t.same(narrowScopes(['repo', 'gist'], [[['public_repo']]]), ['public_repo']);
  t.same(narrowScopes(['admin:org'], [[['read:org']]]), ['read:org']);
  t.same(narrowScopes(['admin:org'], [[['write:org']], [['read:org']]]), ['write:org']);
  t.same(narrowScopes(['admin:org'], []), []);
  t.same(
    metBy([['a'], ['b']], ([first]) => first === 'b'),
    ['b'],
  );
  t.same(
    metBy([['a'], ['b']], () => false),
    ['a'],
  );
  t.same(
    metBy([], () => true),
    [],
  );
  t.equal(hasPermissions({ contents: 'write' })(['contents:read', 'metadata:read']), true);
  t.equal(hasPermissions({ contents: 'read' })(['contents:write']), false);
  t.equal(hasPermissions({ contents: 'read' })([]), true);
  t.equal(hasScopes(['repo'])(['public_repo']), true);
  t.equal(hasScopes(['gist'])(['gist', 'repo']), false);
});

t.test('C1: what a declaration does not say, or says wrongly, is missing in it', async (t) => {
  const names = {
    permission_sets: 'sets',
    classic_scopes: 'scopes',
    public_read: 'open',
    permissionless: 'free',
    resource: 'of',
  };
  const read = (members: Record<string, unknown>) => {
    const faults: string[] = [];
    const report = (path: DocumentPath, message: string) => void faults.push(`${path.join('/')} ${message}`);
    const source = { method: 'GET', template: '/repos/{owner}/{repo}', members, names, path: ['at'] };
    const { permission_sets, classic_scopes, public_read, permissionless, resource, naming } = readDeclaration(
      source,
      report,
    );
    return { permission_sets, classic_scopes, public_read, permissionless, resource, naming, faults };
  };
  const nothing = { permission_sets: [], classic_scopes: null, public_read: false, permissionless: false };
  t.match(read({}), { ...nothing, resource: 'repository', naming: undefined });
  t.same(read({}).faults, []);
  t.same(Object.keys(undeclared('GET', '/x')).includes('naming'), false);
  t.match(undeclared('GET', '/x'), nothing);
  t.match(read({ open: 'true' }), { ...nothing, faults: ['at/open must be true or false'] });
  t.match(read({ free: 1 }), { ...nothing, faults: ['at/free must be true or false'] });
  t.match(read({ sets: {} }), { permission_sets: [] });
  t.equal(read({ sets: {} }).permission_sets.length, 0);
  t.same(read({ sets: [{ contents: ['read'] }] }).permission_sets, [{}]);
  t.same(read({ sets: [{ contents: ['read'] }] }).faults.length, 1);
  t.same(read({ sets: [{ contents: 'read', nothing: 'read' }] }).permission_sets, [{ contents: 'read' }]);
  const many = read({ sets: Array.from({ length: 101 }, () => ({ contents: 'read' })) });
  t.equal(many.permission_sets.length, 100);
  t.same(many.faults, ['at/sets must have at most 100 sets']);
  t.same(read({ scopes: ['repo', 1, ['gist'], 'none', 'repo'] }).classic_scopes, ['repo']);
  t.same(read({ scopes: [1] }).faults, ['at/scopes/0 must be a scope']);
  t.same(read({ '': true }).faults, [], 'a member without a name is none of these');
  t.match(undeclared('GET', '/repos/{owner}/{repo}'), { resource: 'repository' });
});

const COMMON = {
  id: 5,
  name: 'one',
  hashed_token: DIGEST,
  secret_issued_at: new Date('2026-11-01'),
  expires_at: new Date('2026-11-03'),
  secret_expires_at: null,
  revoked_at: null,
  exchanged: null,
} as const;
const CLASSIC: ClassicTokenFacts = { ...COMMON, kind: 'classic', scopes: ['gist', 'repo'] };
const FINE_GRAINED: FineGrainedTokenFacts = {
  ...{ ...COMMON, kind: 'fine_grained', request_pending: false },
  resource_owner: { id: 1, type: 'User', login: 'mona' },
  grant: { id: 1, permissions: { contents: 'write', metadata: 'read' }, repository_selection: 'all' },
};

t.test('T3: what is exchanged is asked in whole words, and prints as it is asked', async (t) => {
  t.equal(isGranted(CLASSIC), true);
  t.equal(isGranted({ ...FINE_GRAINED, grant: null }), false);
  t.same(narrowedAccess(CLASSIC, undefined), { scopes: ['gist', 'repo'], permissions: null });
  t.equal(printAccess(narrowedAccess(CLASSIC, 'gist  repo')), 'repo gist');
  t.equal(printAccess(narrowedAccess(FINE_GRAINED, 'contents:read')), 'contents:read metadata:read');
  for (const [word, said] of [
    ['x-contents:read', 'a scope'],
    ['contents:read!', 'a scope'],
    ['contents:read:read', 'a scope'],
    ['contents', 'the scope contents'],
    ['contents:admin', 'the scope contents:admin'],
    ['issues:read', 'the scope issues:read'],
    ['repo', 'the scope repo'],
  ] as const) {
    t.throws(() => narrowedAccess(FINE_GRAINED, word), { message: `The subject_token does not hold ${said}` }, word);
  }
  for (const resource of [{ type: 'absent' }, { type: 'none' }, { type: 'user', id: 1, login: 'mona' }] as const) {
    t.throws(
      () => narrowedRepositories(CLASSIC, [resource]),
      { message: /^A resource is no repository/ },
      resource.type,
    );
  }
  const now = new Date('2026-11-02T23:30:00Z');
  t.same(narrowedEnd(CLASSIC, undefined, now), COMMON.expires_at, 'no later than its subject');
  t.same(narrowedEnd(CLASSIC, 60, now), new Date('2026-11-02T23:31:00Z'));
  t.same(narrowedEnd({ ...CLASSIC, expires_at: null }, 7200, now), new Date('2026-11-03T00:30:00Z'), 'at most an hour');
});

t.test('C3: a path is plain or it is read letter by letter; both say the same', async (t) => {
  const read = (text: string) => readPath(text)?.segments ?? null;
  t.same(read('/a'), ['a']);
  t.same(read('/repos/mona/web'), ['repos', 'mona', 'web']);
  t.same(read('/repos/mona/web/'), ['repos', 'mona', 'web', '']);
  t.same(read('/a%2Db'), ['a-b']);
  for (const wrong of ['/a%252D', '/a%5Cb', '/a;b', '/a//b', '/a%00', '/..', '/a/../b'])
    t.equal(read(wrong), null, wrong);
});
