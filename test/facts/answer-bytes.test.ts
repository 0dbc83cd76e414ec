// What is remembered as bytes comes back as it was, whatever a row came to say; what may not be remembered is never written; and no two
// questions are the same bytes.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import type { PermissionMap } from '../../src/domain/permission.ts';
import { PERMISSIONS, SCOPES } from '../../src/domain/vocabulary.ts';
import { readAnswer, readEpoch, writeAnswer } from '../../src/facts/answer-bytes.ts';
import { isWhole, type Sink } from '../../src/facts/bytes.ts';
import { writeKey } from '../../src/facts/question-key.ts';
import type { FactsQuestion, LoadedFacts } from '../../src/facts/source.ts';
import { readPermissions, readScopes, writePermissions, writeScopes } from '../../src/facts/word-lists.ts';
import { drawing } from '../bench/remembered.ts';
import { seed } from '../rules/tape.ts';
import { pickBy } from '../support/changing-world.ts';
import { cases } from '../support/effort.ts';
import { answer, digest, plain, question, resource, subject } from '../support/random-answers.ts';

const ROOM = 1 << 20;
const NOW = new Date('2026-11-01');

function sinkOf(room: number): Sink {
  return { bytes: Buffer.alloc(room), at: 0, is_sound: true };
}
const sink = sinkOf(ROOM);

function written(about: FactsQuestion, given: LoadedFacts): Sink {
  sink.at = 0;
  sink.is_sound = true;
  writeAnswer(sink, about, given);
  return sink;
}

function readBack(about: FactsQuestion): LoadedFacts {
  const source = { bytes: sink.bytes, at: 0 };
  const read = readAnswer(source, about, { epoch: readEpoch(source), now: NOW });
  if (source.at !== sink.at) throw new Error(`${sink.at} bytes were written, ${source.at} were read`);
  return read;
}

function keyOf(about: FactsQuestion): string | null {
  const key = sinkOf(1024);
  writeKey(key, about);
  return isWhole(key) ? key.bytes.toString('latin1', 0, key.at) : null;
}

const settings = (numRuns: number) => ({ numRuns, seed: seed() });

t.test('F3: an answer that was written is read as it was, in every member', async (t) => {
  const property = fc.property(question, answer, digest, fc.boolean(), (about, given, asked, is_asked) => {
    // The digest that was asked for is mostly the token's.
    const { subject } = given;
    const same =
      is_asked && subject.type === 'token'
        ? { ...given, subject: { ...subject, token: { ...subject.token, hashed_token: asked } } }
        : given;
    const of_text = is_asked ? { ...about, subject: { type: 'token_text', digest: asked } as const } : about;
    if (!isWhole(written(of_text, same))) throw new Error('it was not written');
    const expected = plain({ ...same, now: NOW });
    const read = plain(readBack(of_text));
    if (!isDeepStrictEqual(read, expected)) throw new Error(JSON.stringify({ read, expected }, null, 1));
  });
  fc.assert(property, settings(cases({ short: 1000, long: 100_000 })));
  t.pass('as it was');
});

const BASE: LoadedFacts = {
  subject: { type: 'anonymous' },
  resource: { type: 'none' },
  now: NOW,
  granted_repositories: null,
  epoch: 7,
};
const ABOUT: FactsQuestion = { subject: { type: 'anonymous' }, resource: { type: 'none' }, bounded_client_id: null };

t.test('F6: what is not there, a session, and a word that nobody knows cannot be written', async (t) => {
  t.ok(isWhole(written(ABOUT, BASE)), 'nobody in particular can');
  const person = { id: 1, login: 'mona', suspended: false, site_admin: false };
  const refused: Record<string, unknown> = {
    unknown: { subject: { type: 'unknown' } },
    session: { subject: { type: 'session', person, session_id: 1, expires_at: NOW } },
    absent: { resource: { type: 'absent' } },
    'an unknown visibility': {
      resource: {
        ...{ type: 'repository', id: 1, name: 'x', owner: { type: 'User', id: 1, login: 'mona' } },
        ...{ visibility: 'limited', archived: false, role: null, selected: false },
      },
    },
    'an unknown scope': {
      subject: {
        type: 'token',
        person,
        token: {
          ...{ kind: 'classic', id: 1, name: 'ci', hashed_token: '', exchanged: null, secret_issued_at: NOW },
          ...{ expires_at: null, revoked_at: null, secret_expires_at: null, scopes: ['everything'] },
        },
      },
    },
  };
  for (const [name, change] of Object.entries(refused)) {
    t.notOk(isWhole(written(ABOUT, { ...BASE, ...(change as object) })), name);
  }
});

t.test('P7: what has no room is not written', async (t) => {
  const property = fc.property(subject, resource, fc.nat(60), (whose, what, room) => {
    const given = { ...BASE, subject: whose, resource: what };
    const length = written(ABOUT, given).at;
    const small = sinkOf(room);
    writeAnswer(small, ABOUT, given);
    return isWhole(small) === length <= room && small.at === length;
  });
  fc.assert(property, settings(cases({ short: 500, long: 10_000 })));
  t.pass('it is known to be too long');
});

/** The question in the form in which two that are the same look the same. */
function meaning(about: FactsQuestion): string {
  return JSON.stringify(about, (name, value) =>
    ['login', 'owner', 'name', 'slug'].includes(name) ? String(value).toLowerCase() : value,
  );
}

t.test('P5: two questions have the same key exactly if they are the same', async (t) => {
  let same = 0;
  const other = fc.tuple(question, question, fc.nat(3)).map(([a, b, part]): readonly FactsQuestion[] => {
    if (part === 1) return [a, { ...a, resource: b.resource }];
    if (part === 2) return [a, { ...a, bounded_client_id: b.bounded_client_id }];
    return part === 3 ? [a, { ...a, subject: b.subject }] : [a, b];
  });
  const property = fc.property(other, ([a = ABOUT, b = ABOUT]) => {
    const [first, second] = [keyOf(a), keyOf(b)];
    if (first === null || second === null) return true;
    if (first === second) same += 1;
    return (first === second) === (meaning(a) === meaning(b));
  });
  fc.assert(property, settings(cases({ short: 5000, long: 200_000 })));
  t.ok(same > 100, `${same} were the same`);
});

t.test('P16: a digest that is not written as we write it is none', async (t) => {
  const of = (text: string) => keyOf({ ...ABOUT, subject: { type: 'token_text', digest: text } });
  const good = Buffer.alloc(32, 7).toString('base64');
  t.not(of(good), null);
  for (const text of [
    '',
    'abc',
    good.slice(0, -1),
    `${good}=`,
    `${good.slice(0, -2)}d=`,
    ` ${good.slice(1)}`,
    `é${good.slice(1)}`,
  ]) {
    t.equal(of(text), null, JSON.stringify(text));
  }
  t.equal(keyOf({ ...ABOUT, subject: { type: 'session', digest: good } }), null, 'nor a session');
  const login = (name: string) => keyOf({ ...ABOUT, subject: { type: 'login', login: name } });
  t.equal(login('Mona'), login('mona'));
  for (const name of ['', '\u212aelvin', 'mo na', 'é', 'x'.repeat(256)])
    t.equal(login(name), null, JSON.stringify(name));
  t.not(login('x'.repeat(255)), null);
});

t.test('K5: a map of permissions that is shared is never told for another', async (t) => {
  const entries = PERMISSIONS.flatMap(({ name, levels }) => levels.map((level) => [name, level] as const));
  const draw = drawing(seed());
  const isReadBack = (permissions: PermissionMap): boolean => {
    sink.at = 0;
    sink.is_sound = true;
    writePermissions(sink, permissions);
    const read = readPermissions({ bytes: sink.bytes, at: 0 });
    return isDeepStrictEqual(Object.entries(read), Object.entries(permissions));
  };
  for (let round = 0; round < 20_000; round += 1) {
    const chosen = Array.from({ length: 2 + draw(9) }, () => pickBy(draw, entries));
    const whole = Object.fromEntries(chosen);
    const beginning = Object.fromEntries(Object.entries(whole).slice(0, -1));
    // From the second time on it is shared.
    if (![whole, whole, beginning, whole, beginning].every(isReadBack)) t.fail(JSON.stringify(whole));
  }
  t.pass('as they were written');
});

t.test(
  'K5: a list of scopes that is shared is never told for another, and reading it again makes nothing',
  async (t) => {
    const names = SCOPES.map(({ name }) => name);
    const draw = drawing(seed());
    const readBack = (scopes: readonly string[]): readonly string[] => {
      sink.at = 0;
      sink.is_sound = true;
      writeScopes(sink, scopes);
      return readScopes({ bytes: sink.bytes, at: 0 });
    };
    for (let round = 0; round < 20_000; round += 1) {
      const whole = Array.from({ length: 1 + draw(6) }, () => pickBy(draw, names));
      const beginning = whole.slice(0, -1);
      for (const each of [whole, whole, beginning, whole, beginning]) {
        if (!isDeepStrictEqual(readBack(each), each)) t.fail(JSON.stringify(each));
      }
      // What follows from scopes is remembered by the list: with each a new one there was as much to remember as there were checks.
      const [, second, third] = [readBack(whole), readBack(whole), readBack(whole)];
      if (second !== third) t.fail(`${whole} is made anew`);
    }
    t.pass('as they were written');
  },
);
