// The OpenAPI document as the text that is committed as openapi/openapi.json. The routes are registered, nothing is started:
// the database of these dependencies does not exist and is never asked.

import { pino } from 'pino';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';

const NOWHERE = 'postgres://nowhere.invalid/none';

/** The same text for the same routes, on every machine. */
export async function openapiText(): Promise<string> {
  const config = loadConfig({ CACHE_MIB: '4' });
  const pool = openPool({ url: NOWHERE, connections_max: 2, request_timeout_ms: 1000, onIdleError: () => undefined });
  const app = await buildApp(composeDeps({ pool, config, clock: () => new Date(0), log: pino({ level: 'silent' }) }));
  await app.ready();
  const text = `${JSON.stringify(app.swagger(), null, 2)}\n`;
  await app.close();
  await pool.end();
  return text;
}
