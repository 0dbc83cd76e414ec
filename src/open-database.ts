// The database for a command: that of `DATABASE_URL`, or the embedded one, whether its service runs or not. Beside
// compose.ts a place that knows the database, because commands call use-cases only.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { pino } from 'pino';
import type { Config } from './config.ts';
import { installQueue } from './db/job-queue.ts';
import { migrate } from './db/migrate.ts';
import { databaseOver, openPool } from './db/pool.ts';
import { giveRights, makeRoles } from './db/roles.ts';
import type { Database } from './db/schema.ts';
import { switchOffJit } from './db/switch-off-jit.ts';
import type { Environment } from './settings.ts';
import { startRefusal } from './start-refusal.ts';

/** A look at everything takes its time; half of it is what one statement may take. */
const LOOK_MAX_MS = 2 * 60 * 60 * 1000;
const EMBEDDED_CONNECTIONS_MAX = 10;

type Opened = { readonly url: string; readonly close: () => Promise<void> };

type Work<Answer> = (transaction: Kysely<Database>) => Promise<Answer>;

/** What the work finds in one state of the database: what is written meanwhile is neither missed nor half seen. */
export async function lookAtDatabase<Found>(
  config: Config,
  environment: Environment,
  work: Work<Found>,
): Promise<Found> {
  await refuseAbsent(config);
  return withDatabase(config, environment, (db) =>
    db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work),
  );
}

/** Who only looks does not make the embedded database. */
export async function refuseAbsent({ database_url, data_dir }: Config): Promise<void> {
  if (database_url !== null) return;
  const { dataFolder } = await import('./db/embedded-cluster.ts');
  const folder = dataFolder(data_dir);
  if (existsSync(join(folder, 'postgres'))) return;
  throw startRefusal(`Start the service once, or set \`DATABASE_URL\`: there is no database in ${folder} yet.`);
}

/** What the work changes, whole or not at all. */
export function changeDatabase<Done>(config: Config, environment: Environment, work: Work<Done>): Promise<Done> {
  return withDatabase(config, environment, (db) => db.transaction().execute(work));
}

/** Makes the roles of the database that own nothing, and gives them their rights; answers their names. */
export async function prepareRoles(config: Config, environment: Environment): Promise<readonly string[]> {
  const { url, close } = await open(config, environment);
  try {
    await migrate(url);
    await installQueue(url);
    await switchOffJit(url);
    await makeRoles(url);
    return await giveRights(url);
  } finally {
    await close();
  }
}

/** Work that has transactions of its own, on a database in its present form. */
export function useDatabase<Answer>(config: Config, environment: Environment, work: Work<Answer>): Promise<Answer> {
  return withDatabase(config, environment, work, async (url) => {
    await migrate(url);
    await installQueue(url);
  });
}

/** Work that has connections of its own. */
export async function atDatabase<Answer>(
  config: Config,
  environment: Environment,
  work: (url: string) => Promise<Answer>,
): Promise<Answer> {
  const { url, close } = await open(config, environment);
  return work(url).finally(close);
}

async function withDatabase<Answer>(
  config: Config,
  environment: Environment,
  work: Work<Answer>,
  prepare: (url: string) => Promise<void> = async () => undefined,
): Promise<Answer> {
  const { url, close } = await open(config, environment);
  const limits = { connections_max: 1, request_timeout_ms: LOOK_MAX_MS, onIdleError: () => undefined };
  const db = databaseOver(openPool({ url, ...limits }));
  try {
    await prepare(url);
    return await work(db);
  } finally {
    await db.destroy();
    await close();
  }
}

async function open(config: Config, environment: Environment): Promise<Opened> {
  const given = config.database_migration_url ?? config.database_url;
  if (given !== null) return { url: given, close: async () => undefined };
  const { runningEmbedded, startEmbedded } = await import('./db/embedded.ts');
  const { dataFolder } = await import('./db/embedded-cluster.ts');
  const folder = dataFolder(config.data_dir);
  const running = await runningEmbedded(folder);
  if (running !== null) return running;
  const log = pino({ level: 'silent' });
  const options = { durable: true, connections_max: EMBEDDED_CONNECTIONS_MAX, environment, log };
  const { owner_url, stop } = await startEmbedded({ folder, ...options });
  return { url: owner_url, close: stop };
}
