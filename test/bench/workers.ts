// Two workers against one: the service as `npm start` starts it, each worker with a core; the load comes from wrk on two others, because
// a generator that has no time left measures itself. One worker that may use both cores stands beside (what is not JavaScript is then
// done on the second one), as does the processor time of all processes of a service.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../support/service.ts';
import { asksOf, type CellName } from './cells.ts';
import { compare, ratioOf, type Side, spreadOf } from './compare.ts';
import type { Bench } from './figures.ts';
import { type Amount, CORES, moveDatabase, processorSeconds, type Sample, type Server } from './processes.ts';
import { printNumber, type Row } from './rows.ts';
import { openConnection } from './wire.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const AT_LEAST = 1.9;
/** The database is elsewhere then: it writes what was used and when, which takes a part of a core. */
const [ONE_CORE, TWO_CORES] = ['0', '0,1'];
const LOAD_CORES = CORES.load.join(',');
const START_MS_MAX = 60_000;
/**
 * Before anything is measured every worker has been asked about every token. Which worker is asked is chance: after `k` rounds each of
 * two lacks one token of `2 ** k`, and to ask the database for it takes as long as ten answers from memory.
 */
const FIRST = { requests_of_each: 350_000, seconds_at_once: 5, seconds_max: 120 };
/** Room for everything in each of them. */
const CACHE_MIB = '2048';
const CHECKED = 200;

/** Why this machine cannot measure it; null: it can. */
export function obstacleToWorkers(): string | null {
  if (availableParallelism() < 4) return 'four cores are needed';
  const missing = ['wrk', 'taskset'].find((program) => spawnSync(program, ['-v']).error !== undefined);
  return missing === undefined ? null : `${missing} is missing`;
}

export async function workersRow({ world, plan }: Bench, cell: CellName): Promise<Row> {
  const asks = asksOf(cell, world.tokens, world.client);
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  const services: ChildProcess[] = [];
  try {
    const script = join(folder, 'requests.lua');
    await writeFile(script, requestsOf(asks.map(({ request }) => request)));
    moveDatabase(LOAD_CORES);
    await makeRoom(world.database_url);
    const side = async (name: string, workers: number, cores: string): Promise<Side> => {
      const port = Number(await freePort());
      const service = serve(world.database_url, workers, { port, cores });
      services.push(service);
      await whenReady(port);
      await checkAnswers(port, asks.slice(0, CHECKED));
      const server: Server = { port, pid: service.pid ?? 0, started: null, order: async () => null };
      const take = (of: Server, connections: number, amount: Amount) => load(of, connections, amount, script);
      let [requests, seconds] = [0, 0];
      while (requests < workers * FIRST.requests_of_each && seconds < FIRST.seconds_max) {
        requests += (await take(server, plan.connections, { seconds: FIRST.seconds_at_once })).requests;
        seconds += FIRST.seconds_at_once;
      }
      return { name, server, loaders: { take } };
    };
    const sides = [await side('1', 1, ONE_CORE), await side('2', 2, TWO_CORES), await side('wide', 1, TWO_CORES)];
    const samples = await compare(sides, plan);
    const speed = (name: string): number =>
      Math.round(spreadOf((samples.get(name) ?? []).map(({ per_second }) => per_second)).median);
    const by_processor = ratioOf(samples, '2', '1', ({ per_processor_second }) => per_processor_second).median;
    return {
      figure: `two workers, warm ${cell}`,
      unit: 'of one',
      seen: ratioOf(samples, '2', '1', ({ per_second }) => per_second),
      wanted: { at: 'least', value: AT_LEAST },
      notes: [
        `one ${speed('1')}/s, two ${speed('2')}/s; by processor time ${printNumber(2 * by_processor)}`,
        `one with both cores ${speed('wide')}/s; the database beside the load`,
      ].join('; '),
    };
  } finally {
    for (const service of services) service.kill('SIGTERM');
    await Promise.all(services.map((service) => (service.exitCode === null ? once(service, 'exit') : undefined)));
    moveDatabase(CORES.database);
    await rm(folder, { recursive: true });
  }
}

/** The service makes its administrator; the world has given its own ids. */
async function makeRoom(database_url: string): Promise<void> {
  const client = new pg.Client({ connectionString: database_url });
  await client.connect();
  await client.query(`select setval(pg_get_serial_sequence('accounts', 'id'), (select max(id) from accounts))`);
  await client.end();
}

function serve(
  database_url: string,
  workers: number,
  at: { readonly port: number; readonly cores: string },
): ChildProcess {
  const settings = {
    DATABASE_URL: database_url,
    ALLOW_UNSAFE_DATABASE: '1',
    ADMIN_PASSWORD: 'a password of the bench',
    WORKERS: String(workers),
    PORT: String(at.port),
    CACHE_MIB,
  };
  // A line for every request is written as always, only to nowhere.
  return spawn('taskset', ['-c', at.cores, process.execPath, MAIN], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function whenReady(port: number): Promise<void> {
  const until = performance.now() + START_MS_MAX;
  const isReady = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (performance.now() > until) throw new Error('the service does not start');
    await delay(100);
  }
}

/** wrk counts what is not 200; that a 200 is a yes about the token that was asked is seen here. */
async function checkAnswers(port: number, asks: ReturnType<typeof asksOf>): Promise<void> {
  const connection = await openConnection(port);
  for (const { request, answers } of asks) {
    const text = await new Promise<string>((resolve) =>
      connection.ask(request, (answer) => resolve(answer?.text ?? '')),
    );
    const missing = answers.find((each) => !text.includes(each));
    if (missing !== undefined) throw new Error(`${missing} is not in the answer:\n${text}`);
  }
  connection.close();
}

/** Every request is made before the first is sent: the generator does nothing but send them. */
function requestsOf(requests: readonly string[]): string {
  return `local requests = {\n${requests.map((each) => JSON.stringify(each)).join(',\n')}\n}
local started = 0
function setup(thread)
  thread:set("next_one", math.floor(started * #requests / ${CORES.load.length}))
  started = started + 1
end
function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end
`;
}

async function load(
  { port, pid }: Server,
  connections: number,
  { seconds = 1 }: Amount,
  script: string,
): Promise<Sample> {
  const threads = CORES.load.length;
  // wrk takes whole seconds only.
  const wrk = ['wrk', '--latency', `-t${threads}`, `-c${connections}`, `-d${Math.ceil(seconds)}`, '-s', script];
  const before = secondsOfAll(pid);
  const { stdout } = await promisify(execFile)('taskset', ['-c', LOAD_CORES, ...wrk, `http://127.0.0.1:${port}`]);
  const used = secondsOfAll(pid) - before;
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return {
    requests,
    per_second: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    per_processor_second: requests / used,
    p50_ms: millisecondsIn(/50%\s+(\S+)/.exec(stdout)?.[1]),
    p99_ms: millisecondsIn(/99%\s+(\S+)/.exec(stdout)?.[1]),
    shed: { requests: 0, p50_ms: Number.NaN, p99_ms: Number.NaN, own_p99_ms: Number.NaN },
    seconds,
  };
}

/** As wrk writes them: `845.00us`, `1.35ms`, `1.02s`. */
function millisecondsIn(text = ''): number {
  const [, value, unit = ''] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN);
}

/** Of a process and its children. */
function secondsOfAll(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return children.reduce((sum, child) => sum + secondsOfAll(child), processorSeconds(pid));
}
