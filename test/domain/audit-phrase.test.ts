// The phrase of a search in an audit log: every qualifier, both signs, what is refused.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { parseAuditPhrase } from '../../src/domain/audit-phrase.ts';

const DIGEST = 'q1MKE+RZFJgrefm34/uplM/R8/si9xzqGvvwK0YMbR0=';
const at = (text: string) => new Date(text);
const text = (column: string, value: string) => ({ type: 'text', column, value });
const holds = (...any: unknown[]) => ({ negated: false, any });
const created = (from: string | null, before: string | null) =>
  holds({ type: 'created', from: from && at(from), before: before && at(before) });

const READ: readonly (readonly [string, readonly unknown[]])[] = [
  ['', []],
  ['   ', []],
  ['action:team', [holds({ type: 'action', value: 'team.', begins: true })]],
  ['action:team.*', [holds({ type: 'action', value: 'team.', begins: true })]],
  ['action:team.add_*', [holds({ type: 'action', value: 'team.add_', begins: true })]],
  ['action:TEAM.create', [holds({ type: 'action', value: 'team.create', begins: false })]],
  ['action:a.b action:c.d', [holds(...['a.b', 'c.d'].map((value) => ({ type: 'action', value, begins: false })))]],
  ['-action:a.b', [{ negated: true, any: [{ type: 'action', value: 'a.b', begins: false }] }]],
  ['actor:Olga', [holds(text('actor', 'olga'))]],
  ['  actor:olga   user:rita ', [holds(text('actor', 'olga')), holds(text('user', 'rita'))]],
  ['actor:a actor:b user:c', [holds(text('actor', 'a'), text('actor', 'b')), holds(text('user', 'c'))]],
  ['actor:a -actor:b', [holds(text('actor', 'a')), { negated: true, any: [text('actor', 'b')] }]],
  ['business:g enterprise:h', [holds(text('business', 'g'), text('business', 'h'))]],
  ['org:acme', [holds(text('org', 'acme'))]],
  ['operation:create', [holds(text('operation_type', 'create'))]],
  ['outcome:refused reason:role_missing', [holds(text('outcome', 'refused')), holds(text('reason', 'role_missing'))]],
  ['ip:::1', [holds(text('actor_ip', '::1'))]],
  ['request_id:"a \\"b\\" \\\\"', [holds(text('request_id', 'a "b" \\'))]],
  ['repo:Acme/Engine', [holds({ type: 'repo', value: 'acme/engine' })]],
  ['token_id:7', [holds({ type: 'token_id', id: 7 })]],
  [`hashed_token:"${DIGEST}"`, [holds({ type: 'hashed_token', digest: DIGEST })]],
  [`hashed_token:${DIGEST}`, [holds({ type: 'hashed_token', digest: DIGEST })]],
  ['created:2026-01-01', [created('2026-01-01', '2026-01-02')]],
  ['created:>=2026-01-01', [created('2026-01-01', null)]],
  ['created:>2026-01-01', [created('2026-01-02', null)]],
  ['created:<=2026-01-01', [created(null, '2026-01-02')]],
  ['created:<2026-01-01', [created(null, '2026-01-01')]],
  ['created:2026-01-01..2026-02-01', [created('2026-01-01', '2026-02-02')]],
  ['created:*..2026-02-01', [created(null, '2026-02-02')]],
  ['created:2026-01-01..*', [created('2026-01-01', null)]],
  ['created:2026-01-01T10:00:00Z', [created('2026-01-01T10:00:00Z', '2026-01-01T10:00:01Z')]],
  ['created:>2026-01-01T12:00:00+02:00', [created('2026-01-01T10:00:01Z', null)]],
  ['created:<=2026-01-01T10:00:00.250Z', [created(null, '2026-01-01T10:00:00.251Z')]],
  ['created:>2026-01-01 created:<2026-02-01', [created('2026-01-02', null), created(null, '2026-02-01')]],
];

const REFUSED = [
  'free text',
  'word',
  'action:',
  'action: team',
  'action:""',
  'action:*team',
  'action:team.create.now',
  'action:t%',
  'colour:red',
  'country:DE',
  '"action:team"',
  'action:team"',
  'actor:"olga',
  'actor:"olga"x',
  '--actor:olga',
  '- actor:olga',
  'actor:ol\u0000ga',
  'actor:"ol\nga"',
  'token_id:0',
  'token_id:x',
  'token_id:1e3',
  'token_id:9007199254740993',
  'hashed_token:abc',
  'created:yesterday',
  'created:2026-02-30',
  'created:2026-01-01T10:00:00',
  'created:>=',
  'created:..',
  'created:2026-01-01..',
  'created:2026-01-01..2026-01-02..2026-01-03',
  'created:>=2026-01-01..2026-01-02',
  `actor:${'x'.repeat(1100)}`,
  'actor:a '.repeat(33),
];

t.test('L2: a phrase is read term by term', async (t) => {
  for (const [phrase, filter] of READ) t.same(parseAuditPhrase(phrase), filter, phrase);
});

t.test('L2: a phrase that is not understood is refused, never passed over', async (t) => {
  for (const phrase of REFUSED) t.match(parseAuditPhrase(phrase), { fault: String }, phrase);
});

t.test('L2: whatever is written in quotes is found by its qualifier', async () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(
      value.filter((each) => each.trim() !== '' && !/\p{Cc}/u.test(each)),
      fc.boolean(),
      (wanted, negated) => {
        const quoted = wanted.replace(/[\\"]/g, '\\$&');
        const filter = parseAuditPhrase(`${negated ? '-' : ''}actor:"${quoted}"`);
        return isDeepStrictEqual(filter, [{ negated, any: [text('actor', wanted.toLowerCase())] }]);
      },
    ),
  );
});

t.test('L2: no text makes the reader fail', async () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (phrase) => {
      const read = parseAuditPhrase(phrase);
      return Array.isArray(read) || 'fault' in read;
    }),
  );
});

t.test('L2: a digest is the whole value, and an id its digits', async (t) => {
  const digest = `${'A'.repeat(43)}=`;
  t.same(parseAuditPhrase(`hashed_token:${digest}`), [{ negated: false, any: [{ type: 'hashed_token', digest }] }]);
  for (const phrase of [
    `hashed_token:A${digest}`,
    `hashed_token:${digest}A`,
    'token_id:1a',
    'token_id:01',
    'actor:"  "',
  ])
    t.match(parseAuditPhrase(phrase), { fault: String }, phrase);
  t.same(parseAuditPhrase('token_id:12'), [{ negated: false, any: [{ type: 'token_id', id: 12 }] }]);
  const [no, one, other] = parseAuditPhrase('-actor:a actor:b actor:c') as readonly {
    negated: boolean;
    any: object[];
  }[];
  t.same(
    [no?.negated, no?.any.length, one?.any.length, other],
    [true, 1, 2, undefined],
    'what is excluded is no choice',
  );
});
