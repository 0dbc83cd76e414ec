// Fuzzed requests: what once broke the service breaks it no more, and a few thousand new ones do not either (`npm run test:fuzz` has more).

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import t from 'tap';
import { StorageUnavailable } from '../../src/domain/fault.ts';
import { guardLog } from '../../src/http/framework-log.ts';
import { createDatabase } from '../support/database.ts';
import { cases } from '../support/effort.ts';
import { onGround } from './attack.ts';
import type { Sent } from './mutate.ts';
import { type Drawn, targetsOf } from './targets.ts';
import { listenToLog } from './told.ts';
import { verdictOn } from './verdict.ts';
import { judgeWire, type Piece, type Wire } from './wire.ts';

const CORPUS = join(import.meta.dirname, 'corpus');
const kept = readdirSync(CORPUS).filter((name) => name.endsWith('.json'));

t.test('threats T2, D4: no request makes a fault of ours', async (t) => {
  const { url } = await createDatabase(t);
  await onGround(url, async ({ seeds, handed, judge }) => {
    const faultOf = async (drawn: Drawn) => (await judge(drawn)).find(({ fault }) => fault !== null)?.fault ?? null;
    t.ok(seeds.length > 150, `${seeds.length} calls to begin with`);
    for (const seed of seeds)
      if (/^(?:GET|HEAD)$/.test(seed.method)) t.equal(await faultOf({ request: seed }), null, seed.url);
    for (const name of kept) {
      const { fault: _, ...drawn }: Drawn & { fault: string } = JSON.parse(readFileSync(join(CORPUS, name), 'utf8'));
      t.equal(await faultOf(drawn), null, name);
    }
    t.ok(handed.cursors.length > 3 && handed.consistency_tokens.length > 3, 'something to hand back');
    for (const { share, requests, drawn } of targetsOf(seeds, handed)) {
      const numRuns = Math.ceil((cases({ short: 120, long: 50_000 }) * share) / requests / 100);
      await fc.assert(
        fc.asyncProperty(drawn, async (each) => {
          const fault = await faultOf(each);
          if (fault !== null) throw new Error(fault);
        }),
        { numRuns },
      );
    }
  });
});

t.test(
  'P23: a 503 counts as overload only where the node has said so of this request, and says when to come again',
  async (t) => {
    const timeout_ms = 1000;
    const { stream, told } = listenToLog(timeout_ms);
    const log = guardLog(pino({ level: 'info' }, stream));
    const says = (request_id: string, line: object) => log.warn({ request_id, ...line }, 'request failed');
    says('waited', { err: new StorageUnavailable(new Error('no connection became free in time')) });
    says('late', { status: 503, ms: timeout_ms });
    says('early', { status: 503, ms: timeout_ms - 1 });
    says('broken', { err: new StorageUnavailable(new Error('relation "token" does not exist')) });
    const request: Sent = { method: 'POST', url: '/user/repos', headers: {}, body: null };
    const classOf = (id: string, more: object = { 'retry-after': '1' }, status = 503) => {
      const headers = { 'x-request-id': id, 'content-type': 'application/json', ...more };
      return verdictOn(request, { status, headers, body: '{}' }, told).class;
    };
    t.equal(classOf('waited'), 'overloaded');
    t.equal(classOf('late'), 'overloaded');
    for (const id of ['early', 'broken', 'of which nothing was said']) t.equal(classOf(id), 'fault', id);
    t.equal(classOf('waited', {}), 'fault', 'without Retry-After');
    t.equal(classOf('waited', { 'retry-after': '1' }, 500), 'fault');
  },
);

t.test(
  'the judge of bytes sees a server that reads bodies as requests, and one that answers what has no form',
  async (t) => {
    const careless = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (bytes) => {
          for (const [, id] of String(bytes).matchAll(/X-Request-Id: (\w+)/g))
            socket.write(`HTTP/1.1 200 OK\r\nX-Request-Id: ${id}\r\nContent-Length: 0\r\n\r\n`);
          socket.end();
        });
    }).listen(0, '127.0.0.1');
    t.teardown(() => careless.close());
    await once(careless, 'listening');
    const { port } = careless.address() as AddressInfo;
    const plain: Piece = {
      line: 'GET /scopes HTTP/1.1',
      headers: [],
      framing: 'none',
      body: '',
      cuts: [],
      is_client: false,
    };
    const body = 'GET /scopes HTTP/1.1\r\nX-Request-Id: smuggled\r\n\r\n';
    const judge = (pieces: readonly Piece[], broken: Wire['broken']) =>
      judgeWire({ pieces, broken, sends: [] }, port, '');
    t.equal(await judge([plain], null), null);
    t.match(await judge([{ ...plain, framing: 'length', body }], null), 'was answered');
    t.match(await judge([plain], { at: 0, by: 0 }), 'what has no form');
  },
);
