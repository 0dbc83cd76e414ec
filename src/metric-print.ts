// How the metrics are told: those of this process, or of all processes of the service on this machine (WORKERS) as one. Counts are added
// up over the processes, those that have ended included, so that a sum never goes back when a worker is started again; figures that
// cannot be added stand side by side, with the label `worker`. Why: docs/decisions/0012-one-scrape-for-all-workers.md.

import { Registry } from '@prometheus-io/client';
import { leaveServiceToOthers, readFigures } from './metric-figures.ts';
import { registry } from './metric-registry.ts';

/** What a process has counted, as it can be told to another one. */
export type ProcessMetrics = Awaited<ReturnType<typeof registry.getMetricsAsJSON>>;

let worker: string | null = null;
let gather: (() => Promise<readonly ProcessMetrics[]>) | null = null;

/** This process is one of several of a service. `gatherAll`: the metrics of all, for whoever asks this one; null: nobody does. */
export function countAsOneOfMany(name: string, gatherAll: typeof gather): void {
  worker = name;
  gather = gatherAll;
  if (gatherAll !== null) leaveServiceToOthers();
}

/** What this process has counted until now. */
export async function metricsOfProcess(): Promise<ProcessMetrics> {
  await readFigures();
  const metrics = await registry.getMetricsAsJSON();
  return worker === null ? metrics : metrics.map((metric) => labelled(metric, worker ?? ''));
}

type ProcessMetric = ProcessMetrics[number];

function isAdded({ type }: ProcessMetric): boolean {
  return type === 'counter' || type === 'histogram';
}

function labelled(metric: ProcessMetric, name: string): ProcessMetric {
  if (isAdded(metric)) return metric;
  return { ...metric, values: metric.values.map((each) => ({ ...each, labels: { ...each.labels, worker: name } })) };
}

/** All as one: what has the same labels is added up. */
function added(processes: readonly ProcessMetrics[]): Registry {
  // Whatever the library would do with each: gauges of different processes differ in a label.
  return Registry.aggregate(processes.map((metrics) => metrics.map((metric) => ({ ...metric, aggregator: 'sum' }))));
}

/** What goes on when the process has ended: its counts, none of its figures. */
export function countsOf(metrics: ProcessMetrics): ProcessMetrics {
  return metrics.filter(isAdded);
}

/** The counts of several processes as those of one. */
export async function sumOfEnded(processes: readonly ProcessMetrics[]): Promise<ProcessMetrics> {
  return added(processes).getMetricsAsJSON();
}

/** Everything in Prometheus' text format, with its content type. Fails where not all processes can be asked. */
export async function printMetrics(): Promise<{ content_type: string; text: string }> {
  const { contentType: content_type } = registry;
  if (gather !== null) return { content_type, text: await added(await gather()).metrics() };
  await readFigures();
  return { content_type, text: await registry.metrics() };
}
