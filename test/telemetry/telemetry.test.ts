// Traces and metrics by OTLP, received by a receiver of this machine: what they tell, that they are one with what a scrape says, and that
// no secret is in any byte of them, wherever it was sent to us.

import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { buildApp } from '../../src/http/app.ts';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { ROUTES } from '../../src/http/routes/index.ts';
import { startJobs } from '../../src/jobs/run.ts';
import { digestOf } from '../../src/secrets.ts';
import { telemetryOf } from '../../src/telemetry-settings.ts';
import { tracingNow } from '../../src/tracing.ts';
import { ask } from '../support/backend.ts';
import { hookWorld, SECRET, startReceiver, startWorker } from '../support/hook-world.ts';
import { eventually } from '../support/service.ts';
import { type ReceivedSpan, startOtlpReceiver } from './receiver.ts';

const TRACE_ID = 'ab'.repeat(16);
const SPAN_ID = 'cd'.repeat(8);
const SAMPLED = `00-${TRACE_ID}-${SPAN_ID}-01`;
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

/** The application while traces and metrics go out; the exporters read the environment. */
async function tracedWorld(t: Test) {
  const receiver = await startOtlpReceiver(t);
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '20',
    OTEL_METRIC_EXPORT_INTERVAL: '100',
    OTEL_SERVICE_NAME: 'gate-of-the-test',
  };
  Object.assign(process.env, environment);
  const { startTelemetry } = await import('../../src/telemetry/start.ts');
  const settings = telemetryOf(process.env);
  if (settings === null) throw new Error('nothing is wanted');
  const stop = await startTelemetry(settings, {
    log: pino({ level: 'silent' }),
    clock: () => new Date(),
    worker: null,
  });
  const world = await hookWorld(t, { is_fenced: false });
  const generally: string[] = [];
  const patience = Promise.withResolvers<Record<string, never>>();
  t.teardown(() => patience.resolve({}));
  const counting: AddRoutes = (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      generally.push(request.url);
      done();
    });
    app.get('/test/patient', { config: { access: { open: true } }, schema: { hide: true } }, () => patience.promise);
    app.get('/test/fault', { config: { access: { open: true } }, schema: { hide: true } }, () => {
      throw new Error(`of ${SECRET}`);
    });
  };
  const app = await buildApp(world.deps, [counting, ...ROUTES]);
  t.teardown(() => app.close());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { ...world, receiver, stop, url, generally };
}

t.test('traces and metrics by OTLP', async (t) => {
  t.equal(tracingNow(), null, 'off until somebody asks');
  const traced = await tracedWorld(t);
  const { receiver, stop, url, generally, world, deps, owner, member, hook, acme, bob, logged } = traced;
  const secrets: string[] = [owner, member, SECRET];
  const client = await world.client(['evaluate', 'introspect', 'gateway']);
  secrets.push(client.secret, client.authorization);
  const { authorization } = client;
  await world.repository(acme, 'mill');

  const spans = (claim: (span: ReceivedSpan) => boolean) => receiver.spans().filter(claim);
  async function spanOf(claim: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> {
    await eventually(() => spans(claim).length > 0);
    return spans(claim)[0] as ReceivedSpan;
  }
  const send = (
    path: string,
    { body, ...init }: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) =>
    fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      ...init,
      ...(body !== undefined && { body }),
    });
  const evaluate = (text: string, headers: Record<string, string> = {}) =>
    send('/access/v1/evaluation', {
      headers: { authorization, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(ask(text, 'contents:write', ['repository', 'acme/mill'])),
    });

  const { token: text } = await traced.token();
  secrets.push(text);

  await t.test(
    'a request is a span with its route, status and reason, and a part of the trace of who asks',
    async (t) => {
      await evaluate(text, { traceparent: SAMPLED });
      const span = await spanOf(({ traceId, kind }) => traceId === TRACE_ID && kind === SERVER);
      t.equal(span.name, 'POST /access/v1/evaluation');
      t.equal(span.parentSpanId, SPAN_ID);
      t.match(span.attributes, {
        'http.request.method': 'POST',
        'http.route': '/access/v1/evaluation',
        'http.response.status_code': 200,
        'gatehouse.decision.effect': 'deny',
        'gatehouse.decision.reason': 'pending',
      });
      const load = await spanOf(({ traceId, name }) => traceId === TRACE_ID && name === 'load facts');
      t.equal(load.parentSpanId, span.spanId, 'and what it waits for is a part of it');
      t.equal(load.kind, CLIENT);
      t.ok(load.ms <= span.ms);
      t.match(logged(), new RegExp(`"trace_id":"${TRACE_ID}"`), 'the line of the log names the trace');
    },
  );

  await t.test('a refusal says its code, a path that is nobody’s has no route, a fault is an error', async (t) => {
    const before = receiver.spans().length;
    t.equal((await send('/user', { headers: { authorization: `Bearer ${text}x` } })).status, 401);
    t.equal((await send('/nowhere/secret-path')).status, 404);
    await eventually(() => receiver.spans().length >= before + 2);
    const refused = await spanOf(({ attributes }) => attributes['gatehouse.code'] === 'bad_credential');
    t.match(refused, { name: 'GET /user', attributes: { 'http.response.status_code': 401 }, status: 0 });
    const lost = await spanOf(({ attributes }) => attributes['http.response.status_code'] === 404);
    t.equal(lost.name, 'GET');
    t.notOk('http.route' in lost.attributes);
  });

  await t.test('a fault of the service is an error of the span, without its message', async (t) => {
    t.equal((await send('/test/fault')).status, 500);
    const fault = await spanOf(({ name }) => name === 'GET /test/fault');
    t.equal(fault.status, ERROR);
    t.match(fault.attributes, { 'error.type': '500', 'gatehouse.code': 'internal_error' });
    t.same(
      spans(({ status, name }) => status === ERROR && name !== 'GET /test/fault'),
      [],
    );
  });

  await t.test('a request that its caller gives up ends its span, which says so', async (t) => {
    const gone = new AbortController();
    const seen = generally.length;
    const call = fetch(`${url}/test/patient`, { signal: gone.signal }).catch(() => 'gone');
    await eventually(() => generally.length > seen);
    gone.abort();
    t.equal(await call, 'gone');
    const span = await spanOf(({ name }) => name === 'GET /test/patient');
    t.match(span.attributes, { 'http.response.status_code': 499, 'gatehouse.aborted': true });
    t.notOk(spans(({ name, attributes }) => name !== span.name && 'gatehouse.aborted' in attributes).length);
    await eventually(() => logged().includes(`"trace_id":"${span.traceId}"`));
    t.match(logged(), new RegExp(`"status":499,.*"aborted":true,"trace_id":"${span.traceId}"`));
  });

  await t.test('who does not want his request recorded has it answered directly, and others not', async (t) => {
    const live = await traced.rows.classic(bob, { scopes: ['repo'] });
    secrets.push(live.text);
    await evaluate(live.text);
    const seen = generally.length;
    t.equal((await evaluate(live.text, { traceparent: `00-${'ef'.repeat(16)}-${SPAN_ID}-00` })).status, 200);
    t.equal(generally.length, seen, 'not recorded: directly');
    await evaluate(live.text, { traceparent: `00-${'0a'.repeat(16)}-${SPAN_ID}-01` });
    t.equal(generally.length, seen + 1);
    await spanOf(({ traceId }) => traceId === '0a'.repeat(16));
    t.same(
      spans(({ traceId }) => traceId === 'ef'.repeat(16)),
      [],
    );
  });

  await t.test('a malformed traceparent is none', async (t) => {
    for (const [n, malformed] of [
      text,
      `00-${'0'.repeat(32)}-${SPAN_ID}-01`,
      `ff-${'1b'.repeat(16)}-${SPAN_ID}-01`,
      `${SAMPLED}-x`,
      '',
    ].entries()) {
      const count = (): number => spans(({ name }) => name === 'GET /scopes').length;
      await send('/scopes', { headers: { traceparent: malformed, tracestate: `a=${text}` } });
      await eventually(() => count() > n);
    }
    const found = spans(({ name }) => name === 'GET /scopes');
    t.equal(new Set(found.map(({ traceId }) => traceId)).size, found.length, 'each begins a trace of its own');
    t.ok(found.every(({ parentSpanId, traceId }) => !parentSpanId && traceId !== TRACE_ID));
  });

  await t.test('a webhook is a part of the trace of what it tells of, and its receiver is told', async (t) => {
    const hooked = await startReceiver(t, (response, n) => {
      response.statusCode = n === 1 ? 500 : 200;
      response.end();
    });
    await startWorker(t, deps, [0]);
    await hook(hooked.url, { events: ['personal_access_token_request'] });
    await hooked.until(2); // ping, and again
    const origin = '5c'.repeat(16);
    const made = await send('/user/personal-access-tokens', {
      headers: {
        authorization: `Bearer ${member}`,
        'content-type': 'application/json',
        traceparent: `00-${origin}-${SPAN_ID}-01`,
      },
      body: JSON.stringify({
        name: 'traced',
        kind: 'fine_grained',
        resource_owner: 'acme',
        permissions: { contents: 'read' },
        repository_selection: 'all',
      }),
    });
    t.equal(made.status, 201, await made.clone().text());
    secrets.push(((await made.json()) as { token: string }).token);
    const [, , told] = await hooked.until(3);
    const [, traceId, spanId] = /^00-(\w{32})-(\w{16})-01$/.exec(String(told?.headers.traceparent)) ?? [];
    t.equal(traceId, origin);
    const delivery = await spanOf((span) => span.traceId === origin && span.name === 'deliver webhook');
    t.equal(delivery.spanId, spanId, 'the receiver’s parent is the attempt');
    t.match(delivery.attributes, {
      'gatehouse.webhook.event': 'personal_access_token_request',
      'gatehouse.webhook.outcome': 'delivered',
      'gatehouse.webhook.attempt': 0,
    });
    const request = await spanOf((span) => span.traceId === origin && span.kind === SERVER);
    t.ok(
      spans((span) => span.parentSpanId === request.spanId && /^insert /.test(span.name)).length > 0,
      'and so are statements',
    );
    await spanOf(({ attributes }) => attributes['gatehouse.webhook.outcome'] === 'failed');
  });

  await t.test('a job is a trace', async (t) => {
    const stopJobs = startJobs(deps);
    const job = await spanOf(({ name }) => name === 'job notice expiry');
    t.notOk(job.parentSpanId);
    await spanOf(({ traceId, kind }) => traceId === job.traceId && kind === CLIENT);
    await stopJobs();
  });

  await t.test('metrics are those of a scrape', async (t) => {
    const scrape = await (await send('/metrics')).text();
    const scraped = [...scrape.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name);
    // What has no value yet, as of a replica that there is none of, has a line of its type only.
    const expected = scraped.filter((name) => new RegExp(`^${name}(?:_count)?[{ ]`, 'm').test(scrape));
    const latest = () => new Map(receiver.metrics().map((metric) => [metric.name, metric]));
    await eventually(() => expected.every((name) => latest().has(name)), 20_000).catch(() => undefined);
    t.same(
      expected.filter((name) => !latest().has(name)),
      [],
      'all of them',
    );
    t.ok(expected.length > 40);
    const told = latest();
    const requests = told.get('gatehouse_http_request_duration_seconds');
    t.equal(requests?.type, 'histogram');
    for (const { bucketCounts, explicitBounds, attributes } of requests?.points ?? []) {
      t.equal(bucketCounts.length, explicitBounds.length + 1);
      t.ok(bucketCounts.every((count) => count >= 0));
      t.same(Object.keys(attributes).sort(), ['method', 'route', 'status']);
    }
    const counted = requests?.points.find(({ attributes }) => attributes.route === '/scopes');
    t.equal(
      counted?.bucketCounts.reduce((sum, count) => sum + count, 0),
      5,
    );
    t.equal(told.get('gatehouse_decisions_total')?.type, 'sum');
    await eventually(() => latest().get('gatehouse_database_up')?.points[0]?.value === 1);
  });

  await t.test('promises P15: no secret is in any byte that goes out', async (t) => {
    const password = 'canary-password-of-the-trace';
    const canary = `canary-${randomBytes(8).toString('hex')}`;
    secrets.push(password, canary);
    await send('/sessions', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: canary, password }),
    });
    for (const each of [text, canary]) {
      const headers = {
        'x-request-id': each,
        'user-agent': each,
        authorization: `Bearer ${each}`,
        tracestate: `k=${each}`,
        traceparent: `${SAMPLED}-${each}`,
      };
      await send(`/user?token=${each}`, { headers });
      await send(`/repos/${each}/${each}?q=${each}`, { headers });
      await send(`/${each}`, { headers });
      await send('/oauth/introspect', {
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: `token=${each}`,
      });
      await send('/oauth/introspect', { headers: { 'content-type': 'application/json' }, body: `{"token":"${each}"}` });
      await evaluate(each);
      await send('/gateway/nginx', {
        headers: {
          'x-gateway-authorization': authorization,
          authorization: `Bearer ${each}`,
          'x-original-method': 'GET',
          'x-original-uri': `/repos/acme/mill?t=${each}`,
        },
      });
    }
    await eventually(() => spans(({ name }) => name === 'GET /gateway/nginx').length === 2);
    await stop();
    t.equal(tracingNow(), null, 'ended');
    const bytes = receiver.bytes();
    for (const secret of secrets) t.equal(bytes.indexOf(secret), -1, `${secret.slice(0, 8)}…`);
    t.equal(bytes.indexOf(digestOf(text)), -1, 'nor what it is known by');
    t.ok(bytes.includes('/repos/:owner/:repo'), 'the search sees');
    t.ok(bytes.includes('/gateway/nginx'));
    t.match(receiver.resources()[0], { 'service.name': 'gate-of-the-test', 'service.instance.id': /^[0-9a-f-]{36}$/ });
    t.notOk(bytes.includes('"db.query.text"'));
  });
});
