// The headers of a request that can be answered directly: read in one pass over what arrived, each at most once. A header that
// changes how a request is read or answered, and is not known here, leaves the request to the general way.

import { HEADERS_MAX } from '../request-form.ts';

export type PlainHeaders = {
  authorization: string | null;
  content_type: string | null;
  /** Digits as they arrived; null: no body, or one of unknown length. */
  content_length: string | null;
  accept: string | null;
  request_id: string | null;
  forwarded_for: string | null;
  gateway_authorization: string | null;
  original_method: string | null;
  original_uri: string | null;
  forwarded_method: string | null;
  forwarded_uri: string | null;
  /** What becomes of the connection: for who reads it from the socket. */
  connection: string | null;
};

type Member = keyof PlainHeaders;

/** `host`: exactly one is needed. `general`: the general way reads it besides, and answers whoever sends it. */
type Kind = Member | 'host' | 'general';

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['authorization', 'authorization'],
  ['content-type', 'content_type'],
  ['content-length', 'content_length'],
  ['accept', 'accept'],
  ['x-request-id', 'request_id'],
  ['x-forwarded-for', 'forwarded_for'],
  ['x-gateway-authorization', 'gateway_authorization'],
  ['x-original-method', 'original_method'],
  ['x-original-uri', 'original_uri'],
  ['x-forwarded-method', 'forwarded_method'],
  ['x-forwarded-uri', 'forwarded_uri'],
  ['connection', 'connection'],
  ['host', 'host'],
  ['expect', 'general'],
  ['transfer-encoding', 'general'],
  ['content-encoding', 'general'],
  ['upgrade', 'general'],
  ['proxy-connection', 'general'], // Node takes it for `connection`
  ['origin', 'general'],
  ['x-consistency-token', 'general'],
  ['idempotency-key', 'general'],
]);

/** By length first: most names are nothing to us, and are told so without being lowered. */
const LENGTHS: readonly boolean[] = (() => {
  const lengths: boolean[] = [];
  for (const name of KINDS.keys()) lengths[name.length] = true;
  return Array.from(lengths, (each) => each === true);
})();

/** What a name of this length is for; undefined: nothing to us. An alias of what a gateway writes is for the general way to refuse. */
function kindOf(raw: string): Kind | undefined {
  const name = raw.toLowerCase();
  return KINDS.get(name) ?? (name.includes('_') ? 'general' : undefined);
}

function noHeaders(): PlainHeaders {
  return {
    authorization: null,
    content_type: null,
    content_length: null,
    accept: null,
    request_id: null,
    forwarded_for: null,
    gateway_authorization: null,
    original_method: null,
    original_uri: null,
    forwarded_method: null,
    forwarded_uri: null,
    connection: null,
  };
}

/**
 * The headers, as names and values; null where there are too many, one is repeated, is read only by the general way, or is an alias of
 * one that a gateway writes.
 */
export function readPlainHeaders(pairs: readonly string[]): PlainHeaders | null {
  if (pairs.length > 2 * HEADERS_MAX) return null;
  const read = noHeaders();
  let hosts = 0;
  for (let index = 0; index < pairs.length; index += 2) {
    const raw = pairs[index] ?? '';
    const kind = LENGTHS[raw.length] === true ? kindOf(raw) : undefined;
    if (kind === undefined) continue;
    if (kind === 'general') return null;
    if (kind === 'host') hosts += 1;
    else if (read[kind] !== null) return null;
    else read[kind] = pairs[index + 1] ?? '';
  }
  return hosts === 1 ? read : null;
}

/** The same of the lines `Name: value` that stand between these places of a text, each with its CRLF. */
export function readPlainLines(text: string, from: number, to: number): PlainHeaders | null {
  const read = noHeaders();
  let [hosts, count] = [0, 0];
  for (let at = from; at < to; ) {
    const colon = text.indexOf(':', at);
    const end = text.indexOf('\r', colon);
    const kind = LENGTHS[colon - at] === true ? kindOf(text.slice(at, colon)) : undefined;
    count += 1;
    if (kind === 'general' || count > HEADERS_MAX) return null;
    if (kind === 'host') hosts += 1;
    else if (kind !== undefined) {
      if (read[kind] !== null) return null;
      read[kind] = text.slice(colon + 2, end);
    }
    at = end + 2;
  }
  return hosts === 1 ? read : null;
}
