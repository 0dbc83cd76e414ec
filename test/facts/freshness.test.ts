// How long what is remembered may be used (promises P2): only while nothing is known to have changed, and never longer than the bound.

import t, { type Test } from 'tap';
import type { FeedEvents, Heard } from '../../src/db/change-feed.ts';
import type { Change } from '../../src/db/changes.ts';
import { followChanges } from '../../src/facts/freshness.ts';
import { eventually } from '../support/service.ts';

const BOUND_MS = 2000;

/** A database whose reads wait until the test answers them, and a clock that the test moves. */
function follow(t: Test) {
  let ms = 0;
  let events: FeedEvents | null = null;
  let opened = 0;
  const reads: {
    readonly after: number;
    readonly answer: (heard: Partial<Heard> & { readonly epoch?: number }) => void;
    readonly fail: () => void;
  }[] = [];
  const told: Change[] = [];
  const faults: unknown[] = [];
  const freshness = followChanges(
    {
      open: async (given) => {
        events = given;
        opened += 1;
        return {
          read: ({ epoch: after }) =>
            new Promise((resolve, reject) => {
              const usual = { changes: [], oldest: null, now: new Date(0), is_awaited: false };
              const answer = ({ epoch = 1, ...heard }: Partial<Heard> & { readonly epoch?: number }) =>
                resolve({ ...usual, position: { epoch, mark: `${epoch}` }, ...heard });
              reads.push({ after, answer, fail: () => reject(new Error('cut')) });
            }),
          leave: async () => undefined,
          close: () => reads.at(-1)?.fail(),
        };
      },
      clock: () => new Date(0),
      monotonic_ms: () => ms,
      bound_ms: BOUND_MS,
      read_ms_max: 50,
      onFault: (error) => faults.push(error),
    },
    (changes) => told.push(...changes),
  );
  t.teardown(() => freshness.stop());
  const until = async (count: number) => {
    while (reads.length < count) await new Promise((resolve) => setImmediate(resolve));
    return reads[count - 1] as (typeof reads)[number];
  };
  return {
    freshness,
    reads,
    until,
    told,
    faults,
    wake: () => events?.onWake(),
    lose: () => events?.onLost(),
    opened: () => opened,
    at: (moment: number) => (ms = moment),
  };
}

t.test('P2: what was confirmed counts from the moment of the question on, for the bound and no longer', async (t) => {
  const { freshness, until, at } = follow(t);
  t.notOk(freshness.isFresh(), 'nothing was heard yet');
  const caught_up = freshness.catchUp();
  const read = await until(1);
  at(500);
  read.answer({ epoch: 7 });
  t.equal(await caught_up, 7);
  at(BOUND_MS - 1);
  t.ok(freshness.isFresh(), 'the bound counts from 0, when the question was put');
  at(BOUND_MS);
  t.notOk(freshness.isFresh());
  t.equal(freshness.epoch(), 7);
});

t.test(
  'P2: what was touched is told before the state counts as confirmed, and read from where the last one ended',
  async (t) => {
    const { freshness, until, told } = follow(t);
    const first = freshness.catchUp();
    (await until(1)).answer({ epoch: 3, changes: [{ kind: 'everything', id: 0, epoch: 3 }] });
    await first;
    const second = freshness.catchUp();
    const read = await until(2);
    t.equal(read.after, 3);
    read.answer({ epoch: 5, changes: [{ kind: 'token', id: 9, epoch: 5 }] });
    await second;
    t.same(
      told.map(({ kind }) => kind),
      ['everything', 'token'],
    );
  },
);

t.test('P4: who asks while a read is under way waits for one that begins after his question', async (t) => {
  const { freshness, until, reads } = follow(t);
  const first = freshness.catchUp();
  const under_way = await until(1);
  const waiting = [freshness.catchUp(), freshness.catchUp(), freshness.catchUp()];
  under_way.answer({ epoch: 1 });
  t.equal(await first, 1);
  (await until(2)).answer({ epoch: 2 });
  t.same(await Promise.all(waiting), [2, 2, 2]);
  t.equal(reads.length, 2, 'one for all who wait');
});

t.test('P2: a connection that is half open is cut, and another one opened', async (t) => {
  const { freshness, until, opened } = follow(t);
  await t.rejects(freshness.catchUp(), 'the read never came back');
  t.notOk(freshness.isFresh());
  const again = freshness.catchUp();
  (await until(2)).answer({ epoch: 4 });
  t.equal(await again, 4);
  t.equal(opened(), 2);
});

t.test('P2: a lost connection and a doubted state count for nothing until something is heard again', async (t) => {
  const { freshness, until, lose, at } = follow(t);
  const first = freshness.catchUp();
  (await until(1)).answer({});
  await first;
  t.ok(freshness.isFresh());
  const slow = freshness.catchUp();
  const begun_before = await until(2);
  at(10);
  freshness.doubt();
  t.notOk(freshness.isFresh());
  begun_before.answer({});
  await slow;
  t.notOk(freshness.isFresh(), 'a read that began before the doubt does not end it');
  lose();
  const again = freshness.catchUp();
  (await until(3)).answer({});
  await again;
  t.ok(freshness.isFresh());
});

t.test('promises P10: what all nodes lost at one moment they do not all ask for again at one moment', async (t) => {
  let ms = 0;
  /** Nodes whose connections are refused, by what they draw; how often each has tried. */
  const nodes = [0, 0.5, 0.999].map((drawn) => {
    const node = { drawn, tries: 0 };
    const freshness = followChanges({
      open: async () => {
        node.tries += 1;
        throw new Error('refused');
      },
      clock: () => new Date(0),
      monotonic_ms: () => ms,
      bound_ms: BOUND_MS,
      read_ms_max: 50,
      random: () => drawn,
      onFault: () => undefined,
    });
    t.teardown(() => freshness.stop());
    freshness.isFresh();
    return node;
  });
  const tries = () => nodes.map((node) => node.tries);
  const until = async (expected: readonly number[], why: string) => {
    await eventually(() => tries().every((count, index) => count >= (expected[index] ?? 0)));
    t.same(tries(), expected, why);
  };
  await until([1, 1, 1], 'all were asked something at once');
  for (const [moment, expected] of [
    [26, [2, 1, 1]],
    [38, [2, 2, 1]],
    [50, [2, 2, 2]],
  ] as const) {
    ms = moment;
    await until(expected, `after ${moment} ms`);
  }
});
