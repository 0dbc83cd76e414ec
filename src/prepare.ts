// What is done once before anybody is answered, by one process of a machine: the database, the first administrator, the signing keys,
// the catalogue. What another machine does at the same moment is done once all the same.

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { announceData, type Said } from './announce.ts';
import { prepareCatalogueFile } from './catalogue-file.ts';
import type { Config } from './config.ts';
import { checkServer } from './db/check-server.ts';
import type { EmbeddedDatabase } from './db/embedded.ts';
import { installQueue } from './db/job-queue.ts';
import { migrate } from './db/migrate.ts';
import { applicationRoleFault, giveRights } from './db/roles.ts';
import { switchOffJit } from './db/switch-off-jit.ts';
import type { Deps } from './deps.ts';
import { StorageUnavailable } from './domain/fault.ts';
import { prepareEpochFile } from './epoch-file.ts';
import { prepareRootFile } from './root-file.ts';
import type { Environment } from './settings.ts';
import { readSigningKeyFile } from './signing-key-file.ts';
import { spread } from './spread.ts';
import { startRefusal } from './start-refusal.ts';
import type { Stopper } from './stop.ts';
import { readTlsFiles } from './tls-files.ts';
import { ensureAdministrator } from './use-cases/administration/ensure-administrator.ts';
import { setCatalogueByFile } from './use-cases/catalogue/set-catalogue.ts';
import { refuseRestored } from './use-cases/service/refuse-restored.ts';
import { prepareSigningKeys } from './use-cases/signing-keys/prepare-signing-keys.ts';
import { prepareHookSecrets } from './use-cases/webhooks/prepare-hook-secrets.ts';

const DATABASE_RETRY_MS = 1000;
/** Connections of the embedded database beside the pool's: its supervisor, migrations, somebody who looks. */
const CONNECTIONS_BESIDE_POOL = 20;
/** Of each process: the one that follows commits, and one for an import. */
const CONNECTIONS_BESIDE_EACH = 2;

type CatalogueFile = Awaited<ReturnType<typeof prepareCatalogueFile>>;

/** What the start has to tell the operator. */
export type Prepared = {
  /** Of the first administrator, where he was made just now and nobody gave his password. */
  readonly generated_password: string | null;
  readonly has_unprotected_keys: boolean;
};

/** Looks at the files of the settings before anything is begun. Refused: one that cannot be used. */
export async function prepareFiles(config: Config): Promise<CatalogueFile> {
  if (config.audit_root_file !== null) await prepareRootFile(config.audit_root_file);
  if (config.epoch_file !== null) await prepareEpochFile(config.epoch_file);
  if (config.signing_key_file !== null) await readSigningKeyFile(config.signing_key_file);
  await readTlsFiles(config);
  return prepareCatalogueFile(config.catalogue_file);
}

type Preparing = { readonly log: Logger; readonly add: Stopper['add']; readonly said: Said };

/** The URL of a database in its present form. */
export async function prepareDatabase(
  config: Config,
  environment: Environment,
  { log, add, said }: Preparing,
): Promise<string> {
  const embedded =
    config.database_url === null ? await startEmbeddedDatabase(config, environment, { log, add, said }) : null;
  const url = config.database_url ?? embedded?.url ?? '';
  await whenReachable(log, () => checkServer(url, { allow_unsafe: config.allow_unsafe_database }));
  const owner_url = config.database_migration_url ?? embedded?.owner_url ?? url;
  const applied = await whenReachable(log, () => migrate(owner_url));
  await whenReachable(log, () => installQueue(owner_url));
  const is_off = await whenReachable(log, () => switchOffJit(owner_url));
  if (owner_url !== url) await giveApplicationRights(owner_url, url, log);
  if (!is_off) log.warn('switch `jit` of the database off: with it on, every look at its changes costs half a second');
  if (applied.length > 0) log.info({ applied }, 'migrations applied');
  return url;
}

/** The service signs in as a role that owns nothing. */
async function giveApplicationRights(owner_url: string, url: string, log: Logger): Promise<void> {
  await whenReachable(log, () => giveRights(owner_url));
  const fault = await whenReachable(log, () => applicationRoleFault(url));
  if (fault !== null)
    throw startRefusal(`Change the role of \`DATABASE_URL\`: ${fault}. See docs/runbooks/database-roles.md.`);
}

/** Loaded only here: where `DATABASE_URL` is set, its packages need not be installed. */
async function startEmbeddedDatabase(
  config: Config,
  environment: Environment,
  { log, add, said }: Preparing,
): Promise<EmbeddedDatabase> {
  const { startEmbedded } = await import('./db/embedded.ts');
  const { dataFolder } = await import('./db/embedded-cluster.ts');
  const folder = dataFolder(config.data_dir);
  const beside = CONNECTIONS_BESIDE_POOL + CONNECTIONS_BESIDE_EACH * (config.workers - 1);
  const connections_max = config.database_connections_max + beside;
  const database = await startEmbedded({ folder, durable: true, connections_max, environment, log });
  add(database.stop);
  announceData(said, folder);
  return database;
}

/** What the service needs in its database. */
export async function prepareService(deps: Deps, catalogue: CatalogueFile): Promise<Prepared> {
  const { config, log } = deps;
  await whenReachable(log, () => refuseRestored(deps));
  const administrator = await whenReachable(log, () =>
    ensureAdministrator(deps, { login: config.admin_login, password: config.admin_password }),
  );
  const { is_unprotected } = await whenReachable(log, () => prepareSigningKeys(deps));
  await whenReachable(log, () => prepareHookSecrets(deps));
  if (catalogue !== null) await whenReachable(log, () => setCatalogueByFile(deps, catalogue));
  return {
    generated_password: administrator.created ? administrator.generated_password : null,
    has_unprotected_keys: is_unprotected,
  };
}

/** Tries until the database answers: it may start later than we do, and a restart must not depend on the order. */
export async function whenReachable<Answer>(log: Logger, step: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      const reason = error.cause instanceof Error ? error.cause.message : String(error.cause);
      log.warn({ reason }, 'the database cannot be used yet; trying again');
    }
    await delay(spread(DATABASE_RETRY_MS));
  }
}
