// Bytes that are no HTTP request: they never reach the framework, so the answer is written to the socket here. The parser's
// error carries the raw packet, credentials and all, and is therefore not logged.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Deps } from '../deps.ts';
import type { Reason } from '../domain/reason.ts';
import { commonHeaders } from './answer-headers.ts';
import { errorBody } from './errors.ts';

const LINGER_MS = 2000;
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

type RawDeps = Pick<Deps, 'config' | 'clock'>;

/** Answers what the HTTP parser refused, and closes the connection. */
export function answerClientError(deps: RawDeps, error: NodeJS.ErrnoException, socket: Socket, secure: boolean): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_BY_CODE[error.code ?? ''] ?? 400;
  answerRaw(deps, socket, { status, code: 'malformed_request', secure });
}

/** Nobody tunnels through here (CONNECT): the framework never hears of it, and Node would hang up without a word. */
export function answerTunnels(deps: RawDeps, server: Server, secure: boolean): void {
  server.on('connect', (request: IncomingMessage, to: Socket | ServerResponse) => {
    if ('setHeader' in to)
      server.emit('request', request, to); // HTTP/2: a stream like others
    else answerRaw(deps, to, { status: 405, code: 'method_not_allowed', secure });
  });
}

type Answer = { readonly status: number; readonly code: Reason; readonly secure: boolean };

function answerRaw(deps: RawDeps, socket: Socket, { status, code, secure }: Answer): void {
  const request_id = crypto.randomUUID();
  const body = JSON.stringify(errorBody(deps, code, status, request_id));
  const headers = {
    ...commonHeaders(request_id, secure),
    // Node writes no line of its own here. RFC 9110 asks for the first (section 6.6.1), and at 405 for the second: there is no method.
    date: deps.clock().toUTCString(),
    ...(status === 405 && { allow: '' }),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  // Who hangs up meanwhile is no fault of ours. At a tunnel Node itself listens no more, and an error that nobody hears ends the process.
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${PHRASES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  // Nobody reads what comes now: it is passed over for a while, so that the answer is heard, and then the connection is gone.
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
