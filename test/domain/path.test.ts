import t from 'tap';
import { matchesTemplate, moreSpecificFirst, type RequestPath, readPath } from '../../src/domain/path.ts';

t.test('C3: what two readers could read differently is refused', async (t) => {
  const refused = [
    '',
    'user',
    '//user',
    '/user//repos',
    '/..',
    '/a/../b',
    '/a/./b',
    '/a/%2e%2e/b',
    '/a/%2e/b',
    '/a%2f..%2fb',
    '/a%2f%2fb',
    '/a;b',
    '/a%3bb',
    '/a\\b',
    '/a%5cb',
    '/a%00b',
    '/a%2500',
    '/a%252fb',
    '/%c0%af',
    '/%ff',
    '/%',
    '/%zz',
    '/user#fragment',
  ];
  for (const path of refused) t.equal(readPath(path), null, path);
  for (const path of ['/', '/user', '/a%20b', '/a/...', '/a/..b', '/%C3%A9', '/a?x=//..;', '/a%2Fb']) {
    t.not(readPath(path), null, path);
  }
  t.same(readPath('/a%2Fb/c')?.segments, ['a/b', 'c'], 'decoded once, and no new segment');
});

t.test('C3: a parameter is one segment, but path, ref, branch and basehead hold any number', async (t) => {
  const matches = (template: string, path: string) => matchesTemplate(template, readPath(path) as RequestPath);
  t.ok(matches('/repos/{owner}/{repo}', '/repos/a/b'));
  t.notOk(matches('/repos/{owner}/{repo}', '/repos/a'));
  t.notOk(matches('/repos/{owner}/{repo}', '/repos/a/b/c'));
  t.notOk(matches('/repos/{owner}/{repo}', '/repos/a/'));
  t.notOk(matches('/repos/{owner}/{repo}', '/repos/a/b%2Fc'));
  t.notOk(matches('/repos/{owner}/{repo}', '/Repos/a/b'));
  t.ok(matches('/repos/{owner}/{repo}/contents/{path}', '/repos/a/b/contents/x/y/z'));
  t.ok(matches('/repos/{owner}/{repo}/contents/{path}', '/repos/a/b/contents/x%2Fy'));
  t.notOk(matches('/repos/{owner}/{repo}/contents/{path}', '/repos/a/b/contents'));
  t.ok(matches('/repos/{owner}/{repo}/branches/{branch}/protection', '/repos/a/b/branches/x/y/protection'));
  t.notOk(matches('/repos/{owner}/{repo}/branches/{branch}/protection', '/repos/a/b/branches/protection'));
  const refs = '/{owner}/{repo}/info/refs?service=git-upload-pack';
  t.ok(matches(refs, '/a/b.git/info/refs?service=git-upload-pack'));
  for (const query of ['', '?service=git-receive-pack', '?service=git-upload-pack&service=git-receive-pack']) {
    t.notOk(matches(refs, `/a/b/info/refs${query}`), query);
  }
});

t.test('C3: the most specific template is the first', async (t) => {
  const ordered = ['/user/repos', '/user/{x}', '/{owner}/repos', '/{owner}/{repo}', '/{path}'];
  for (const each of ordered) {
    for (const other of ordered) {
      const expected = Math.sign(ordered.indexOf(each) - ordered.indexOf(other));
      t.equal(Math.sign(moreSpecificFirst(each, other)), expected, `${each} and ${other}`);
    }
  }
  t.same([...ordered].reverse().sort(moreSpecificFirst), ordered);
});
