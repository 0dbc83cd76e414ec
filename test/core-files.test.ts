// promises P15: what a crashed process leaves behind has no secret in it. A process that does what src/main.ts does first ends in the
// middle of its work, with a limit that lets it leave everything; the file is searched.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { leaveMemoryOutOfCoreFiles, mayLeaveCoreFile } from '../src/core-files.ts';
import { cases } from './support/effort.ts';
import { scratchFolder } from './support/scratch-folder.ts';
import { freePort, startService } from './support/service.ts';

const CANARY = 'canary-in-memory-51d0';
const TIMES = 1000;
const MODULE = pathToFileURL(join(import.meta.dirname, '../src/core-files.ts')).href;
/** Built up in the process: the text of the program is part of its command line, which such a file always has. */
const SECRET = `['canary', 'in', 'memory', '51d0'].join('-')`;

const program = (does_it: boolean): string => `
  const { leaveMemoryOutOfCoreFiles } = await import(${JSON.stringify(MODULE)});
  ${does_it ? 'leaveMemoryOutOfCoreFiles();' : "(await import('node:fs')).writeFileSync('/proc/self/coredump_filter', '0x33');"}
  globalThis.secrets = [Buffer.from(${SECRET}.repeat(${TIMES})), ${SECRET} + Math.random()];
  process.abort();`;

/** What the process has left, or null where this machine gives such files to somebody else. */
async function leftBy(folder: string, does_it: boolean): Promise<Buffer | null> {
  const line = 'ulimit -c unlimited && exec "$0" "$@"';
  const started = ['-c', line, process.execPath, '--input-type=module', '-e', program(does_it)];
  await promisify(execFile)('sh', started, { cwd: folder }).catch(() => undefined);
  const [file] = readdirSync(folder).filter((name) => name.includes('core'));
  return file === undefined ? null : readFileSync(join(folder, file));
}

function timesIn(bytes: Buffer): number {
  let times = 0;
  for (let at = bytes.indexOf(CANARY); at >= 0; at = bytes.indexOf(CANARY, at + 1)) times += 1;
  return times;
}

t.test('promises P15: a core file has nothing of the memory', async (t) => {
  if (!leaveMemoryOutOfCoreFiles()) {
    t.pass('there is no Linux here', { skip: '/proc/self/coredump_filter is missing' });
    return;
  }
  const left = await leftBy(scratchFolder(t), true);
  if (left === null) {
    t.pass('core files go to a program here', { skip: 'the kernel.core_pattern of this machine leaves no file' });
    return;
  }
  t.ok(left.includes('node'), 'control: it is that of the process');
  const times = timesIn(left);
  t.ok(times < TIMES / 2, `${times} of ${TIMES} times: no more than a processor has in its registers`);
  // Half a gigabyte: not on every run.
  if (cases({ short: 0, long: 1 }) === 1) {
    const whole = await leftBy(scratchFolder(t), false);
    t.ok(whole !== null && timesIn(whole) >= TIMES, 'control: else it has everything');
  }
});

t.test('promises P15: the service says so first of all, and what it starts does too', async (t) => {
  const filterOf = (pid: number): string => readFileSync(`/proc/${pid}/coredump_filter`, 'latin1').trim();
  const limitOf = (pid: number): string =>
    /^Max core file size +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1] ?? '';
  if (!leaveMemoryOutOfCoreFiles()) {
    t.pass('there is no Linux here', { skip: '/proc/self/coredump_filter is missing' });
    return;
  }
  const settings = { DATA_DIR: join(scratchFolder(t), 'data'), PORT: await freePort(), WORKERS: '2' };
  // What the service starts with, where this process may have it so.
  const allow = (limit: string) =>
    promisify(execFile)('prlimit', ['--pid', String(process.pid), `--core=${limit}`]).catch(() => undefined);
  await allow('unlimited');
  const service = await startService(t, settings);
  await allow('0:');
  // PostgreSQL begins and ends processes all the time: of one that is over there is nothing to read.
  const seen = familyOf(service.pid).flatMap((pid) => {
    try {
      const filter = filterOf(pid);
      return filter === '' ? [] : [[filter, limitOf(pid)]];
    } catch {
      return [];
    }
  });
  t.ok(seen.length > 4, `itself, two workers and PostgreSQL: ${seen.length}`);
  for (const each of seen) t.match(each, [/^0+$/, '0']);
});

/** The process and all below it, as they are at this moment. */
function familyOf(pid: number): readonly number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const parents = new Map(
    pids.map((each) => {
      try {
        return [each, Number(readFileSync(`/proc/${each}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[1])];
      } catch {
        return [each, 0]; // it has ended meanwhile
      }
    }),
  );
  const family = [pid];
  for (const each of family) family.push(...pids.filter((other) => parents.get(other) === each));
  return family;
}

t.test('the limit of core files is read, where there is one', async (t) => {
  const limit = mayLeaveCoreFile();
  t.ok([true, false, null].includes(limit));
  const line = `console.log((await import(${JSON.stringify(MODULE)})).mayLeaveCoreFile())`;
  const started = ['-c', 'ulimit -S -c 0 && exec "$0" "$@"', process.execPath, '--input-type=module', '-e', line];
  const { stdout } = await promisify(execFile)('sh', started);
  t.equal(stdout.trim(), limit === null ? 'null' : 'false');
});
