// The folder of the embedded PostgreSQL: where it may be, and how it is made. It is made beside its place and then renamed, so
// that a crash in the middle, or two services that start in the same moment, never leave half of one.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { startRefusal } from '../start-refusal.ts';
import type { RunAs } from './embedded-binaries.ts';

const MAJOR_VERSION = '18';
/** The superuser of the cluster; only the supervisor connects as it. */
export const SUPERUSER = 'postgres';

/** The folder for the data: the one asked for, or `./data`, or one that can be written where the checkout cannot. */
export function dataFolder(data_dir: string | null): string {
  if (data_dir !== null) {
    const folder = resolve(data_dir);
    const problem = useProblem(folder);
    if (problem === undefined) return folder;
    throw startRefusal(`Change \`DATA_DIR\`: ${folder} cannot be written (${problem}).`);
  }
  const folder = resolve('data');
  if (useProblem(folder) === undefined) return folder;
  const fallback = join(stateFolder(), `${basename(resolve())}-${shortDigest(resolve())}`);
  if (useProblem(fallback) === undefined) return fallback;
  throw startRefusal(`Set \`DATA_DIR\` to a folder that can be written: neither ${folder} nor ${fallback} can.`);
}

/** The folder of the cluster inside the data folder, made when it is not there, and the user it belongs to. */
export function prepareCluster(options: {
  folder: string;
  binaries: string;
  user: RunAs | undefined;
  durable: boolean;
}): { cluster: string; user: RunAs | undefined } {
  const cluster = join(options.folder, 'postgres');
  if (!existsSync(cluster)) makeCluster(cluster, options);
  const owner = statSync(cluster);
  const version = readVersion(cluster);
  if (version !== MAJOR_VERSION) {
    throw startRefusal(`Change \`DATA_DIR\`: ${cluster} is of PostgreSQL ${version}, and this is ${MAJOR_VERSION}.`);
  }
  return { cluster, user: options.user === undefined ? undefined : { uid: owner.uid, gid: owner.gid } };
}

/**
 * How a process of PostgreSQL whose working directory is the cluster names it. As another user it may not be allowed to pass the
 * parent folders, and need not be: the working directory is entered before the user is changed.
 */
export function clusterAsSeenBy(user: RunAs | undefined, cluster: string): string {
  return user !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : cluster;
}

function makeCluster(cluster: string, options: { binaries: string; user: RunAs | undefined; durable: boolean }): void {
  const unfinished = `${cluster}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (options.user !== undefined) chownSync(unfinished, options.user.uid, options.user.gid);
  const flags = ['-D', clusterAsSeenBy(options.user, unfinished), '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8'];
  // No collation of the operating system: an index must mean the same on every machine that ever opens it.
  flags.push('--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  if (!options.durable) flags.push('--no-sync');
  const done = spawnSync(join(options.binaries, 'bin', 'initdb'), flags, {
    ...options.user,
    cwd: unfinished,
    env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin' },
    encoding: 'utf8',
  });
  try {
    if (done.status !== 0)
      throw startRefusal(`Change \`DATA_DIR\`: no database could be made in it (${lastLine(done.stderr)}).`);
    renameSync(unfinished, cluster);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(cluster)) throw error;
  }
}

function readVersion(cluster: string): string {
  try {
    return readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  } catch (error) {
    throw startRefusal(`Change \`DATA_DIR\`: ${cluster} is no database that this user may read.`, error);
  }
}

function useProblem(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function stateFolder(): string {
  return process.getuid?.() === 0 ? '/var/lib/gatehouse' : join(homedir(), '.local', 'state', 'gatehouse');
}

function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function lastLine(text: string | null): string {
  return text?.trim().split('\n').at(-1) ?? 'initdb could not be started';
}
