// Git over smart HTTP through gateways, in every combination of C4: fetch and push, each kind of credential and what it holds, each
// visibility, each role, archived or not, with and without `.git`. What is expected is said here in a few lines, apart from the service.

import t from 'tap';
import { compileCatalogue } from '../../src/domain/catalogue.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import { ROLES, VISIBILITIES, type Visibility } from '../../src/domain/vocabulary.ts';
import { buildTestApp } from '../support/build-app.ts';
import { gatewayOf, STYLES } from '../support/gateway.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

const SCOPES = [
  [],
  ['read:org', 'gist'],
  ['public_repo'],
  ['repo'],
  ['workflow'],
  ['workflow', 'public_repo'],
  ['repo', 'workflow'],
];
const PERMISSIONS: readonly PermissionMap[] = [
  {},
  { issues: 'write' },
  { workflows: 'write' },
  { contents: 'read' },
  { contents: 'read', workflows: 'write' },
  { contents: 'write' },
  { contents: 'write', workflows: 'write' },
];
const SELECTIONS = ['all', 'listed', 'not listed'] as const;
const HOLDER_ROLES = ['none', ...ROLES] as const;
type HolderRole = (typeof HOLDER_ROLES)[number];

type Held =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'classic'; readonly scopes: readonly string[] }
  | {
      readonly kind: 'fine_grained';
      readonly permissions: PermissionMap;
      readonly selection: (typeof SELECTIONS)[number];
    };
type Place = { readonly visibility: Visibility; readonly role: HolderRole; readonly archived: boolean };
type Expected = { readonly status: number; readonly workflows: string };

/** The requests of a fetch and of a push, in their order. */
const REQUESTS = {
  fetch: ['GET info/refs?service=git-upload-pack', 'POST git-upload-pack'],
  push: ['GET info/refs?service=git-receive-pack', 'POST git-receive-pack'],
} as const;
type Transfer = keyof typeof REQUESTS;

const NO = (status: number): Expected => ({ status, workflows: '' });
const YES: Expected = { status: 200, workflows: '' };

/** A classic token reaches what is not public with `repo` only; a fine-grained one what is selected, with any permission of it. */
function reaches(held: Held, { visibility }: Place): boolean {
  if (held.kind === 'classic') return visibility === 'public' || held.scopes.includes('repo');
  return held.kind === 'fine_grained' && held.selection !== 'not listed' && Object.keys(held.permissions).length > 0;
}

function mayTransfer(held: Held, transfer: Transfer, { visibility }: Place): boolean {
  if (held.kind === 'classic') {
    return held.scopes.includes('repo') || (visibility === 'public' && held.scopes.includes('public_repo'));
  }
  const { contents } = held.kind === 'fine_grained' ? held.permissions : {};
  return contents === 'write' || (transfer === 'fetch' && contents === 'read');
}

function mayWriteWorkflows(held: Held): boolean {
  if (held.kind === 'classic') return held.scopes.includes('workflow');
  return held.kind === 'fine_grained' && held.permissions.workflows === 'write';
}

/** The rule, in the order of F5. The holder is a member of an organization of the enterprise, which reads what is internal. */
function expected(held: Held, transfer: Transfer, place: Place, is_pack: boolean): Expected {
  const { visibility, role, archived } = place;
  const is_public = visibility === 'public';
  if (transfer === 'fetch' && is_public) return YES;
  if (held.kind === 'anonymous') return NO(401);
  if (visibility === 'private' && role === 'none') return NO(404);
  if (!reaches(held, place)) return NO(is_public ? 403 : 404);
  if (!mayTransfer(held, transfer, place)) return NO(403);
  if (transfer === 'fetch') return YES;
  if (role === 'none' || ROLES.indexOf(role) < ROLES.indexOf('write')) return NO(403);
  if (archived && is_pack) return NO(403);
  return { status: 200, workflows: mayWriteWorkflows(held) && !archived ? 'allowed' : 'denied' };
}

const PLACES: readonly Place[] = VISIBILITIES.flatMap((visibility) =>
  HOLDER_ROLES.flatMap((role) =>
    [false, true]
      .filter((archived) => !archived || role === 'admin')
      .map((archived) => ({ visibility, role, archived })),
  ),
);

t.test('C4: a fetch or a push is allowed through a gateway in exactly these combinations', async (t) => {
  const test = await buildTestApp(t);
  const { deps } = test;
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const [olga, ada] = [await world.person('olga'), await world.person('ada')];
  const acme = await world.organization('acme', olga);
  await world.member(acme, ada);
  await deps.db.updateTable('organizations').set({ default_repository_permission: 'none' }).execute();
  await world.enterprise('corp', [acme]);
  const check = gatewayOf(test.inject, (await world.client(['gateway'])).authorization);

  const repositories = [];
  for (const place of PLACES) {
    const made = await world.repository(acme, `r-${repositories.length}`, place.visibility);
    if (place.role !== 'none') await world.collaborator(made, ada, place.role);
    if (place.archived)
      await deps.db.updateTable('repositories').set({ archived: true }).where('id', '=', made.id).execute();
    repositories.push({ ...place, ...made });
  }
  const other = await world.repository(acme, 'other');

  const credentials: { held: Held; headers: Record<string, string> }[] = [{ held: { kind: 'anonymous' }, headers: {} }];
  for (const scopes of SCOPES) {
    credentials.push({
      held: { kind: 'classic', scopes },
      headers: bearer((await rows.classic(ada, { scopes })).text),
    });
  }
  for (const permissions of PERMISSIONS) {
    for (const selection of SELECTIONS) {
      const { text } = await rows.fineGrained(ada, {
        owner: acme,
        permissions,
        selection: selection === 'all' ? 'all' : 'subset',
        repositories: selection === 'listed' ? [other, ...repositories] : [other],
      });
      const password = Buffer.from(`git:${text}`).toString('base64');
      const headers = { authorization: `Basic ${password}` };
      credentials.push({ held: { kind: 'fine_grained', permissions, selection }, headers });
    }
  }

  let count = 0;
  let allowed = 0;
  for (const { held, headers } of credentials) {
    const asked = repositories.flatMap((repository) =>
      (['fetch', 'push'] as const).flatMap((transfer) =>
        REQUESTS[transfer].map((request, index) => ({ repository, transfer, request, is_pack: index === 1 })),
      ),
    );
    await Promise.all(
      asked.map(async ({ repository, transfer, request, is_pack }) => {
        count += 1;
        const style = STYLES[count % STYLES.length] ?? 'nginx';
        const suffix = count % 2 === 0 ? '.git' : '';
        const [method, path] = request.split(' ');
        const answer = await check(style, `${method} /${repository.full_name}${suffix}/${path}`, headers);
        const wanted = expected(held, transfer, repository, is_pack);
        const found = { status: answer.status, workflows: answer.headers['x-auth-workflows'] ?? '' };
        if (wanted.status === 200) allowed += 1;
        if (found.status === wanted.status && found.workflows === wanted.workflows) return;
        const { visibility, role, archived } = repository;
        const what = JSON.stringify({ held, request, visibility, role, archived, style });
        t.fail(`${what}: ${JSON.stringify(found)} and not ${JSON.stringify(wanted)}: ${answer.code}`);
      }),
    );
  }
  t.comment(`${count} requests, ${allowed} allowed`);
  t.ok(count > 2000 && allowed > 400, 'both answers are common');
});

t.test('C4: an operation whose path names a file of a workflow is judged by that', async (t) => {
  const writes = {
    id: 'PUT /repos/{owner}/{repo}/contents/{path}',
    method: 'PUT',
    template: '/repos/{owner}/{repo}/contents/{path}',
    permission_sets: [{ contents: 'write' }],
    permissionless: false,
    classic_scopes: null,
    public_read: false,
    open_list: false,
    resource: 'repository',
  } as const;
  const catalogue = compileCatalogue([writes], 1);
  const test = await buildTestApp(t, {
    deps: { catalogue: { current: async () => catalogue, known: () => catalogue, forget: () => undefined } },
  });
  const world = worldOf(test.deps);
  const rows = tokenRowsOf(test.deps);
  const ada = await world.person('ada');
  await world.repository(ada, 'site');
  const check = gatewayOf(test.inject, (await world.client(['gateway'])).authorization);
  const tokens = [
    [await rows.classic(ada, { scopes: ['repo'] }), 403],
    [await rows.classic(ada, { scopes: ['repo', 'workflow'] }), 200],
    [await rows.fineGrained(ada, { selection: 'all', permissions: { contents: 'write' } }), 403],
    [await rows.fineGrained(ada, { selection: 'all', permissions: { contents: 'write', workflows: 'write' } }), 200],
  ] as const;
  for (const [{ text }, status] of tokens) {
    for (const style of STYLES) {
      const at = async (path: string) =>
        (await check(style, `PUT /repos/ada/site/contents/${path}`, bearer(text))).status;
      t.equal(await at('README.md'), 200);
      t.equal(await at('.github/workflows'), 200, 'the folder is no file of it');
      for (const path of ['.github/workflows/ci.yml', '.github%2fworkflows%2fci.yml', '.GitHub/Workflows/ci.yml']) {
        t.equal(await at(path), status, `${style}: ${path}`);
      }
    }
  }
});
