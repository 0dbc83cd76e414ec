// Requests that Node has read: what comes over TLS, and by connections of which something was not plain enough to be taken from the
// socket (plain-connections.ts).

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../app-type.ts';
import { arrivalOf } from '../arrivals.ts';
import { addressOfSocket } from '../forwarded-address.ts';
import type { Answering, Ends } from './answering.ts';
import type { FindRoute } from './direct.ts';
import type { Channel, DirectRoute, Exchange } from './exchange.ts';
import { receiveHandedOver, tellGeneralWay } from './general-way.ts';
import { type PlainHeaders, readPlainHeaders } from './plain-headers.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** A body that is longer comes in several pieces. */
const BODY_BYTES_MAX = 16_384;
const DIGITS = /^[1-9][0-9]{0,5}$/;

/** Where it may be read; null: the general way reads it. */
function bodyLength({ method }: DirectRoute, { content_length }: PlainHeaders): number | null {
  if (method === 'GET') return content_length === null ? 0 : null;
  if (content_length === null || !DIGITS.test(content_length)) return null;
  const length = Number(content_length);
  return length <= BODY_BYTES_MAX ? length : null;
}

function channelOf(request: IncomingMessage, response: ServerResponse): Channel {
  return {
    isWaiting: () => !response.headersSent && !response.destroyed,
    send: ({ head, request_id, more, body }) => {
      const length = Buffer.byteLength(body);
      const lines = ['x-request-id', request_id, 'content-length', String(length)];
      response.writeHead(head.status, head.pairs.concat(lines, more));
      response.end(body, length === body.length ? 'latin1' : 'utf8'); // where both are the same, the former is written faster
    },
    giveUp: () => response.destroy(),
    address: () => addressOfSocket(request.socket.remoteAddress),
  };
}

/** What is done with the requests that have a direct way. */
export type Reading = {
  readonly findRoute: FindRoute;
  readonly begin: Answering;
  /** Of a caller who went away before his body had arrived. */
  readonly givenUp: (route: DirectRoute, exchange: Exchange) => void;
};

export function takeRequests(app: App, { findRoute, begin, givenUp }: Reading): void {
  const listeners = app.server.listeners('request') as Listener[];

  /** Whether it is or will be answered; false: the general way has to, which also tells of who has gone since he asked. */
  function take(request: IncomingMessage, response: ServerResponse, general: () => void): boolean {
    if (receiveHandedOver(request) || response.destroyed) return false;
    const route = request.httpVersion === '1.1' ? findRoute(request.method, request.url) : undefined;
    if (route === undefined) return false;
    const started_ms = arrivalOf(request) ?? performance.now();
    const headers = readPlainHeaders(request.rawHeaders);
    const length = headers === null ? null : bodyLength(route, headers);
    if (headers === null || length === null) return false;
    const known = { target: request.url ?? '', headers, channel: channelOf(request, response), started_ms };
    const generally = (exchange: Exchange): void => {
      tellGeneralWay(request, exchange);
      general();
    };
    if (length === 0) begin({ ...known, body: '' }, route, { general: generally, done: nothing });
    else
      takeBody(request, length, {
        general,
        begin: (body, ends) => begin({ ...known, body }, route, ends),
        generally,
        givenUp: () => givenUp(route, { ...known, body: '' }),
      });
    return true;
  }

  app.server.removeAllListeners('request');
  app.server.on('request', (request, response) => {
    const general = (): void => {
      for (const listener of listeners) listener(request, response);
    };
    if (!take(request, response, general)) general();
  });
}

type Bodily = {
  readonly general: () => void;
  readonly generally: Ends['general'];
  readonly begin: (body: string, ends: Ends) => void;
  readonly givenUp: () => void;
};

/**
 * A body that has arrived with its head, or right after it, in one piece; another goes the general way. What was read is put back at
 * once: the end of a body that nobody has left unread would be told before the general way listens.
 */
function takeBody(request: IncomingMessage, length: number, { general, generally, begin, givenUp }: Bodily): void {
  request.once('close', givenUp).once('data', (body: Buffer) => {
    request.off('close', givenUp);
    request.pause();
    request.unshift(body);
    if (body.length === length) begin(body.toString('latin1'), { general: generally, done: () => request.resume() });
    else general();
  });
}

function nothing(): void {
  // A request without a body is over when it is answered.
}
