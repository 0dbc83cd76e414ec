// What a node remembers: it never says what it should no longer know, keeps what is asked for, and stays within its bound.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import type { Change } from '../../src/db/changes.ts';
import type { Sink } from '../../src/facts/bytes.ts';
import { createMemory, type Memory } from '../../src/facts/memory.ts';
import { writeKey } from '../../src/facts/question-key.ts';
import { scatter } from '../../src/facts/slab.ts';
import type { FactsQuestion, LoadedFacts, LoadedSubject } from '../../src/facts/source.ts';
import { answerAt, digestAt, drawing, EPOCH, questionOf } from '../bench/remembered.ts';
import { seed } from '../rules/tape.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { cases } from '../support/effort.ts';
import { answer, plain, question } from '../support/random-answers.ts';

const NOW = new Date('2026-11-01');
const MIB = 1_048_576;

function memoryOf(bytes_max: number): Memory {
  return createMemory(bytes_max, () => NOW);
}

function rememberToken(memory: Memory, index: number): void {
  const digest = digestAt(index);
  memory.remember(questionOf(digest), answerAt(index, digest));
}

function knowsToken(memory: Memory, index: number): boolean {
  const digest = digestAt(index);
  const found = memory.find(questionOf(digest), EPOCH);
  if (found === null) return false;
  if (found.subject.type !== 'token' || found.subject.token.id !== index + 1) throw new Error('the answer of another');
  return true;
}

function countKnown(memory: Memory, from: number, to: number): number {
  let known = 0;
  for (let index = from; index < to; index += 1) if (knowsToken(memory, index)) known += 1;
  return known;
}

t.test('what is asked for stays while a flood of others goes through', async (t) => {
  const memory = memoryOf(MIB);
  const first = 6000;
  // Among others, so that they have to move when room is made.
  const hot = Array.from({ length: first / 4 }, (_, place) => place * 4);
  const countHot = () => hot.filter((index) => knowsToken(memory, index)).length;
  for (let index = 0; index < first; index += 1) rememberToken(memory, index);
  t.equal(countHot(), hot.length);
  const flood = 50_000;
  for (let index = first; index < flood; index += 1) {
    rememberToken(memory, index);
    if (index % 1000 === 0) countHot();
  }
  // Now and then a place is wanted by too many.
  t.ok(countHot() > 0.999 * hot.length, 'all that was asked for, after six times the bound');
  t.ok(countKnown(memory, flood - 2000, flood) > 1990, 'and what came last');
  t.ok(countKnown(memory, first, flood / 2) < 10, 'what nobody asked for has gone');
});

t.test('where all that is asked for has no room, a good part of it is known', async (t) => {
  const memory = memoryOf(MIB);
  const all = 10_000;
  const draw = drawing(1);
  let known = 0;
  for (let asked = 0; asked < 4 * all; asked += 1) {
    const index = draw(all);
    if (!knowsToken(memory, index)) rememberToken(memory, index);
    else if (asked >= 2 * all) known += 1;
  }
  t.ok(known > all / 2, `${known} times of ${2 * all} it was known; about half of all have room`);
});

t.test('P17, F6: a flood of what is not there is not remembered, and takes nothing else with it', async (t) => {
  const memory = memoryOf(MIB);
  for (let index = 0; index < 1000; index += 1) rememberToken(memory, index);
  const before = memory.size();
  for (let index = 1000; index < 15_000; index += 1) {
    const digest = digestAt(index);
    const subject = { type: 'unknown' } as const;
    const unknown: LoadedFacts = { ...answerAt(index, digest), subject };
    if (memory.find(questionOf(digest), EPOCH) !== null) t.fail('it was never remembered');
    memory.remember(questionOf(digest), unknown);
    memory.remember(
      { ...questionOf(digest), resource: { type: 'holder' } },
      { ...unknown, resource: { type: 'absent' } },
    );
  }
  t.same(memory.size(), before, 'nothing was written');
  t.equal(countKnown(memory, 0, 1000), 1000);
});

const LONG = 'n'.repeat(200);

/** An answer as large as answers are: a hundred listed repositories with long names. */
function largeAnswer(index: number): LoadedFacts {
  const digest = digestAt(index);
  const given = answerAt(index, digest);
  const { subject } = given;
  if (subject.type !== 'token' || subject.token.kind === 'classic') return given;
  const full_name = `${subject.token.resource_owner?.login}/${LONG}`;
  const listed = Array.from({ length: 100 }, (_, place) => ({ id: index * 100 + place, full_name }));
  return { ...given, subject, granted_repositories: listed };
}

t.test('the bound holds in bytes of the process: many small answers, and many large ones', async (t) => {
  const bound = 6 * MIB;
  const now = () => {
    for (let round = 0; round < 3; round += 1) collectGarbage();
    return process.memoryUsage();
  };
  const before = now();
  const memory = memoryOf(bound);
  const isWithin = () => {
    const { arrayBuffers, heapUsed } = now();
    t.ok(arrayBuffers - before.arrayBuffers <= bound, `${arrayBuffers - before.arrayBuffers} bytes of arrays`);
    const heap = heapUsed - before.heapUsed;
    t.ok(heap < 3 * MIB, `${heap} bytes of objects, which are permissions that are shared`);
  };
  for (let index = 0; index < 70_000; index += 1) rememberToken(memory, index);
  t.ok(countKnown(memory, 0, 70_000) > 25_000, 'much is known');
  isWithin();
  for (let index = 0; index < 2000; index += 1) {
    const digest = digestAt(index);
    memory.remember({ ...questionOf(digest), bounded_client_id: index }, largeAnswer(index));
  }
  isWithin();
  const { bytes_taken, bytes_written } = memory.size();
  t.ok(bytes_taken <= bound && bytes_taken > 0.98 * bound, `${bytes_taken} bytes are taken`);
  t.ok(bytes_written <= bytes_taken);
});

t.test('P5: an answer that rests on more than can be told is not remembered', async (t) => {
  const memory = memoryOf(MIB);
  const index = Array.from({ length: 20 }, (_, each) => each).find((each) => {
    const { subject } = answerAt(each, digestAt(each));
    return subject.type === 'token' && subject.token.kind === 'fine_grained';
  });
  const classic = Array.from({ length: 20 }, (_, each) => each).find((each) => {
    const { subject } = answerAt(each, digestAt(each));
    return subject.type === 'token' && subject.token.kind === 'classic';
  });
  const isRemembered = (each: number, count: number, other: string | null = null) => {
    const digest = digestAt(each);
    const about = { ...questionOf(digest), bounded_client_id: count };
    const given = answerAt(each, digest);
    const { subject } = given;
    const token = subject.type === 'token' && subject.token.kind === 'fine_grained' ? subject.token : null;
    const owner = other ?? token?.resource_owner?.login ?? 'a';
    const listed = Array.from({ length: count }, (_, place) => ({ id: place + 1, full_name: `${owner}/${place}` }));
    memory.remember(about, { ...given, granted_repositories: listed });
    return memory.find(about, EPOCH) !== null;
  };
  t.ok(isRemembered(index ?? -1, 100));
  t.notOk(isRemembered(index ?? -1, 101), 'on too many repositories');
  t.notOk(isRemembered(index ?? -1, 3, 'another'), 'on repositories of somebody else');
  t.notOk(isRemembered(classic ?? -1, 1), 'on repositories whose owners are not known');
});

/** Two digests whose questions fall on the same place with the same mark, found by a search; the test says if that is no longer so. */
const TWINS = ['GQ/cJ47Iu1BZY26gvk3yppT6Aj75C/sjWG/UaBO0igc=', 'cU+7LKl+FyXpIpE/giH1EUWahVqaPVCpAW7GR8xdNQc='] as const;

t.test('P5, P16: two questions whose hashes agree are told apart', async (t) => {
  const [one, other] = TWINS.map((digest) => {
    const key: Sink = { bytes: Buffer.alloc(64), at: 0, is_sound: true };
    writeKey(key, questionOf(digest));
    const hash = { first: 0, second: 0 };
    scatter(hash, key.bytes, 0, key.at);
    return { first: hash.first, second: hash.second & 0x3ffff };
  });
  t.same(one, other, 'they agree');
  const memory = memoryOf(64 * 1024);
  memory.remember(questionOf(TWINS[0]), answerAt(1, TWINS[0]));
  t.equal(memory.find(questionOf(TWINS[1]), EPOCH), null);
  memory.remember(questionOf(TWINS[1]), answerAt(2, TWINS[1]));
  for (const [place, digest] of TWINS.entries()) {
    const found = memory.find(questionOf(digest), EPOCH);
    t.equal(found?.subject.type === 'token' ? found.subject.token.id : null, place + 2);
  }
});

t.test('what has no room at all is not remembered, and harms nothing', async (t) => {
  const memory = memoryOf(64 * 1024);
  rememberToken(memory, 1);
  const digest = digestAt(2);
  const huge = { ...answerAt(2, digest), granted_repositories: largeAnswer(3).granted_repositories };
  for (let index = 0; index < 50; index += 1) {
    memory.remember(questionOf(digestAt(index + 10)), {
      ...huge,
      granted_repositories: [{ id: 1, full_name: LONG.repeat(200) }],
    });
  }
  t.equal(countKnown(memory, 10, 60), 0);
  t.ok(knowsToken(memory, 1));
});

/** Every thing that stands in the answer, found by looking for members named `id`: not as src/facts finds them. */
function standingIn(given: LoadedFacts, { bounded_client_id }: FactsQuestion): readonly Pick<Change, 'kind' | 'id'>[] {
  const things: Pick<Change, 'kind' | 'id'>[] = [];
  const { subject, resource } = given;
  const kinds: Readonly<Record<string, Change['kind']>> = {
    person: 'account',
    token: 'token',
    resource_owner: 'account',
    owner: 'account',
    organization: 'account',
    user: 'account',
    enterprise: 'enterprise',
    repository: 'repository',
  };
  function look(name: string, value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const kind = kinds[name];
    if (kind !== undefined && 'id' in value) things.push({ kind, id: value.id as number });
    for (const [each, member] of Object.entries(value)) look(each, member);
  }
  look('subject', subject);
  look(resource.type === 'organization' || resource.type === 'enterprise' ? '' : resource.type, resource);
  for (const { id } of given.granted_repositories ?? []) things.push({ kind: 'repository', id });
  if (bounded_client_id !== null) things.push({ kind: 'client', id: bounded_client_id });
  return things;
}

/** The listed repositories are of the token's resource owner, mostly. */
function ofItsOwner(given: LoadedFacts): LoadedFacts {
  const { subject, granted_repositories } = given;
  const owner = subject.type === 'token' && subject.token.kind === 'fine_grained' ? subject.token.resource_owner : null;
  if (owner === null || granted_repositories === null) return given;
  return {
    ...given,
    granted_repositories: granted_repositories.map(({ id }) => ({ id, full_name: `${owner.login}/${id}` })),
  };
}

t.test('P1: whatever stands in an answer ends it when it is touched, and nothing else does', async (t) => {
  const seen = new Set<string>();
  const property = fc.property(question, answer.map(ofItsOwner), fc.nat(), (about, given, which) => {
    const memory = memoryOf(256 * 1024);
    const found = () => memory.find(about, Number.MAX_SAFE_INTEGER);
    memory.remember(about, given);
    if (found() === null) return;
    const things = standingIn(given, about);
    const touched = things[which % Math.max(1, things.length)];
    // Ids are below 2^48: what has a larger one is another thing. It may fall on the same place, which is rare.
    const others = ['token', 'account', 'repository', 'enterprise', 'client'] as const;
    memory.forget(others.map((kind) => ({ kind, id: 2 ** 48 + which, epoch: given.epoch + 1 })));
    memory.forget([{ kind: 'signing_key', id: 1, epoch: given.epoch + 1 }]);
    if (touched === undefined) return;
    if (found() !== null) seen.add(`kept beside ${touched.kind}`);
    memory.forget([{ ...touched, epoch: given.epoch }]);
    if (found() !== null) seen.add(`kept from before ${touched.kind}`);
    memory.forget([{ ...touched, epoch: given.epoch + 2 }]);
    if (found() !== null) throw new Error(`touched: ${JSON.stringify(touched)}, ${JSON.stringify(given)}`);
    seen.add(`ended by ${touched.kind}`);
    memory.remember(about, given);
    if (found() !== null) throw new Error('it was remembered as it was before');
    memory.remember(about, { ...given, epoch: given.epoch + 2 });
    if (found() !== null) seen.add('known again');
  });
  fc.assert(property, { numRuns: cases({ short: 400, long: 50_000 }), seed: seed() });
  for (const kind of ['token', 'account', 'repository', 'enterprise', 'client']) {
    for (const what of ['kept beside', 'kept from before', 'ended by'])
      t.ok(seen.has(`${what} ${kind}`), `${what} ${kind}`);
  }
  t.ok(seen.has('known again'));
});

t.test('P1: of what rests on other things than were touched hardly anything ends', async (t) => {
  const memory = memoryOf(4 * MIB);
  const all = 5000;
  for (let index = 0; index < all; index += 1) rememberToken(memory, index);
  // A tenth of the places that there are for it.
  const others = Array.from(
    { length: 400 },
    (_, place) => ({ kind: 'token', id: 2 ** 30 + place, epoch: EPOCH + 1 }) as const,
  );
  memory.forget(others);
  const known = countKnown(memory, 0, all);
  t.ok(known > 0.95 * all, `${known} of ${all} are known`);
});

t.test('P2: when the database has gone back, nothing counts that was known before', async (t) => {
  const memory = memoryOf(MIB);
  rememberToken(memory, 1);
  const before = EPOCH - 1_000_000;
  const digest = digestAt(2);
  const again = { ...answerAt(2, digest), epoch: before };
  memory.forget(standingIn(again, questionOf(digest)).map((thing) => ({ ...thing, epoch: EPOCH })));
  t.ok(knowsToken(memory, 1));
  memory.forget([{ kind: 'everything', id: 0, epoch: before }]);
  t.notOk(knowsToken(memory, 1), 'though its number comes again');
  memory.remember(questionOf(digest), again);
  t.ok(memory.find(questionOf(digest), before), 'and what is learnt now does, whatever had touched it then');
});

t.test('P5: an answer of a state that the reader has not reached is not told', async (t) => {
  const memory = memoryOf(MIB);
  const digest = digestAt(1);
  const given = { ...answerAt(1, digest), epoch: 10 };
  memory.remember(questionOf(digest), given);
  t.equal(memory.find(questionOf(digest), 9), null);
  t.ok(memory.find(questionOf(digest), 10));
  memory.remember(questionOf(digest), { ...given, epoch: 8 });
  t.equal(memory.find(questionOf(digest), 10)?.epoch, 10, 'an older one does not take its place');
  memory.remember(questionOf(digest), { ...given, epoch: 11 });
  t.equal(memory.find(questionOf(digest), 11)?.epoch, 11, 'a later one does');
});

type Step =
  | { readonly type: 'ask'; readonly question: FactsQuestion; readonly answer: LoadedFacts; readonly behind: number }
  | { readonly type: 'touch'; readonly change: Change['kind']; readonly id: number };

const small = fc.integer({ min: 1, max: 6 });
const oneOfFew: fc.Arbitrary<FactsQuestion> = small.map((id) => ({
  subject: { type: 'token_id', id },
  resource: { type: 'none' },
  bounded_client_id: null,
}));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('ask' as const), question: oneOfFew, answer, behind: fc.nat(3) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('touch' as const),
      change: fc.constantFrom<Change['kind'][]>('token', 'account', 'token', 'repository', 'everything'),
      id: small,
    }),
  },
);

/** The token that was asked about, in the form of the random answer. */
function about(id: number, given: LoadedFacts, epoch: number): LoadedFacts {
  const { subject } = given;
  const person = { id, login: 'mona', suspended: false, site_admin: false };
  const anybody: LoadedSubject = { type: 'login', person };
  const fitting = subject.type === 'token' ? { ...subject, person, token: { ...subject.token, id } } : anybody;
  return { ...given, subject: fitting, resource: { type: 'none' }, granted_repositories: null, epoch };
}

t.test(
  'P1, P5: whatever happens in which order, it tells the last answer that nothing has touched, or none',
  async (t) => {
    let told = 0;
    let silent = 0;
    const property = fc.property(
      fc.array(step, { minLength: 20, maxLength: 80 }),
      fc.constantFrom(4096, MIB),
      (steps, bound) => {
        const memory = memoryOf(bound);
        const given = new Map<string, LoadedFacts>();
        let epoch = 100;
        for (const each of steps) {
          if (each.type === 'touch') {
            epoch += 1;
            memory.forget([{ kind: each.change, id: each.id, epoch }]);
            for (const [key, known] of given) {
              const is_touched = standingIn(known, each as never).some(
                ({ kind, id }) => kind === each.change && id === each.id,
              );
              if (each.change === 'everything' || is_touched) given.delete(key);
            }
            continue;
          }
          const key = JSON.stringify(each.question);
          const found = memory.find(each.question, epoch);
          const expected = given.get(key);
          if (found === null) silent += expected === undefined ? 0 : 1;
          else {
            told += 1;
            if (!isDeepStrictEqual(plain(found), plain({ ...expected, now: NOW })))
              throw new Error('it told what is not so');
            continue;
          }
          const id = each.question.subject.type === 'token_id' ? each.question.subject.id : 0;
          const loaded = about(id, each.answer, epoch - each.behind);
          memory.remember(each.question, loaded);
          const again = memory.find(each.question, epoch);
          // One that was on its way while something was touched may be refused, and is where it rests on that.
          if (again !== null) given.set(key, loaded);
          else given.delete(key);
          if (each.behind === 0 && again === null && bound === MIB) throw new Error('what is loaded just now counts');
        }
      },
    );
    fc.assert(property, { numRuns: cases({ short: 60, long: 20_000 }), seed: seed() });
    t.ok(told > 100, `${told} times it knew`);
    t.comment(`${silent} times it did not say what it could have`);
  },
);
