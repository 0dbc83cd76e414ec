// The PostgreSQL of the rig: real, durable, on a disk, with everything that can happen to its processes.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Test } from 'tap';
import { embeddedBinaries, embeddedUser } from '../../../src/db/embedded-binaries.ts';
import { programs } from '../../support/programs.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { eventually } from '../../support/service.ts';

const SUPERUSER = 'postgres';
/** As a service's role: it owns its database, and no more. */
const ROLE = 'gatehouse';
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
const SETTINGS = ['listen_addresses=', 'shared_buffers=32MB', 'max_connections=120', 'fsync=on', 'full_page_writes=on'];
const RELAUNCH_MS = 50;

export type Postgres = {
  /** As the service's role. */
  readonly url: string;
  /** A statement as superuser, in the service's database. */
  readonly execute: (statement: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
  /** Ends the server and all its processes at once, without a chance to do anything. */
  readonly kill: () => Promise<void>;
  /** Ends the server alone; its processes notice. */
  readonly killPostmaster: () => Promise<void>;
  /** Ends one of the processes that serve a connection; false where there is none. */
  readonly killBackend: () => Promise<boolean>;
  /** Starts it again, and answers when it takes connections. */
  readonly start: () => Promise<void>;
  /** Stops all its processes where they are, or lets them go on. */
  readonly pause: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** What it has written. */
  readonly log: () => string;
  /** A streaming copy of it, with these settings besides. */
  readonly copy: (settings?: readonly string[]) => Promise<Postgres>;
  readonly cluster: string;
};

export type Engine = { readonly initdb: string; readonly postgres: string; readonly pg_basebackup: string | null };

/** The one that npm brings, which has what a single server needs. */
export function embeddedEngine(t: Test): Engine {
  const bin = join(embeddedBinaries(embeddedUser(), scratchFolder(t)), 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), pg_basebackup: null };
}

/** That of the system, which can be copied; null where it cannot be had, which the test has then said. */
export async function systemEngine(t: Test): Promise<Engine | null> {
  const of = (name: string) => ({ name, debian_package: 'postgresql' });
  return await programs(t, { initdb: of('initdb'), postgres: of('postgres'), pg_basebackup: of('pg_basebackup') });
}

type Options = {
  readonly engine: Engine;
  readonly settings?: readonly string[];
  /** Where its data are; a folder of the test where nothing is said. */
  readonly folder?: string;
};

/** Started, with an empty database of the service, until the end of the test. */
export async function startPostgres(t: Test, { engine, settings = [], folder }: Options): Promise<Postgres> {
  const root = folder ?? scratchFolder(t);
  own(root);
  const cluster = join(root, 'data');
  run(root, engine.initdb, '-D', cluster, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--no-sync');
  const server = await launchOn(t, { engine, root, cluster, settings });
  await server.execute(`create role ${ROLE} login`, [], 'postgres');
  await server.execute(`create database ${ROLE} owner ${ROLE}`, [], 'postgres');
  return server;
}

function own(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  const user = embeddedUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
}

function run(cwd: string, program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, {
    ...embeddedUser(),
    cwd,
    env: ENVIRONMENT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
}

type Place = Required<Pick<Options, 'engine' | 'settings'>> & { readonly root: string; readonly cluster: string };
type Server = Postgres & {
  readonly execute: (
    statement: string,
    values?: readonly unknown[],
    database?: string,
  ) => Promise<Record<string, unknown>[]>;
};

async function launchOn(t: Test, { engine, root, cluster, settings }: Place): Promise<Server> {
  const socket = scratchFolder(t);
  own(socket);
  const options = [...SETTINGS, `unix_socket_directories=${socket}`, ...settings].flatMap((each) => ['-c', each]);
  let [child, exited]: [ChildProcess | null, Promise<unknown>] = [null, Promise.resolve()];
  let log = '';

  function launch(): void {
    child = spawn(engine.postgres, ['-D', cluster, ...options], {
      ...embeddedUser(),
      cwd: root,
      env: ENVIRONMENT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // `exit`, not `close`: what outlives the server holds the other end of its log.
    exited = once(child, 'exit');
    child.stderr?.setEncoding('utf8').on('data', (part) => (log += part));
  }

  const urlAs = (user: string, database: string): string =>
    `postgres://${user}@localhost:5432/${database}?host=${encodeURIComponent(socket)}&sslmode=disable`;

  async function execute(statement: string, values: readonly unknown[] = [], database = ROLE) {
    const client = new pg.Client({ connectionString: urlAs(SUPERUSER, database) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(statement, [...values])).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  const isUp = (): Promise<boolean> =>
    execute('select 1', [], 'postgres').then(
      () => true,
      () => false,
    );

  /** Processes that outlive their server keep its memory, and it from starting, until they notice. */
  async function start(): Promise<void> {
    launch();
    await eventually(async () => {
      if (child?.exitCode !== null || child.signalCode !== null) {
        await delay(RELAUNCH_MS);
        launch();
      }
      return isUp();
    });
  }

  async function kill(): Promise<void> {
    const all = [child?.pid ?? 0, ...childrenOf(child?.pid ?? 0)];
    for (const pid of all) send(pid, 'SIGKILL');
    await exited;
  }

  t.teardown(async () => {
    for (const pid of [child?.pid ?? 0, ...childrenOf(child?.pid ?? 0)]) send(pid, 'SIGCONT');
    if (child?.exitCode === null && child.signalCode === null) send(child.pid ?? 0, 'SIGINT');
    const patience = setTimeout(() => void kill(), 5000);
    await exited;
    clearTimeout(patience);
  });
  await start();
  return {
    url: urlAs(ROLE, ROLE),
    cluster,
    execute,
    kill,
    start,
    killPostmaster: async () => {
      send(child?.pid ?? 0, 'SIGKILL');
      await exited;
    },
    killBackend: async () => {
      const found = await execute(`select pid from pg_stat_activity where application_name = 'gatehouse'
        order by state = 'active' desc, random() limit 1`);
      if (found[0] === undefined) return false;
      send(Number(found[0].pid), 'SIGKILL');
      return true;
    },
    pause: (signal) => {
      for (const pid of [child?.pid ?? 0, ...childrenOf(child?.pid ?? 0)]) send(pid, signal);
    },
    log: () => log,
    copy: async (more = []) => {
      if (engine.pg_basebackup === null) throw new Error('this PostgreSQL has no program for copies');
      const beside = scratchFolder(t);
      own(beside);
      const to = join(beside, 'data');
      const flags = ['-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-h', socket, '-U', SUPERUSER];
      run(beside, engine.pg_basebackup, '-D', to, ...flags);
      return launchOn(t, { engine, root: beside, cluster: to, settings: [...settings, ...more] });
    },
  };
}

/** The processes of a server. */
export function childrenOf(pid: number): readonly number[] {
  if (pid === 0) return [];
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

function send(pid: number, signal: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
