// Several requests on one connection, as bytes: each after the answer to the one before, or all at once. One request, one answer, in
// their order; after an answer that says that it is the last there is none.

import net from 'node:net';
import fc from 'fast-check';
import type { Sent } from './mutate.ts';

export type Talk = {
  readonly requests: readonly Sent[];
  /** Whether all are sent before any is answered. */
  readonly is_piped: boolean;
  /** Sizes into which what is sent at once is cut. */
  readonly sends: readonly number[];
};

/** An answer, or how the connection ended in place of one. */
export type Heard = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};
export type Ended = 'closed' | 'silent';

const SILENT_MS = 40_000;
const REQUESTS_MAX = 12;

export function talksOf(requests: fc.Arbitrary<Sent>): fc.Arbitrary<Talk> {
  return fc.record({
    requests: fc.array(requests, { minLength: 1, maxLength: REQUESTS_MAX, size: 'max' }),
    is_piped: fc.constantFrom(false, false, true),
    sends: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 3 }) },
    ),
  });
}

const BODILESS = new Set([204, 304]);

/** `id`: comes back with the answer. */
export function bytesOf({ method, url, headers, body }: Sent, id: string): Buffer {
  const { host = 'x', 'x-request-id': _, ...others } = headers;
  const payload = body === null ? null : Buffer.from(body.toWellFormed());
  const lines = Object.entries({
    host: host,
    ...others,
    'x-request-id': id,
    ...(payload !== null && { 'content-length': String(payload.length) }),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  return payload === null ? head : Buffer.concat([head, payload]);
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return Object.fromEntries(pairs);
}

/** The chunks of a body, each byte a character; null: there are more to come. */
function readChunks(text: string, from: number): { readonly body: string; readonly end: number } | null {
  let [body, at] = ['', from];
  for (;;) {
    const line_end = text.indexOf('\r\n', at);
    if (line_end < 0) return null;
    const size = Number.parseInt(text.slice(at, line_end), 16);
    const data_at = line_end + 2;
    if (text.length < data_at + size + 2) return null;
    if (size === 0) return { body, end: data_at + 2 };
    body += text.slice(data_at, data_at + size);
    at = data_at + size + 2;
  }
}

/** The first answer in the text that is whole, after those that only say that one will come; `method`: of its request. */
export function readAnswer(text: string, method: string): { readonly heard: Heard; readonly end: number } | null {
  let from = 0;
  for (;;) {
    const head_end = text.indexOf('\r\n\r\n', from);
    if (head_end < 0) return null;
    const [line = '', ...lines] = text.slice(from, head_end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 ([0-9]{3}) /.exec(line)?.[1] ?? 0);
    const at = head_end + 4;
    if (status >= 100 && status < 200) {
      from = at;
      continue;
    }
    const headers = headersOf(lines);
    if (method === 'HEAD' || BODILESS.has(status)) return { heard: { status, headers, body: '' }, end: at };
    if (headers['transfer-encoding'] === 'chunked') {
      const chunks = readChunks(text, at);
      return chunks === null ? null : { heard: { status, headers, body: chunks.body }, end: chunks.end };
    }
    const end = at + Number(headers['content-length'] ?? 0);
    return text.length < end ? null : { heard: { status, headers, body: text.slice(at, end) }, end };
  }
}

/** A connection: what is sent on it, and the answers that come, one after the other. */
class Connection {
  readonly #socket: net.Socket;
  #received = '';
  #is_closed = false;
  #onMore: () => void = () => undefined;

  constructor(port: number) {
    this.#socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true }).setEncoding('latin1');
    const close = () => {
      this.#is_closed = true;
      this.#onMore();
    };
    this.#socket.on('data', (part) => {
      this.#received += part;
      this.#onMore();
    });
    this.#socket.on('error', close).on('end', close).on('close', close);
  }

  send(bytes: Buffer, sends: readonly number[]): void {
    let sent = 0;
    for (const size of [...sends, bytes.length]) {
      if (sent < bytes.length && !this.#is_closed) this.#socket.write(bytes.subarray(sent, sent + size));
      sent += size;
    }
  }

  async answerTo(method: string): Promise<Heard | Ended> {
    let is_silent = false;
    const timer = setTimeout(() => {
      is_silent = true;
      this.#onMore();
    }, SILENT_MS);
    try {
      for (;;) {
        const answer = readAnswer(this.#received, method);
        if (answer !== null) {
          this.#received = this.#received.slice(answer.end);
          return answer.heard;
        }
        if (this.#is_closed) return 'closed';
        if (is_silent) return 'silent';
        await new Promise<void>((resolve) => {
          this.#onMore = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    this.#socket.destroy();
  }
}

let talks = 0;

/**
 * Has the requests answered, until the connection ends; tells what was heard to each that was sent, with the id that it was sent under.
 */
export async function converse(
  { requests, is_piped, sends }: Talk,
  port: number,
  hear: (request: Sent, id: string, heard: Heard | Ended) => void,
): Promise<void> {
  const connection = new Connection(port);
  talks += 1;
  const series = talks;
  const sent = requests.map((request, n) => ({ request, id: `t${series}-${n}` }));
  try {
    if (is_piped) connection.send(Buffer.concat(sent.map(({ request, id }) => bytesOf(request, id))), sends);
    for (const { request, id } of sent) {
      if (!is_piped) connection.send(bytesOf(request, id), sends);
      const heard = await connection.answerTo(request.method);
      hear(request, id, heard);
      if (typeof heard === 'string' || heard.headers.connection === 'close') return;
    }
  } finally {
    connection.end();
  }
}
