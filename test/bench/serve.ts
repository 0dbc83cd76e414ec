// A process that serves one side of a cell: the service as it is, or a bare Fastify route with the same schemas and the
// default body parsers. Tells its port to the process that started it, and ends with it.

import { parse } from 'node:querystring';
import fastify from 'fastify';
import { pino } from 'pino';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';
import { CELLS, type CellName } from './cells.ts';

export type Side = 'service' | 'bare';

const [side, cell, database_url] = process.argv.slice(2) as [Side, CellName, string];

async function serveService(): Promise<number> {
  const config = loadConfig({ DATABASE_URL: database_url, CACHE_MIB: process.env.CACHE_MIB });
  const pool = openPool({
    url: database_url,
    connections_max: config.database_connections_max,
    request_timeout_ms: config.request_timeout_ms,
    onIdleError: () => undefined,
  });
  // A line for every request is written as always, only to nowhere.
  const log = pino({ level: config.log_level }, pino.destination('/dev/null'));
  const app = await buildApp(composeDeps({ pool, config, clock: () => new Date(), log }));
  await app.listen({ port: 0 });
  return portOf(app.server.address());
}

async function serveBare(): Promise<number> {
  const { path, request_schema, answer_schema, bare_answer } = CELLS[cell];
  const app = fastify();
  // What the usual plugin for forms does.
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, text, done) =>
    done(null, parse(text as string)),
  );
  app.post(path, { schema: { body: request_schema, response: { 200: answer_schema } } }, async () => bare_answer);
  await app.listen({ port: 0 });
  return portOf(app.server.address());
}

function portOf(address: ReturnType<ReturnType<typeof fastify>['server']['address']>): number {
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

process.on('disconnect', () => process.exit(0));
process.send?.({ port: await (side === 'bare' ? serveBare() : serveService()) });
