// Health and metrics (contract 3 and 10).

import t from 'tap';
import { databaseOver, openPool } from '../../src/db/pool.ts';
import { countDecision } from '../../src/metrics.ts';
import { buildTestApp } from '../support/build-app.ts';

t.test('/health/ready is 200 only while the database answers, /health/live always', async (t) => {
  const { inject } = await buildTestApp(t);
  t.same((await inject('/health/live')).json(), { status: 'ok' });
  t.same((await inject('/health/ready')).json(), { status: 'ok' });

  const nowhere = openPool({
    url: 'postgres://127.0.0.1:1/none',
    connections_max: 2,
    request_timeout_ms: 1000,
    onIdleError: () => undefined,
  });
  const without = await buildTestApp(t, { deps: { db: databaseOver(nowhere) } });
  t.equal((await without.inject('/health/live')).statusCode, 200);
  const ready = await without.inject('/health/ready');
  t.equal(ready.statusCode, 503);
  t.equal(ready.headers['retry-after'], '1');
  t.equal(ready.json().code, 'unavailable');
  await nowhere.end();
});

t.test('/metrics counts requests by route template and decisions by reason', async (t) => {
  const { inject } = await buildTestApp(t);
  await inject('/health/live?canary-5c81=1');
  await inject('/absent/canary-5c81');
  countDecision('not_found');
  const { headers, body } = await inject('/metrics');
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  t.match(
    body,
    /gatehouse_http_request_duration_seconds_count\{method="GET",route="\/health\/live",status="200"\} [1-9]/,
  );
  t.match(body, /route="none",status="404"/);
  t.match(body, /gatehouse_decisions_total\{effect="deny",reason="not_found"\} [1-9]/);
  t.match(body, /process_cpu_user_seconds_total/);
  for (const name of [
    'lease_age_seconds',
    'change_lag_seconds',
    'change_epoch',
    'cache_hits_total',
    'cache_misses_total',
    'cache_bytes',
  ]) {
    t.match(body, new RegExp(`^gatehouse_${name} -?[0-9.]+$`, 'm'), name);
  }
  t.notMatch(body, 'canary-5c81');
});

t.test('/metrics needs METRICS_TOKEN where others reach the service', async (t) => {
  const settings = { HOST: '0.0.0.0', PUBLIC_URL: 'https://gate.example', METRICS_TOKEN: 'scraper-1' };
  const { inject } = await buildTestApp(t, { settings });
  const status = async (authorization?: string): Promise<number> =>
    (await inject({ url: '/metrics', headers: authorization === undefined ? {} : { authorization } })).statusCode;
  t.equal(await status('Bearer scraper-1'), 200);
  t.equal(await status('bearer scraper-1'), 200);
  for (const wrong of [undefined, 'Bearer scraper-2', 'Bearer ', 'Basic scraper-1', 'scraper-1'])
    t.equal(await status(wrong), 401, String(wrong));
  const { responses } = (await inject('/openapi.json')).json().paths['/metrics'].get;
  t.match(responses['401'], { $ref: /authentication_required/ }, 'as the document says');
  const { METRICS_TOKEN, ...unset } = settings;
  const closed = await buildTestApp(t, { settings: unset });
  t.equal(
    (await closed.inject({ url: '/metrics', headers: { authorization: `Bearer ${METRICS_TOKEN}` } })).statusCode,
    401,
  );
});
