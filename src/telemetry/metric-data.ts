// The metrics of this process in the form of OpenTelemetry: the same series as in a scrape, with the same names, so that there is one
// truth with two ways out.

import { type HrTime, ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { ProcessMetrics } from '../metric-print.ts';

type Metric = ProcessMetrics[number];
/** Of a histogram: which part of it this is; the library's types leave it out. */
type Value = Metric['values'][number] & { readonly metricName?: string };
type Times = { readonly startTime: HrTime; readonly endTime: HrTime };

const SCOPE = { name: 'gatehouse' };

/** Without the label of a bucket. */
function attributesOf({ labels }: Value): Record<string, string> {
  const { le: _bound, ...rest } = (labels ?? {}) as Record<string, string | number>; // absent where there are none
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)]));
}

/** Counts that grow from bound to bound, as those of each bucket alone. */
function bucketsOf(buckets: readonly Value[]): Histogram['buckets'] {
  const counts = buckets.map(({ value }, index) => value - (buckets[index - 1]?.value ?? 0));
  const bounds = buckets.map(({ labels }) => (labels as { le?: string | number }).le);
  return { boundaries: bounds.filter((bound) => bound !== '+Inf').map(Number), counts };
}

function histogramPoints({ name, values }: Metric, times: Times): DataPoint<Histogram>[] {
  const parts: readonly Value[] = values;
  const grouped = Map.groupBy(parts, (value) => JSON.stringify(Object.entries(attributesOf(value)).sort()));
  return [...grouped.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const partOf = (part: string) => group.filter(({ metricName }) => metricName === `${name}_${part}`);
    const buckets = bucketsOf(partOf('bucket'));
    const [sum, count] = [partOf('sum')[0]?.value ?? 0, partOf('count')[0]?.value ?? 0];
    return [{ ...times, attributes: attributesOf(first), value: { buckets, sum, count } }];
  });
}

function dataOf(metric: Metric, times: Times): MetricData {
  const { name, help, type, values } = metric;
  const descriptor = {
    name,
    description: help,
    unit: name.endsWith('_seconds') ? 's' : '',
    valueType: ValueType.DOUBLE,
  };
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (type === 'histogram') {
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histogramPoints(metric, times) };
  }
  const dataPoints = values.map((each) => ({ ...times, attributes: attributesOf(each), value: each.value }));
  if (type === 'counter') return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
  return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

function timeOf(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}

/** Says what `read` answers, whenever it is asked. */
export function metricProducerOver(read: () => Promise<ProcessMetrics>, clock: () => Date): MetricProducer {
  const startTime = timeOf(clock().getTime());
  return {
    collect: async () => {
      const metrics = await read();
      const times = { startTime, endTime: timeOf(clock().getTime()) };
      const told = metrics.filter(({ values }) => values.length > 0).map((metric) => dataOf(metric, times));
      return {
        resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope: SCOPE, metrics: told }] },
        errors: [],
      };
    },
  };
}
