// Forms of the OAuth endpoints.

import t from 'tap';
import { parseForm } from '../../src/http/form.ts';

t.test('parameters are decoded; one without a value counts as left out', async (t) => {
  t.same({ ...parseForm('token=a%2Bb+c&empty=&bare&scope=a%20b&=x') }, { token: 'a+b c', scope: 'a b' });
  t.same({ ...parseForm('') }, {});
});

t.test('only resource and audience may be repeated, and are always lists', async (t) => {
  t.same({ ...parseForm('resource=a&resource=b&audience=c') }, { resource: ['a', 'b'], audience: ['c'] });
  for (const form of ['token=a&token=b', 'token=a&token=', 'unknown=1&unknown=1', 'token=a&%74oken=b']) {
    t.throws(() => parseForm(form), { code: 'malformed_request' }, form);
  }
});

t.test('what is no percent-encoded UTF-8, or has NUL, is malformed', async (t) => {
  for (const form of ['a=%', 'a=%zz', 'a=%ff', 'a=%c0%80', 'a=%00', 'a=\u00e9', 'a=b\n', 'a=%ed%a0%80']) {
    t.throws(() => parseForm(form), { code: 'malformed_request' }, JSON.stringify(form));
  }
});

t.test('names of inherited members are parameters like others', async (t) => {
  const entries = Object.entries(parseForm('__proto__=a&constructor=b'));
  t.same(entries, [
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
});

t.test('endless parameters are refused', async (t) => {
  t.throws(() => parseForm(Array.from({ length: 1001 }, (_, index) => `p${index}=1`).join('&')), {
    code: 'malformed_request',
  });
});
