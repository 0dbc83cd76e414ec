// Pairs in one run (performance.md, "How to measure"): the service and a bare Fastify route, in the order A B B A, each
// sample after a time of load that is not measured. Figures move from day to day; the ratio of a pair is what stays.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CellName } from './cells.ts';
import type { Order, Outcome } from './load.ts';
import type { Side } from './serve.ts';

/** One process of load is not enough for a bare route. */
const LOADERS = 2;

export interface Bench {
  readonly database_url: string;
  readonly authorization: string;
  readonly tokens: readonly object[];
  readonly connections: number;
  /** Each round is A B B A: two pairs. */
  readonly rounds: number;
  /** Of a sample, and of the load before it: seconds, or a number of requests. */
  readonly sample: { readonly seconds: number; readonly warm_seconds: number } | { readonly requests: number };
}

export interface Sample {
  readonly requests: number;
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

export interface Pair {
  readonly service: Sample;
  readonly bare: Sample;
}

/** The pairs of one cell. Throws at the first answer that is not right. */
export async function measureCell(bench: Bench, cell: CellName): Promise<readonly Pair[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  const children: ChildProcess[] = [];
  try {
    const file = join(folder, 'tokens.json');
    await writeFile(file, JSON.stringify(bench.tokens));
    const start = (name: string, args: readonly string[]): ChildProcess => {
      // Without the arguments of this process: a test runner instruments what it starts.
      const child = fork(fileURLToPath(new URL(name, import.meta.url)), args, { execArgv: [] });
      children.push(child);
      return child;
    };
    const [service, bare] = await Promise.all([
      serve(start, 'service', cell, bench),
      serve(start, 'bare', cell, bench),
    ]);
    const ports = { service, bare };
    const share = Math.floor(bench.tokens.length / LOADERS);
    const loaders = Array.from({ length: LOADERS }, (_, index) => start('./load.ts', [file, String(index * share)]));
    const pairs: Pair[] = [];
    for (let round = 0; round < bench.rounds; round += 1) {
      const take = (side: Side): Promise<Sample> => takeSample(loaders, bench, { cell, side, port: ports[side] });
      const [a, b] = [await take('service'), await take('bare')];
      const [c, d] = [await take('bare'), await take('service')];
      pairs.push({ service: a, bare: b }, { service: d, bare: c });
    }
    return pairs;
  } finally {
    for (const child of children) child.disconnect();
    await Promise.all(children.map((child) => (child.exitCode === null ? once(child, 'exit') : undefined)));
    await rm(folder, { recursive: true });
  }
}

async function serve(
  start: (name: string, args: readonly string[]) => ChildProcess,
  side: Side,
  cell: CellName,
  { database_url }: Bench,
): Promise<number> {
  const [{ port }] = (await answerOf(start('./serve.ts', [side, cell, database_url]))) as [{ port: number }];
  return port;
}

/** The next message of a child; a child that ends without one is a fault of the bench. */
async function answerOf(child: ChildProcess): Promise<unknown[]> {
  const answered = new AbortController();
  const ended = once(child, 'exit', { signal: answered.signal }).then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`);
  });
  try {
    return await Promise.race([once(child, 'message', { signal: answered.signal }), ended]);
  } finally {
    ended.catch(() => undefined); // it is waited for no longer
    answered.abort();
  }
}

type Target = { readonly cell: CellName; readonly side: Side; readonly port: number };

async function takeSample(loaders: readonly ChildProcess[], bench: Bench, target: Target): Promise<Sample> {
  const { sample } = bench;
  if ('requests' in sample) return loadAll(loaders, bench, target, { requests: sample.requests });
  await loadAll(loaders, bench, target, { seconds: sample.warm_seconds });
  return loadAll(loaders, bench, target, { seconds: sample.seconds });
}

async function loadAll(
  loaders: readonly ChildProcess[],
  bench: Bench,
  { cell, side, port }: Target,
  amount: Pick<Order, 'seconds' | 'requests'>,
): Promise<Sample> {
  const order: Order = {
    port,
    cell,
    authorization: bench.authorization,
    connections: Math.ceil(bench.connections / loaders.length),
    about: side === 'service',
    ...amount,
  };
  const outcomes = await Promise.all(
    loaders.map(async (loader) => {
      loader.send(order);
      const [outcome] = (await answerOf(loader)) as [Outcome];
      return outcome;
    }),
  );
  const wrong = outcomes.reduce((sum, each) => sum + each.wrong, 0);
  const requests = outcomes.reduce((sum, each) => sum + each.requests, 0);
  if (wrong > 0 || requests === 0) throw new Error(`${cell}, ${side}: ${wrong} of ${requests} answers were not right`);
  return {
    requests,
    per_second: outcomes.reduce((sum, each) => sum + each.requests / each.seconds, 0),
    p50_ms: Math.max(...outcomes.map((each) => each.p50_ms)),
    p99_ms: Math.max(...outcomes.map((each) => each.p99_ms)),
  };
}

export interface Ratio {
  readonly median: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** Requests a second of the service over those of the bare route, pair by pair. */
export function ratioOf(pairs: readonly Pair[]): Ratio {
  const ratios = pairs.map(({ service, bare }) => service.per_second / bare.per_second).sort((a, b) => a - b);
  return { median: middle(ratios), minimum: ratios[0] ?? Number.NaN, maximum: ratios.at(-1) ?? Number.NaN };
}

/** The middle of ascending values. */
export function middle(values: readonly number[]): number {
  const half = values.length / 2;
  const pair = [values[Math.ceil(half) - 1], values[Math.floor(half)]];
  return ((pair[0] ?? Number.NaN) + (pair[1] ?? Number.NaN)) / 2;
}
