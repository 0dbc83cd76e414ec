// A process that is asked for twice what it does (promises P23), as it runs, by nothing but counts: each answer makes the load ask two
// things more and a refusal none, so that it always asks for twice of what was done, however quick the machine is. Where half of it is
// refused, as much waits as before; where nothing is refused, ever more does. How many milliseconds that takes: npm run bench:overload.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { processorSeconds } from './bench/processes.ts';
import { type Connection, openConnection } from './bench/wire.ts';
import { createDatabase } from './support/database.ts';
import { depsOver } from './support/deps-over.ts';
import { freePort, startService } from './support/service.ts';
import { tokenRowsOf } from './support/token-rows.ts';
import { worldOf } from './support/world.ts';

const AT_CAPACITY = 32;
const LOOK_MS = 20;
/** More than what may stay, and less than what a burst may be: half of these. */
const BEGINS_WITH = 200;
const BOUNDED = { MAX_REQUESTS: '1000' };
const BURST = 500;
/** More than a burst by what is refused and on its way. */
const WAITING_MOST = 900;
const ANSWERS = 900;
/** More connections than Node lets wait by itself. */
const AT_ONE_STOP = 1200;
/** An attempt that was not heard is repeated after a second. */
const STOP_MS = 10_000;
const UNBOUNDED = {
  MAX_REQUESTS: '100000',
  STANDING_REQUESTS: '100000',
  DATABASE_QUEUE: '100000',
  MAX_LAG_MS: '0',
  REQUEST_TIMEOUT_MS: '60000',
};

async function startOne(t: Test, settings: Record<string, string>) {
  const { pool, url } = await createDatabase(t);
  const deps = depsOver(t, pool);
  const ada = await worldOf(deps).person('ada');
  const { text } = await tokenRowsOf(deps).classic(ada);
  const PORT = await freePort();
  const own = {
    ALLOW_UNSAFE_DATABASE: '1',
    DATABASE_URL: url,
    ADMIN_PASSWORD: 'a password of the test',
    PORT,
    RATE_LIMIT_PER_HOUR: '1000000000',
    LOG_LEVEL: 'error',
    ...settings,
  };
  const { url: service, pid, pause } = await startService(t, own);
  const request = `GET /user HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${text}\r\n\r\n`;
  return { port: Number(PORT), service, pid, pause, request };
}

type Flooded = {
  readonly good: number;
  readonly refused: number;
  readonly wrong: readonly string[];
  readonly waiting_most: number;
};

/** Asks so many things at once, and for each answer so many more, until there were so many answers, or too much waits. */
async function flood(
  { port, request }: { readonly port: number; readonly request: string },
  { at_once, more }: { readonly at_once: number; readonly more: number },
): Promise<Flooded> {
  const seen = { good: 0, refused: 0, wrong: [] as string[], waiting_most: 0 };
  const idle: Connection[] = [];
  let [waiting, opening] = [0, 0];
  const over = Promise.withResolvers<void>();
  const isOver = (): boolean => seen.good >= ANSWERS || seen.waiting_most >= WAITING_MOST || seen.wrong.length > 0;

  function ask(connection: Connection): void {
    connection.ask(request, (answer) => {
      waiting -= 1;
      idle.push(connection);
      if (answer?.status === 200) seen.good += 1;
      else if (answer?.status === 503 && answer.text.includes('retry-after: 1\r\n')) seen.refused += 1;
      else seen.wrong.push(answer?.text ?? 'no answer');
      if (isOver()) return waiting === 0 && opening === 0 ? over.resolve() : undefined;
      if (answer?.status === 200) begin(more);
    });
  }

  function begin(count: number): void {
    for (let index = 0; index < count; index += 1) {
      waiting += 1;
      const connection = idle.pop();
      if (connection !== undefined) {
        ask(connection);
        continue;
      }
      opening += 1;
      void openConnection(port).then((opened) => {
        opening -= 1;
        ask(opened);
      }, over.reject);
    }
    seen.waiting_most = Math.max(seen.waiting_most, waiting);
  }

  begin(at_once);
  await over.promise;
  for (const connection of idle) connection.close();
  return seen;
}

async function metric(service: string, name: string): Promise<number> {
  const text = await (await fetch(`${service}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
}

/** Does this, and looks at how many are under way meanwhile. */
async function whileLookedAt<Done>(service: string, work: Promise<Done>): Promise<{ done: Done; under_way: number[] }> {
  const under_way: number[] = [];
  let is_over = false;
  const looking = (async () => {
    while (!is_over) {
      under_way.push(await metric(service, 'gatehouse_requests_under_way'));
      await delay(LOOK_MS);
    }
  })();
  const done = await work.finally(() => {
    is_over = true;
  });
  await looking;
  return { done, under_way };
}

t.test(
  'promises P23: at twice of what it does a process refuses what is too much, and does not get behind',
  async (t) => {
    const one = await startOne(t, BOUNDED);
    await flood(one, { at_once: AT_CAPACITY, more: 1 });
    const before = processorSeconds(one.pid);
    const capacity = await flood(one, { at_once: AT_CAPACITY, more: 1 });
    const between = processorSeconds(one.pid);
    const { done: twice, under_way } = await whileLookedAt(one.service, flood(one, { at_once: BEGINS_WITH, more: 2 }));
    const after = processorSeconds(one.pid);

    t.same([capacity.refused, capacity.wrong], [0, []], 'nothing is refused at the capacity');
    t.same(twice.wrong, [], 'each is answered, or refused with a word when to come again');
    t.ok(twice.good >= ANSWERS && twice.refused >= ANSWERS / 4, `${twice.good} answered, ${twice.refused} refused`);
    t.ok(twice.waiting_most < WAITING_MOST, `at most ${twice.waiting_most} waited`);
    t.ok(Math.max(...under_way) <= BURST, `under way when looked at: ${under_way.join(' ')}`);
    // What it does for a second of its processor: 0.8 is wanted of a process that is alone and warm (bench:overload).
    const ratio = twice.good / (after - between) / (capacity.good / (between - before));
    t.ok(ratio > 0.4, `${ratio.toFixed(2)} of the capacity, by processor time`);
    t.equal(await metric(one.service, 'gatehouse_requests_under_way'), 0, 'all places are given back');
  },
);

t.test('promises P23: without the bounds ever more waits (negative control)', async (t) => {
  const one = await startOne(t, UNBOUNDED);
  const twice = await flood(one, { at_once: BEGINS_WITH, more: 2 });
  t.same([twice.refused, twice.wrong], [0, []]);
  t.ok(twice.waiting_most >= WAITING_MOST, `${twice.waiting_most} waited after ${twice.good} answers`);
});

/** How many connections the kernel lets wait for any process; 0: that is not told here. */
async function waitingMost(): Promise<number> {
  return Number(await readFile('/proc/sys/net/core/somaxconn', 'utf8').catch(() => '0'));
}

t.test('promises P23: who connects while the process stops is taken when it goes on', async (t) => {
  if ((await waitingMost()) <= AT_ONE_STOP) {
    t.pass('not here', { skip: 'the kernel lets fewer connections wait, or does not say how many' });
    return;
  }
  const { port, pause, request } = await startOne(t, {});
  pause('SIGSTOP');
  const opened: Connection[] = [];
  const opening = Array.from({ length: AT_ONE_STOP }, () => openConnection(port).then((each) => opened.push(each)));
  await Promise.race([Promise.all(opening), delay(STOP_MS)]);
  t.equal(opened.length, AT_ONE_STOP, 'nobody has to try again');
  pause('SIGCONT');
  await Promise.all(opening);
  const answers = opened.map(
    (each) => new Promise<number | undefined>((tell) => each.ask(request, (answer) => tell(answer?.status))),
  );
  const statuses = new Set(await Promise.all(answers));
  t.ok(statuses.has(200), 'and is answered');
  t.same(
    [...statuses].filter((status) => status !== 200 && status !== 503),
    [],
  );
  for (const each of opened) each.close();
});
