// Receivers of webhooks that mean harm or are ill: each does one thing that receivers do. Behind some of them stands an address that
// nobody may reach; who connects there is counted.

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import type { Test } from 'tap';

/** Not among those that the nodes of a scenario may reach. */
export const FORBIDDEN = '127.0.0.2';
/** Resolves to an address that may be reached, and to one that may not, in turn (plants: names flip). */
export const FLIPPING = 'flip.example';
const CHUNK = Buffer.alloc(65_536, 'x');
const TRICKLE_MS = 1000;

export type EvilReceivers = {
  readonly urls: Readonly<Record<string, string>>;
  /** Connections to the address that nobody may reach. */
  readonly trapped: () => number;
  /** What the endless answer could get rid of, in bytes. */
  readonly swallowed: () => number;
  /** What the one that fails at first has taken. */
  readonly recovered: ReadonlySet<string>;
};

async function listen(t: Test, server: Server | net.Server, host = '127.0.0.1', port = 0): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  t.teardown(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export async function startEvilReceivers(
  t: Test,
  { failing, endless_bytes }: { readonly failing: number; readonly endless_bytes: number },
): Promise<EvilReceivers> {
  let [trapped, swallowed, failed] = [0, 0, 0];
  const recovered = new Set<string>();
  const trap = createServer((_request, response) => void response.end());
  trap.on('connection', () => {
    trapped += 1;
  });
  const trap_port = await listen(t, trap, FORBIDDEN);

  async function receiver(answer: RequestListener, port = 0): Promise<string> {
    const server = createServer((request, response) => {
      request.resume();
      request.on('error', () => undefined);
      response.on('error', () => undefined);
      request.on('end', () => answer(request, response));
    });
    return `http://127.0.0.1:${await listen(t, server, '127.0.0.1', port)}/`;
  }

  const silent = net.createServer((socket) => void socket.on('error', () => undefined).resume());
  const urls = {
    'fails at first': await receiver((request, response) => {
      failed += 1;
      if (failed > failing) recovered.add(String(request.headers['webhook-id']));
      response.writeHead(failed > failing ? 200 : 500).end();
    }),
    'takes the request and says nothing': `http://127.0.0.1:${await listen(t, silent)}/`,
    'a byte a second': await receiver((request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      const timer = setInterval(() => response.write('x'), TRICKLE_MS);
      request.socket.on('close', () => clearInterval(timer));
    }),
    'ends after the head': await receiver((request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('x', () => request.socket.resetAndDestroy());
    }),
    'an answer without end': await receiver((_request, response) => {
      response.writeHead(200, { 'content-length': String(endless_bytes) });
      let left = endless_bytes;
      const more = (): void => {
        while (left > 0 && !response.destroyed) {
          left -= CHUNK.length;
          swallowed += CHUNK.length;
          if (!response.write(CHUNK)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    }),
    'sends elsewhere': await receiver((_request, response) => {
      response.writeHead(302, { location: `http://${FORBIDDEN}:${trap_port}/latest/meta-data/` }).end();
    }),
    // The same port at both addresses, so that only the address tells them apart.
    'a name that flips': (await receiver((_request, response) => void response.end(), trap_port)).replace(
      '127.0.0.1',
      FLIPPING,
    ),
  };
  return { urls, trapped: () => trapped, swallowed: () => swallowed, recovered };
}
