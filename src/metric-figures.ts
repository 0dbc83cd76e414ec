// What this process says of its state when somebody asks: how fresh its answers are, its connections, and what is to be done in the
// service. Nothing is read, kept or asked of the database but for who asks.

import { Counter } from '@prometheus-io/client';
import { gaugeOf, registry } from './metric-registry.ts';
import { COMPARED_SETTINGS } from './node-settings.ts';

/** What this process says of how fresh its answers are. */
export type FreshnessFigures = {
  readonly age_ms: () => number;
  readonly lag_ms: () => number;
  readonly epoch: () => number;
  readonly skew_ms: () => number;
  readonly is_connected: () => boolean;
  readonly cache: () => { readonly hits: number; readonly misses: number; readonly bytes: number };
};

/** The connections of a pool. */
export type PoolFigures = {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max?: number | undefined };
};
/** What this process has to do. */
export type LoadFigures = { readonly requests: () => number; readonly lag_ms: () => number };
export type Pools = { readonly primary: PoolFigures; readonly replica?: PoolFigures | undefined };

/** What is the same for all nodes of the service, as the database says it. */
export type ServiceFigures = {
  /** Nodes that may answer from memory now. */
  readonly nodes: number;
  /** Settings in which they differ. */
  readonly differing: readonly string[];
  /** Deliveries of webhooks, by what has become of them. */
  readonly webhooks: { readonly due: number; readonly later: number; readonly under_way: number };
  /** How long the delivery has been due that waits longest. */
  readonly webhook_waits_ms: number;
  /** The file of roots; null: there is none, or none yet. */
  readonly roots: { readonly age_ms: number; readonly logs_since: number } | null;
};

const age = gaugeOf(
  'lease_age_seconds',
  'Time since the question whose answer was that there are no further changes; very large: there was none',
);
const lag = gaugeOf('change_lag_seconds', 'Time from the last commit that was heard of to when it was');
const epoch = gaugeOf('change_epoch', 'Number of the last commit that is taken into account');
const connected = gaugeOf('changes_connected', '1 while there is a connection over which changes are followed');
const skew = gaugeOf('database_clock_skew_seconds', "By how much the database's clock is ahead of this process's");
const bytes = gaugeOf('cache_bytes', 'Memory in use for answers');
let cache = { hits: 0, misses: 0 };
countedElsewhere('cache_hits_total', 'Questions that were answered from memory', () => cache.hits);
countedElsewhere('cache_misses_total', 'Questions that were asked of the database', () => cache.misses);

const pool_connections = gaugeOf('pool_connections', 'Connections to the database', ['pool', 'state']);
const pool_max = gaugeOf('pool_connections_max', 'Connections to the database, at most', ['pool']);
const pool_waiting = gaugeOf('pool_waiting', 'Statements that wait for a connection', ['pool']);

const under_way = gaugeOf('requests_under_way', 'Requests that have arrived and are not answered yet');
const turns = gaugeOf('event_loop_turn_seconds', 'Half of the turns of the event loop of late took longer');

const database_up = gaugeOf('database_up', '1 while the database answers what a scrape asks');
const nodes = gaugeOf('nodes', 'Nodes, workers each, that may answer from memory now');
const settings_differ = gaugeOf('settings_differ', '1 where nodes differ in this setting', ['setting']);
const webhook_jobs = gaugeOf('webhook_queue', 'Deliveries of webhooks that are to be made', ['state']);
const webhook_waits = gaugeOf('webhook_oldest_due_seconds', 'How long the delivery is due that waits longest');
const root_age = gaugeOf('audit_root_age_seconds', 'Time since the last signed root of the record');
const root_backlog = gaugeOf('audit_root_backlog_logs', 'Logs of the record that have changed since the last root');
const OF_SERVICE = [nodes, webhook_waits, root_age, root_backlog] as const;

let watched: {
  freshness?: FreshnessFigures;
  pools?: () => Pools;
  load?: LoadFigures;
  service?: () => Promise<ServiceFigures | null>;
} = {};
forgetService();

/** A count that is kept elsewhere. */
function countedElsewhere(name: string, help: string, read: () => number): void {
  new Counter({
    name: `gatehouse_${name}`,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

/** From now on the figures are these, read when somebody asks. */
export function watchFreshness(freshness: FreshnessFigures): void {
  watched = { ...watched, freshness };
}

export function watchPools(pools: () => Pools): void {
  watched = { ...watched, pools };
}

export function watchLoad(load: LoadFigures): void {
  watched = { ...watched, load };
}

/** `read`: null where the database cannot be asked. */
export function watchService(read: () => Promise<ServiceFigures | null>): void {
  watched = { ...watched, service: read };
}

/** Another process of this machine tells of the service. */
export function leaveServiceToOthers(): void {
  const { service: _read, ...own } = watched;
  watched = own;
  forgetService();
  database_up.remove();
}

/** What is not known is not told. */
function forgetService(): void {
  for (const each of OF_SERVICE) each.remove();
  webhook_jobs.reset();
  settings_differ.reset();
}

function tellFreshness(figures: FreshnessFigures): void {
  const { hits, misses, bytes: taken } = figures.cache();
  cache = { hits, misses };
  bytes.set(taken);
  // Nothing was confirmed yet, or no longer: a number that says so.
  age.set(Math.min(figures.age_ms() / 1000, Number.MAX_SAFE_INTEGER));
  lag.set(figures.lag_ms() / 1000);
  epoch.set(figures.epoch());
  skew.set(figures.skew_ms() / 1000);
  connected.set(figures.is_connected() ? 1 : 0);
}

function tellPools(pools: Pools): void {
  for (const [pool, figures] of Object.entries(pools)) {
    if (figures === undefined) continue;
    const { totalCount, idleCount, waitingCount, options } = figures;
    pool_connections.set({ pool, state: 'idle' }, idleCount);
    pool_connections.set({ pool, state: 'used' }, totalCount - idleCount);
    pool_max.set({ pool }, options.max ?? 0);
    pool_waiting.set({ pool }, waitingCount);
  }
}

function tellService(figures: ServiceFigures | null): void {
  forgetService();
  database_up.set(figures === null ? 0 : 1);
  if (figures === null) return;
  nodes.set(figures.nodes);
  for (const setting of COMPARED_SETTINGS)
    settings_differ.set({ setting }, figures.differing.includes(setting) ? 1 : 0);
  for (const [state, count] of Object.entries(figures.webhooks)) webhook_jobs.set({ state }, count);
  webhook_waits.set(figures.webhook_waits_ms / 1000);
  if (figures.roots === null) return;
  root_age.set(figures.roots.age_ms / 1000);
  root_backlog.set(figures.roots.logs_since);
}

/** Brings the figures up to date. Never fails. */
export async function readFigures(): Promise<void> {
  const { freshness, pools, load, service } = watched;
  if (freshness !== undefined) tellFreshness(freshness);
  if (pools !== undefined) tellPools(pools());
  under_way.set(load?.requests() ?? 0);
  turns.set((load?.lag_ms() ?? 0) / 1000);
  if (service !== undefined) tellService(await service());
}
