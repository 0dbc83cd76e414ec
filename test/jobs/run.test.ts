// The jobs' turns: at the start, at each interval, never twice at once; a failure is logged and tried again.

import { mock } from 'node:test';
import t from 'tap';
import { startJobs } from '../../src/jobs/run.ts';
import { buildTestApp } from '../support/build-app.ts';
import { eventually } from '../support/service.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

t.test('jobs run at the start and at each interval; what fails is logged and tried again', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  let is_broken = true;
  let flushes = 0;
  const flush = async () => {
    flushes += 1;
    if (is_broken) throw new Error('the storage is away');
  };
  const last_use = { record: () => undefined, flush };
  const { deps, logged } = await buildTestApp(t, { deps: { last_use }, settings: { JOB_INTERVAL_SECONDS: '30' } });
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const ada = await world.person('ada');
  const long_ago = new Date(Date.now() - 400 * 86_400_000);
  const token = await rows.classic(ada, { issued_at: long_ago, expires_at: null });
  const revoked = async () =>
    (await deps.db.selectFrom('tokens').select('revoked_reason').where('id', '=', token.id).executeTakeFirstOrThrow())
      .revoked_reason;
  const stop = startJobs(deps);
  t.teardown(stop);
  await eventually(async () => /"job":"sweep unused tokens".*a job failed/.test(logged()));
  t.equal(await revoked(), null, 'without the uses nothing is swept');
  is_broken = false;
  mock.timers.tick(30_000);
  await eventually(async () => (await revoked()) === 'unused');
  await stop();
  const before = flushes;
  mock.timers.tick(300_000);
  t.equal(flushes, before, 'stopped jobs have no turns');
});

t.test('a stop waits for who is at work, and flushes last uses', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const turns: (() => void)[] = [];
  const flush = () => new Promise<void>((resolve) => turns.push(resolve));
  const { deps } = await buildTestApp(t, { deps: { last_use: { record: () => undefined, flush } } });
  const stop = startJobs(deps);
  await eventually(async () => turns.length === 2);
  mock.timers.tick(600_000);
  t.equal(turns.length, 2, 'the flush and the sweep are at work still: neither begins again');
  let is_stopped = false;
  const stopping = stop().then(() => {
    is_stopped = true;
  });
  t.notOk(is_stopped);
  for (const resolve of turns) resolve();
  await eventually(async () => turns.length === 3);
  t.notOk(is_stopped, 'the last flush is waited for');
  turns[2]?.();
  await stopping;
  t.ok(is_stopped);
});
