// A dump of the database as `pg_restore`, which is of PostgreSQL, reads it: what it has, and whether it can be read to its end. Nothing is
// restored, and no database is asked.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DumpSeen } from '../../use-cases/installation/backup-checks.ts';
import { EXIT, failure } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

const LIST_BYTES_MAX = 64 * 1024 * 1024;
const MESSAGE_CHARACTERS_MAX = 200;

/** Reads all of it. Refused: there is no `pg_restore`. */
export async function readDump(file: string, { env }: Terminal): Promise<DumpSeen> {
  const nothing = { file, created_at: null, version: null, tables: [] };
  try {
    const list = await run(['--list', file], env);
    await run(['--file=/dev/null', file], env);
    return { file, fault: null, ...readList(list) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      const why = 'There is no `pg_restore` on the PATH: it comes with the clients of PostgreSQL.';
      throw failure(EXIT.configuration, why, { code: 'configuration' });
    }
    return { ...nothing, fault: faultOf(error) };
  }
}

async function run(args: readonly string[], env: Terminal['env']): Promise<string> {
  // Moments of the list are written in the zone of the process.
  const { stdout } = await promisify(execFile)('pg_restore', [...args], {
    env: { PATH: env.PATH, TZ: 'UTC', LC_ALL: 'C' },
    maxBuffer: LIST_BYTES_MAX,
  });
  return stdout;
}

function faultOf(error: unknown): string {
  const told = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return (told.trim().split('\n')[0] ?? '').slice(0, MESSAGE_CHARACTERS_MAX);
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
