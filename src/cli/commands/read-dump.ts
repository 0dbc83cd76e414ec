// A dump of the database as `pg_restore`, which is of PostgreSQL, reads it: what it has, and whether it can be read to its end. Nothing is
// restored, and no database is asked.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DumpSeen } from '../../use-cases/installation/backup-checks.ts';
import { EXIT, failure } from '../exit.ts';
import { showProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

const LIST_BYTES_MAX = 64 * 1024 * 1024;
const MESSAGE_CHARACTERS_MAX = 200;
/** What `pg_restore --verbose` says when it comes to the rows of a table. */
const TABLE_BEGUN = /processing data for table/g;

/** Reads all of it. Refused: there is no `pg_restore`. */
export async function readDump(file: string, terminal: Terminal): Promise<DumpSeen> {
  const nothing = { file, created_at: null, version: null, tables: [] };
  try {
    const dump = readList(await run(['--list', file], terminal.env));
    await readToEnd(file, dump.tables.length, terminal);
    return { file, fault: null, ...dump };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      const why = 'There is no `pg_restore` on the PATH: it comes with the clients of PostgreSQL.';
      throw failure(EXIT.configuration, why, { code: 'configuration' });
    }
    return { ...nothing, fault: faultOf(error) };
  }
}

/** A large one takes minutes: how many of its tables have been begun is shown. */
async function readToEnd(file: string, tables: number, terminal: Terminal): Promise<void> {
  const progress = showProgress(terminal, 'Tables');
  let begun = 0;
  const onNotes = (notes: string): void => {
    begun += notes.match(TABLE_BEGUN)?.length ?? 0;
    progress.at(begun, tables);
  };
  await run(['--verbose', '--file=/dev/null', file], terminal.env, onNotes).finally(progress.end);
}

async function run(
  args: readonly string[],
  env: Terminal['env'],
  onNotes: (notes: string) => void = () => undefined,
): Promise<string> {
  // Moments of the list are written in the zone of the process.
  const running = promisify(execFile)('pg_restore', [...args], {
    env: { PATH: env.PATH, TZ: 'UTC', LC_ALL: 'C' },
    maxBuffer: LIST_BYTES_MAX,
  });
  running.child.stderr?.on('data', (notes) => onNotes(String(notes)));
  return (await running).stdout;
}

/** Its first complaint; what it noted before that it was at is none. */
function faultOf(error: unknown): string {
  const told = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  const lines = told.trim().split('\n');
  return (lines.find((line) => / (?:error|fatal): /.test(line)) ?? lines[0] ?? '').slice(0, MESSAGE_CHARACTERS_MAX);
}

/** `; Archive created at 2027-03-19 08:00:00 UTC` and lines like `4105; 0 16400 TABLE DATA public tokens gatehouse`. */
export function readList(list: string): Pick<DumpSeen, 'created_at' | 'version' | 'tables'> {
  const [, day, time] = /^; Archive created at (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/m.exec(list) ?? [];
  const [, version = null] = /^; +Dumped from database version: (\S+)/m.exec(list) ?? [];
  const tables = [...list.matchAll(/^\d+; \d+ \d+ TABLE DATA (\S+) (\S+) /gm)].map(
    ([, schema, name]) => `${schema}.${name}`,
  );
  return { created_at: day === undefined ? null : new Date(`${day}T${time}Z`), version, tables };
}
