// A process that serves one side of a comparison, in one shape of request. Tells its port to the process that started it, answers
// its orders, and ends with it.
//
// The bare routes are what somebody would write instead with the same framework: its defaults, no hooks, no log, the schemas of
// our route for what comes and what goes, and an answer that is there already. They have the headers that the contract makes part
// of the answer (request id, X-Auth-…, rate limits), as one ready object, but not those that a careful server adds of its own
// (content security policy and the like): ours has these on top.

import { Session } from 'node:inspector/promises';
import { parse } from 'node:querystring';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { importSPKI, jwtVerify } from 'jose';
import { CELLS, type CellName } from './cells.ts';
import { JWT_AUDIENCE, JWT_ISSUER, type SideName } from './sides.ts';

/** What a process that serves is told to do. */
export type ServerOrder = 'profile' | 'stop profiling' | 'collect garbage';

const [side, cell, database_url = '', key = ''] = process.argv.slice(2) as [SideName, CellName, string?, string?];

async function serveService(): Promise<number> {
  // Loaded only where it serves: the other sides are ready sooner.
  const [{ composeDeps }, { loadConfig }, { openPool }, { boundHeapGrowth }, { buildApp, ...http }, { openLog }] =
    await Promise.all([
      import('../../src/compose.ts'),
      import('../../src/config.ts'),
      import('../../src/db/pool.ts'),
      import('../../src/heap.ts'),
      import('../../src/http/app.ts'),
      import('../../src/log.ts'),
    ]);
  boundHeapGrowth();
  // As it runs by default, but for a rate limit that the load would meet, and a memory that holds all that is asked about.
  const config = loadConfig({
    DATABASE_URL: database_url,
    CACHE_MIB: process.env.CACHE_MIB ?? '1024',
    RATE_LIMIT_PER_HOUR: '1000000000',
    ...(process.env.TIGHT === '1' && { MAX_REQUESTS: '300', DATABASE_QUEUE: '150' }),
    ...(process.env.UNBOUNDED === '1' && {
      MAX_REQUESTS: '100000',
      DATABASE_QUEUE: '100000',
      STANDING_REQUESTS: '100000',
      MAX_LAG_MS: '0',
    }),
    ...(process.env.PATIENT === '1' && { REQUEST_TIMEOUT_MS: '60000', MAX_LAG_MS: '0' }),
  });
  const pool = openPool({
    url: database_url,
    connections_max: config.database_connections_max,
    waiting_max: config.database_waiting_max,
    request_timeout_ms: config.request_timeout_ms,
    onIdleError: () => undefined,
  });
  // A line for every request is written as always, only to nowhere.
  const log = await openLog(config.log_level, { is_terminal: false, worker: null, to: '/dev/null' });
  const app = await buildApp(composeDeps({ pool, config, clock: () => new Date(), log }));
  await app.listen({ port: 0, backlog: http.CONNECTIONS_WAITING_MAX });
  return portOf(app.server.address());
}

type Parse = (text: string) => unknown;
const PARSERS: Readonly<Record<string, Parse>> = {
  'application/json': (text) => JSON.parse(text),
  'application/x-www-form-urlencoded': (text) => parse(text),
};

/** What the usual plugin for forms does. */
function addFormParser(app: FastifyInstance): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, text, done) =>
    done(null, parse(text as string)),
  );
}

/** Reads the body as it arrives, without a decoder and, where it comes in one piece, without a copy. */
function addLeanParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  for (const [type, parseText] of Object.entries(PARSERS)) {
    app.addContentTypeParser(type, (_request, stream, done) => {
      let bytes: Buffer | null = null;
      stream.on('data', (part: Buffer) => {
        bytes = bytes === null ? part : Buffer.concat([bytes, part]);
      });
      stream.on('end', () => done(null, parseText((bytes ?? Buffer.alloc(0)).toString('latin1'))));
      stream.on('error', done);
    });
  }
}

/** The one text that says who asks, where this cell has it. */
function textIn({ body, headers }: FastifyRequest): string {
  const { token, subject } = (body ?? {}) as { readonly token?: string; readonly subject?: { readonly id: string } };
  return token ?? subject?.id ?? (headers.authorization ?? '').slice('Bearer '.length);
}

async function serveBare(): Promise<number> {
  const { method, path: url, schema, shared, answer, headers } = CELLS[cell].bare;
  const app = fastify();
  for (const each of shared) app.addSchema(each);
  if (side === 'lean') addLeanParsers(app);
  else addFormParser(app);
  const verify = side === 'jwt' ? await verifier() : null;
  app.route({
    method,
    url,
    schema,
    handler: async (request, reply) => {
      if (verify !== null) await verify(textIn(request));
      reply.headers(headers);
      return answer;
    },
  });
  await app.listen({ port: 0 });
  return portOf(app.server.address());
}

/** As the library is meant to be used: the key is imported once; issuer, audience, algorithm and expiry are looked at. */
async function verifier(): Promise<(text: string) => Promise<unknown>> {
  const public_key = await importSPKI(key, 'ES256');
  const options = { issuer: JWT_ISSUER, audience: JWT_AUDIENCE, algorithms: ['ES256'] };
  return (text) => jwtVerify(text, public_key, options);
}

function portOf(address: ReturnType<FastifyInstance['server']['address']>): number {
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

const session = new Session();
session.connect();

async function obey(order: ServerOrder): Promise<object> {
  switch (order) {
    case 'profile':
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: 200 });
      await session.post('Profiler.start');
      return {};
    case 'stop profiling':
      return (await session.post('Profiler.stop')).profile;
    case 'collect garbage':
      await session.post('HeapProfiler.collectGarbage');
      return process.memoryUsage();
  }
}

process.on('disconnect', () => process.exit(0));
process.on('message', async (order: ServerOrder) => process.send?.(await obey(order)));
process.send?.({ port: await (side === 'service' ? serveService() : serveBare()) });
