// Requests are begun when the turn of the event loop in which they arrived has read all that there is to read, and so many in one turn at
// the most. Whoever is answered while a turn still reads asks again, and is read again: while a thousand sockets are ready, libuv goes on
// reading up to 48 times before its turn ends. With two thousand connections that was more than two seconds, in which no timer ran: the
// lease ended (promises P1), and what was remembered was asked of the database or refused (P23).

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from './app-type.ts';

/** Few enough that a turn ends soon, enough that what follows from each turn is done for many. */
const BEGUN_MAX = 64;

/** Collects what arrives: `begin` is given it in the order in which it came, at most 64 at the end of a turn. */
export function collectArrivals<Item>(begin: (items: readonly Item[]) => void): (item: Item) => void {
  let arrived: Item[] = [];

  function endTurn(): void {
    const items = arrived;
    arrived = items.length > BEGUN_MAX ? items.splice(BEGUN_MAX) : [];
    if (arrived.length > 0) setImmediate(endTurn);
    begin(items);
  }

  return (item) => {
    if (arrived.length === 0) setImmediate(endTurn);
    arrived.push(item);
  };
}

const ARRIVED = new WeakMap<IncomingMessage, number>();

/** Tells that the request has waited since then, by `performance.now()`: its time counts from there. */
export function waitsSince(request: IncomingMessage, arrived_ms: number): void {
  ARRIVED.set(request, arrived_ms);
}

/** Since when; undefined: since it was read. */
export function arrivalOf(request: IncomingMessage): number | undefined {
  return ARRIVED.get(request);
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Called once by buildApp, when all that listens for requests is there: it is told of each when the turn has ended, gone or not. */
export function collectRequests(app: App): void {
  const listeners = app.server.listeners('request') as Listener[];
  const tell: Listener = (request, response) => {
    for (const listener of listeners) listener(request, response);
  };
  const collect = collectArrivals<readonly [IncomingMessage, ServerResponse]>((all) => {
    for (const each of all) tell(...each);
  });
  app.server.removeAllListeners('request');
  app.server.on('request', (request, response) => {
    // Those of HTTP/2 share a connection, which bounds them.
    if (request.httpVersionMajor !== 1) return tell(request, response);
    waitsSince(request, performance.now());
    collect([request, response]);
  });
}
