// The real process, started as `npm start` starts it on a new Node, for tests of starting, crashing and stopping.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** As `npm start` has it. */
export const AS_IT_STARTS = ['src/main.ts'];
/** The same, but that whoever signs in costs a thousandth of a second and not a tenth: passwords are hashed at the least cost. */
const QUICK = ['--import', new URL('cheap-passwords.ts', import.meta.url).href, ...AS_IT_STARTS];
/** Many times what it takes: a machine on which thirty others run ends none. */
const START_MS_MAX = 240_000;
const RETRY_MS = 25;
/** Many times the ten seconds of contract 10: a process that does not end must not keep the run of all tests from ending. */
const END_MS_MAX = 120_000;

export interface Service {
  readonly url: string;
  readonly pid: number;
  /** Whether it has ended. */
  readonly isOver: () => boolean;
  /** Everything that it has written to standard output and standard error. */
  readonly output: () => string;
  /** Stops the process where it is, or lets it go on. */
  readonly pause: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** Answers the exit code when it has ended by itself. */
  readonly ended: () => Promise<number | null>;
  /** Sends the signal and answers the exit code, null where the signal ended it. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
}

/**
 * Starts the service with these settings and no others. Answers when it listens, or when it has written the given text; ended at
 * the end of the test. When it ends before, the error says `ended with CODE` and what it wrote.
 */
export async function startService(
  t: Test,
  settings: Record<string, string>,
  until = 'Gatehouse listens on',
  entry: readonly string[] = QUICK,
): Promise<Service> {
  const child = spawn(process.execPath, entry, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // `close` and not `exit`, which may come before the last that it wrote.
  let is_over = false;
  const exited = once(child, 'close').then(([code]) => {
    is_over = true;
    return code as number | null;
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (output += part));
  async function end(signal: NodeJS.Signals): Promise<number | null> {
    child.kill(signal);
    const byForce = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX);
    return exited.finally(() => clearTimeout(byForce));
  }
  t.teardown(() => end('SIGTERM'));
  await eventually(() => output.includes(until) || is_over, START_MS_MAX);
  if (!output.includes(until)) throw new Error(`ended with ${await exited}: ${output}`);
  return {
    url: /listens on (\S+),/.exec(output)?.[1] ?? '',
    pid: child.pid ?? 0,
    isOver: () => is_over,
    output: () => output,
    pause: (signal) => void child.kill(signal),
    ended: async () => {
      await eventually(() => is_over);
      return exited;
    },
    end,
  };
}

/** Waits until the claim holds; an error after that long. */
export async function eventually(claim: () => boolean | Promise<boolean>, ms_max = START_MS_MAX): Promise<void> {
  const deadline = performance.now() + ms_max;
  while (!(await claim())) {
    if (performance.now() > deadline) throw new Error(`did not come true within ${ms_max} ms`);
    await delay(RETRY_MS);
  }
}

/** Below those from which systems take the ports of outgoing connections, so that none of them is in the way later. */
const PORTS = { first: 20_000, end: 32_000 } as const;

/** A port that nobody listens on at this moment, nor is likely to a moment later. */
export async function freePort(): Promise<string> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.end);
    const server = createServer().listen(port, '127.0.0.1');
    const is_free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!is_free) continue;
    await new Promise((resolve) => server.close(resolve));
    return String(port);
  }
}
