// The form of the database, without a service: for a command before nodes of a new version start. Beside compose.ts a place that knows the
// database, because commands call use-cases only.

import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from './config.ts';
import { checkServer } from './db/check-server.ts';
import { readAccess, readInstallation } from './db/installation.ts';
import { installQueue } from './db/job-queue.ts';
import { migrate, pendingMigrations } from './db/migrate.ts';
import { giveRights } from './db/roles.ts';
import { isLockedByOthers } from './db/sqlstate.ts';
import { switchOffJit } from './db/switch-off-jit.ts';
import { atDatabase, refuseAbsent } from './open-database.ts';
import type { Environment } from './settings.ts';
import { spread } from './spread.ts';
import { isStartRefusal } from './start-refusal.ts';

type Told = (done: number, total: number) => void;

const LOCK_RETRY_MS = 1000;
const LOCK_WAIT_MS_MAX = 5 * 60_000;

/** Does to the database what the start of a service does before it answers, and answers which migrations were missing. */
export function migrateDatabase(config: Config, environment: Environment, tell: Told): Promise<readonly string[]> {
  return atDatabase(config, environment, async (url) => {
    await checkServer(url, { allow_unsafe: config.allow_unsafe_database });
    const missing = await pendingMigrations(url);
    await whenUnlocked(() => migrate(url, undefined, tell));
    await installQueue(url);
    await switchOffJit(url);
    await giveRights(url);
    return missing;
  });
}

/** A migration that does not get its lock lets go at once; as a start does, it is tried again. What was applied before it stays. */
async function whenUnlocked<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  const until = performance.now() + LOCK_WAIT_MS_MAX;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isLockedByOthers(error) || performance.now() > until) throw error;
    }
    await delay(spread(LOCK_RETRY_MS));
  }
}

/** Which migrations are missing. Changes nothing. */
export async function listPendingMigrations(config: Config, environment: Environment): Promise<readonly string[]> {
  await refuseAbsent(config);
  return atDatabase(config, environment, (url) => pendingMigrations(url));
}

export type Looked = Awaited<ReturnType<typeof readInstallation>> & {
  readonly pending_migrations: readonly string[];
  /** Why the database is none of this code; null: it is. */
  readonly foreign_because: string | null;
};

/** What the database says of itself. Changes nothing. */
export async function lookAtInstallation(
  config: Config,
  environment: Environment,
  options: { readonly clock: () => Date; readonly tell: Told },
): Promise<Looked> {
  await refuseAbsent(config);
  return atDatabase(config, environment, async (url) => {
    const { pending_migrations, foreign_because } = await formOf(url);
    const is_migrated = foreign_because === null && pending_migrations.length === 0;
    const { seen, unseen } = await readInstallation(url, { is_migrated, ...options });
    // The service itself may be a role that owns nothing, and it is the one that matters.
    const by_service = config.database_migration_url === null ? null : config.database_url;
    const access = by_service === null ? {} : await readAccess(by_service);
    return { seen: { ...seen, ...access }, unseen, pending_migrations, foreign_because };
  });
}

async function formOf(url: string): Promise<Pick<Looked, 'pending_migrations' | 'foreign_because'>> {
  try {
    return { pending_migrations: await pendingMigrations(url), foreign_because: null };
  } catch (error) {
    if (!isStartRefusal(error)) throw error;
    return { pending_migrations: [], foreign_because: error.message };
  }
}
