// What a process can do no more of (promises P23), judged by itself.

import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import t from 'tap';
import { createLoad, type LoadLimits } from '../src/load.ts';
import { eventually } from './support/service.ts';

function loadWith(limits: Partial<LoadLimits> & { waiting?: () => number } = {}) {
  const log = pino({ level: 'silent' });
  return createLoad({ requests_max: 100, waiting_max: 100, lag_ms_max: 0, waiting: () => 0, ...limits, log });
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
    const gives_up_at = performance.now() + 60_000;
    while (load.shortageFor('ending') === null && performance.now() < gives_up_at) {
      // As a queue does that is never empty: every turn takes its time.
      const until = performance.now() + 60;
      while (performance.now() < until);
      await turn();
    }
    t.equal(load.shortageFor('other'), 'event_loop');
    t.equal(careless.shortageFor('other'), null, '0: not looked at');
    await eventually(() => load.shortageFor('other') === null);
  },
);
