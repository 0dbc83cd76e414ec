import t from 'tap';
import { undeclared } from '../../src/domain/declaration.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import { type DecisionRequest, neededFor, requirementOf, scopesSuffice } from '../../src/domain/requirement.ts';
import { scopesForPermission } from '../../src/domain/scope.ts';
import { PERMISSIONS, SCOPES } from '../../src/domain/vocabulary.ts';

function requirement(request: DecisionRequest) {
  const made = requirementOf(request);
  if (made === null) throw new Error('it is declared');
  return made;
}

function operation(permission_sets: readonly PermissionMap[], classic_scopes: readonly string[] | null = null) {
  return { type: 'operation', operation: { ...undeclared('POST', '/it'), permission_sets, classic_scopes } } as const;
}

const WORKFLOW_FILE = '.github/workflows/test.yml';

t.test('C6, K2: what would have been enough names `public_repo` only where it counts', async (t) => {
  const to_write = requirement({ ask: { type: 'permission', permission: 'contents', level: 'write' } });
  t.same(neededFor(to_write, true), { permissions: [['contents:write']], scopes: ['repo', 'public_repo'] });
  t.same(neededFor(to_write, false), { permissions: [['contents:write']], scopes: ['repo'] });
});

t.test('C4, C1: of scopes that are needed together those are told that are missing', async (t) => {
  const contents = { type: 'permission', permission: 'contents', level: 'write' } as const;
  const of_workflows = { type: 'permission', permission: 'workflows', level: 'write' } as const;
  const both = operation([{ members: 'read', administration: 'write' }]);
  const files = operation([{ contents: 'write', workflows: 'write' }]);
  const cases: readonly (readonly [string, DecisionRequest, readonly string[], readonly string[]])[] = [
    ['a workflow file', { ask: contents, path: WORKFLOW_FILE }, ['repo'], ['workflow']],
    ['a workflow file', { ask: contents, path: WORKFLOW_FILE }, ['workflow'], ['repo']],
    ['a workflow file', { ask: contents, path: WORKFLOW_FILE }, [], ['repo', 'workflow']],
    ['workflows', { ask: of_workflows }, ['repo'], ['workflow']],
    ['a file by an operation', { ask: files }, ['repo'], ['workflow']],
    ['a file by an operation', { ask: files }, [], ['repo', 'workflow']],
    [
      'declared scopes',
      { ask: operation([{ contents: 'write' }], ['repo', 'gist']), path: WORKFLOW_FILE },
      ['gist'],
      ['workflow'],
    ],
    ['two permissions', { ask: both }, ['repo'], ['admin:org', 'read:org']],
    ['two permissions', { ask: both }, ['read:org'], ['repo']],
    ['two permissions', { ask: both }, [], ['admin:org', 'read:org', 'repo']],
    [
      'one of two scopes',
      { ask: operation([{ contents: 'write' }, { members: 'read' }]) },
      [],
      ['repo', 'admin:org', 'read:org'],
    ],
    ['no classic token', { ask: operation([{ contents: 'write' }], []), path: WORKFLOW_FILE }, ['repo'], []],
    [
      'no scope for one of two',
      { ask: operation([{ contents: 'write', plan: 'read', copilot_messages: 'read' }]) },
      [],
      [],
    ],
  ];
  for (const [name, request, held, needed] of cases) {
    t.same(neededFor(requirement(request), false, held).scopes, needed, `${name}, held: ${held.join()}`);
  }
});

t.test(
  'C1, C4, C6: whichever scope is told, one that is missing would have been enough, or no single one is',
  async (t) => {
    const asks = PERMISSIONS.flatMap(({ name: permission, levels }) =>
      levels.map((level) => ({ type: 'permission', permission, level }) as const),
    ).filter(({ permission, level }) => scopesForPermission(permission, level).length > 0);
    let together = 0;
    for (const ask of asks) {
      for (const path of [undefined, WORKFLOW_FILE]) {
        const asked = requirement({ ask, path });
        for (const { name } of SCOPES) {
          if (scopesSuffice([name], asked, true)) continue;
          const { scopes } = neededFor(asked, true, [name]);
          const enough = (scope: string) => scopesSuffice([name, scope], asked, true);
          const any = SCOPES.some((each) => enough(each.name));
          if (!any) together += 1;
          const is_right = scopes.length > 0 && (any ? scopes.every(enough) : !scopes.includes(name));
          if (!is_right) t.fail(`${ask.permission}:${ask.level} ${path} with ${name}: ${scopes.join()}`);
        }
      }
    }
    t.ok(together > 1000, 'control: of many questions no single scope is enough');
  },
);
