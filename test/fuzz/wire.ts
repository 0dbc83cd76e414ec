// Sequences of requests as bytes on one connection (threats T2, S5): bodies of every framing that hold what looks like a request, waits for
// `100 Continue`, upgrades that nobody makes, and somewhere perhaps a request that can be cut in two ways. One request, one answer, in their
// order; what stands in a body is never answered; after what is refused for its form nothing is read.

import net from 'node:net';
import fc from 'fast-check';

type Framing = 'none' | 'length' | 'chunked';
export type Piece = {
  readonly line: string;
  readonly headers: readonly string[];
  readonly framing: Framing;
  readonly body: string;
  /** Sizes into which a chunked body is cut. */
  readonly cuts: readonly number[];
  readonly is_client: boolean;
};
export type Wire = {
  readonly pieces: readonly Piece[];
  /** Which of them is broken, and how; null: none. */
  readonly broken: { readonly at: number; readonly by: number } | null;
  /** How the bytes are cut into what is sent at once. */
  readonly sends: readonly number[];
};

/** Whoever answers this one was smuggled past: the id comes back in the answer. */
const HIDDEN = 'GET /scopes HTTP/1.1\r\nHost: x\r\nX-Request-Id: smuggled\r\n\r\n';
const SILENT_MS = 4000;
const BODIES = [
  HIDDEN,
  `0\r\n\r\n${HIDDEN}`,
  `token=x\r\n\r\n${HIDDEN}`,
  `{"a":"${HIDDEN}"}`,
  'token=abc',
  '{}',
  '\r\n\r\n',
];
const LINES = [
  'GET /scopes HTTP/1.1',
  'GET /health/live HTTP/1.1',
  'HEAD /scopes HTTP/1.1',
  'POST /oauth/introspect HTTP/1.1',
  'POST /access/v1/evaluation HTTP/1.1',
  'POST /credentials/revoke HTTP/1.1',
  'POST /user/repos HTTP/1.1',
  'PUT /user/repos HTTP/1.1',
  'GET http://x/scopes HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'DELETE /session HTTP/1.1',
];
const HEADERS = [
  'Content-Type: application/json',
  'Content-Type: application/x-www-form-urlencoded',
  'Expect: 100-continue',
  'Expect: something',
  'Connection: keep-alive',
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'X-Forwarded-For: 192.0.2.1',
  'X-HTTP-Method-Override: DELETE',
  'TE: trailers',
];
/** A line beside those of the framing; each makes a request that is none. */
const BREAKERS = [
  'Transfer-Encoding: chunked\r\nContent-Length: 3',
  'Content-Length: 3\r\nContent-Length: 4',
  'Content-Length: +3',
  'Content-Length: 3, 3',
  'Content-Length: 0x3',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding:\r\n chunked\r\nContent-Length: 3',
  'Transfer-Encoding : chunked',
  'X-A: b\r\n c',
  'X-A: b\rX-B: c',
  'X-A: b\nX-B: c',
  'X-A: b\0c',
  'X A: b',
  'nonsense',
];

const piece: fc.Arbitrary<Piece> = fc.record({
  line: fc.constantFrom(...LINES),
  headers: fc.uniqueArray(fc.constantFrom(...HEADERS), { maxLength: 3, selector: (each) => each.split(':')[0] }),
  framing: fc.constantFrom<Framing>('none', 'length', 'chunked'),
  body: fc.constantFrom(...BODIES),
  cuts: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 }),
  is_client: fc.boolean(),
});

export const wires: fc.Arbitrary<Wire> = fc.record({
  pieces: fc.array(piece, { minLength: 1, maxLength: 5 }),
  broken: fc.option(fc.record({ at: fc.nat({ max: 4 }), by: fc.nat({ max: BREAKERS.length - 1 }) }), { freq: 3 }),
  sends: fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 4 }),
});

function chunksOf(body: string, cuts: readonly number[]): string {
  let rest = body;
  let text = '';
  for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
    const part = rest.slice(0, cut);
    if (part === '') break;
    text += `${part.length.toString(16)}\r\n${part}\r\n`;
    rest = rest.slice(part.length);
  }
  return `${text}0\r\n\r\n`;
}

/** `more`: lines that go before those of the framing. */
function bytesOf(
  { line, headers, framing, body, cuts, is_client }: Piece,
  n: number,
  more: readonly string[],
  client: string,
): string {
  const framed = {
    none: { lines: [], body: '' },
    length: { lines: [`Content-Length: ${body.length}`], body },
    chunked: { lines: ['Transfer-Encoding: chunked'], body: chunksOf(body, cuts) },
  }[framing];
  const credential = is_client ? [`Authorization: ${client}`] : [];
  const lines = [line, 'Host: x', `X-Request-Id: r${n}`, ...credential, ...headers, ...more, ...framed.lines];
  return `${lines.join('\r\n')}\r\n\r\n${framed.body}`;
}

/** What the server answers until it closes, or says nothing more. */
function converse(port: number, bytes: Buffer, sends: readonly number[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    let received = '';
    const clock = setTimeout(() => socket.destroy(), SILENT_MS);
    socket.setEncoding('latin1').on('data', (part) => {
      received += part;
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearTimeout(clock);
        resolve(received);
      });
    let sent = 0;
    for (const size of [...sends, bytes.length]) {
      socket.write(bytes.subarray(sent, sent + size));
      sent += size;
    }
  });
}

/** What is wrong with the answers on one connection; null: nothing. `client`: the `Authorization` of a client that may ask. */
export async function judgeWire({ pieces, broken, sends }: Wire, port: number, client: string): Promise<string | null> {
  const breaks_at = broken === null ? -1 : broken.at % pieces.length;
  const text = pieces.map((each, n) =>
    bytesOf(each, n, n === breaks_at ? [BREAKERS[broken?.by ?? 0] ?? ''] : [], client),
  );
  // So that the connection ends with the last one.
  const last = `GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: r${pieces.length}\r\nConnection: close\r\n\r\n`;
  const answer = await converse(port, Buffer.from(`${text.join('')}${last}`, 'latin1'), sends);
  if (answer.includes('smuggled')) return 'what stands in a body was answered';
  const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  if (statuses.some((status) => status >= 500)) return `a fault: ${statuses}`;
  if (statuses.includes(101)) return 'an upgrade was made';
  const ids = [...answer.matchAll(/^x-request-id: (r\d+)\r$/gim)].map(([, id]) => id);
  const first = ids.findIndex((id, n) => id !== `r${n}`);
  if (first >= 0) return `answers in another order: ${ids}`;
  const final = statuses.filter((status) => status >= 200);
  if (broken === null) return final.length === ids.length ? null : `${final} for ${ids}`;
  // Refused by the parser, which knows no id yet, or by us; in either case as the last one.
  const is_refused = ids.length <= breaks_at || (ids.length === breaks_at + 1 && final.at(-1) === 400);
  if (!is_refused) return `what has no form was answered: ${ids}, ${statuses}`;
  const is_told = final.length === ids.length || (final.length === ids.length + 1 && final.at(-1) === 400);
  return is_told ? null : `${final} for ${ids} and what has no form`;
}
