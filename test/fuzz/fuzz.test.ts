// Fuzzed requests: what once broke the service breaks it no more, and a few thousand new ones do not either (`npm run test:fuzz` has more).

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { createDatabase } from '../support/database.ts';
import { cases } from '../support/effort.ts';
import { onGround } from './attack.ts';
import { almostValid, type Sent } from './mutate.ts';
import { judgeWire, type Piece, type Wire, wires } from './wire.ts';

const CORPUS = join(import.meta.dirname, 'corpus');
const kept = readdirSync(CORPUS).filter((name) => name.endsWith('.json'));

t.test('threats T2, D4: no request makes a fault of ours', async (t) => {
  const { url } = await createDatabase(t);
  await onGround(url, async ({ seeds, judge, listen }) => {
    const { port, client } = await listen();
    t.match(client, /^Basic /);
    t.ok(seeds.length > 150, `${seeds.length} calls to begin with`);
    for (const seed of seeds) if (/^(?:GET|HEAD)$/.test(seed.method)) t.equal(await judge(seed), null, seed.url);
    for (const name of kept) {
      const { request, wire }: { request?: Sent; wire?: Wire } = JSON.parse(readFileSync(join(CORPUS, name), 'utf8'));
      if (request !== undefined)
        t.equal(await judge(request), null, `${name}: ${request.method} ${request.url.slice(0, 80)}`);
      if (wire !== undefined) t.equal(await judgeWire(wire, port, client), null, name);
    }
    await fc.assert(
      fc.asyncProperty(almostValid(seeds), async (request) => {
        const fault = await judge(request);
        if (fault !== null) throw new Error(fault);
      }),
      { numRuns: cases({ short: 250, long: 30_000 }) },
    );
    await fc.assert(
      fc.asyncProperty(wires, async (wire) => {
        const fault = await judgeWire(wire, port, client);
        if (fault !== null) throw new Error(fault);
      }),
      { numRuns: cases({ short: 60, long: 20_000 }) },
    );
  });
});

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
