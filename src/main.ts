// The process: settings, database, migrations, the first administrator, the application, listening, and the end. The only place
// that reads the environment and the clock, and that puts the parts together.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { prepareCatalogueFile } from './catalogue-file.ts';
import { composeDeps } from './compose.ts';
import { type Config, loadConfig } from './config.ts';
import { checkServer } from './db/check-server.ts';
import { installQueue, openDeliveryQueue } from './db/job-queue.ts';
import { migrate } from './db/migrate.ts';
import { openPool } from './db/pool.ts';
import type { Deps } from './deps.ts';
import { StorageUnavailable } from './domain/fault.ts';
import { RETRY_DELAYS_SECONDS } from './domain/hook.ts';
import { buildApp } from './http/app.ts';
import { startWebhookDelivery } from './jobs/deliver-webhooks.ts';
import { startJobs } from './jobs/run.ts';
import { openLog } from './log.ts';
import { prepareRootFile } from './root-file.ts';
import { readSigningKeyFile } from './signing-key-file.ts';
import { EXIT_CONFIGURATION, isStartRefusal, startRefusal } from './start-refusal.ts';
import { type Stopper, stopOnSignals } from './stop.ts';
import { ensureAdministrator } from './use-cases/administration/ensure-administrator.ts';
import { setCatalogueByFile } from './use-cases/catalogue/set-catalogue.ts';
import { prepareSigningKeys } from './use-cases/signing-keys/prepare-signing-keys.ts';

const DATABASE_RETRY_MS = 1000;
/** Connections of the embedded database beside the pool's: its supervisor, migrations, somebody who looks. */
const CONNECTIONS_BESIDE_POOL = 20;

const stopper = stopOnSignals();
try {
  await start(stopper);
} catch (error) {
  process.stderr.write(
    isStartRefusal(error) ? `${error.message}\n` : `${error instanceof Error ? error.stack : error}\n`,
  );
  await stopper.stop(isStartRefusal(error) ? EXIT_CONFIGURATION : 1);
}

async function start({ add }: Stopper): Promise<void> {
  const config = loadConfig(process.env);
  if (config.audit_root_file !== null) await prepareRootFile(config.audit_root_file);
  if (config.signing_key_file !== null) await readSigningKeyFile(config.signing_key_file);
  const catalogue = await prepareCatalogueFile(config.catalogue_file);
  const log = await openLog(config.log_level, { is_terminal: process.stdout.isTTY });
  const url = config.database_url ?? (await startEmbeddedDatabase(config, log, add));
  await prepareDatabase(url, config, log);
  const deps = openDeps(url, config, log);
  add(() => deps.db.destroy());
  add(async () => deps.freshness.stop());
  const administrator = await whenReachable(log, () =>
    ensureAdministrator(deps, { login: config.admin_login, password: config.admin_password }),
  );
  const { is_unprotected } = await whenReachable(log, () => prepareSigningKeys(deps));
  if (catalogue !== null) await whenReachable(log, () => setCatalogueByFile(deps, catalogue));
  await whenReachable(log, () => deps.catalogue.current()); // compiled before the first request waits for it
  add(startJobs(deps));
  add(await whenReachable(log, () => startDelivery(deps)));
  const app = await buildApp(deps);
  add(() => app.close());
  await listen(config, () => app.listen({ host: config.host, port: config.port }));
  if (is_unprotected)
    log.warn('signing keys stand in the database as they are: set SIGNING_KEY_SECRET, or SIGNING_KEY_FILE');
  print(`Gatehouse listens on ${config.public_url}, and explains itself at ${config.public_url}/docs`);
  if (administrator.created && administrator.generated_password !== null) {
    print(
      `Site administrator: ${config.admin_login}, password: ${administrator.generated_password} (shown only this once)`,
    );
  }
}

/** Loaded only here: where `DATABASE_URL` is set, its packages need not be installed. */
async function startEmbeddedDatabase(config: Config, log: Logger, add: Stopper['add']): Promise<string> {
  const { startEmbedded } = await import('./db/embedded.ts');
  const { dataFolder } = await import('./db/embedded-cluster.ts');
  const folder = dataFolder(config.data_dir);
  const connections_max = config.database_connections_max + CONNECTIONS_BESIDE_POOL;
  const database = await startEmbedded({ folder, durable: true, connections_max, environment: process.env, log });
  add(database.stop);
  print(`Gatehouse keeps its data in ${folder}`);
  return database.url;
}

async function prepareDatabase(url: string, config: Config, log: Logger): Promise<void> {
  await whenReachable(log, () => checkServer(url, { allow_unsafe: config.allow_unsafe_database }));
  const applied = await whenReachable(log, () => migrate(url));
  await whenReachable(log, () => installQueue(url));
  if (applied.length > 0) log.info({ applied }, 'migrations applied');
}

/** Tries until the database answers: it may start later than we do, and a restart must not depend on the order. */
async function whenReachable<Answer>(log: Logger, step: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      const reason = error.cause instanceof Error ? error.cause.message : String(error.cause);
      log.warn({ reason }, 'the database cannot be used yet; trying again');
    }
    await delay(DATABASE_RETRY_MS);
  }
}

function openDeps(url: string, config: Config, log: Logger): Deps {
  const pool = openPool({
    url,
    connections_max: config.database_connections_max,
    request_timeout_ms: config.request_timeout_ms,
    onIdleError: (error) => log.warn({ err: error }, 'a database connection was lost'),
  });
  return composeDeps({ pool, config, clock: () => new Date(), log });
}

function startDelivery(deps: Deps): Promise<() => Promise<void>> {
  const queue = openDeliveryQueue(deps.db, (error) => deps.log.warn({ err: error }, 'the queue of webhooks failed'));
  return startWebhookDelivery(deps, { queue, retry_delays_seconds: RETRY_DELAYS_SECONDS });
}

async function listen(config: Config, begin: () => Promise<unknown>): Promise<void> {
  try {
    await begin();
  } catch (error) {
    const isSystem = error instanceof Error && 'code' in error && 'syscall' in error;
    if (!isSystem) throw error;
    throw startRefusal(
      `Change \`HOST\` or \`PORT\`: ${config.host}:${config.port} cannot be listened on (${error.code}).`,
      error,
    );
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
