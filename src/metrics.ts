// What Prometheus can read: requests by route, decisions by reason, the process. Labels are from closed lists only (route
// templates, methods, statuses, reasons), never a name, an id or an address. One registry a process.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';

const registry = new Registry();
collectDefaultMetrics({ register: registry });

const requests = new Histogram({
  name: 'gatehouse_http_request_duration_seconds',
  help: 'Time from the arrival of a request to the end of its answer',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers: [registry],
});

const decisions = new Counter({
  name: 'gatehouse_decisions_total',
  help: 'Decisions of the rules by their reason',
  labelNames: ['reason'] as const,
  registers: [registry],
});

const refused_credentials = new Counter({
  name: 'gatehouse_bad_credentials_total',
  help: 'Credentials that were refused as bad, or unseen because there were too many bad ones',
  registers: [registry],
});

const replica_answers = new Counter({
  name: 'gatehouse_replica_answers_total',
  help: 'Answers of the replica: used, or asked of the primary again because it was behind, did not know, or failed',
  labelNames: ['outcome'] as const,
  registers: [registry],
});

/** What this process says of how fresh its answers are. */
export type FreshnessFigures = {
  readonly age_ms: () => number;
  readonly lag_ms: () => number;
  readonly epoch: () => number;
  readonly cache: () => { readonly hits: number; readonly misses: number; readonly bytes: number };
};

const figure = (name: string, help: string) => new Gauge({ name: `gatehouse_${name}`, help, registers: [registry] });

/** From now on the figures are these, read when somebody asks. */
export function watchFreshness({ age_ms, lag_ms, epoch, cache }: FreshnessFigures): void {
  read = () => {
    const { hits, misses, bytes } = cache();
    // Nothing was confirmed yet, or no longer: a number that says so.
    freshness_figures.age.set(Math.min(age_ms() / 1000, Number.MAX_SAFE_INTEGER));
    freshness_figures.lag.set(lag_ms() / 1000);
    freshness_figures.epoch.set(epoch());
    freshness_figures.hits.set(hits);
    freshness_figures.misses.set(misses);
    freshness_figures.bytes.set(bytes);
  };
}

let read = (): void => undefined;
const freshness_figures = {
  age: figure('lease_age_seconds', 'Time since the question whose answer was that there are no further changes'),
  lag: figure('change_lag_seconds', 'Time from the last commit that was heard of to when it was'),
  epoch: figure('change_epoch', 'Number of the last commit that is taken into account'),
  hits: figure('cache_hits', 'Questions that were answered from memory since the start'),
  misses: figure('cache_misses', 'Questions that were asked of the database since the start'),
  bytes: figure('cache_bytes', 'Memory in use for answers'),
};

/** Counts one answer of the replica, of a closed list of outcomes. */
export function countReplicaAnswer(outcome: string): void {
  replica_answers.inc({ outcome });
}

/** Counts one bad credential. */
export function countRefusedCredential(): void {
  refused_credentials.inc();
}

/** The library makes the name of a series from its labels at every call: each is asked for once. */
const decided = new Map<string, ReturnType<typeof decisions.labels>>();

/** Counts one decision. `reason`: a code of the closed list. */
export function countDecision(reason: string): void {
  let counter = decided.get(reason);
  if (counter === undefined) {
    counter = decisions.labels({ reason });
    decided.set(reason, counter);
  }
  counter.inc();
}

type Observed = ReturnType<typeof requests.labels>;
/** By route, method and status: the library makes the name of a series from its labels at every call. */
const series = new Map<string, Observed>();

/** Counts one answered request. `route`: its template. */
export function countRequest(request: { method: string; route: string; status: number; seconds: number }): void {
  const { seconds, ...labels } = request;
  const name = `${labels.status} ${labels.method} ${labels.route}`;
  let observed = series.get(name);
  if (observed === undefined) {
    observed = requests.labels(labels);
    series.set(name, observed);
  }
  observed.observe(seconds);
}

/** What this process has counted, as it can be told to another one. */
export type ProcessMetrics = Awaited<ReturnType<typeof registry.getMetricsAsJSON>>;

export function metricsOfProcess(): Promise<ProcessMetrics> {
  read();
  return registry.getMetricsAsJSON();
}

let gather: (() => Promise<readonly ProcessMetrics[]>) | null = null;

/**
 * This process is one of several of a service: its series carry its name. `gatherAll`: the metrics of all, for whoever asks this one.
 * Nothing is added up: a process that is started again begins at 0, which only its own series may show.
 */
export function countAsOneOfMany(worker: string, gatherAll: typeof gather): void {
  registry.setDefaultLabels({ worker });
  gather = gatherAll;
}

/** Takes the seconds of one answered request. */
export type Observe = (seconds: number) => void;

/** The same for a route and a status that are known beforehand. */
export function observerOf(labels: { method: string; route: string; status: number }): Observe {
  const observed = requests.labels(labels);
  return (seconds) => observed.observe(seconds);
}

/** Everything in Prometheus' text format, with its content type. */
export async function printMetrics(): Promise<{ content_type: string; text: string }> {
  read();
  const text = gather === null ? registry.metrics() : joined(await gather());
  return { content_type: registry.contentType, text: await text };
}

/** Different in a label, so that nothing is added up, whatever the library would do with each. */
function joined(processes: readonly ProcessMetrics[]): Promise<string> {
  const each = processes.map((metrics) => metrics.map((metric) => ({ ...metric, aggregator: 'sum' })));
  return Registry.aggregate(each).metrics();
}
