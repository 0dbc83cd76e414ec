// The process: one that does everything, or (WORKERS) the parent of several, or one of these. The only place that reads the environment
// and the clock, and that puts the parts together.

import cluster from 'node:cluster';
import { flushCompileCache } from 'node:module';
import type { Logger } from 'pino';
import { announceFailure, announceListening, isForPrograms } from './announce.ts';
import { composeDeps, type Parts } from './compose.ts';
import { type Config, loadConfig } from './config.ts';
import { leaveMemoryOutOfCoreFiles, leaveNoCoreFile } from './core-files.ts';
import { openChangeFeed } from './db/change-feed.ts';
import { isReachedDirectly } from './db/direct.ts';
import { openDeliveryQueue } from './db/job-queue.ts';
import { openPool } from './db/pool.ts';
import type { Deps } from './deps.ts';
import { RETRY_DELAYS_SECONDS } from './domain/hook.ts';
import { boundHeapGrowth, collectAtEnd } from './heap.ts';
import { CONNECTIONS_WAITING_MAX as backlog, buildApp } from './http/app.ts';
import { drain } from './http/drain.ts';
import { ROUTES } from './http/routes/index.ts';
import { renewTls } from './http/tls.ts';
import { startWebhookDelivery } from './jobs/deliver-webhooks.ts';
import { startJobs, startJobsOfProcess } from './jobs/run.ts';
import { openLog } from './log.ts';
import { countAsOneOfMany } from './metric-print.ts';
import { type Prepared, prepareDatabase, prepareFiles, prepareService, whenReachable } from './prepare.ts';
import { EXIT_CONFIGURATION, startRefusal } from './start-refusal.ts';
import { type Stopper, stopOnSignals } from './stop.ts';
import { telemetryOf } from './telemetry-settings.ts';
import { followTlsFiles, readTlsFiles } from './tls-files.ts';
import { answerGathering, gatherThroughParent } from './workers/gather-metrics.ts';
import { shareOfParent, shareOfWorker } from './workers/share.ts';
import { describeWorkers, type Workers } from './workers/supervise.ts';
import { wakingOthers, wokenByParent } from './workers/wakes.ts';

/** By which the parent tells a worker its number. */
const WORKER = 'WORKER_NUMBER';
/** What is left is sent in so long, or lost. */
const TELEMETRY_STOP_MS = 2000;
/** Longer than a worker gives itself. */
const WORKERS_STOP_MS = 9000;

const has_no_memory_to_leave = leaveMemoryOutOfCoreFiles();
const no_core_file = leaveNoCoreFile();
const is_json = isForPrograms(process.argv);
const is_terminal = process.stdout.isTTY && !is_json;
const said = { is_json, print: (line: string): void => void process.stdout.write(`${line}\n`) };
boundHeapGrowth();
collectAtEnd();
const stopper = stopOnSignals();
try {
  const config = loadConfig(process.env);
  const number = cluster.isWorker ? process.env[WORKER] : undefined;
  if (number !== undefined) await startWorker(config, stopper, number);
  else await startService(config, stopper);
} catch (error) {
  await stopper.stop(announceFailure({ is_json, print: (line) => process.stderr.write(`${line}\n`) }, error));
}

async function startService(config: Config, stopper: Stopper): Promise<void> {
  const catalogue = await prepareFiles(config);
  const is_alone = config.workers === 1;
  const log = await openLog(config.log_level, {
    is_terminal,
    worker: is_alone ? null : 'parent',
  });
  if (!(await no_core_file) && !has_no_memory_to_leave)
    log.warn('a crash would leave the memory of this process in a core file: start it with `ulimit -c 0`');
  const { add, stop } = stopper;
  await startTelemetryIfWanted(log, add, is_alone ? null : 'parent');
  const url = await prepareDatabase(config, process.env, { log, add, said });
  const workers = is_alone ? null : workersOf(url, config, { log, stop });
  const deps =
    workers === null
      ? await openDeps({ url, config, log, add, stop })
      : await openDeps({
          url,
          config: shareOfParent(config),
          log,
          add,
          stop,
          openFeed: wakingOthers(openChangeFeed, workers.wake),
        });
  const prepared = await prepareService(deps, catalogue);
  add(startJobs(deps));
  add(await whenReachable(log, () => startDelivery(deps)));
  if (workers === null) await serve(deps, add);
  else {
    keepCompiled();
    await startWorkers(deps, workers, stopper);
  }
  announce(config, prepared, log);
}

/**
 * Written before anybody is served, who would have to wait for it, and not at the end: who is killed would have compiled for nothing.
 * Nothing is written where all of it is there.
 */
function keepCompiled(): void {
  flushCompileCache();
}

/** Nothing of it is loaded, and nothing paid, where the environment does not ask for it. It ends last, to tell of the end too. */
async function startTelemetryIfWanted(log: Logger, add: Stopper['add'], worker: string | null): Promise<void> {
  const wanted = telemetryOf(process.env);
  if (wanted === null) return;
  const { startTelemetry } = await import('./telemetry/start.ts');
  add(await startTelemetry(wanted, { log, clock: () => new Date(), worker }), TELEMETRY_STOP_MS);
}

function workersOf(
  url: string,
  config: Config,
  { log, stop }: { readonly log: Logger; readonly stop: Stopper['stop'] },
): Workers {
  const environment = (number: number) => ({ DATABASE_URL: url, [WORKER]: String(number) });
  const onRefused = (): void => void stop(EXIT_CONFIGURATION);
  return describeWorkers({ script: import.meta.filename, count: config.workers, environment, log, onRefused });
}

async function startWorkers(deps: Deps, workers: Workers, { add, stop }: Stopper): Promise<void> {
  countAsOneOfMany('parent', null);
  answerGathering();
  // From here on the parent is told of commits, and wakes the workers.
  deps.freshness.catchUp().catch((error) => deps.log.warn({ err: error }, 'the changes cannot be followed yet'));
  add(workers.stop, WORKERS_STOP_MS);
  const outcome = await workers.start();
  if (outcome !== 'listening') await stop(outcome);
}

/** Everything that is done once was done by the parent, which has the jobs too. */
async function startWorker(config: Config, { add, stop }: Stopper, number: string): Promise<void> {
  const log = await openLog(config.log_level, { is_terminal, worker: number });
  await startTelemetryIfWanted(log, add, number);
  const openFeed = wokenByParent(openChangeFeed, process);
  const deps = await openDeps({
    url: config.database_url ?? '',
    config: shareOfWorker(config),
    log,
    add,
    stop,
    openFeed,
  });
  countAsOneOfMany(number, gatherThroughParent());
  add(startJobsOfProcess(deps));
  await serve(deps, add);
}

async function serve(deps: Deps, add: Stopper['add']): Promise<void> {
  const { config, log } = deps;
  await whenReachable(log, () => deps.catalogue.current()); // compiled before the first request waits for it
  const tls = await readTlsFiles(config);
  const app = await buildApp(deps, ROUTES, tls);
  add(() => app.close());
  if (tls !== null) {
    const stop = followTlsFiles(config, { first: tls, take: (files) => renewTls(app.server, files), log });
    add(async () => stop());
  }
  keepCompiled();
  await listen(config, () => app.listen({ host: config.host, port: config.port, backlog }));
  add(() => drain(app, config.drain_ms));
}

type Opening = {
  readonly url: string;
  readonly config: Config;
  readonly log: Logger;
  readonly add: Stopper['add'];
  readonly openFeed?: Parts['openFeed'];
  readonly stop: Stopper['stop'];
};

async function openDeps({ url, config, log, add, stop, openFeed }: Opening): Promise<Deps> {
  const is_direct = await whenReachable(log, () => isReachedDirectly(url));
  if (!is_direct)
    log.info('a connection pooler stands before the database: changes are asked for, nobody tells of them');
  const open = (to: string) =>
    openPool({
      url: to,
      connections_max: config.database_connections_max,
      waiting_max: config.database_waiting_max,
      request_timeout_ms: config.request_timeout_ms,
      is_direct,
      onIdleError: (error) => log.warn({ err: error }, 'a database connection was lost'),
    });
  const replica_pool = config.database_replica_url === null ? undefined : open(config.database_replica_url);
  if (replica_pool !== undefined) add(() => replica_pool.end());
  // Another history than the one that was answered: what was revoked may be valid in it, and nobody has accepted that.
  let is_told = false;
  const onUnaccepted = (): void => {
    if (!is_told) void endUnaccepted(log, stop);
    is_told = true;
  };
  const usual = { onUnaccepted, pool: open(url), replica_pool, config, clock: () => new Date(), log };
  const deps = composeDeps({ ...usual, ...(openFeed !== undefined && { openFeed }) });
  add(() => deps.db.destroy());
  add(() => deps.freshness.stop());
  return deps;
}

async function endUnaccepted(log: Logger, stop: Stopper['stop']): Promise<void> {
  log.fatal('the database was set back to an earlier state: the service ends, and its next start says what to do');
  await stop(EXIT_CONFIGURATION);
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

function announce(config: Config, { generated_password, has_unprotected_keys }: Prepared, log: Logger): void {
  if (has_unprotected_keys)
    log.warn('signing keys stand in the database as they are: set SIGNING_KEY_SECRET, or SIGNING_KEY_FILE');
  announceListening(said, { ...config, generated_password });
}
