// The compiled router and what its matches name (C2, C3, C4).

import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { BUILT_IN_CATALOGUE, compileCatalogue } from '../../src/domain/catalogue.ts';
import { readCatalogueDocument } from '../../src/domain/catalogue-document.ts';
import { namingByPath, resourceOf, resourceTypeOf } from '../../src/domain/named-resource.ts';
import { OWN_OPERATIONS } from '../../src/domain/own-operations.ts';
import { type RequestPath, readPath } from '../../src/domain/path.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import { compileRouter } from '../../src/domain/router.ts';
import { shapeOf } from '../../src/domain/template.ts';
import { measureRouters } from '../bench/measure-routers.ts';
import { naiveMatches } from '../model/naive-router.ts';
import { type Row, resourceTypeIn } from '../model/operation-resource.ts';
import { cases } from '../support/effort.ts';

const at = (text: string): RequestPath => {
  const path = readPath(text);
  if (path === null) throw new Error(`${text} is refused`);
  return path;
};
const routerOf = (templates: readonly string[]) =>
  compileRouter(templates.map((template) => ({ template, target: template })));
/** The template that takes the path, and the parameters. */
const route = (templates: readonly string[], path: string) => {
  const found = routerOf(templates)(at(path));
  return found && [found.target, found.params];
};

t.test('C3: a parameter is one segment, but path, ref, branch and basehead hold any number', async (t) => {
  const params = (template: string, path: string) => routerOf([template])(at(path))?.params ?? null;
  const pair = '/repos/{owner}/{repo}';
  t.same(params(pair, '/repos/a/b'), { owner: 'a', repo: 'b' });
  for (const path of ['/repos/a', '/repos/a/b/c', '/repos/a/', '/repos/a/b/', '/repos/a/b%2Fc', '/Repos/a/b']) {
    t.equal(params(pair, path), null, path);
  }
  const contents = '/repos/{owner}/{repo}/contents/{path}';
  t.match(params(contents, '/repos/a/b/contents/x/y/z'), { path: 'x/y/z' });
  t.match(params(contents, '/repos/a/b/contents/x%2Fy/z'), { path: 'x/y/z' }, 'decoded once');
  t.equal(params(contents, '/repos/a/b/contents'), null);
  t.equal(params(contents, '/repos/a/b/contents/'), null);
  t.equal(params(contents, '/repos/a/b/contents/x/'), null);
  const protection = '/repos/{owner}/{repo}/branches/{branch}/protection';
  t.match(params(protection, '/repos/a/b/branches/x/y/protection'), { branch: 'x/y' });
  t.match(params(protection, '/repos/a/b/branches/protection/protection'), { branch: 'protection' });
  t.equal(params(protection, '/repos/a/b/branches/protection'), null);
  const refs = '/{owner}/{repo}/info/refs?service=git-upload-pack';
  t.match(params(refs, '/a/b.git/info/refs?service=git-upload-pack'), { repo: 'b.git' });
  for (const query of ['', '?service=git-receive-pack', '?service=git-upload-pack&service=git-receive-pack']) {
    t.equal(params(refs, `/a/b/info/refs${query}`), null, query);
  }
});

t.test('C3: parameters stand between literal text too', async (t) => {
  t.same(route(['/files/{id}.json'], '/files/a.json'), ['/files/{id}.json', { id: 'a' }]);
  t.equal(route(['/files/{id}.json'], '/files/.json'), null, 'no parameter is empty');
  t.equal(route(['/files/{id}.json'], '/files/a%2Fb.json'), null);
  t.same(route(['/files/{id}:cancel'], '/files/a:b:cancel'), ['/files/{id}:cancel', { id: 'a:b' }]);
  t.same(route(['/diff/{from}...{to}.patch'], '/diff/a...b...c.patch'), [
    '/diff/{from}...{to}.patch',
    { from: 'a', to: 'b...c' },
  ]);
  t.same(route(['/archive/{ref}.zip'], '/archive/v1/x.zip'), ['/archive/{ref}.zip', { ref: 'v1/x' }]);
  t.same(route(['/a/'], '/a/'), ['/a/', {}], 'a slash at the end is part of a template');
  t.equal(route(['/a'], '/a/'), null);
  t.same(route(['/'], '/'), ['/', {}]);
});

t.test('C3: the most specific template wins, in whatever order they stand', async (t) => {
  const ordered = ['/user/repos', '/user/r{x}s', '/user/r{x}', '/user/{x}', '/{y}/repos', '/{y}/{z}', '/{path}'];
  for (const [index, expected] of ordered.entries()) {
    const left = ordered.slice(index);
    t.equal(routerOf(left)(at('/user/repos'))?.target, expected);
    t.equal(routerOf(left.toReversed())(at('/user/repos'))?.target, expected);
  }
  const below_rest = ['/x/{path}/a/{y}', '/x/{path}/a', '/x/{path}/{z}/{w}', '/x/{path}/{z}', '/x/{path}'];
  t.equal(routerOf(below_rest)(at('/x/1/2/a'))?.target, '/x/{path}/a', 'not the one with the shortest path');
  t.equal(routerOf(below_rest)(at('/x/1/a/2'))?.target, '/x/{path}/a/{y}');
});

t.test('C3: the router is the naive one, for random templates and paths', async () => {
  const segment = fc.constantFrom('a', 'b', 'ab', 'a.b', '{x}', '{y}', '{path}', '{ref}', '{z}.b', 'a{w}', '{q}.{r}');
  const template = fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.constantFrom('', '', '', '/', '?s=1'))
    .map(([segments, end]) => `/${segments.join('/')}${end}`)
    .filter((text) => new Set(text.match(/\{\w+\}/g)).size === (text.match(/\{\w+\}/g)?.length ?? 0));
  const piece = fc.constantFrom('a', 'b', 'ab', 'a.b', 'b.b', 'aa', 'a.b.b', 'c', 'a%2Fb');
  const path = fc
    .tuple(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.constantFrom('', '', '/', '?s=1'))
    .map(([pieces, end]) => `/${pieces.join('/')}${end}`);
  const run = fc.property(
    fc.uniqueArray(template, { selector: shapeOf, maxLength: 12 }),
    fc.array(path, { maxLength: 10 }),
    (templates, paths) => {
      const router = routerOf(templates);
      return paths.every((text) => {
        const [best] = naiveMatches(templates, at(text));
        const found = router(at(text));
        const same = JSON.stringify(found?.params ?? null) === JSON.stringify(best?.params ?? null);
        if (found?.target === best?.template && same) return true;
        throw new Error(`${text} of ${templates.join(' ')}: ${JSON.stringify([found, best])}`);
      });
    },
  );
  fc.assert(run, { numRuns: cases({ short: 1000, long: 100_000 }) });
});

t.test('C3: parameters of any number of segments do not make a search long', async (t) => {
  const templates = ['/{path}/{ref}/{branch}/{basehead}/a', '/{path}/b/{ref}/c/{branch}/d'];
  const long = `/${Array.from({ length: 2000 }, (_, index) => 'abcd'[index % 4]).join('/')}`;
  t.equal(routerOf(templates)(at(`${long}/d`))?.target, templates[1]);
  t.equal(routerOf(templates)(at(`${long}/x`)), null);
});

t.test('C3, C4: a request is for one operation of its method; HEAD counts as GET', async (t) => {
  const { match } = BUILT_IN_CATALOGUE;
  const found = (method: string, path: string) => {
    const { operation, params } = match(method, at(path)) ?? {};
    return operation && [operation.id, resourceOf(operation, params ?? {})];
  };
  const web = { type: 'repository', owner: 'acme', name: 'web' };
  t.same(found('GET', '/repos/acme/web'), ['GET /repos/{owner}/{repo}', web]);
  t.same(found('HEAD', '/repos/acme/web'), ['GET /repos/{owner}/{repo}', web]);
  t.same(found('GET', '/user/repos'), ['GET /user/repos', { type: 'holder' }]);
  t.same(found('GET', '/users/ada'), ['GET /users/{username}', { type: 'account', login: 'ada' }]);
  for (const method of ['get', 'OPTIONS', 'TRACE', 'CONNECT', '']) t.notOk(found(method, '/user'), method);
  for (const name of ['web', 'web.git']) {
    t.same(found('POST', `/acme/${name}/git-receive-pack`), ['POST /{owner}/{repo}/git-receive-pack', web], name);
    t.same(found('GET', `/acme/${name}/info/refs?service=git-upload-pack`)?.[1], web, name);
  }
  t.equal(found('GET', '/acme/web/info/refs'), undefined, 'dumb HTTP is no operation');
});

t.test('C2: the path says what an operation is about, in the order of the rule', async (t) => {
  const contents: PermissionMap[] = [{ contents: 'read' }];
  const named = (template: string, sets = contents) => namingByPath(template, sets).type;
  t.equal(named('/repos/{owner}/{repo}/issues'), 'repository');
  t.equal(named('/repositories/{repository_id}/x'), 'repository_id');
  t.equal(named('/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}'), 'organization');
  t.equal(named('/orgs/{org}/secrets/{name}/repositories/{repository_id}'), 'organization');
  t.equal(named('/repos/{owner}/{repo}/orgs/{org}'), 'repository', 'the organization is not the first');
  t.equal(named('/teams/{team_id}/repos/{owner}/{repo}'), 'organization_of_team');
  t.equal(named('/user/secrets/{name}/repositories/{repository_id}'), 'holder');
  t.equal(named('/user/starred/{owner}/{repo}'), 'holder');
  t.equal(named('/user/memberships/orgs/{org}'), 'organization');
  t.equal(named('/users/{username}/orgs/{org}'), 'organization');
  t.equal(named('/enterprises/{enterprise}/orgs/{org}'), 'organization');
  t.equal(named('/enterprises/{enterprise}/users/{username}'), 'enterprise');
  t.equal(named('/{owner}/{repo}.atom'), 'repository', 'text beside a parameter does not hide what it names');
  t.equal(named('/@{owner}/{repo}:archive'), 'repository');
  t.equal(named('/ids/{repository_id}.json'), 'repository_id');
  t.equal(named('/feeds/{org}.json'), 'organization');
  t.equal(named('/teams/{team_id}.json'), 'organization_of_team');
  t.equal(named('/enterprises/{enterprise}.json'), 'enterprise');
  t.equal(named('/{username}.keys'), 'user');
  t.equal(named('/user'), 'holder');
  t.equal(named('/users/{username}'), 'user');
  t.equal(named('/userland'), 'none');
  t.equal(named('/gists', [{ gists: 'write' }]), 'holder');
  t.equal(named('/gists', [{ gists: 'write' }, { contents: 'read' }]), 'none');
  t.equal(named('/emojis', []), 'none');
  t.equal(named('/repos/{template_owner}/{template_repo}/generate'), 'none');
  t.equal(named('/{repo}/{owner}'), 'none');
  for (const { template, permission_sets, resource, id } of OWN_OPERATIONS) {
    t.equal(resourceTypeOf(namingByPath(template, permission_sets)), resource, id);
  }
});

t.test('C2, F3: an id that is none names nothing', async (t) => {
  const [operation] = BUILT_IN_CATALOGUE.operations;
  if (operation === undefined) throw new Error('there are operations');
  const naming = { type: 'repository_id', parameter: 'id' } as const;
  const id = (text: string) => resourceOf({ ...operation, naming }, { id: text });
  t.same(id('12'), { type: 'repository_id', id: 12 });
  for (const text of ['0', '01', '-1', '1e3', '1.0', ' 1', '9007199254740993', 'x', '']) {
    t.same(id(text), { type: 'repository_id', id: 0 }, text);
  }
});

t.test('the bench of the router looks at every answer', async (t) => {
  t.equal(measureRouters(300, 2).length, 4, 'a round is two pairs');
});

const SAMPLE = new URL('../../../shared/data/operations.json', import.meta.url);
if (!existsSync(SAMPLE)) t.comment('skipped: the sample catalogue is not beside this checkout');
else {
  t.test(
    'C2, C3: every path of the sample catalogue is for its own operation, and names what the rule says',
    async (t) => {
      const rows: readonly Row[] = JSON.parse(readFileSync(SAMPLE, 'utf8'));
      const read = readCatalogueDocument(rows);
      if (!('operations' in read)) throw new Error('the sample catalogue is broken');
      const { match } = compileCatalogue(read.operations, 1);
      const VALUES: Readonly<Record<string, string>> = {
        path: 'a/b',
        ref: 'heads/x',
        branch: 'x/y',
        basehead: 'a...b/c',
      };
      let unlike = 0;
      for (const row of rows) {
        const path = row.path.replace(/\{(\w+)\}/g, (_, name: string) => VALUES[name] ?? '7');
        const found = match(row.method, at(path));
        const rivals = rows.filter(({ method }) => method === row.method).map((each) => each.path);
        const [best] = naiveMatches(rivals, at(path));
        if (best?.template !== row.path) unlike += 1;
        t.equal(found?.operation.template, best?.template, `${row.method} ${path}`);
        if (found === null || best?.template !== row.path) continue;
        const { type } = resourceOf(found.operation, found.params);
        const plain = type.replace(/_id$|_of_team$/, '').replace('account', 'user');
        t.equal(plain, resourceTypeIn(row), `${row.method} ${row.path}`);
      }
      t.equal(unlike, 0, 'no operation hides another one');
    },
  );
}

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
