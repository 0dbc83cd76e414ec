// Two workers against one (performance.md: at least 1.9 times as much): the service as `npm start` starts it, warm, in pairs A B B A in one
// run. The load comes from wrk on cores of its own, because a load generator that has no time left measures itself. Four cores are
// the least; the database is idle meanwhile. `node src/launch.mjs test/bench/workers.ts --rounds 4 --seconds 3`.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { pino } from 'pino';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import { insertLargeWorld, type WorkingToken } from '../support/large-world.ts';
import { startTestServer } from '../support/server.ts';
import { freePort } from '../support/service.ts';
import { worldOf } from '../support/world.ts';
import { CELLS, type CellName } from './cells.ts';
import { middle } from './measure.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const SIZE = { people: 2000, organizations: 200, repositories: 5000, tokens: 10_000 };
const FILLING_TIMEOUT_MS = 600_000;
const START_MS_MAX = 60_000;
const WARM_SECONDS = 1;
/** Every worker has been asked about every token. */
const FIRST_SECONDS = 4;
const SERVICE_CORES = '0,1';
const LOAD_CORES = '2,3';
const LOAD_THREADS = 2;
const TICKS_A_SECOND = 100;

export type WorkersBench = {
  readonly database_url: string;
  readonly authorization: string;
  readonly tokens: readonly WorkingToken[];
  readonly cell: CellName;
  readonly connections: number;
  /** Each is A B B A: two pairs. */
  readonly rounds: number;
  readonly seconds: number;
};

/**
 * Requests a second, and requests for each second of processor time that the service had. Where others use the same cores, only the second
 * stays: two workers that cost no more for each request than one reach twice as much with twice the time.
 */
export type WorkersSample = { readonly per_second: number; readonly per_cpu_second: number };
export type WorkersPair = { readonly one: WorkersSample; readonly two: WorkersSample };

/** Whether this machine can measure it; else why not. */
export function obstacleToWorkers(): string | null {
  if (availableParallelism() < 4) return 'four cores are needed';
  for (const program of ['wrk', 'taskset'])
    if (spawnSync(program, ['--version']).error !== undefined) return `${program} is missing`;
  return null;
}

/** Throws at the first answer that is not a yes. */
export async function measureWorkers(bench: WorkersBench): Promise<readonly WorkersPair[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  const services: ChildProcess[] = [];
  try {
    const script = join(folder, 'requests.lua');
    await writeFile(script, requestsOf(bench));
    const start = async (workers: number) => {
      const port = await freePort();
      const service = serve(bench, workers, port);
      services.push(service);
      await answersYes(bench, port);
      await load(bench, port, script, FIRST_SECONDS);
      return { port, pid: service.pid ?? 0 };
    };
    const sides = { one: await start(1), two: await start(2) };
    const sample = async (side: keyof WorkersPair): Promise<WorkersSample> => {
      const { port, pid } = sides[side];
      await load(bench, port, script, WARM_SECONDS);
      const before = cpuSeconds(pid);
      const { per_second, requests } = await load(bench, port, script, bench.seconds);
      return { per_second, per_cpu_second: requests / (cpuSeconds(pid) - before) };
    };
    const pairs: WorkersPair[] = [];
    for (let round = 0; round < bench.rounds; round += 1) {
      const [a, b, c, d] = [await sample('one'), await sample('two'), await sample('two'), await sample('one')];
      pairs.push({ one: a, two: b }, { one: d, two: c });
    }
    return pairs;
  } finally {
    for (const service of services) service.kill('SIGTERM');
    await Promise.all(services.map((service) => (service.exitCode === null ? once(service, 'exit') : undefined)));
    await rm(folder, { recursive: true });
  }
}

function serve({ database_url }: WorkersBench, workers: number, port: string): ChildProcess {
  const settings = {
    DATABASE_URL: database_url,
    ALLOW_UNSAFE_DATABASE: '1',
    ADMIN_PASSWORD: 'a password of the bench',
    WORKERS: String(workers),
    PORT: port,
  };
  // A line for every request is written as always, only to nowhere.
  return spawn('taskset', ['-c', SERVICE_CORES, process.execPath, MAIN], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Every request is made before the first is sent: the generator does nothing but send them. */
function requestsOf({ tokens, cell, authorization }: WorkersBench): string {
  const { path, content_type, body } = CELLS[cell];
  const lines = tokens.map((token) => `  ${JSON.stringify(body(token))},`);
  return `local bodies = {\n${lines.join('\n')}\n}
local headers = { ["Content-Type"] = "${content_type}", ["Authorization"] = "${authorization}" }
local started = 0
function setup(thread) thread:set("first", started * math.floor(#bodies / ${LOAD_THREADS})) started = started + 1 end
function init()
  requests = {}
  for index, body in ipairs(bodies) do requests[index] = wrk.format("POST", "${path}", headers, body) end
  next_one = first
end
function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end
`;
}

/** Waits until the service listens; then each token must be answered with a yes about it. */
async function answersYes({ tokens, cell, authorization }: WorkersBench, port: string): Promise<void> {
  const { path, content_type, body, yes, about } = CELLS[cell];
  const ask = async (token: WorkingToken): Promise<string> => {
    const headers = { 'content-type': content_type, authorization };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: body(token) });
    return answer.text();
  };
  const until = performance.now() + START_MS_MAX;
  while (
    !(await fetch(`http://127.0.0.1:${port}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (performance.now() > until) throw new Error('the service does not start');
    await delay(100);
  }
  for (const token of tokens.slice(0, 100)) {
    const answer = await ask(token);
    if (!answer.includes(yes) || !answer.includes(about(token))) throw new Error(`not a yes: ${answer}`);
  }
}

/** Requests a second. */
async function load({ connections }: WorkersBench, port: string, script: string, seconds: number) {
  const wrk = [
    'wrk',
    `-t${LOAD_THREADS}`,
    `-c${connections}`,
    `-d${seconds}`,
    '-s',
    script,
    `http://127.0.0.1:${port}`,
  ];
  const { stdout } = await promisify(execFile)('taskset', ['-c', LOAD_CORES, ...wrk]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  return {
    per_second: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
  };
}

/** What this process and its children have used. */
function cpuSeconds(pid: number): number {
  // Behind the name, which may hold blanks: the 12th and 13th are the ticks of user and system.
  const [user = 0, system = 0] =
    readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13).map(Number) ?? [];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((each) => each !== '');
  return (user + system) / TICKS_A_SECOND + children.reduce((sum, child) => sum + cpuSeconds(Number(child)), 0);
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '4' },
      seconds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '64' },
      cell: { type: 'string', default: 'evaluation' },
    },
  });
  const obstacle = obstacleToWorkers();
  if (obstacle !== null) return print(`2 workers against 1: not measured, ${obstacle}`);
  const cell = values.cell === 'introspection' ? 'introspection' : 'evaluation';
  const server = await startTestServer();
  try {
    const world = await fill(server.template_url);
    const limits = {
      connections: Number(values.connections),
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
    };
    report(await measureWorkers({ database_url: server.template_url, cell, ...world, ...limits }), cell);
  } finally {
    await server.stop();
  }
}

async function fill(url: string): Promise<Pick<WorkersBench, 'tokens' | 'authorization'>> {
  const limits = { connections_max: 2, request_timeout_ms: FILLING_TIMEOUT_MS, onIdleError: () => undefined };
  const pool = openPool({ url, ...limits });
  const deps = composeDeps({ pool, config: loadConfig({}), clock: () => new Date(), log: pino({ level: 'silent' }) });
  const tokens = await insertLargeWorld(pool, SIZE);
  // The service makes its administrator; the world has given its own ids.
  await pool.query(`select setval(pg_get_serial_sequence('accounts', 'id'), (select max(id) from accounts))`);
  const { authorization } = await worldOf(deps).client(['introspect', 'evaluate']);
  await deps.db.destroy();
  return { tokens, authorization };
}

function report(pairs: readonly WorkersPair[], cell: CellName): void {
  const inWords = ({ per_second, per_cpu_second }: WorkersSample): string =>
    `${Math.round(per_second)}/s, ${Math.round(per_cpu_second)} a CPU second`;
  for (const { one, two } of pairs) {
    const ratio = (two.per_second / one.per_second).toFixed(2);
    print(`  ${cell}: one ${inWords(one)} · two ${inWords(two)} · ${ratio}`);
  }
  const told = (name: keyof WorkersSample): string => {
    const ratios = pairs.map(({ one, two }) => two[name] / one[name]).sort((a, b) => a - b);
    return `${middle(ratios).toFixed(2)} (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)}, ${pairs.length} pairs)`;
  };
  print(`2 workers against 1, ${cell}: ${told('per_second')}; for each CPU second ${told('per_cpu_second')}`);
  const [minute] = loadavg();
  print(
    `Node ${process.version}, service on cores ${SERVICE_CORES}, wrk on ${LOAD_CORES}; load of the machine ${minute?.toFixed(1)}`,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (process.argv[1] === import.meta.filename) await run();
