import t from 'tap';
import { PERMISSIONS, SCOPES } from '../../src/domain/vocabulary.ts';
import { buildTestApp } from '../support/build-app.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

t.test('F7, K5: permissions and scopes are open to all', async (t) => {
  const { inject } = await buildTestApp(t);
  for (const headers of [{}, bearer('nonsense')]) {
    const permissions = await inject({ url: '/permissions', headers });
    t.match([permissions.statusCode, permissions.json()], [200, PERMISSIONS]);
    const scopes = await inject({ url: '/scopes', headers });
    t.match([scopes.statusCode, scopes.json()], [200, SCOPES]);
  }
});

t.test('F7, C1: operations are listed for every live credential, with what they declare', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada');
  const { text } = await tokenRowsOf(deps).classic(ada);
  const list = async (query: Readonly<Record<string, string>>) => {
    const answer = await inject({ url: `/operations?${new URLSearchParams(query)}`, headers: bearer(text) });
    t.equal(answer.statusCode, 200);
    return answer.json().map(({ method, path }: { method: string; path: string }) => `${method} ${path}`);
  };
  t.equal((await inject({ url: '/operations' })).statusCode, 401);
  t.equal((await inject({ url: '/operations', headers: bearer(await world.session(ada)) })).statusCode, 200);
  const client = await world.client(['evaluate']);
  t.equal((await inject({ url: '/operations', headers: { authorization: client.authorization } })).statusCode, 403);

  t.same(await list({ method: 'get', path: '/repos/{owner}/{repo}' }), ['GET /repos/{owner}/{repo}']);
  t.same(await list({ method: 'HEAD', path: '/repos/acme/web' }), ['GET /repos/{owner}/{repo}']);
  t.same(await list({ method: 'GET', path: '/user/repos' }), ['GET /user/repos']);
  t.same(await list({ path: '/acme/web.git/info/refs?service=git-receive-pack' }), [
    'GET /{owner}/{repo}/info/refs?service=git-receive-pack',
  ]);
  t.same(await list({ path: '/repos/{x}/{y}' }), [], 'a template has its own names');
  t.same(await list({ path: '/nowhere' }), []);
  const teams = await list({ permission: 'administration:write', method: 'PUT' });
  t.same(teams, [
    'PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}',
    'PUT /repos/{owner}/{repo}/collaborators/{username}',
  ]);
  t.same(await list({ permission: 'contents:read' }), [
    'GET /{owner}/{repo}/info/refs?service=git-upload-pack',
    'POST /{owner}/{repo}/git-upload-pack',
  ]);
  t.same(await list({ permission: 'nothing:read' }), []);

  const [row] = (await inject({ url: '/operations?path=/repos/a/b&method=DELETE', headers: bearer(text) })).json();
  t.same(row, {
    method: 'DELETE',
    path: '/repos/{owner}/{repo}',
    permission_sets: [{ administration: 'write' }],
    permissionless: false,
    public_read: false,
    classic_scopes: ['delete_repo'],
    accepted_scopes: ['delete_repo'],
    resource: 'repository',
  });
  const [log] = (await inject({ url: '/operations?path=/user/security-log', headers: bearer(text) })).json();
  t.match(
    log,
    { permissionless: false, permission_sets: [], accepted_scopes: ['read:audit_log'] },
    'classic tokens alone',
  );
  const page = await inject({ url: '/operations?per_page=5&page=2', headers: bearer(text) });
  t.equal(page.json().length, 5);
  t.match(page.headers.link, /rel="next"/);
});

t.test('C3: an ambiguous path is refused, a malformed query is 422', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const { text } = await tokenRowsOf(deps).classic(await worldOf(deps).person('ada'));
  const answer = (query: string) => inject({ url: `/operations?${query}`, headers: bearer(text) });
  for (const path of ['/repos/../user', '/repos//a', '/repos/a%252fb/c', '/repos/a;b/c', '/repos/a%5cb/c', '/%ff']) {
    const refused = await answer(`path=${encodeURIComponent(path)}`);
    t.match([refused.statusCode, refused.json().code], [400, 'path_refused'], path);
  }
  for (const query of ['path=user', 'method=G%20T', 'permission=contents', 'permission=contents:own', 'page=0']) {
    t.equal((await answer(query)).statusCode, 422, query);
  }
});
