// Requests are begun when the turn of the event loop in which they arrived has read all that there is to read, and so many in one turn at
// the most. Whoever is answered while a turn still reads asks again, and is read again: while a thousand sockets are ready, libuv goes on
// reading up to 48 times before its turn ends. With two thousand connections that was more than two seconds, in which no timer ran: the
// lease ended (promises P1), and what was remembered was asked of the database or refused (P23).

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { App } from './app-type.ts';

/** Few enough that a turn ends soon, enough that what follows from each turn is done for many. */
const BEGUN_MAX = 64;
/** So many refusals take about as long as one request that is begun: who is refused does not wait for as many turns. */
const REFUSALS_AS_ONE = 8;

/** Begins the first ones of these, in their order; answers how many. */
type BeginSome<Item> = (arrived: readonly Item[]) => number;

/** Collects what arrives, in the order in which it came; what is not begun at the end of a turn is offered again at the end of the next. */
function collect<Item>(beginSome: BeginSome<Item>): (item: Item) => void {
  let arrived: Item[] = [];
  let is_due = false;

  function expect(): void {
    if (!is_due) setImmediate(endTurn);
    is_due = true;
  }

  function endTurn(): void {
    is_due = false;
    const offered = arrived;
    arrived = [];
    const begun = beginSome(offered);
    if (begun < offered.length) arrived = [...offered.slice(begun), ...arrived];
    if (arrived.length > 0) expect();
  }

  return (item) => {
    arrived.push(item);
    expect();
  };
}

/** Collects what arrives: `begin` is given it in the order in which it came, at most 64 at the end of a turn. */
export function collectArrivals<Item>(begin: (items: readonly Item[]) => void): (item: Item) => void {
  return collect((arrived) => {
    const items = arrived.length > BEGUN_MAX ? arrived.slice(0, BEGUN_MAX) : arrived;
    begin(items);
    return items.length;
  });
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

/** Whether there was no room for it (early-refusals.ts): nothing more is done for it. */
function isRefused({ writableEnded, statusCode }: ServerResponse): boolean {
  return writableEnded && statusCode === 503;
}

/**
 * Whether nobody waits any more for what was asked by HTTP/2. Node tells of that once, and would not tell those who listen from now on:
 * what they took would never be given back. Asking and giving up costs next to nothing there, so nothing is done for it.
 */
function isGivenUp(request: IncomingMessage): boolean {
  if (!('stream' in request)) return false;
  const { closed, destroyed } = request.stream as ServerHttp2Stream;
  return closed || destroyed;
}

/**
 * Called once by buildApp, when all that listens for requests is there: it is told of each when the turn has ended, of HTTP/1.1 also where
 * who asked has gone.
 */
export function collectRequests(app: App): void {
  const listeners = app.server.listeners('request') as Listener[];
  const tell: Listener = (request, response) => {
    for (const listener of listeners) listener(request, response);
  };
  const arrive = collect<readonly [IncomingMessage, ServerResponse]>((arrived) => {
    let [begun, work] = [0, 0];
    for (const [request, response] of arrived) {
      begun += 1;
      if (isGivenUp(request)) continue;
      tell(request, response);
      work += isRefused(response) ? 1 / REFUSALS_AS_ONE : 1;
      if (work >= BEGUN_MAX) break;
    }
    return begun;
  });
  app.server.removeAllListeners('request');
  app.server.on('request', (request, response) => {
    waitsSince(request, performance.now());
    arrive([request, response]);
  });
}
