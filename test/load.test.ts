// What a process can do no more of (promises P23), judged by itself.

import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import t from 'tap';
import { createLoad, type LoadLimits } from '../src/load.ts';
import type { Urgency } from '../src/metrics.ts';
import { eventually } from './support/service.ts';

function loadWith(limits: Partial<LoadLimits> & { waiting?: () => number } = {}) {
  const log = pino({ level: 'silent' });
  return createLoad({
    requests_max: 100,
    standing_max: 100,
    waiting_max: 100,
    lag_ms_max: 0,
    waiting: () => 0,
    ...limits,
    log,
  });
}

t.test('promises P23: places run out for management first, then for checks, then for what takes away', async (t) => {
  const load = loadWith({ requests_max: 8 });
  const seen: string[] = [];
  for (let under_way = 0; under_way <= 8; under_way += 1) {
    const short = (['ending', 'check', 'other'] as const).filter((urgency) => load.shortageFor(urgency) !== null);
    seen.push(`${under_way} ${short.join(' ')}`);
    load.begin();
  }
  const before = ['0 ', '1 ', '2 ', '3 ', '4 other', '5 other'];
  t.same(seen, [...before, '6 check other', '7 check other', '8 ending check other']);
  for (let under_way = 9; under_way > 3; under_way -= 1) load.end();
  t.equal(load.shortageFor('other'), null, 'what is answered gives its place back');
});

t.test(
  'promises P23: of a queue that stays less is taken than of a burst, in the same order, until it is nearly gone',
  async (t) => {
    const load = loadWith({ requests_max: 100, standing_max: 40 });
    const control = loadWith({ requests_max: 100 });
    const stops = [load.watch(), control.watch()];
    t.teardown(() => {
      for (const stop of stops) stop();
    });
    /** How many are taken, one after the other, on top of those that are under way. */
    const taken = (urgency: Urgency, each = load): number => {
      let count = 0;
      for (; each.shortageFor(urgency) === null; count += 1) each.begin();
      for (let given_back = 0; given_back < count; given_back += 1) each.end();
      return count;
    };
    t.same([taken('other'), taken('check'), taken('ending')], [50, 75, 100], 'a burst');
    for (let under_way = 0; under_way < 10; under_way += 1) for (const each of [load, control]) each.begin();
    await eventually(() => load.shortageFor('ending') === null && taken('ending') === 30);
    t.same([taken('other'), taken('check'), taken('ending')], [10, 20, 30], 'ten stay: so many beside them');
    t.same(taken('other', control), 40, 'control: without that bound as many as of a burst');
    load.end();
    t.same([taken('other'), taken('check'), taken('ending')], [41, 66, 91], 'nine: a burst may come');
  },
);

t.test('promises P23: what waits for the database is bounded in the same order', async (t) => {
  const at = { waiting: 0 };
  const load = loadWith({ waiting: () => at.waiting });
  for (const [waiting, other, check, ending] of [
    [49, null, null, null],
    [50, 'database', null, null],
    [75, 'database', 'database', null],
    [100, 'database', 'database', 'database'],
  ] as const) {
    at.waiting = waiting;
    t.same(
      (['other', 'check', 'ending'] as const).map((urgency) => load.shortageFor(urgency)),
      [other, check, ending],
      `${waiting} wait`,
    );
  }
});

t.test(
  'promises P23: turns of the event loop that stay long are a shortage, and none when they are short again',
  async (t) => {
    const load = loadWith({ lag_ms_max: 40 });
    const careless = loadWith({ lag_ms_max: 0 });
    const stops = [load.watch(), careless.watch()];
    t.teardown(() => {
      for (const stop of stops) stop();
    });
    for (let under_way = 0; under_way < 16; under_way += 1) load.begin();
    const gives_up_at = performance.now() + 60_000;
    while (load.shortageFor('ending') === null && performance.now() < gives_up_at) {
      // As a queue does that is never empty: every turn takes its time.
      const until = performance.now() + 60;
      while (performance.now() < until);
      await turn();
    }
    t.equal(load.shortageFor('other'), 'event_loop');
    t.equal(careless.shortageFor('other'), null, '0: not looked at');
    for (let under_way = 16; under_way > 7; under_way -= 1) load.end();
    t.equal(load.shortageFor('other'), null, 'who has next to nothing to do refuses nothing for it');
    load.begin();
    await eventually(() => load.shortageFor('other') === null);
  },
);
