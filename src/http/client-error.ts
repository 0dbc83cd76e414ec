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
  const answer = answerOn(socket);
  const is_within_answer = answer?.headersSent === true && !answer.writableEnded;
  if (error.code === 'ECONNRESET' || !socket.writable || is_within_answer) {
    socket.destroy();
    return;
  }
  const status = STATUS_BY_CODE[error.code ?? ''] ?? 400;
  answerRaw(deps, socket, { status, code: 'malformed_request', secure });
}

/** The answer that is being given on a connection; null: none is. Node has no public name for it. */
function answerOn(socket: Socket): ServerResponse | null {
  const { _httpMessage: answer = null } = socket as { readonly _httpMessage?: ServerResponse | null };
  return answer;
}

/** Answers behind others on their connection. It ends them with itself, but where a tunnel was asked for: Node forgets them then. */
const BEHIND_OTHERS = new WeakMap<Socket, Set<ServerResponse>>();

function rememberIfBehind({ httpVersionMajor, socket }: IncomingMessage, response: ServerResponse): void {
  if (httpVersionMajor !== 1 || response.socket !== null) return;
  const behind = BEHIND_OTHERS.get(socket) ?? new Set();
  BEHIND_OTHERS.set(socket, behind.add(response));
  response.once('close', () => behind.delete(response));
}

/** Called once by buildApp when all that listens for requests is there: of a request that waits for its turn it has to be known at once. */
export function followAnswers(server: Server): void {
  server.prependListener('request', rememberIfBehind);
}

function waitingOn(socket: Socket): readonly ServerResponse[] {
  const answer = answerOn(socket);
  return [...(BEHIND_OTHERS.get(socket) ?? [])].filter((each) => each !== answer);
}

/** Whether something is still to be told before what is told now. */
function isAnswering(socket: Socket): boolean {
  const answer = answerOn(socket);
  return answer !== null && (!answer.writableEnded || waitingOn(socket).length > 0);
}

/** Every answer hears that it is over, so that what its request has taken is given back; one that is told to its end is sent. */
function endAnswersOn(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  for (const response of waitingOn(socket)) response.destroy();
  if (answerOn(socket)?.writableEnded === true) {
    socket.destroySoon();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  } else socket.destroy();
}

/**
 * Nobody tunnels through here (CONNECT): the framework never hears of it, and Node would hang up without a word. Where others are still
 * to be answered before, that is what becomes of all of them: the first answer would be taken for theirs.
 */
export function answerTunnels(deps: RawDeps, server: Server, secure: boolean): void {
  server.on('connect', (request: IncomingMessage, to: Socket | ServerResponse) => {
    if ('setHeader' in to)
      server.emit('request', request, to); // HTTP/2: a stream like others
    else if (isAnswering(to)) endAnswersOn(to);
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
