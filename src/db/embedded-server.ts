// The server process of the embedded PostgreSQL: its command line, its start, its end. Who may start it, and when, is decided
// in embedded.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RunAs } from './embedded-binaries.ts';
import { clusterAsSeenBy } from './embedded-cluster.ts';

export const PORT = 5432;
const SOCKET_PATH_BYTES_MAX = 103;
export const FAST_STOP_MS = 5000;
const IMMEDIATE_STOP_MS = 2000;
const LAST_LINES_MAX = 5;

/** Ends PostgreSQL (a fast stop) when the other end of descriptor 3 closes, which even `kill -9` of this process does. */
const WRAPPER = `"$@" 3<&- & server=$!
(read -r _ <&3; kill -INT $server) & watcher=$!
exec 3<&-
wait $server; status=$?
kill $watcher 2>/dev/null
exit $status`;

const SAFE_SETTINGS = ['fsync=on', 'full_page_writes=on', 'synchronous_commit=on'];
const THROWAWAY_SETTINGS = [
  // A throwaway server lives for minutes: a vacuum would only be in the way of databases that come and go.
  'autovacuum=off',
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
];

export interface Server {
  readonly cluster: string;
  readonly socket_folder: string;
  readonly start: () => ChildProcess;
  readonly log: Logger;
  readonly last_lines: string[];
  child: ChildProcess | undefined;
  stopping: boolean;
}

export interface ServerOptions {
  readonly binaries: string;
  readonly cluster: string;
  /** Undefined: as whom we run. */
  readonly user: RunAs | undefined;
  readonly socket_folder: string;
  readonly durable: boolean;
  readonly connections_max: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** The server as it is to be started; nothing is started yet. */
export function describeServer(options: ServerOptions): Server {
  const { cluster, user, socket_folder, log } = options;
  const settings = [
    ...['listen_addresses=', 'unix_socket_directories=.', 'unix_socket_permissions=0700', `port=${PORT}`],
    ...['timezone=UTC', 'log_timezone=UTC', `max_connections=${options.connections_max}`],
    ...(options.durable ? SAFE_SETTINGS : THROWAWAY_SETTINGS),
  ].flatMap((setting) => ['-c', setting]);
  const command = [join(options.binaries, 'bin', 'postgres'), '-D', clusterAsSeenBy(user, cluster), ...settings];
  // A process group of its own: Ctrl-C on the terminal must not end it before us.
  const start = () =>
    spawn('/bin/sh', ['-c', WRAPPER, 'sh', ...command], {
      ...user,
      cwd: cluster,
      env: serverEnvironment(options.environment),
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
  return { cluster, socket_folder, start, log, last_lines: [], child: undefined, stopping: false };
}

/** Starts the server process, unless the end has come while we waited: nobody would stop it any more. */
export function launch(server: Server): void {
  if (server.stopping) return;
  const child = server.start();
  server.child = child;
  child.on('exit', () => {
    server.child = undefined;
  });
  child.on('error', (error) => {
    server.child = undefined;
    server.last_lines.push(error.message);
  });
  // Writing to a server that is gone is no event of its own: its exit is.
  child.stdio[3]?.on('error', () => undefined);
  if (child.stderr === null) return;
  createInterface({ input: child.stderr }).on('line', (line) => {
    server.last_lines.push(line);
    server.last_lines.splice(0, server.last_lines.length - LAST_LINES_MAX);
    server.log.debug({ line }, 'embedded PostgreSQL');
  });
}

/** Ends the server: in order, then at once, then by force. */
export async function stop(server: Server): Promise<void> {
  server.stopping = true;
  const { child } = server;
  if (child === undefined) return;
  // Not `exit`, which tells of the wrapper only: the processes that the server has made write until they notice its end.
  const ended = new Promise<boolean>((resolve) => child.once('close', () => resolve(true)));
  (child.stdio[3] as Writable).end();
  if (await Promise.race([ended, delay(FAST_STOP_MS, false, { ref: false })])) return;
  signal(server, 'SIGQUIT');
  if (await Promise.race([ended, delay(IMMEDIATE_STOP_MS, false, { ref: false })])) return;
  signal(server, 'SIGKILL');
  await Promise.race([ended, delay(IMMEDIATE_STOP_MS, false, { ref: false })]);
}

/** Signals the server process itself, whose number is the first line of its lock file. */
export function signal(server: Server, name: NodeJS.Signals): void {
  try {
    process.kill(Number(readFileSync(join(server.cluster, 'postmaster.pid'), 'utf8').split('\n')[0]), name);
  } catch (error) {
    server.log.debug({ err: error }, 'the embedded PostgreSQL was gone before the signal');
  }
}

/** Whether the process runs that the lock file names: of a server that has just ended its socket, and will end the file, too. */
export function holdsLockFile(server: Server): boolean {
  try {
    return process.kill(Number(readFileSync(join(server.cluster, 'postmaster.pid'), 'utf8').split('\n')[0]), 0);
  } catch {
    return false;
  }
}

/** The folder of the socket, by a short name where its own is longer than the system allows for a socket. */
export function socketFolder(cluster: string): { socket_folder: string; removeLink: () => void } {
  const length = Buffer.byteLength(join(cluster, `.s.PGSQL.${PORT}`));
  if (length <= SOCKET_PATH_BYTES_MAX) return { socket_folder: cluster, removeLink: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  const link = join(folder, 's');
  symlinkSync(cluster, link);
  return { socket_folder: link, removeLink: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Nothing of ours, because it holds secrets, but what shifts the clock (libfaketime): both must live in the same time. */
function serverEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const { PATH, LD_PRELOAD, FAKETIME, FAKETIME_TIMESTAMP_FILE, FAKETIME_DONT_FAKE_MONOTONIC, DONT_FAKE_MONOTONIC } =
    environment;
  const time = { LD_PRELOAD, FAKETIME, FAKETIME_TIMESTAMP_FILE, FAKETIME_DONT_FAKE_MONOTONIC, DONT_FAKE_MONOTONIC };
  return { PATH, LC_ALL: 'C', TZ: 'UTC', ...time };
}
