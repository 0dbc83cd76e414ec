// Folders of a run of tests, for what outlives the tests' own code: servers, gateways, clones.

import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/** The variable by which test/run.ts tells the tests where such folders are to be. */
export const SCRATCH_PLACE = 'TEST_SCRATCH_PLACE';
/** Linux has files in memory there. A file system would take a tenth of a run's time to make and remove thousands of files. */
const IN_MEMORY = '/dev/shm';
/** More than twice what a run needs. */
const BYTES_MIN = 2 * 1024 ** 3;
const NAME = 'gatehouse-test-';
const LEFT_MS_MIN = 3_600_000;

/** Where there is ample room in memory, there; else where temporary files are. */
export function scratchPlace(): string {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    if (bavail * bsize < BYTES_MIN || freemem() < BYTES_MIN) return tmpdir();
    removeLeft(IN_MEMORY);
    return IN_MEMORY;
  } catch {
    return tmpdir();
  }
}

/** A new folder at that place, which this process answers for. */
export function newFolder(place: string): string {
  return mkdtempSync(join(place, `${NAME}${process.pid}-`));
}

/** What runs that were killed have left: memory does not come back by itself. */
function removeLeft(place: string): void {
  for (const name of readdirSync(place)) {
    const pid = Number(name.startsWith(NAME) ? name.slice(NAME.length).split('-')[0] : Number.NaN);
    if (Number.isNaN(pid) || isRunning(pid)) continue;
    const folder = join(place, name);
    const { mtimeMs = Date.now() } = statSync(folder, { throwIfNoEntry: false }) ?? {};
    if (Date.now() - mtimeMs > LEFT_MS_MIN) rmSync(folder, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Empty, and others may look into it. It is removed by a teardown, so after all that was started later has been ended; tap's own
 * `testdir` is removed before any teardown, under the hands of what still runs.
 */
export function scratchFolder(t: Test): string {
  const folder = newFolder(process.env[SCRATCH_PLACE] ?? tmpdir());
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
