// A PostgreSQL of the system and a streaming replica of it, for tests of what a replica may answer. The embedded one has no tools for it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import type { Test } from 'tap';
import { embeddedUser } from '../../src/db/embedded-binaries.ts';
import { migrate } from '../../src/db/migrate.ts';
import { switchOffJit } from '../../src/db/switch-off-jit.ts';
import { oneStatement } from './one-statement.ts';
import { programs } from './programs.ts';
import { scratchFolder } from './scratch-folder.ts';
import { eventually } from './service.ts';

const DEBIAN = 'postgresql';
const SUPERUSER = 'postgres';
/** As a service's role: it owns its database, and no more. */
const ROLE = 'gatehouse';
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
const QUICK = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'shared_buffers=16MB',
  'max_connections=40',
];

export type ReplicatedServer = {
  readonly primary_url: string;
  readonly replica_url: string;
  /** As superuser of the replica. */
  readonly onReplica: (statement: string) => Promise<pg.QueryResult>;
  readonly onPrimary: (statement: string) => Promise<pg.QueryResult>;
  readonly endReplica: () => Promise<void>;
};

/** Both run, and the database is migrated; null where the programs cannot be had, which the test has then said. */
export async function replicatedServer(t: Test): Promise<ReplicatedServer | null> {
  const found = await programs(t, {
    initdb: { name: 'initdb', debian_package: DEBIAN },
    postgres: { name: 'postgres', debian_package: DEBIAN },
    pg_basebackup: { name: 'pg_basebackup', debian_package: DEBIAN },
  });
  if (found === null) return null;
  const user = embeddedUser();
  const root = scratchFolder(t);
  const folderOf = (name: string): string => {
    const made = join(root, name);
    mkdirSync(made);
    if (user !== undefined) chownSync(made, user.uid, user.gid);
    return made;
  };
  const folder = folderOf('pg');
  // Sockets elsewhere: a copy of the cluster would hold their locks too.
  const primary = { cluster: join(folder, 'a'), socket: folderOf('a') };
  const replica = { cluster: join(folder, 'b'), socket: folderOf('b') };
  const as_user = { ...user, cwd: folder, env: ENVIRONMENT };

  function run(program: string, ...args: readonly string[]): void {
    const { status, stderr } = spawnSync(program, args, { ...as_user, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  }

  async function start(postgres: string, { cluster, socket }: typeof primary): Promise<() => Promise<void>> {
    const settings = ['listen_addresses=', `unix_socket_directories=${socket}`, ...QUICK].flatMap((each) => [
      '-c',
      each,
    ]);
    const child: ChildProcess = spawn(postgres, ['-D', cluster, ...settings], { ...as_user, stdio: 'ignore' });
    const exited = once(child, 'exit');
    const end = async (): Promise<void> => {
      child.kill('SIGINT');
      await exited;
    };
    t.teardown(end);
    await eventually(() =>
      oneStatement(urlAt(socket, SUPERUSER, 'postgres'), 'select 1').then(
        () => true,
        () => false,
      ),
    );
    return end;
  }

  run(found.initdb, '-D', primary.cluster, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--no-sync');
  await start(found.postgres, primary);
  const onPrimary = (statement: string) => oneStatement(urlAt(primary.socket, SUPERUSER, 'postgres'), statement);
  await onPrimary(`create role ${ROLE} login`);
  await onPrimary(`create database ${ROLE} owner ${ROLE}`);
  await migrate(urlAt(primary.socket, ROLE, ROLE));
  await switchOffJit(urlAt(primary.socket, ROLE, ROLE));
  const copy = ['-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-h', primary.socket, '-U', SUPERUSER];
  run(found.pg_basebackup, '-D', replica.cluster, ...copy);
  const endReplica = await start(found.postgres, replica);
  return {
    primary_url: urlAt(primary.socket, ROLE, ROLE),
    replica_url: urlAt(replica.socket, ROLE, ROLE),
    onPrimary,
    onReplica: (statement) => oneStatement(urlAt(replica.socket, SUPERUSER, ROLE), statement),
    endReplica,
  };
}

function urlAt(socket_folder: string, user: string, database: string): string {
  return `postgres://${user}@localhost:5432/${database}?host=${encodeURIComponent(socket_folder)}&sslmode=disable`;
}
