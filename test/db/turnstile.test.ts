// The part of the pool that changes may take (faults F9): never more inside than there is room, in the order of their coming, and who
// waits in vain is told and takes nobody's place.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { openTurnstile } from '../../src/db/turnstile.ts';
import { StorageUnavailable } from '../../src/domain/fault.ts';

t.test('F9: at most so many are inside, in the order in which they came', async (t) => {
  const turnstile = openTurnstile({ room: 2, wait_ms_max: 60_000, waiting_max: 18 });
  let [inside, most] = [0, 0];
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async (_, number) => {
      const leave = await turnstile.enter();
      order.push(number);
      inside += 1;
      most = Math.max(most, inside);
      await delay(1);
      inside -= 1;
      leave();
      leave(); // who leaves twice gives up one place only
    }),
  );
  t.equal(most, 2);
  t.same(
    order,
    order.toSorted((one, other) => one - other),
  );
});

t.test('F9: who waits in vain is told, and the place is the next one’s', async (t) => {
  const turnstile = openTurnstile({ room: 1, wait_ms_max: 20, waiting_max: 9 });
  const leave = await turnstile.enter();
  await t.rejects(turnstile.enter(), StorageUnavailable);
  const next = turnstile.enter();
  leave();
  (await next)();
  (await turnstile.enter())();
});

t.test('F9: who finds the line as long as it may be is sent away at once', async (t) => {
  const turnstile = openTurnstile({ room: 1, wait_ms_max: 60_000, waiting_max: 1 });
  const leave = await turnstile.enter();
  const next = turnstile.enter();
  await t.rejects(turnstile.enter(), StorageUnavailable);
  leave();
  (await next)();
});
