// A PostgreSQL of the system with an archive of its log, for tests of backups: base backups, recovery to a point in time, dumps. The
// embedded one has no tools for it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import type { Test } from 'tap';
import { embeddedUser } from '../../src/db/embedded-binaries.ts';
import { oneStatement } from './one-statement.ts';
import { programs } from './programs.ts';
import { scratchFolder } from './scratch-folder.ts';
import { eventually } from './service.ts';

const DEBIAN = 'postgresql';
const SUPERUSER = 'postgres';
const ROLE = 'gatehouse';
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
/** Without jit, as the service has it in its databases: compiling statements takes longer than all else here. */
const QUICK = ['jit=off', 'shared_buffers=16MB', 'max_connections=40', 'autovacuum=off'];

type Program = 'initdb' | 'postgres' | 'pg_basebackup' | 'pg_dump' | 'pg_restore';

const RUNBOOK = readFileSync(new URL('../../docs/runbooks/restore.md', import.meta.url), 'utf8');

/** The value of a setting of PostgreSQL as the runbook has it, with these folders in place of its examples. */
export function settingOfRunbook(name: string, folders: { readonly archive: string; readonly kept?: string }): string {
  const [, value] = new RegExp(`^ *${name} = '(.*)'$`, 'm').exec(RUNBOOK) ?? [];
  if (value === undefined) throw new Error(`docs/runbooks/restore.md has no ${name}`);
  return value.replaceAll('/archive/', `${folders.archive}/`).replaceAll('/kept/', `${folders.kept ?? '/nowhere'}/`);
}

export type Recovery = {
  /** Where it ends, as lines of the configuration; none: at the end of the archive. */
  readonly target: readonly string[];
};

export type ArchivedServer = {
  /** As the role of the service, which owns its database and is no superuser. */
  readonly url: (database?: string) => string;
  readonly execute: (statement: string, database?: string) => Promise<pg.QueryResult>;
  /** Runs a program of PostgreSQL as superuser against the running server. Answers what it wrote. */
  readonly run: (program: 'pg_dump' | 'pg_restore' | 'pg_basebackup', ...args: readonly string[]) => string;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** A copy of the running cluster, for `recover`. */
  readonly backUp: (name: string) => void;
  /** The cluster is the copy from now on, or the one that is there, and is brought to the target by what was archived. Stopped before. */
  readonly recover: (backup: string | null, recovery: Recovery) => Promise<void>;
  readonly folder: string;
};

/** Runs, with an empty database of the role; null where the programs cannot be had, which the test has then said. */
export async function archivedServer(t: Test): Promise<ArchivedServer | null> {
  const named = (name: string) => ({ name, debian_package: DEBIAN });
  const found = await programs(t, {
    initdb: named('initdb'),
    postgres: named('postgres'),
    pg_basebackup: named('pg_basebackup'),
    pg_dump: named('pg_dump'),
    pg_restore: named('pg_restore'),
  });
  if (found === null) return null;
  const paths: Readonly<Record<Program, string>> = found;
  const user = embeddedUser();
  const root = scratchFolder(t);
  const folderOf = (name: string): string => {
    const made = join(root, name);
    mkdirSync(made);
    if (user !== undefined) chownSync(made, user.uid, user.gid);
    return made;
  };
  const [folder, socket, archive] = [folderOf('pg'), folderOf('s'), folderOf('archive')];
  const as_user = { ...user, cwd: folder, env: ENVIRONMENT };
  let cluster = join(folder, 'first');
  let child: ChildProcess | null = null;

  function run(program: Program, ...args: readonly string[]): string {
    const { status, stderr, stdout } = spawnSync(paths[program], args, { ...as_user, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
    return stdout;
  }

  const urlAs = (role: string, database: string): string =>
    `postgres://${role}@localhost:5432/${database}?host=${encodeURIComponent(socket)}&sslmode=disable`;
  const execute = (statement: string, database = 'postgres') => oneStatement(urlAs(SUPERUSER, database), statement);

  async function start(): Promise<void> {
    const settings = [
      ...['listen_addresses=', `unix_socket_directories=${socket}`, 'wal_level=replica', 'archive_mode=on', ...QUICK],
      `archive_command=${settingOfRunbook('archive_command', { archive })}`,
    ];
    const args = settings.flatMap((each) => ['-c', each]);
    child = spawn(paths.postgres, ['-D', cluster, ...args], { ...as_user, stdio: 'ignore' });
    const is_over = once(child, 'exit').then(() => true);
    const isWritable = async (): Promise<boolean> => {
      const { rows } = await execute('select pg_is_in_recovery() as is_recovering');
      return rows[0].is_recovering === false;
    };
    await eventually(async () => (await isWritable().catch(() => false)) || child?.exitCode !== null || !is_over);
    if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`);
  }

  async function stop(): Promise<void> {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null) return;
    running.kill('SIGINT');
    await once(running, 'exit');
  }
  t.teardown(stop);

  run('initdb', '-D', cluster, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--no-sync');
  appendFileSync(join(cluster, 'postgresql.conf'), 'fsync = off\n');
  await start();
  await execute(`create role ${ROLE} login`);
  await execute(`create database ${ROLE} owner ${ROLE}`);
  return {
    url: (database = ROLE) => urlAs(ROLE, database),
    execute,
    run: (program, ...args) => run(program, '-h', socket, '-U', SUPERUSER, ...args),
    start,
    stop,
    backUp: (name) => {
      run('pg_basebackup', '-h', socket, '-U', SUPERUSER, '-D', join(folder, name), '-c', 'fast', '--no-sync');
    },
    recover: async (backup, { target }) => {
      const restore_command = settingOfRunbook('restore_command', { archive, kept: cluster });
      if (backup !== null) cluster = join(folder, backup);
      const lines = [`restore_command = '${restore_command}'`, `recovery_target_action = 'promote'`, ...target];
      appendFileSync(join(cluster, 'postgresql.auto.conf'), `${lines.join('\n')}\n`);
      writeFileSync(join(cluster, 'recovery.signal'), '');
      if (user !== undefined) chownSync(join(cluster, 'recovery.signal'), user.uid, user.gid);
      await start();
    },
    folder,
  };
}
