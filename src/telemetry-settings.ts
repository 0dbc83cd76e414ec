// Whether traces and metrics go out by OTLP, and how: the standard variables of OpenTelemetry, as far as they mean something here
// (docs/tracing.md lists them). Pure: main.ts hands the environment in. Where they ask for nothing, nothing is loaded.

import type { Environment } from './settings.ts';
import { startRefusal } from './start-refusal.ts';

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;
const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export type Protocol = (typeof PROTOCOLS)[number];
export type SamplerName = (typeof SAMPLERS)[number];

export type TelemetrySettings = {
  /** Null: none go out. */
  readonly traces: {
    readonly protocol: Protocol;
    readonly sampler: SamplerName;
    /** Of the traces that begin here. */
    readonly ratio: number;
    readonly delay_ms: number;
    readonly queue_max: number;
  } | null;
  readonly metrics: { readonly protocol: Protocol; readonly interval_ms: number } | null;
};

type Signal = 'TRACES' | 'METRICS';

function settingOf(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim();
  return text === '' ? undefined : text;
}

function oneOf<Each extends string>(
  environment: Environment,
  name: string,
  all: readonly Each[],
  otherwise: Each,
): Each {
  const text = settingOf(environment, name)?.toLowerCase();
  const found = text === undefined ? otherwise : all.find((each) => each === text);
  if (found === undefined) throw startRefusal(`Change \`${name}\`: it must be one of ${all.join(', ')}.`);
  return found;
}

function numberOf(
  environment: Environment,
  name: string,
  { otherwise, min, max }: { readonly otherwise: number; readonly min: number; readonly max: number },
): number {
  const text = settingOf(environment, name);
  if (text === undefined) return otherwise;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw startRefusal(`Change \`${name}\`: it must be a number from ${min} to ${max}.`);
}

/** An endpoint has to be named: telemetry that is switched on by itself would be sent to whoever listens on this machine. */
function isWanted(environment: Environment, signal: Signal): boolean {
  const endpoint =
    settingOf(environment, `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`) ??
    settingOf(environment, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  if (endpoint === undefined || oneOf(environment, `OTEL_${signal}_EXPORTER`, ['otlp', 'none'], 'otlp') === 'none')
    return false;
  if (/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) return true;
  throw startRefusal('Change `OTEL_EXPORTER_OTLP_ENDPOINT`: it must be an http or https URL.');
}

function protocolOf(environment: Environment, signal: Signal): Protocol {
  const general = oneOf(environment, 'OTEL_EXPORTER_OTLP_PROTOCOL', PROTOCOLS, 'http/protobuf');
  return oneOf(environment, `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, PROTOCOLS, general);
}

/** What is wanted; null: nothing. A malformed variable is refused with a line that says what to change. */
export function telemetryOf(environment: Environment): TelemetrySettings | null {
  if (settingOf(environment, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return null;
  const traces = isWanted(environment, 'TRACES')
    ? {
        protocol: protocolOf(environment, 'TRACES'),
        sampler: oneOf(environment, 'OTEL_TRACES_SAMPLER', SAMPLERS, 'parentbased_always_on'),
        ratio: numberOf(environment, 'OTEL_TRACES_SAMPLER_ARG', { otherwise: 1, min: 0, max: 1 }),
        delay_ms: numberOf(environment, 'OTEL_BSP_SCHEDULE_DELAY', { otherwise: 5000, min: 10, max: 600_000 }),
        queue_max: numberOf(environment, 'OTEL_BSP_MAX_QUEUE_SIZE', { otherwise: 2048, min: 1, max: 1_000_000 }),
      }
    : null;
  const metrics = isWanted(environment, 'METRICS')
    ? {
        protocol: protocolOf(environment, 'METRICS'),
        interval_ms: numberOf(environment, 'OTEL_METRIC_EXPORT_INTERVAL', {
          otherwise: 60_000,
          min: 10,
          max: 3_600_000,
        }),
      }
    : null;
  return traces === null && metrics === null ? null : { traces, metrics };
}
