// The workers of the service (WORKERS): processes behind one port, which the parent holds open and whose connections it deals out in turn
// (measured in docs/design/at-scale.md: a shared handle gives one worker most of them). One that ends is started again.

import cluster, { type Worker } from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { spread } from '../spread.ts';
import { EXIT_CONFIGURATION } from '../start-refusal.ts';
import type { ToWorker } from './messages.ts';

/** Before a worker is started again: so long, and twice as long each time that it has not lived for a while. */
const AGAIN_MS = 100;
const AGAIN_MS_MAX = 10_000;
const STEADY_MS = 30_000;
/** So long may workers take to end; then they are ended. */
const STOP_MS = 8500;

export type WorkersParts = {
  /** The program of a worker. */
  readonly script: string;
  readonly count: number;
  /** What the worker with this number, from 1, finds in its environment besides ours. */
  readonly environment: (number: number) => Readonly<Record<string, string>>;
  readonly log: Logger;
  /** A worker that served has ended because the database must not be used as it is. */
  readonly onRefused: () => void;
};

export type Workers = {
  /** Tells all of them that there is something new in the database. */
  readonly wake: () => void;
  /** Ends all of them in order: who is late is ended by force. */
  readonly stop: () => Promise<void>;
  /** Starts them. Answers when all of them listen; or the exit code of the first one, where it ends before it listens. */
  readonly start: () => Promise<'listening' | number>;
};

/** Nothing is started yet. */
export function describeWorkers({ script, count, environment, log, onRefused }: WorkersParts): Workers {
  const living = new Set<Worker>();
  const stopping = new AbortController();
  // In place of the platform's own choice: connections of few, busy clients must not meet in one worker.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: script });

  function fork(number: number): Worker {
    const worker = cluster.fork(environment(number));
    living.add(worker);
    worker.on('exit', () => living.delete(worker));
    // A message to one that is ending cannot be told, and need not be.
    worker.on('error', (error) => log.debug({ err: error, about: number }, 'a worker could not be told'));
    return worker;
  }

  async function again(number: number, wait_ms: number, quick_ends: number): Promise<void> {
    await delay(spread(wait_ms), undefined, { signal: stopping.signal }).catch(() => undefined);
    if (!stopping.signal.aborted) keep(number, fork(number), quick_ends);
  }

  /** Starts this worker again when it ends. `quick_ends`: how often in a row it has ended soon after its start. */
  function keep(number: number, worker: Worker, quick_ends: number): void {
    const started = performance.now();
    worker.on('exit', (code, signal) => {
      if (stopping.signal.aborted) return;
      if (code === EXIT_CONFIGURATION) return onRefused();
      const ends = performance.now() - started > STEADY_MS ? 0 : quick_ends;
      const wait_ms = Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** ends);
      log.error({ ended: number, code, signal, wait_ms }, 'a worker has ended; it is started again');
      void again(number, wait_ms, ends + 1);
    });
  }

  /** The first one alone: what keeps it from listening would keep all, and is told once. */
  async function start(): Promise<'listening' | number> {
    const first = fork(1);
    const outcome = await listens(first);
    if (outcome !== 'listening') return outcome;
    keep(1, first, 0);
    const others = Array.from({ length: count - 1 }, (_, index) => {
      const worker = fork(index + 2);
      keep(index + 2, worker, 0);
      return listens(worker);
    });
    await Promise.all(others);
    return 'listening';
  }

  function signalAll(signal: NodeJS.Signals): void {
    for (const worker of living) worker.process.kill(signal);
  }

  async function stop(): Promise<void> {
    stopping.abort();
    const ended = Promise.all([...living].map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
    signalAll('SIGTERM');
    await Promise.race([ended, delay(STOP_MS, undefined, { ref: false })]);
    signalAll('SIGKILL');
  }

  function wake(): void {
    const message: ToWorker = { type: 'wake' };
    for (const worker of living) if (worker.isConnected()) worker.send(message);
  }

  return { start, stop, wake };
}

function listens(worker: Worker): Promise<'listening' | number> {
  return new Promise((resolve) => {
    worker.once('listening', () => resolve('listening'));
    worker.once('exit', (code) => resolve(code ?? 1));
  });
}
