import fc from 'fast-check';
import t from 'tap';
import { isGitPath } from '../../src/domain/git.ts';
import { readPath } from '../../src/domain/path.ts';
import { seed } from '../rules/tape.ts';
import { cases } from '../support/effort.ts';

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

t.test('C3: of two question marks the second is part of what the query names', (t) => {
  t.same([...(readPath('/a??service=x')?.query ?? [])], [['?service', 'x']]);
  t.same([...(readPath('/a?b=1?c=2')?.query ?? [])], [['b', '1?c=2']]);
  t.same([...(readPath('/a?')?.query ?? [])], []);
  t.end();
});

t.test('C3: a plain path is read as any path is, only faster', (t) => {
  const piece = fc.constantFrom('/', '.', '..', 'a', '-', '~', '_', 'Z9', '%', '%2F', '%2e', ';', '\\', '#', 'é', ' ');
  const path = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`);
  let read = 0;
  const same = fc.property(path, (text) => {
    // With a query, even an empty one, it is read in the careful way.
    const [quick, careful] = [readPath(text), readPath(`${text}?`)];
    t.same(quick?.segments, careful?.segments, text);
    if (quick !== null) read += 1;
  });
  fc.assert(same, { numRuns: cases({ short: 2000, long: 200_000 }), seed: seed() });
  t.ok(read > 0, `${read} could be read`);
  t.end();
});

t.test('C3: what is ambiguous is two hexadecimal digits after a percent sign, once decoded', async (t) => {
  t.same(readPath('/a%254')?.segments, ['a%4']);
  t.same(readPath('/a%25zz')?.segments, ['a%zz']);
  t.equal(readPath('/a%2541'), null);
  t.equal(readPath('?a=/x'), null, 'no path before the query');
});

t.test('C3: a repository without a name is no repository of git', async (t) => {
  const is_git = (segments: readonly string[]) => isGitPath({ segments, query: new URLSearchParams() });
  t.equal(is_git(['acme', 'web.git', 'info', 'refs']), true);
  t.equal(is_git(['acme']), false);
});
