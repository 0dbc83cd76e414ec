// The strict parser against JSON.parse: where it accepts, both see the same value; what it refuses, it refuses for a reason.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { Refusal } from '../../src/domain/refusal.ts';
import { DEPTH_MAX, parseStrictJson } from '../../src/http/strict-json.ts';

function parse(text: string): unknown {
  return parseStrictJson(Buffer.from(text, 'utf8'));
}

function refusalOf(text: string | Buffer): Refusal {
  try {
    parseStrictJson(Buffer.from(text as string));
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('was accepted');
}

/** Whether no number in the value is an integer that a double rounds. */
function isExact(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isExact);
}

t.test('what JSON.stringify writes is read back', async () => {
  const value = fc.jsonValue({ maxDepth: 8 }).filter(isExact);
  fc.assert(
    fc.property(value, (each) => {
      const text = JSON.stringify(each);
      assert.equal(JSON.stringify(parse(text)), text);
    }),
    { numRuns: 3000 },
  );
});

t.test('what is accepted is what JSON.parse sees, and JSON.parse refuses nothing that is accepted', async (t) => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"b"',
    '1',
    '-',
    '0',
    '.5',
    'e1',
    'true',
    'null',
    ' ',
    '"\\u00e9"',
    '"',
    '\\',
  );
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  let accepted = 0;
  fc.assert(
    fc.property(text, (each) => {
      let ours: unknown;
      try {
        ours = parse(each);
      } catch (error) {
        assert.ok(error instanceof Refusal);
        return;
      }
      accepted++;
      assert.deepEqual(ours, JSON.parse(each));
    }),
    { numRuns: 20_000, examples: [['{"a":1}'], ['[1]']] },
  );
  t.ok(accepted > 100, 'the comparison was not vacuous');
});

t.test('what JSON.parse refuses is 400', async (t) => {
  const texts = [
    '',
    ' ',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '[1,]',
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    '0x10',
    'NaN',
    'tru',
    "'a'",
    '"\t"',
    '"\\x41"',
    '"\\u12g4"',
    '"abc',
    '{} {}',
    '{}x',
    '/**/{}',
    '\u00a0{}',
  ];
  for (const text of texts) {
    t.throws(() => JSON.parse(text));
    t.equal(refusalOf(text).code, 'malformed_request', text);
  }
});

t.test('a member that occurs twice is 400 at any depth, however it is spelled', async (t) => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"x":[{"y":{"a":1,"b":2,"a":3}}]}',
    '{"a":1,"\\u0061":2}',
    '{"__proto__":1,"__proto__":2}',
  ]) {
    t.equal(refusalOf(text).code, 'malformed_request', text);
  }
  t.same(parse('{"a":{"a":1},"A":2}'), { a: { a: 1 }, A: 2 });
});

t.test('bytes that are not UTF-8 and a byte order mark are 400', async (t) => {
  const invalid = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]];
  for (const bytes of invalid) {
    const text = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
    t.equal(refusalOf(text).code, 'malformed_request');
  }
  t.match(refusalOf('\uFEFF{}').message, /byte order mark/);
});

t.test('nesting is bounded, and a deep body does not overflow the stack', async (t) => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  t.doesNotThrow(() => parse(nested(DEPTH_MAX)));
  t.equal(refusalOf(nested(DEPTH_MAX + 1)).code, 'malformed_request');
  t.equal(refusalOf('['.repeat(1_000_000)).code, 'malformed_request');
  t.equal(refusalOf('{"a":'.repeat(100_000)).code, 'malformed_request');
});

t.test('lone surrogates, NUL and inexact numbers are 422 and tell where', async (t) => {
  const cases = {
    '{"a":{"b":["x","\\ud800"]}}': 'a.b.1',
    '{"name":"\\udc00\\ud800"}': 'name',
    '{"name":"a\\u0000b"}': 'name',
    '{"id":9007199254740993}': 'id',
    '{"id":-9007199254740992}': 'id',
    '{"id":1e400}': 'id',
    '{"list":[1,2,12345678901234567890]}': 'list.2',
  };
  for (const [text, field] of Object.entries(cases)) {
    const { code, details } = refusalOf(text);
    t.equal(code, 'validation_failed', text);
    t.match(details.errors, [{ field, code: 'invalid' }], text);
  }
  t.same(parse('{"a":"\\ud83d\\ude00","b":9007199254740991,"c":1.5,"d":1e3}'), {
    a: '😀',
    b: Number.MAX_SAFE_INTEGER,
    c: 1.5,
    d: 1000,
  });
});

t.test('members named like inherited ones are own members and pollute nothing', async (t) => {
  const body = parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"toString":1}') as object;
  t.equal(Object.getPrototypeOf(body), Object.prototype);
  t.same(Object.keys(body), ['__proto__', 'constructor', 'toString']);
  t.equal(({} as { admin?: boolean }).admin, undefined);
});

t.test('the messages of refusals repeat nothing of the body', async (t) => {
  const secret = 'gthp_secretsecretsecret';
  for (const text of [`{"${secret}"`, `{"a":${secret}}`, `{"a":"${secret}`, `{"${secret}":1,"${secret}":2}`]) {
    t.notMatch(refusalOf(text).message, secret);
  }
});
