// Real processes that are stopped and go on (promises P2, P3): what they remember may be used for the bound only, whether they ran
// meanwhile or not, and who waits for every node waits for them no longer than that.

import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import t from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { buildApp } from '../../src/http/app.ts';
import { ask } from '../support/backend.ts';
import { createDatabase } from '../support/database.ts';
import { freePort, type Service, startService } from '../support/service.ts';
import { bearer, tokensOf, worldOf } from '../support/world.ts';

const BOUND_MS = 1000;
/** A bound that is not over while the test runs: as if there were none. */
const NO_BOUND_MS = 30_000;
/** They wait in the sockets of a process that is stopped, and are answered before it has heard of anything. */
const ASKED_MEANWHILE = 20;

t.test('P2, P3: a node that was stopped answers nothing from before, once the bound is over', async (t) => {
  const { url, pool } = await createDatabase(t);
  const log = pino({ level: 'silent' });
  const deps = composeDeps({ pool, config: loadConfig({ CACHE_MIB: '4' }), clock: () => new Date(), log });
  const app = await buildApp(deps);
  t.teardown(() => app.close());
  t.teardown(() => deps.freshness.stop());
  const inject = app.inject.bind(app) as typeof app.inject;
  const world = worldOf(deps);
  const ada = await world.person('ada');
  await world.repository(await world.organization('acme', ada), 'mill');
  const session = await world.session(ada);
  const { authorization } = await world.client(['evaluate']);

  const start = async (bound_ms: number): Promise<Service> =>
    startService(t, {
      DATABASE_URL: url,
      ALLOW_UNSAFE_DATABASE: '1',
      ADMIN_PASSWORD: 'a password of the test',
      PORT: await freePort(),
      FRESHNESS_MS: String(bound_ms),
      REQUEST_TIMEOUT_MS: '30000',
      LOG_LEVEL: 'warn',
    });
  const [bounded, unbounded] = await Promise.all([start(BOUND_MS), start(NO_BOUND_MS)]);
  const may = async (service: Service, text: string): Promise<boolean> => {
    const answer = await fetch(`${service.url}/access/v1/evaluation`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(ask(text, 'contents:write', ['repository', 'acme/mill'])),
    });
    return ((await answer.json()) as { decision: boolean }).decision;
  };
  const tokens = tokensOf({ inject });
  const end = async (id: number, query = '') =>
    inject({ method: 'DELETE', url: `/user/personal-access-tokens/${id}${query}`, headers: bearer(session) });
  const services = [bounded, unbounded];
  const pause = (signal: 'SIGSTOP' | 'SIGCONT') => services.map((each) => each.pause(signal));
  t.teardown(() => pause('SIGCONT'));

  const [soon, awaited] = [
    await tokens.classicToken(session, { scopes: ['repo'] }),
    await tokens.classicToken(session, { scopes: ['repo'] }),
  ];
  for (const service of services) {
    for (let count = 0; count < 10; count += 1) t.ok(await may(service, soon.token));
  }
  pause('SIGSTOP');
  const ended = await end(soon.id);
  t.equal(ended.statusCode, 204, ended.body);
  // What tells them of it is gone too: who resumes has to connect first, and is asked meanwhile.
  await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse changes'
    and datname = current_database()`);
  await delay(BOUND_MS);
  const asked = services.map((service) =>
    Promise.all(Array.from({ length: ASKED_MEANWHILE }, () => may(service, soon.token))),
  );
  await delay(200); // until all of it has arrived
  pause('SIGCONT');
  const [of_bounded = [], of_unbounded = []] = await Promise.all(asked);
  t.same(of_bounded.filter(Boolean), [], 'nobody is let in by what was so before');
  t.ok(of_unbounded.some(Boolean), 'control: without the bound somebody is');

  for (let count = 0; count < 10; count += 1) t.ok(await may(bounded, awaited.token));
  await unbounded.end('SIGTERM');
  bounded.pause('SIGSTOP');
  const { headers } = await end(awaited.id, '?wait=all');
  t.equal(headers['x-wait'], 'all');
  const later = Promise.all(Array.from({ length: ASKED_MEANWHILE }, () => may(bounded, awaited.token)));
  await delay(200);
  bounded.pause('SIGCONT');
  t.same((await later).filter(Boolean), [], 'who has waited may rely on it');
});
