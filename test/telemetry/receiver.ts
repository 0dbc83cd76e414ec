// A receiver of OTLP over HTTP, as a collector is one: it keeps every byte that it is sent, and reads JSON.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

type Value = {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly boolValue?: boolean;
  readonly doubleValue?: number;
};
type Attributes = readonly { readonly key: string; readonly value: Value }[];

export type ReceivedSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly status: number;
  readonly ms: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
};
export type ReceivedMetric = {
  readonly name: string;
  readonly type: 'sum' | 'gauge' | 'histogram';
  readonly points: readonly {
    readonly attributes: Readonly<Record<string, string | number | boolean>>;
    readonly value: number;
    readonly bucketCounts: readonly number[];
    readonly explicitBounds: readonly number[];
  }[];
};

type Call = { readonly path: string; readonly type: string | undefined; readonly body: Buffer };

function plain(attributes: Attributes = []): Readonly<Record<string, string | number | boolean>> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const { stringValue, intValue, boolValue, doubleValue } = value;
      return [key, stringValue ?? boolValue ?? doubleValue ?? Number(intValue)];
    }),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: what arrived is looked at, not used
type Json = any;

function spansIn({ resourceSpans = [] }: Json): ReceivedSpan[] {
  const all: Json[] = resourceSpans.flatMap(({ scopeSpans }: Json) => scopeSpans.flatMap(({ spans }: Json) => spans));
  return all.map((span) => ({
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    status: span.status?.code ?? 0,
    ms: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
    attributes: plain(span.attributes),
  }));
}

const TYPES = ['sum', 'gauge', 'histogram'] as const;

function metricsIn({ resourceMetrics = [] }: Json): ReceivedMetric[] {
  const all: Json[] = resourceMetrics.flatMap(({ scopeMetrics }: Json) =>
    scopeMetrics.flatMap(({ metrics }: Json) => metrics),
  );
  return all.flatMap((metric) => {
    const type = TYPES.find((each) => each in metric);
    if (type === undefined) return [];
    const points = metric[type].dataPoints.map((point: Json) => ({
      attributes: plain(point.attributes),
      value: Number(point.asDouble ?? point.asInt ?? point.sum),
      bucketCounts: (point.bucketCounts ?? []).map(Number),
      explicitBounds: point.explicitBounds ?? [],
    }));
    return [{ name: metric.name, type, points }];
  });
}

/** `url`: what OTEL_EXPORTER_OTLP_ENDPOINT is to be. */
export async function startOtlpReceiver(t: Test) {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    calls.push({ path: request.url ?? '', type: request.headers['content-type'], body: Buffer.concat(parts) });
    response
      .setHeader('content-type', request.headers['content-type'] ?? '')
      .end(request.headers['content-type']?.includes('json') ? '{}' : '');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const json = (path: string): Json[] =>
    calls
      .filter((call) => call.path === path && call.type === 'application/json')
      .map(({ body }) => JSON.parse(body.toString()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    spans: () => json('/v1/traces').flatMap(spansIn),
    metrics: () => json('/v1/metrics').flatMap(metricsIn),
    /** Everything that was sent, to be searched. */
    bytes: () => Buffer.concat(calls.map(({ body }) => body)),
    resources: () =>
      json('/v1/traces').flatMap(({ resourceSpans }: Json) =>
        resourceSpans.map(({ resource }: Json) => plain(resource.attributes)),
      ),
  };
}
