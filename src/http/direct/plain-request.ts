// A request in the form in which clients send it: a head that is complete, without anything that could be read in two ways, and its
// body. This is no parser of HTTP: whatever is not exactly of this form is left to Node's, untouched.

import { type PlainHeaders, readPlainLines } from './plain-headers.ts';

export type PlainRequest = {
  readonly method: 'GET' | 'POST';
  readonly target: string;
  readonly headers: PlainHeaders;
  /** Each byte a character; empty: there is none. */
  readonly body: string;
  /** So many bytes of the body are still to come. */
  readonly missing: number;
  readonly is_last: boolean;
};

/** Longer ones come in several pieces. */
const BYTES_MAX = 16_384;
/** RFC 9112, but of visible ASCII, each value after one blank and before the end of its line. */
const HEAD = /^(?:GET|POST) \/[!-~]* HTTP\/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [!-~](?:[\t -~]*[!-~])?\r\n)+\r\n/;
const VERSION = ' HTTP/1.1\r\n';
const BODY_LENGTH = /^[1-9][0-9]{0,4}$/;
const STAYS = /^keep-alive$/i;
const ENDS = /^close$/i;

/**
 * The request that this is, a byte a character, from its first to its last, or its head and what there is of its body; null: something
 * else, or more than one.
 */
export function readPlainRequest(text: string): PlainRequest | null {
  if (text.length > BYTES_MAX) return null;
  if (!HEAD.test(text)) return null;
  const method = text.startsWith('G') ? 'GET' : 'POST';
  const target_at = method.length + 1;
  const target_end = text.indexOf(' ', target_at);
  const lines_at = target_end + VERSION.length;
  const body_at = text.indexOf('\r\n\r\n', lines_at) + 4;
  const headers = readPlainLines(text, lines_at, body_at - 2);
  if (headers === null) return null;
  const { connection, content_length } = headers;
  const is_last = connection !== null && ENDS.test(connection);
  if (connection !== null && !is_last && !STAYS.test(connection)) return null;
  const missing = lengthOf(method, content_length) - (text.length - body_at);
  if (missing < 0 || text.length + missing > BYTES_MAX) return null;
  return { method, target: text.slice(target_at, target_end), headers, body: text.slice(body_at), missing, is_last };
}

/** In bytes; -1: not as clients send it. */
function lengthOf(method: string, content_length: string | null): number {
  if (method === 'GET') return content_length === null ? 0 : -1;
  return content_length !== null && BODY_LENGTH.test(content_length) ? Number(content_length) : -1;
}
