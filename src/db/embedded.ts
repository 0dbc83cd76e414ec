// The supervisor of the embedded PostgreSQL: starts it, starts it again when it ends, stops it with us. Reached by a Unix socket
// in its own folder only. A lock inside the database says whose it is: a second service on the same folder is refused, and a
// server that outlived its service is taken over. Loaded only when `DATABASE_URL` is not set.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { startRefusal } from '../start-refusal.ts';
import { ADVISORY_LOCKS } from './advisory-locks.ts';
import { embeddedBinaries, embeddedUser } from './embedded-binaries.ts';
import { prepareCluster, SUPERUSER } from './embedded-cluster.ts';
import {
  describeServer,
  FAST_STOP_MS,
  holdsLockFile,
  launch,
  PORT,
  type Server,
  signal,
  socketFolder,
  stop,
} from './embedded-server.ts';
import { roleNamesOf } from './role-rights.ts';
import { sqlstate } from './sqlstate.ts';

const DATABASE = 'gatehouse';
/** The service's own roles. Nobody else reaches the socket, so they need no password. */
const { application: APPLICATION, reader: READER } = roleNamesOf(DATABASE);
/** A second start on a folder in use waits so long for nothing; one after a crash must not be refused because the machine is busy. */
const OWNER_LOCK_WAIT_MS = 5000;
/** So long may a server that is not ours take to end (its last checkpoint) or to recover. */
const OTHER_SERVER_MS_MAX = 60_000;
const CONNECT_TIMEOUT_MS = 2000;
const RETRY_MS = 50;
const RELAUNCH_MS = 300;
/** Between the end of a server's socket and that of its lock file. Of one that was killed, the file may name a process of somebody else. */
const LEAVING_MS_MAX = 2000;
const FIRST_LAUNCHES_MAX = 10;

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
  /** As the role of the service, which owns nothing; it has its rights after migrations. */
  readonly url: string;
  /** As the owner of the tables. */
  readonly owner_url: string;
  /** Ends PostgreSQL; safe to call twice. */
  readonly stop: () => Promise<void>;
}

/** Starts PostgreSQL in the folder and keeps it running until `stop`. Refused: a folder that a live service uses. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const starter = embeddedUser();
  const binaries = embeddedBinaries(starter, options.folder);
  const { cluster, user } = prepareCluster({ ...options, binaries, user: starter });
  const { socket_folder, removeLink } = socketFolder(cluster);
  const server = describeServer({ ...options, binaries, cluster, user, socket_folder });
  try {
    const owner = await own(server, FIRST_LAUNCHES_MAX);
    await makeDatabase(owner, { createdb: !options.durable });
    keep(server, owner);
  } catch (error) {
    await stop(server);
    removeLink();
    throw error;
  }
  const url = urlAt(socket_folder, options.durable ? APPLICATION : DATABASE);
  return { url, owner_url: urlAt(socket_folder), stop: () => stop(server).finally(removeLink) };
}

function urlAt(socket_folder: string, role = DATABASE): string {
  const host = encodeURIComponent(socket_folder);
  return `postgres://${role}@localhost:${PORT}/${DATABASE}?host=${host}&sslmode=disable`;
}

/** The database of the folder where a service runs on it already, for who only looks; null: none does. */
export async function runningEmbedded(folder: string): Promise<{ url: string; close: () => Promise<void> } | null> {
  const { socket_folder, removeLink } = socketFolder(join(folder, 'postgres'));
  const client = new pg.Client({ connectionString: urlAt(socket_folder), connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return { url: urlAt(socket_folder), close: async () => removeLink() };
  } catch {
    removeLink();
    return null;
  }
}

/** Answers a connection that holds the lock of the owner, after starting PostgreSQL as often as needed. */
async function own(server: Server, launches_max: number): Promise<pg.Client> {
  let launches = 0;
  let waits_until: number | undefined;
  const isLeaving = leavingOf(server);
  while (!server.stopping) {
    const client = await connect(server);
    const lock = client instanceof pg.Client ? await takeLock(client) : 'lost';
    if (client instanceof pg.Client && lock === 'held by another') {
      await client.end();
      throw inUse(server);
    }
    if (client instanceof pg.Client && lock === 'taken') {
      if (server.child !== undefined) return client;
      await endOrphan(server, client);
    }
    if (client === 'not ready' && server.child === undefined) {
      waits_until ??= waitForOther(server);
      if (performance.now() > waits_until) throw startRefusal(`Look after ${server.cluster}: its server does not end.`);
    }
    if (client === 'absent' && server.child === undefined && !isLeaving()) {
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

/** Whether a server that nobody can reach any more is still about to go; for a moment only. */
function leavingOf(server: Server): () => boolean {
  let until: number | undefined;
  return () => {
    if (!holdsLockFile(server)) return false;
    until ??= performance.now() + LEAVING_MS_MAX;
    return performance.now() < until;
  };
}

/** A server that is not ours holds the folder until it has ended: one launched beside it would only fail. Answers until when. */
function waitForOther({ log }: Server): number {
  log.warn('a PostgreSQL that is ending or recovering is waited for');
  return performance.now() + OTHER_SERVER_MS_MAX;
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

/** A connection as superuser; `absent` where no server listens, `not ready` where one starts, recovers or stops. */
async function connect(server: Server): Promise<pg.Client | 'absent' | 'not ready'> {
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
    // 57P01 to 57P03: it starts, recovers or stops. Everything else without an answer is a server that is not there.
    const state = sqlstate(error);
    if (state === undefined) return 'absent';
    if (state.startsWith('57P')) return 'not ready';
    throw error;
  }
}

/** Tries for a while, because the lock of a service that was killed a moment ago is released a moment later. */
async function takeLock(client: pg.Client): Promise<'taken' | 'held by another' | 'lost'> {
  const deadline = performance.now() + OWNER_LOCK_WAIT_MS;
  for (;;) {
    const taken = await client
      .query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [ADVISORY_LOCKS.embedded_owner])
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
  for (const [name, may_sign_in] of [
    [APPLICATION, 'login'],
    [READER, 'nologin'],
  ] as const) {
    const there = await client.query('select from pg_roles where rolname = $1', [name]);
    if (there.rowCount === 0) await client.query(`create role ${name} ${may_sign_in}`);
  }
  const found = await client.query('select from pg_database where datname = $1', [DATABASE]);
  if (found.rowCount === 0) await client.query(`create database ${DATABASE} owner ${DATABASE}`);
}
