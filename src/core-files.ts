// A process that crashes may leave its memory behind in a core file, with whatever secrets it had at that moment (promises P15). Linux lets
// a process say what of its memory such a file gets: ours says nothing, and with it all that it starts (workers, the embedded PostgreSQL).
// That holds also where files go to a program, whom the limit on their size does not keep from anything. What a processor had in its
// registers is in them even so: where it can be had, the limit is set too, and there is no file.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const FILTER = '/proc/self/coredump_filter';
const LIMITS = '/proc/self/limits';
const SOFT_LIMIT = /^Max core file size +(\S+)/m;

/** False: the system has no such word (it is no Linux, or hides it), and the limit of whoever starts the process has to do. */
export function leaveMemoryOutOfCoreFiles(): boolean {
  try {
    writeFileSync(FILTER, '0');
    return Number.parseInt(readFileSync(FILTER, 'latin1'), 16) === 0;
  } catch {
    return false;
  }
}

/** Whether this process may leave a core file, by its limit (`ulimit -c`); null: the system does not tell. */
export function mayLeaveCoreFile(): boolean | null {
  try {
    const [, limit] = SOFT_LIMIT.exec(readFileSync(LIMITS, 'latin1')) ?? [];
    return limit === undefined ? null : limit !== '0';
  } catch {
    return null;
  }
}

/** Takes the right to leave one from this process, and from what it starts afterwards. False: it may still. */
export async function leaveNoCoreFile(): Promise<boolean> {
  if (mayLeaveCoreFile() !== true) return true;
  await new Promise((done) => execFile('prlimit', ['--pid', String(process.pid), '--core=0:0'], done));
  return mayLeaveCoreFile() === false;
}
