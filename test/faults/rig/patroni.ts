// A cluster as Patroni keeps it: three PostgreSQLs with a Patroni each, one etcd that each reaches by a way of its own, and before them
// what a load balancer does there, who asks every Patroni for the primary and leads to it, or to nobody. Everything real, all of it ended
// with the test.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Test } from 'tap';
import { embeddedUser } from '../../../src/db/embedded-binaries.ts';
import { programs, runProgram } from '../../support/programs.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { eventually, freePort } from '../../support/service.ts';
import { type TcpProxy, tcpProxy } from '../../support/tcp-proxy.ts';
import { childrenOf, type Postgres } from './postgres.ts';

const MEMBERS = 3;
/** The least that Patroni takes for safe, and what its manual derives from it. */
export const TTL_SECONDS = 20;
const LOOP_SECONDS = 2;
const RETRY_SECONDS = 5;
const LOOK_MS = 200;
const STARTED_MS_MAX = 120_000;
const LOG_SHOWN = 1000;
const PATH = '/usr/bin:/bin:/usr/sbin';

export type Member = {
  readonly name: string;
  readonly port: number;
  /** Between its Patroni and etcd. */
  readonly etcd: TcpProxy;
  /** Ends Patroni and PostgreSQL as a machine ends. */
  readonly kill: () => Promise<void>;
  readonly start: () => void;
  /** Stops Patroni alone, while PostgreSQL goes on. */
  readonly pause: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  readonly log: () => string;
};

export type Cluster = {
  readonly members: readonly Member[];
  /** Whom the balancer leads to; null: nobody. */
  readonly leader: () => Member | null;
  /** How often more than one said to be the primary when the balancer asked all. */
  readonly twice: () => number;
  /** The cluster by way of the balancer, as the service reaches it. */
  readonly postgres: Pick<Postgres, 'url' | 'execute'>;
};

type Wanted = Readonly<Record<'patroni' | 'etcd' | 'pg_controldata', string>>;

function own(folder: string): string {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  const user = embeddedUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return folder;
}

async function startEtcd(t: Test, etcd: string): Promise<number> {
  const [port, peer] = [await freePort(), await freePort()];
  const [url, peer_url] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peer}`];
  const urls = ['--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', peer_url];
  const flags = ['--initial-advertise-peer-urls', peer_url, '--initial-cluster', `default=${peer_url}`, '--data-dir'];
  const is_up = (): Promise<boolean> =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  await runProgram(t, [etcd, ...urls, ...flags, join(scratchFolder(t), 'etcd')], { until: is_up });
  return Number(port);
}

type Place = { readonly name: string; readonly port: string; readonly rest: string; readonly etcd_port: number };

function settingsOf(folder: string, bin: string, { name, port, rest, etcd_port }: Place): object {
  const at = (of: string): string => `127.0.0.1:${of}`;
  const dcs = {
    ttl: TTL_SECONDS,
    loop_wait: LOOP_SECONDS,
    retry_timeout: RETRY_SECONDS,
    synchronous_mode: true,
    // Rather no change than one that nobody else has (promises P9).
    synchronous_mode_strict: true,
    postgresql: { use_pg_rewind: true, parameters: { max_connections: 150, wal_log_hints: 'on' } },
  };
  return {
    scope: 'gatehouse',
    name,
    restapi: { listen: at(rest), connect_address: at(rest) },
    // As it stands here, and not where etcd says that it is: that would lead past the way.
    etcd3: { hosts: [at(String(etcd_port))], use_proxies: true },
    bootstrap: { dcs, initdb: [{ encoding: 'UTF8' }, { locale: 'C' }] },
    postgresql: {
      listen: at(port),
      connect_address: at(port),
      data_dir: join(folder, 'data'),
      bin_dir: bin,
      pgpass: join(folder, 'pgpass'),
      authentication: { superuser: { username: 'postgres' }, replication: { username: 'replicator' } },
      parameters: { unix_socket_directories: folder, shared_buffers: '32MB' },
      pg_hba: ['local all all trust', 'host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'],
    },
    watchdog: { mode: 'off' },
  };
}

/** The number of the server's process, from its own file; null where there is none. */
function serverOf(folder: string): number | null {
  try {
    return Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
  } catch {
    return null;
  }
}

function send(pid: number | null | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid) process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

async function openMember(
  t: Test,
  wanted: Wanted,
  etcd_port: number,
  index: number,
): Promise<Member & { rest: string }> {
  const folder = own(scratchFolder(t));
  const etcd = await tcpProxy(t, etcd_port);
  const place = { name: `member${index}`, port: await freePort(), rest: await freePort(), etcd_port: etcd.port };
  const file = join(folder, 'patroni.json');
  writeFileSync(file, JSON.stringify(settingsOf(folder, dirname(wanted.pg_controldata), place)), { mode: 0o644 });
  let [child, log]: [ChildProcess | null, string] = [null, ''];
  let exited: Promise<unknown> = Promise.resolve();

  function start(): void {
    child = spawn(wanted.patroni, [file], {
      ...embeddedUser(),
      cwd: folder,
      env: { PATH, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    exited = once(child, 'exit');
    child.stderr?.setEncoding('utf8').on('data', (part) => {
      log += part;
    });
  }

  async function kill(): Promise<void> {
    const server = serverOf(folder);
    send(child?.pid, 'SIGKILL');
    // As with a machine nobody of them notices that another is gone: who waits for a standby would show his commit then.
    send(server, 'SIGSTOP');
    for (const pid of childrenOf(server ?? 0)) send(pid, 'SIGKILL');
    send(server, 'SIGKILL');
    await exited;
  }

  t.teardown(async () => {
    send(child?.pid, 'SIGCONT');
    await kill();
    // The server's own processes notice that it is gone.
    await eventually(() => !isAlive(serverOf(folder)));
  });
  start();
  return {
    ...place,
    port: Number(place.port),
    etcd,
    kill,
    start,
    pause: (signal) => send(child?.pid, signal),
    log: () => log,
  };
}

function isAlive(pid: number | null): boolean {
  try {
    return pid !== null && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Started, with the role and the database of the service; null where a program cannot be had, which the test has then said. */
export async function startPatroni(t: Test): Promise<Cluster | null> {
  const found = await programs(t, {
    etcd: { name: 'etcd', debian_package: 'etcd-server' },
    patroni: { name: 'patroni', debian_package: 'patroni' },
    pg_controldata: { name: 'pg_controldata', debian_package: 'postgresql' },
  });
  if (found === null) return null;
  const etcd_port = await startEtcd(t, found.etcd);
  const members: (Member & { readonly rest: string })[] = [];
  for (let index = 0; index < MEMBERS; index += 1) members.push(await openMember(t, found, etcd_port, index));
  const front = await tcpProxy(t, 1);
  const balancer = balance(t, members, front);
  await eventually(() => balancer.leader() !== null, STARTED_MS_MAX).catch(() => {
    throw new Error(members.map(({ log }) => log().slice(-LOG_SHOWN)).join('\n'));
  });
  const urlAs = (user: string, database: string): string =>
    `postgres://${user}@127.0.0.1:${front.port}/${database}?sslmode=disable`;

  async function execute(statement: string, values: readonly unknown[] = [], database = 'gatehouse') {
    const client = new pg.Client({ connectionString: urlAs('postgres', database) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(statement, [...values])).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  const isComplete = async (): Promise<boolean> => {
    const rows = await execute(`select sync_state from pg_stat_replication`, [], 'postgres');
    return rows.length === MEMBERS - 1 && rows.some(({ sync_state }) => sync_state === 'sync');
  };
  await eventually(() => isComplete().catch(() => false), STARTED_MS_MAX);
  await execute('create role gatehouse login', [], 'postgres');
  await execute('create database gatehouse owner gatehouse', [], 'postgres');
  return { members, ...balancer, postgres: { url: urlAs('gatehouse', 'gatehouse'), execute } };
}

/** Asks all members again and again who is the primary, and leads to the one that says so. */
function balance(t: Test, members: readonly (Member & { readonly rest: string })[], front: TcpProxy) {
  let leader: Member | null = null;
  let [twice, is_over] = [0, false];
  const isPrimary = ({ rest }: { readonly rest: string }): Promise<boolean> =>
    fetch(`http://127.0.0.1:${rest}/primary`, { signal: AbortSignal.timeout(1000) }).then(
      ({ ok }) => ok,
      () => false,
    );

  async function look(): Promise<void> {
    const said = await Promise.all(members.map(isPrimary));
    const primaries = members.filter((_, index) => said[index]);
    if (primaries.length > 1) twice += 1;
    const [only = null] = primaries.length === 1 ? primaries : [];
    if (only === leader) return;
    leader = only;
    if (only === null) return front.cut();
    front.turnTo(only.port);
    front.heal();
    front.reset();
  }

  front.cut();
  const looking = (async () => {
    while (!is_over) {
      await look();
      await delay(LOOK_MS);
    }
  })();
  t.teardown(async () => {
    is_over = true;
    await looking;
  });
  return { leader: () => leader, twice: () => twice };
}
