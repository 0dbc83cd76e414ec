// The standard variables of OpenTelemetry: which switch traces and metrics on, and what is refused; and a real service, which loads nothing
// of it while it is off, and tells of everything until its end while it is on.

import { fileURLToPath } from 'node:url';
import t from 'tap';
import { isStartRefusal } from '../../src/start-refusal.ts';
import { telemetryOf } from '../../src/telemetry-settings.ts';
import { createDatabase } from '../support/database.ts';
import { freePort, startService } from '../support/service.ts';
import { startOtlpReceiver } from './receiver.ts';

const ENDPOINT = 'http://127.0.0.1:4318';
const TELLS_LOADS = fileURLToPath(new URL('tell-loads.mjs', import.meta.url));

t.test('off unless an endpoint is named', async (t) => {
  t.equal(telemetryOf({}), null);
  t.equal(telemetryOf({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }), null);
  t.equal(telemetryOf({ OTEL_TRACES_SAMPLER: 'always_on', OTEL_SERVICE_NAME: 'gate' }), null);
  t.equal(telemetryOf({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_SDK_DISABLED: 'true' }), null);
  const none = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
  t.equal(telemetryOf({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, ...none }), null);
});

t.test('what is wanted, and how', async (t) => {
  t.same(telemetryOf({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }), {
    traces: { protocol: 'http/protobuf', sampler: 'parentbased_always_on', ratio: 1, delay_ms: 5000, queue_max: 2048 },
    metrics: { protocol: 'http/protobuf', interval_ms: 60_000 },
  });
  t.same(
    telemetryOf({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: ENDPOINT, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' }),
    {
      traces: null,
      metrics: { protocol: 'http/json', interval_ms: 60_000 },
    },
  );
  const ratio = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' };
  t.match(telemetryOf({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ENDPOINT, ...ratio })?.traces, { ratio: 0.25 });
});

t.test('a variable that cannot be followed refuses the start and names itself', async (t) => {
  for (const [name, value] of [
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'grpc'],
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_METRICS_EXPORTER', 'prometheus'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '0'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
  ] as const) {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, [name]: value };
    try {
      telemetryOf(environment);
      t.fail(`${name}=${value} is accepted`);
    } catch (error) {
      t.ok(isStartRefusal(error) && error.message.includes(name), `${name}=${value}`);
    }
  }
});

t.test('a real service', async (t) => {
  const { url: DATABASE_URL } = await createDatabase(t);
  const usual = { ALLOW_UNSAFE_DATABASE: '1', DATABASE_URL, ADMIN_PASSWORD: 'a password of the test', DRAIN_MS: '0' };
  const loads = { NODE_OPTIONS: `--import=${TELLS_LOADS}` };
  const loaded = (output: string) => [...output.matchAll(/^LOADED @opentelemetry\/(\S+)$/gm)].map(([, name]) => name);

  await t.test('loads nothing of it while it is off', async (t) => {
    const service = await startService(t, { ...usual, ...loads, PORT: await freePort() });
    await fetch(`${service.url}/scopes`, { headers: { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` } });
    t.equal(await service.end('SIGTERM'), 0);
    // The queue of webhooks names the types of the interface, which does nothing by itself.
    t.same(new Set(loaded(service.output())), new Set(['api']));
    t.notMatch(service.output(), 'trace_id');
  });

  await t.test(
    'tells of everything until its end while it is on, in protobuf unless it is told otherwise',
    async (t) => {
      const receiver = await startOtlpReceiver(t);
      const service = await startService(t, {
        ...usual,
        ...loads,
        PORT: await freePort(),
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        WORKERS: '2',
      });
      const traceId = 'ab'.repeat(16);
      await fetch(`${service.url}/scopes`, { headers: { traceparent: `00-${traceId}-${'cd'.repeat(8)}-01` } });
      t.equal(await service.end('SIGTERM'), 0);
      t.ok(loaded(service.output()).includes('sdk-trace'), 'the look at what is loaded sees');
      t.same(new Set(receiver.calls.map(({ type }) => type)), new Set(['application/x-protobuf']));
      const sent = (path: string) =>
        Buffer.concat(receiver.calls.filter((call) => call.path === path).map(({ body }) => body));
      t.ok(sent('/v1/traces').includes(Buffer.from(traceId, 'hex')));
      t.ok(sent('/v1/traces').includes('GET /scopes'));
      t.notMatch(service.output(), '"msg":"telemetry"', 'nothing went wrong');
      t.ok(sent('/v1/metrics').includes('gatehouse_http_request_duration_seconds'));
      t.ok(sent('/v1/traces').includes('job notice expiry'), 'the parent tells of its jobs');
      t.ok(sent('/v1/traces').includes('gatehouse.worker'), 'and each says which process it is');
      t.notOk(receiver.bytes().includes('a password of the test'));
    },
  );
});
