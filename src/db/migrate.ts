// Brings a database to the present form: the files of `migrations/`, in order, each in a transaction of its own (but those of indexes,
// build-indexes.ts), remembered with their digest. Forward only. Any number of nodes may start at once: one migrates, the others wait and
// find it done.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import { StorageUnavailable } from '../domain/fault.ts';
import { startRefusal } from '../start-refusal.ts';
import { indexSteps, takeIndexSteps } from './build-indexes.ts';
import { connectDirectly, whileLocked } from './direct.ts';
import { sqlstate, toFault } from './sqlstate.ts';

const FOLDER = new URL('../../migrations/', import.meta.url);
const INSUFFICIENT_PRIVILEGE = '42501';
const NO_SCHEMA = '3F000';
const LIST_OF_MIGRATIONS = `create table if not exists schema_migrations (
    name text primary key,
    sha256 text not null,
    applied_at timestamptz not null default now()
  )`;

/** Is told how many of the missing ones are applied. */
type Told = (done: number, total: number) => void;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/**
 * Applies what is missing and answers the names of the files that were applied. Refused: a database newer than this code, and one
 * whose applied files were edited since.
 */
export async function migrate(
  url: string,
  folder: URL = FOLDER,
  tell: Told = () => undefined,
): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  return whileLocked(url, 'migrations', async (client) => {
    const missing = missingMigrations(migrations, await appliedMigrations(client));
    for (const [index, migration] of missing.entries()) {
      tell(index, missing.length);
      await asOwner(() => apply(client, migration));
    }
    return missing.map((migration) => migration.name);
  });
}

/** What `migrate` would apply. Nothing is changed, and the same is refused. */
export async function pendingMigrations(url: string, folder: URL = FOLDER): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  const client = await connectDirectly(url);
  try {
    const has_list = await hasList(client);
    if (!has_list) await refuseElsewhere(client);
    const applied = has_list ? await readApplied(client) : [];
    return missingMigrations(migrations, applied).map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

/** Refused: a role that may not do this. */
async function asOwner(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const state = cause instanceof Error ? sqlstate(cause) : undefined;
    if (state === NO_SCHEMA)
      throw startRefusal(
        'Make a schema of the `search_path` of the role: none of them is there, or it may use none.',
        error,
      );
    if (!(cause instanceof Error) || state !== INSUFFICIENT_PRIVILEGE) throw error;
    const what = 'migrations are missing, and the role of `DATABASE_URL` may not change tables';
    throw startRefusal(`Set \`DATABASE_MIGRATION_URL\`: ${what} (${cause.message}).`, error);
  }
}

async function readMigrations(folder: URL): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^[0-9]{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function appliedMigrations(client: pg.Client): Promise<readonly { name: string; sha256: string }[]> {
  if (await hasList(client)) return readApplied(client);
  await refuseElsewhere(client);
  await asOwner(() => client.query(LIST_OF_MIGRATIONS));
  return readApplied(client);
}

/** Tables that this role does not see are not made anew beside them: it would be another service, which knows nobody's token. */
async function refuseElsewhere(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ schema: string }>(
    `select nspname::text as schema from pg_namespace where array['schema_migrations', 'change_epoch', 'token_secrets'] <@
      (select array_agg(relname::text) from pg_class where relnamespace = pg_namespace.oid and relkind = 'r')`,
  );
  const [found] = rows;
  if (found === undefined) return;
  throw startRefusal(
    `Let the \`search_path\` of the role begin with the schema \`${found.schema}\`: the tables of this database are there.`,
  );
}

/** Who may make no table finds it there, made by the owner. */
async function hasList(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ is_there: boolean }>(
    `select to_regclass('schema_migrations') is not null as is_there`,
  );
  return rows[0]?.is_there === true;
}

async function readApplied(client: pg.Client): Promise<readonly { name: string; sha256: string }[]> {
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from schema_migrations order by name collate "C"',
  );
  return rows;
}

/** What the database lacks. What was applied must be the beginning of what this code has, unchanged. */
function missingMigrations(
  migrations: readonly Migration[],
  applied: readonly { name: string; sha256: string }[],
): readonly Migration[] {
  for (const [index, done] of applied.entries()) {
    const ours = migrations[index];
    if (ours === undefined) {
      throw startRefusal(`Start a newer version: the database has \`${done.name}\`, which this one does not know.`);
    }
    if (ours.name !== done.name) {
      throw startRefusal(
        `Use the code that made this database: it has \`${done.name}\` where this code has \`${ours.name}\`.`,
      );
    }
    if (ours.sha256 !== done.sha256) {
      throw startRefusal(`Restore migrations/${ours.name}: it was changed after the database applied it.`);
    }
  }
  return migrations.slice(applied.length);
}

async function apply(client: pg.Client, { name, sql, sha256 }: Migration): Promise<void> {
  const remember = () => client.query('insert into schema_migrations (name, sha256) values ($1, $2)', [name, sha256]);
  const steps = indexSteps(sql);
  try {
    if (steps === null) return await applyAsWhole(client, sql, remember);
    await takeIndexSteps(client, steps);
    await remember();
  } catch (error) {
    const fault = toFault(error);
    if (fault instanceof StorageUnavailable) throw fault;
    throw new Error(`migrations/${name} could not be applied`, { cause: error });
  }
}

async function applyAsWhole(client: pg.Client, sql: string, remember: () => Promise<unknown>): Promise<void> {
  await client.query('begin');
  // Whoever waits for a table keeps all waiting that come after. Rather nothing is changed yet: the start tries again. What is begun takes
  // as long as it takes, whatever the role's statements may otherwise.
  await client.query(`set local lock_timeout = '200ms'; set local statement_timeout = 0`);
  await client.query(sql);
  await remember();
  await client.query('commit');
}
