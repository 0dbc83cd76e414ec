// `npm run bench:timing`: whether time tells what is hidden from what is not there (promises P18): pairs of requests of one caller, one
// right after the other, in an order that is drawn anew for each. `-- --pairs 100000 --only gateway`. For each pair of the world of
// test/support/existence-pairs.ts: how often what is hidden took longer (AUC, 0.5 is a coin's), and Welch's t of the times without the
// slowest tenth, which only say what else the machine did. `--processor` counts how long this process and its connections of PostgreSQL
// were at work instead (Linux), which others' load disturbs less. The negative control is a route that waits a tenth of a millisecond.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { InjectOptions } from 'fastify';
import { sql } from 'kysely';
import { pino } from 'pino';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import type { Deps } from '../../src/deps.ts';
import { buildApp } from '../../src/http/app.ts';
import { ROUTES } from '../../src/http/routes/index.ts';
import { existencePairs } from '../support/existence-pairs.ts';
import { startTestServer } from '../support/server.ts';
import { type Connection, openConnection } from './wire.ts';

const AUC_OFF_MOST = 0.01;
const T_MOST = 4.5;
const KEPT = 0.9;
const QUICK = 0.1;
const WARMING_PAIRS = 500;
const CONTROL_MS = 0.1;
const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5000' },
    only: { type: 'string', default: '' },
    processor: { type: 'boolean', default: false },
  },
});
const pairs_count = Number(values.pairs);

/** The request as bytes. */
function bytesOf({ method = 'GET', url, headers = {}, payload }: InjectOptions): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const body = payload === undefined ? '' : text;
  const json = typeof payload === 'object' ? { 'content-type': 'application/json' } : {};
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host: '127.0.0.1', ...headers, ...json, ...length }).map((each) => each.join(': '));
  return `${method} ${String(url)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

type Clock = () => number;

/** Milliseconds that this process and these connections of PostgreSQL were at work: nobody else's load is among them. */
function processorOf(pids: readonly number[]): Clock {
  const files = pids.map((pid) => `/proc/${pid}/schedstat`);
  return () => {
    const { user, system } = process.cpuUsage();
    const nanoseconds = files.map((file) => Number(readFileSync(file, 'latin1').split(' ')[0]));
    return (user + system) / 1e3 + nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
  };
}

function timeOf(now: Clock, connection: Connection, request: string): Promise<{ ms: number; status: number }> {
  const began = now();
  return new Promise((resolve, reject) =>
    connection.ask(request, (answer) =>
      answer === null
        ? reject(new Error('the connection ended'))
        : resolve({ ms: now() - began, status: answer.status }),
    ),
  );
}

type Times = { readonly hidden: Float64Array; readonly absent: Float64Array; readonly status: number };

async function measure(now: Clock, connection: Connection, hidden: string, absent: string): Promise<Times> {
  const times = { hidden: new Float64Array(pairs_count), absent: new Float64Array(pairs_count) };
  let status = 0;
  for (let pair = -WARMING_PAIRS; pair < pairs_count; pair += 1) {
    const is_hidden_first = Math.random() < 0.5;
    for (const is_hidden of [is_hidden_first, !is_hidden_first]) {
      const taken = await timeOf(now, connection, is_hidden ? hidden : absent);
      if (status !== 0 && taken.status !== status) throw new Error(`${taken.status} beside ${status}`);
      status = taken.status;
      if (pair >= 0) (is_hidden ? times.hidden : times.absent)[pair] = taken.ms;
    }
  }
  return { ...times, status };
}

/** How often a time of the one is above one of the other, by their ranks. */
function aucOf({ hidden, absent }: Times): number {
  const all = [
    ...Array.from(hidden, (ms) => ({ ms, is_hidden: true })),
    ...Array.from(absent, (ms) => ({ ms, is_hidden: false })),
  ];
  all.sort((a, b) => a.ms - b.ms);
  let ranks = 0;
  for (const [index, { is_hidden }] of all.entries()) if (is_hidden) ranks += index + 1;
  const n = hidden.length;
  return (ranks - (n * (n + 1)) / 2) / (n * absent.length);
}

function welchOf({ hidden, absent }: Times): number {
  const sorted = Float64Array.from([...hidden, ...absent]).sort();
  const most = sorted[Math.floor(sorted.length * KEPT)] ?? Number.POSITIVE_INFINITY;
  const [a, b] = [hidden, absent].map((times) => momentsOf(times.filter((ms) => ms <= most)));
  if (a === undefined || b === undefined) return Number.NaN;
  return (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);
}

function momentsOf(times: Float64Array): { mean: number; variance: number; count: number } {
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
  const variance = times.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / (times.length - 1);
  return { mean, variance, count: times.length };
}

const quantile = (times: Float64Array, q: number): number =>
  times.toSorted()[Math.floor(times.length * q)] ?? Number.NaN;

/** How far the quickest are apart: what the machine does besides makes nothing quicker. */
const apart = ({ hidden, absent }: Times): number => 1000 * (quantile(hidden, QUICK) - quantile(absent, QUICK));

function tell(name: string, times: Times): void {
  const [auc, welch] = [aucOf(times), welchOf(times)];
  const is_even = Math.abs(auc - 0.5) <= AUC_OFF_MOST && Math.abs(welch) < T_MOST;
  const [hidden, absent] = [times.hidden, times.absent].map((each) => quantile(each, 0.5).toFixed(3));
  process.stdout.write(
    `| ${name} | ${times.status} | ${auc.toFixed(4)} | ${welch.toFixed(2)} | ${hidden} | ${absent} | ${apart(times).toFixed(1)} | ${is_even ? 'yes' : 'no'} |\n`,
  );
}

/** The processes of PostgreSQL that work for this one. */
async function connectionsOf({ db }: Deps): Promise<readonly number[]> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity where datname = current_database()`.execute(db);
  return rows.map(({ pid }) => pid);
}

/** What does not even out, however many are measured. */
const control = (app: Parameters<(typeof ROUTES)[number]>[0]): void => {
  app.get('/control/:what', { config: { access: { open: true } } }, (request) => {
    const until = performance.now() + (request.url.endsWith('hidden') ? CONTROL_MS : 0);
    while (performance.now() < until);
    return 'done';
  });
};

const server = await startTestServer();
try {
  const config = loadConfig({
    DATABASE_URL: server.template_url,
    ...{
      RATE_LIMIT_PER_HOUR: '1000000000',
      BAD_CREDENTIALS_PER_MINUTE: '1000000000',
      ANONYMOUS_PER_HOUR: '1000000000',
    },
  });
  const { database_connections_max: connections_max, request_timeout_ms } = config;
  const pool = openPool({
    url: server.template_url,
    connections_max,
    request_timeout_ms,
    onIdleError: () => undefined,
  });
  const deps = composeDeps({ pool, config, clock: () => new Date(), log: pino({ level: 'silent' }) });
  const app = await buildApp(deps, [...ROUTES, control]);
  await app.listen({ port: 0 });
  const address = app.server.address();
  const connection = await openConnection(typeof address === 'object' && address !== null ? address.port : 0);
  process.stdout.write(
    `${pairs_count} pairs each\n\n| pair | status | AUC | Welch's t | hidden, ms | absent, ms | quickest tenth apart, µs | even |\n|---|---|---|---|---|---|---|---|\n`,
  );
  const pairs = await existencePairs(deps);
  const all = [
    ...pairs,
    { name: 'control: 0.1 ms more', hidden: { url: '/control/hidden' }, absent: { url: '/control/absent' } },
  ];
  for (const { name, hidden, absent } of all.filter((each) => each.name.includes(values.only))) {
    const of_connections = values.processor ? processorOf(await connectionsOf(deps)) : () => performance.now();
    tell(name, await measure(of_connections, connection, bytesOf(hidden), bytesOf(absent)));
  }
  connection.close();
  await app.close();
  deps.freshness.stop();
  await deps.db.destroy();
} finally {
  await server.stop();
}
