// Programs of the system that tests need (nginx, Caddy, HAProxy, git). One that is missing is installed by apt where that may be
// done; else the test is skipped with one line that names it.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Test } from 'tap';
import { eventually } from './service.ts';

/** Debian keeps servers where only the administrator's PATH looks. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/lib/git-core'];
/** And those of PostgreSQL in a folder a version. */
const POSTGRESQL = '/usr/lib/postgresql';
const APT = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } };

export type Program = { readonly name: string; readonly debian_package: string };

function pathOf(name: string): string | null {
  const versions = existsSync(POSTGRESQL) ? readdirSync(POSTGRESQL).map((each) => join(POSTGRESQL, each, 'bin')) : [];
  return [...FOLDERS, ...versions].map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Whether it ended well, and what it said. Nothing here waits for a process: a service that runs in this one would be stopped. */
function run(command: string, args: readonly string[]): Promise<{ readonly is_well: boolean; readonly said: string }> {
  return new Promise((resolve) => {
    execFile(command, args, APT, (error, said) => resolve({ is_well: error === null, said: String(said) }));
  });
}

/** Test files run at the same time, and apt does not wait for each of its own locks. */
const LOCK = join(tmpdir(), 'gatehouse-tests-apt.lock');

async function apt(...args: readonly string[]): Promise<boolean> {
  const command = ['-w', '300', LOCK, 'apt-get', '-o', 'DPkg::Lock::Timeout=120', '-qq', ...args];
  return (await run('flock', command)).is_well;
}

/**
 * Whether another test is installing the package at this moment: its programs are there then, but not what they need to run. A
 * program that no package has brought is taken as it is.
 */
async function isHalfInstalled(debian_package: string): Promise<boolean> {
  const { said } = await run('dpkg-query', ['-s', debian_package]);
  return /^Status: .* (?:unpacked|half-installed|half-configured|triggers-awaited)$/m.test(said);
}

async function whereReady({ name, debian_package }: Program): Promise<string | null> {
  const path = pathOf(name);
  return path === null || (await isHalfInstalled(debian_package)) ? null : path;
}

async function install({ name, debian_package }: Program): Promise<string | null> {
  if (process.getuid?.() !== 0 || pathOf('apt-get') === null) return null;
  const arguments_ = ['install', '-y', '--no-install-recommends', debian_package];
  const is_done = (await apt(...arguments_)) || ((await apt('update')) && (await apt(...arguments_)));
  return is_done ? pathOf(name) : null;
}

/** Where these programs are, or null where one cannot be had; the test has then said which. */
export async function programs<Name extends string>(
  t: Test,
  wanted: Readonly<Record<Name, Program>>,
): Promise<Readonly<Record<Name, string>> | null> {
  const found: Partial<Record<Name, string>> = {};
  for (const key of Object.keys(wanted) as Name[]) {
    const program: Program = wanted[key];
    const { name, debian_package } = program;
    const path = (await whereReady(program)) ?? (await install(program));
    if (path === null) {
      t.pass(`${name} is not here and cannot be installed`, { skip: `${name} is missing (${debian_package})` });
      return null;
    }
    found[key] = path;
  }
  return found as Record<Name, string>;
}

export type Running = { readonly child: ChildProcess; readonly output: () => string };

/** Ends the program with the processes that it has made: some leave theirs behind. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}

/** Runs a program in the foreground until the end of the test, and answers when the claim holds. */
export async function runProgram(
  t: Test,
  [command, ...args]: readonly [string, ...string[]],
  { env, until }: { readonly env?: Readonly<Record<string, string>>; readonly until: () => Promise<boolean> },
): Promise<Running> {
  const child = spawn(command, args, {
    env: { PATH: FOLDERS.join(delimiter), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (output += part));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  t.teardown(async () => {
    endGroup(child);
    await exited;
  });
  await eventually(async () => child.exitCode !== null || (await until()));
  if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}: ${output}`);
  return { child, output: () => output };
}
