import t from 'tap';
import { readPath } from '../../src/domain/path.ts';

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
