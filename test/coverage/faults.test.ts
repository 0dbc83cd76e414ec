// Every fault of the database is 503 with `Retry-After` on every route, and never a decision (F3). The database of this
// application refuses every connection.

import { pino } from 'pino';
import t from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { newText } from '../../src/secrets.ts';
import { bearer } from '../support/world.ts';

/** Nobody listens on the first port. */
const NOWHERE = 'postgres://nobody@127.0.0.1:1/none';
/** Open routes that need no database, or say by their body what they miss. */
const WITHOUT_DATABASE =
  /^(?:GET|HEAD) \/(?:health\/live|metrics|openapi\.json|docs|permissions|scopes|operations|\.well-known\/)/;

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  token_id: '1',
  pat_request_id: '1',
  pat_id: '1',
  key_id: '1',
  credential_id: '1',
  hook_id: '1',
  delivery_id: '1',
};

t.test('F3: without the database every route that needs it answers 503 with Retry-After', async (t) => {
  const pool = openPool({ url: NOWHERE, connections_max: 2, request_timeout_ms: 5000, onIdleError: () => undefined });
  const log = pino({ level: 'silent' });
  const config = loadConfig({ CACHE_MIB: '4', ANONYMOUS_PER_HOUR: '1000000', RATE_LIMIT_PER_HOUR: '1000000' });
  const app = await buildApp(composeDeps({ pool, config, clock: () => new Date(), log }));
  t.teardown(async () => {
    await app.close();
    await pool.end();
  });
  const client = `client:${newText('client', 'gth')}`;
  const callers = [
    {},
    bearer(newText('classic', 'gth')),
    bearer(newText('fine_grained', 'gth')),
    bearer(newText('session', 'gth')),
    { authorization: `Basic ${Buffer.from(client).toString('base64')}` },
    {
      'x-gateway-authorization': `Basic ${Buffer.from(client).toString('base64')}`,
      'x-original-method': 'GET',
      'x-original-uri': '/user',
      'x-forwarded-method': 'GET',
      'x-forwarded-uri': '/user',
    },
  ];
  for (const { method, url, access } of declaredRoutes(app)) {
    if (WITHOUT_DATABASE.test(`${method} ${url}`)) continue;
    const path = url.replace(/:([a-z_]+)/g, (_, name: string) => PLACEHOLDERS[name] ?? 'name').replace('*', 'x');
    const statuses = new Set<number>();
    for (const headers of callers) {
      const answer = await app.inject({ method: method as 'GET', url: path, headers });
      // nginx is told the status in a header.
      const status = Number(answer.headers['x-error-status'] ?? answer.statusCode);
      statuses.add(status);
      t.ok(answer.statusCode >= 400, `${method} ${url} decides nothing`);
      t.not(answer.statusCode, 500, `${method} ${url} knows that it is the world that failed`);
      t.not(answer.statusCode, 404, `${method} ${url} does not say that nothing is there`);
      if (status !== 503) continue;
      t.match(answer.headers['retry-after'], /^\d+$/);
    }
    const is_for_somebody =
      'session' in access || 'self' in access || ('operation' in access && !access.operation.public_read);
    if (is_for_somebody) {
      const nobody = await app.inject({ method: method as 'GET', url: path });
      t.equal(nobody.statusCode, 401, `${method} ${url} refuses nobody, whatever may be in the database`);
    }
    if (!('open' in access)) t.ok(statuses.has(503), `${method} ${url} says that the truth cannot be known`);
  }
});
