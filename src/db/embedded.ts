// The supervisor of the embedded PostgreSQL: starts it, starts it again when it ends, stops it with us. Reached by a Unix socket
// in its own folder only. A lock inside the database says whose it is: a second service on the same folder is refused, and a
// server that outlived its service is taken over. Loaded only when `DATABASE_URL` is not set.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { startRefusal } from '../start-refusal.ts';
import { embeddedBinaries, embeddedUser } from './embedded-binaries.ts';
import { clusterAsSeenBy, prepareCluster, SUPERUSER } from './embedded-cluster.ts';
import { sqlstate } from './sqlstate.ts';

const DATABASE = 'gatehouse';
const PORT = 5432;
const SOCKET_PATH_BYTES_MAX = 103;
const OWNER_LOCK_KEY = 4_283_000;
const OWNER_LOCK_WAIT_MS = 1500;
const CONNECT_TIMEOUT_MS = 2000;
const RETRY_MS = 50;
const RELAUNCH_MS = 300;
const FIRST_LAUNCHES_MAX = 10;
const FAST_STOP_MS = 5000;
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
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
];

export interface EmbeddedOptions {
  /** The data folder; it exists. */
  readonly folder: string;
  /** False: for tests, quick, and lost in a crash. */
  readonly durable: boolean;
  readonly connections_max: number;
  /** The environment of this process; PostgreSQL gets only what bears on time. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

export interface EmbeddedDatabase {
  readonly url: string;
  /** Ends PostgreSQL; safe to call twice. */
  readonly stop: () => Promise<void>;
}

interface Server {
  readonly cluster: string;
  readonly socket_folder: string;
  readonly launch: () => ChildProcess;
  readonly log: Logger;
  readonly last_lines: string[];
  child: ChildProcess | undefined;
  stopping: boolean;
}

/** Starts PostgreSQL in the folder and keeps it running until `stop`. Refused: a folder that a live service uses. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const starter = embeddedUser();
  const binaries = embeddedBinaries(starter, options.folder);
  const { cluster, user } = prepareCluster({ ...options, binaries, user: starter });
  const { socket_folder, removeLink } = socketFolder(cluster);
  const settings = [
    ...['listen_addresses=', 'unix_socket_directories=.', 'unix_socket_permissions=0700', `port=${PORT}`],
    ...['timezone=UTC', 'log_timezone=UTC', `max_connections=${options.connections_max}`],
    ...(options.durable ? SAFE_SETTINGS : THROWAWAY_SETTINGS),
  ].flatMap((setting) => ['-c', setting]);
  const command = [join(binaries, 'bin', 'postgres'), '-D', clusterAsSeenBy(user, cluster), ...settings];
  const server: Server = {
    cluster,
    socket_folder,
    // A process group of its own: Ctrl-C on the terminal must not end it before us.
    launch: () =>
      spawn('/bin/sh', ['-c', WRAPPER, 'sh', ...command], {
        ...user,
        cwd: cluster,
        env: serverEnvironment(options.environment),
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      }),
    log: options.log,
    last_lines: [],
    child: undefined,
    stopping: false,
  };
  try {
    const owner = await own(server, FIRST_LAUNCHES_MAX);
    await makeDatabase(owner, { createdb: !options.durable });
    keep(server, owner);
  } catch (error) {
    await stop(server);
    removeLink();
    throw error;
  }
  const host = encodeURIComponent(socket_folder);
  const url = `postgres://${DATABASE}@localhost:${PORT}/${DATABASE}?host=${host}&sslmode=disable`;
  return { url, stop: () => stop(server).finally(removeLink) };
}

/** Answers a connection that holds the lock of the owner, after starting PostgreSQL as often as needed. */
async function own(server: Server, launches_max: number): Promise<pg.Client> {
  let launches = 0;
  while (!server.stopping) {
    const client = await connect(server);
    const lock = client === undefined ? 'lost' : await takeLock(client);
    if (lock === 'held by another') throw inUse(server);
    if (client !== undefined && lock === 'taken') {
      if (server.child !== undefined) return client;
      await endOrphan(server, client);
    }
    if (client === undefined && server.child === undefined) {
      if (launches === launches_max)
        throw startRefusal(`Look after ${server.cluster}: ${server.last_lines.join(' / ')}`);
      if (launches > 0) await delay(RELAUNCH_MS);
      launches += 1;
      launch(server);
    }
    await delay(RETRY_MS);
  }
  throw new Error('the embedded PostgreSQL is being stopped');
}

/** Starts PostgreSQL again whenever the connection of the owner ends, which is what every way of its ending has in common. */
function keep(server: Server, owner: pg.Client): void {
  owner.once('end', () => {
    if (server.stopping) return;
    server.log.error({ last_lines: server.last_lines }, 'the embedded PostgreSQL ended and is started again');
    void regain(server);
  });
}

async function regain(server: Server): Promise<void> {
  while (!server.stopping) {
    try {
      return keep(server, await own(server, FIRST_LAUNCHES_MAX));
    } catch (error) {
      if (!server.stopping) server.log.error({ err: error }, 'the embedded PostgreSQL could not be started again');
      await delay(RELAUNCH_MS);
    }
  }
}

/** Starts the server process, unless the end has come while we waited: nobody would stop it any more. */
function launch(server: Server): void {
  if (server.stopping) return;
  const child = server.launch();
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

/** A connection as superuser; undefined where no server listens or it is not ready. */
async function connect(server: Server): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    host: server.socket_folder,
    port: PORT,
    user: SUPERUSER,
    database: 'postgres',
    ssl: false,
    application_name: 'gatehouse supervisor',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    return await client.connect();
  } catch (error) {
    // 57P03: it starts, recovers or stops. Everything else without an answer is a server that is not there.
    if (sqlstate(error) !== undefined && sqlstate(error) !== '57P03') throw error;
    return undefined;
  }
}

/** Tries for a while, because the lock of a service that was killed a moment ago is released a moment later. */
async function takeLock(client: pg.Client): Promise<'taken' | 'held by another' | 'lost'> {
  const deadline = performance.now() + OWNER_LOCK_WAIT_MS;
  for (;;) {
    const taken = await client
      .query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [OWNER_LOCK_KEY])
      .then(
        ({ rows }) => rows[0]?.taken,
        () => undefined,
      );
    if (taken === undefined) return 'lost';
    if (taken) return 'taken';
    if (performance.now() > deadline) return 'held by another';
    await delay(RETRY_MS);
  }
}

function inUse(server: Server): Error {
  return startRefusal(
    `Stop the other service, or set another \`DATA_DIR\`: ${server.cluster} is used by one that is running.`,
  );
}

/** Ends a server whose service is gone, so that the one we start in its place ends with us. */
async function endOrphan(server: Server, client: pg.Client): Promise<void> {
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  server.log.warn('a PostgreSQL that outlived its service is taken over');
  signal(server, 'SIGINT');
  await Promise.race([ended, delay(FAST_STOP_MS)]);
  await client.end();
}

async function makeDatabase(client: pg.Client, options: { createdb: boolean }): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [DATABASE]);
  if (rowCount === 0)
    await client.query(`create role ${DATABASE} login ${options.createdb ? 'createdb' : 'nocreatedb'}`);
  const found = await client.query('select from pg_database where datname = $1', [DATABASE]);
  if (found.rowCount === 0) await client.query(`create database ${DATABASE} owner ${DATABASE}`);
}

async function stop(server: Server): Promise<void> {
  server.stopping = true;
  const { child } = server;
  if (child === undefined) return;
  const ended = new Promise<boolean>((resolve) => child.once('exit', () => resolve(true)));
  (child.stdio[3] as Writable).end();
  if (await Promise.race([ended, delay(FAST_STOP_MS, false, { ref: false })])) return;
  signal(server, 'SIGQUIT');
  if (await Promise.race([ended, delay(IMMEDIATE_STOP_MS, false, { ref: false })])) return;
  signal(server, 'SIGKILL');
}

/** Signals the server process itself, whose number is the first line of its lock file. */
function signal(server: Server, name: NodeJS.Signals): void {
  try {
    process.kill(Number(readFileSync(join(server.cluster, 'postmaster.pid'), 'utf8').split('\n')[0]), name);
  } catch (error) {
    server.log.debug({ err: error }, 'the embedded PostgreSQL was gone before the signal');
  }
}

/** The folder of the socket, by a short name where its own is longer than the system allows for a socket. */
function socketFolder(cluster: string): { socket_folder: string; removeLink: () => void } {
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
