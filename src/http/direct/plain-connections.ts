// Connections on which plain requests are read from the socket and answered to it, one after the other: Node's reading of a message, its
// objects for it and its writing of an answer cost more than a check does. At the first that is not plain, or cannot be answered
// directly, the connection is handed over to Node's server, whole and for good, as if nobody had looked at it.

import type { Socket } from 'node:net';
import type { App } from '../app-type.ts';
import { isDraining } from '../drain.ts';
import { addressOfSocket } from '../forwarded-address.ts';
import type { Ends } from './answering.ts';
import type { Answer, Channel, DirectRoute, Exchange } from './exchange.ts';
import { handOver } from './general-way.ts';
import type { Reading } from './plain-messages.ts';
import { type PlainRequest, readPlainRequest } from './plain-request.ts';
import { type Reads, readText } from './reads.ts';

/** A request of which the head has arrived and its body not yet as a whole. */
type Unfinished = { readonly exchange: Exchange; readonly route: DirectRoute };

/** Node has closed a connection so long after the time that it told. */
const GRACE_MS = 1000;
/** Who sends a body apart from its head sends it at once. Whoever does not is Node's, which has its deadlines. */
const BODY_MS = 100;
const NOT_IN_A_HEADER = /[^\t -~]/;

/** The lines that Node writes after all others, of this moment. */
function endingsOf(keep_alive_ms: number, clock: () => Date) {
  const stays = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keep_alive_ms / 1000)}\r\n\r\n`;
  let [second, date] = [0, ''];
  return (is_last: boolean): string => {
    const now = clock();
    const now_second = Math.floor(now.getTime() / 1000);
    if (now_second !== second) [second, date] = [now_second, `Date: ${now.toUTCString()}\r\n`];
    return date + (is_last ? 'Connection: close\r\n\r\n' : stays);
  };
}

/** As bytes, where each character is one. Values are not ours alone: none may end its line. */
export function linesOf({ request_id, more }: Answer, length: number): string {
  let lines = `x-request-id: ${request_id}\r\ncontent-length: ${length}\r\n`;
  for (let index = 0; index < more.length; index += 2) {
    const value = more[index + 1] ?? '';
    if (NOT_IN_A_HEADER.test(value)) throw new Error('not to be written in a header');
    lines += `${more[index]}: ${value}\r\n`;
  }
  return lines;
}

export function takeConnections(
  app: App,
  { findRoute, begin, givenUp, clock }: Reading & { readonly clock: () => Date },
): void {
  const { server } = app;
  const nodes = server.listeners('connection');
  const endingOf = endingsOf(server.keepAliveTimeout, clock);
  const idle_ms = server.keepAliveTimeout + GRACE_MS;
  /** What closes a connection on which nothing is under way. */
  const closers = new Set<() => void>();

  function open(socket: Socket): void {
    /** What has arrived and is not answered: nothing, or the request under way and what came after it. */
    let unread: string[] = [];
    let unfinished: Unfinished | null = null;
    let is_last = false;

    const channel: Channel = {
      isWaiting: () => unread.length > 0 && socket.writable,
      send: (answer) => {
        const length = Buffer.byteLength(answer.body);
        const text = answer.head.text + linesOf(answer, length) + endingOf(is_last) + answer.body;
        unread.shift();
        socket.write(text, length === answer.body.length ? 'latin1' : 'utf8');
      },
      giveUp: () => socket.destroy(),
      address: () => addressOfSocket(socket.remoteAddress),
    };

    /** Everything from here on is Node's. */
    function leave(): void {
      unfinished = null;
      onClose();
      reads.leave();
      socket.off('end', onEnd).off('timeout', onTimeout).off('close', onClose).off('error', nothing);
      socket.setTimeout(0);
      if (unread.length > 0) socket.unshift(Buffer.from(unread.join(''), 'latin1'));
      unread = [];
      for (const listener of nodes) listener.call(server, socket);
      socket.resume();
    }

    const ends: Ends = {
      general: (exchange) => {
        handOver(socket, exchange);
        leave();
      },
      done: () => {
        if (is_last) finish();
        else if (unread.length > 0 && !socket.destroyed) leave();
      },
    };

    /** The last answer is given: whatever else has come is nobody's, and the connection does not wait for who asks to end it. */
    function finish(): void {
      unread = [];
      reads.leave();
      socket.resume();
      socket.destroySoon();
    }

    /** The request that this is, and the route that may answer it. */
    function readFrom(text: string): readonly [PlainRequest, DirectRoute] | null {
      // Who does not read his answers gets no more of them; when all goes, Node tells each client that this answer is the last.
      if (socket.writableLength > 0 || isDraining(app)) return null;
      const request = readPlainRequest(text);
      const route = request === null ? undefined : findRoute(request.method, request.target);
      return request === null || route === undefined ? null : [request, route];
    }

    function onText(text: string): void {
      if (unfinished !== null) {
        const { exchange } = unfinished;
        unfinished = null;
        unread = [unread.join('') + text];
        take(exchange);
        return;
      }
      unread.push(text);
      if (unread.length > 1)
        socket.pause(); // answers are given in the order of their questions
      else take(null);
    }

    /** What is unread is a request to be answered, or to be waited for once, or it is Node's. `waited`: this one was waited for. */
    function take(waited: Exchange | null): void {
      const read = readFrom(unread[0] ?? '');
      if (read === null || (waited !== null && read[0].missing > 0)) {
        if (waited !== null) handOver(socket, waited);
        leave();
        return;
      }
      const [request, route] = read;
      const { target, headers, body, missing } = request;
      const exchange: Exchange = {
        target,
        headers,
        body,
        channel,
        started_ms: waited?.started_ms ?? performance.now(),
      };
      is_last = request.is_last;
      const wait_ms = missing > 0 ? BODY_MS : idle_ms;
      if (socket.timeout !== wait_ms) socket.setTimeout(wait_ms);
      if (missing > 0) unfinished = { exchange, route };
      else begin(exchange, route, ends);
    }

    function giveUpUnfinished(): void {
      if (unfinished !== null) givenUp(unfinished.route, unfinished.exchange);
      unfinished = null;
    }

    /**
     * Like Node: who has ended his side is told nothing that is not told yet. What is refused is told and counted by the general way
     * (T4, P17), which cannot be gone any more: who were told the rest alone would learn what is right without a wrong one counted.
     */
    function onEnd(): void {
      if (unfinished === null) {
        socket.end();
        return;
      }
      giveUpUnfinished();
      server.emit('clientError', new Error('half a request'), socket);
    }

    function onTimeout(): void {
      if (unfinished !== null) {
        handOver(socket, unfinished.exchange); // it waits since its head arrived
        leave();
      } else if (unread.length === 0 || !socket.writable) socket.destroy();
    }

    /** Not one whose answer is still being sent. */
    function closeIfIdle(): void {
      if (socket.writableLength === 0) onTimeout();
    }

    function onClose(): void {
      giveUpUnfinished();
      closers.delete(closeIfIdle);
    }

    closers.add(closeIfIdle);
    socket.setTimeout(server.headersTimeout);
    const reads: Reads = readText(socket, onText);
    socket.on('end', onEnd).on('timeout', onTimeout).on('close', onClose).on('error', nothing);
  }

  server.removeAllListeners('connection');
  server.on('connection', open);
  const { closeIdleConnections } = server;
  server.closeIdleConnections = () => {
    closeIdleConnections.call(server);
    for (const close of closers) close();
  };
}

function nothing(): void {
  // Who has gone needs no answer; the socket closes by itself.
}
