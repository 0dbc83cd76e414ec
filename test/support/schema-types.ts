// How src/db/schema.ts is generated: one place for the script that writes it and the test that compares it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const TOOL = fileURLToPath(new URL('../../node_modules/kysely-codegen/dist/cli/bin.js', import.meta.url));
/** As src/db/pool.ts reads them. */
const TYPE_MAPPING = { int8: 'number', timestamptz: 'Date' };

/** The file that holds the types of all tables. */
export const SCHEMA_FILE = fileURLToPath(new URL('../../src/db/schema.ts', import.meta.url));

/** The types of all tables of that database, as text. */
export function generateSchemaTypes(url: string): string {
  const flags = [
    '--print',
    '--dialect',
    'postgres',
    '--default-schema',
    'public',
    '--exclude-pattern',
    '{public.schema_migrations,pgboss.*}',
    '--url',
    url,
  ];
  const done = spawnSync(process.execPath, [TOOL, ...flags, '--type-mapping', JSON.stringify(TYPE_MAPPING)], {
    encoding: 'utf8',
  });
  const start = done.stdout.indexOf('/**');
  if (done.status !== 0 || start < 0) throw new Error(`kysely-codegen did not succeed: ${done.stderr}`);
  return done.stdout
    .slice(start)
    .replace('export interface DB {', 'export interface Database {')
    .trimEnd()
    .concat('\n');
}
