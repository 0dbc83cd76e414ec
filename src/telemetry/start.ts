// Traces and metrics by OTLP over HTTP. Loaded only where the environment asks for them (telemetry-settings.ts), because this file and what
// it imports are what they cost. Where the receiver is, how it is authenticated to and how long it may take, OpenTelemetry's exporters
// read from the environment themselves (OTEL_EXPORTER_OTLP_*).

import { DiagLogLevel, diag } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import { metricsOfProcess } from '../metric-print.ts';
import { noteDecisions } from '../metrics.ts';
import type { Protocol, TelemetrySettings } from '../telemetry-settings.ts';
import { traceBy } from '../tracing.ts';
import { metricProducerOver } from './metric-data.ts';
import { tracingOver } from './spans.ts';

const SERVICE_NAME = 'gatehouse';
/** Longer than any text of ours that a span carries. */
const ATTRIBUTE_CHARACTERS_MAX = 256;
const EXPORT_MS_MAX = 10_000;

type TraceSettings = NonNullable<TelemetrySettings['traces']>;
type MetricSettings = NonNullable<TelemetrySettings['metrics']>;
type Telling = { readonly resource: Resource; readonly clock: () => Date };

/** Which process this is: each worker is an instance of its own. */
function resourceOf(worker: string | null): Resource {
  const own = resourceFromAttributes({
    'service.name': SERVICE_NAME,
    'process.pid': process.pid,
    ...(worker !== null && { 'gatehouse.worker': worker }),
  });
  const detectors = [serviceInstanceIdDetector, resourceAttributesEnvDetector, serviceNameEnvDetector];
  const said = detectResources({ detectors });
  return defaultResource().merge(own).merge(said);
}

function rootSamplerOf({ sampler, ratio }: TraceSettings): Sampler {
  if (sampler.endsWith('always_on')) return new AlwaysOnSampler();
  return sampler.endsWith('always_off') ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio);
}

function samplerOf(settings: TraceSettings): Sampler {
  const root = rootSamplerOf(settings);
  return settings.sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

async function traceExporterOf(protocol: Protocol) {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

async function metricExporterOf(protocol: Protocol) {
  const { OTLPMetricExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-metrics-otlp-http')
      : await import('@opentelemetry/exporter-metrics-otlp-proto');
  return new OTLPMetricExporter();
}

async function startTraces(settings: TraceSettings, { resource, clock }: Telling): Promise<() => Promise<void>> {
  const processor = new BatchSpanProcessor({
    exporter: await traceExporterOf(settings.protocol),
    scheduledDelayMillis: settings.delay_ms,
    maxQueueSize: settings.queue_max,
    maxExportBatchSize: Math.min(512, settings.queue_max),
    exportTimeoutMillis: EXPORT_MS_MAX,
  });
  const provider = new TracerProvider({
    resource,
    sampler: samplerOf(settings),
    spanProcessors: [processor],
    spanLimits: { attributeValueLengthLimit: ATTRIBUTE_CHARACTERS_MAX },
  });
  const { tracing, noteDecision } = tracingOver(provider.getTracer(SERVICE_NAME), clock);
  traceBy(tracing);
  noteDecisions(noteDecision);
  return () => {
    traceBy(null);
    noteDecisions(null);
    return provider.shutdown();
  };
}

async function startMetrics(settings: MetricSettings, { resource, clock }: Telling): Promise<() => Promise<void>> {
  const reader = new PeriodicExportingMetricReader({
    exporter: await metricExporterOf(settings.protocol),
    exportIntervalMillis: settings.interval_ms,
    exportTimeoutMillis: Math.min(settings.interval_ms, EXPORT_MS_MAX),
    metricProducers: [metricProducerOver(metricsOfProcess, clock)],
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  return () => provider.shutdown();
}

/** Starts what is wanted, before the parts of the service are put together. The answer sends what is left and ends it. */
export async function startTelemetry(
  { traces, metrics }: TelemetrySettings,
  { log, clock, worker }: { readonly log: Logger; readonly clock: () => Date; readonly worker: string | null },
): Promise<() => Promise<void>> {
  const tell = (message: string, ...more: unknown[]): void => log.warn({ detail: [message, ...more] }, 'telemetry');
  diag.setLogger(
    { error: tell, warn: tell, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    DiagLogLevel.WARN,
  );
  const telling = { resource: resourceOf(worker), clock };
  const stops = [
    ...(traces === null ? [] : [await startTraces(traces, telling)]),
    ...(metrics === null ? [] : [await startMetrics(metrics, telling)]),
  ];
  return async () => {
    await Promise.allSettled(stops.map((stop) => stop()));
    diag.disable();
  };
}
