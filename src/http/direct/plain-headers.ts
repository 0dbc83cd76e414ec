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

type Spelling = { readonly name: string; readonly kind: Kind };

/** As nearly all clients write it: `x-original-uri`, `X-Original-Uri`, `X-Original-URI`. */
function spellingsOf(name: string): ReadonlySet<string> {
  const capitalised = name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
  return new Set([name, capitalised, capitalised.replace(/-(?:Uri|Id)$/, (word) => word.toUpperCase())]);
}

/** By length first: most names are nothing to us, and are told so without being lowered. Then by spelling, compared where it stands. */
const SPELLINGS: readonly (readonly Spelling[] | undefined)[] = (() => {
  const of_length: Spelling[][] = [];
  for (const [name, kind] of KINDS) {
    const spellings = Array.from(spellingsOf(name), (each) => ({ name: each, kind }));
    of_length[name.length] = [...(of_length[name.length] ?? []), ...spellings];
  }
  return Array.from(of_length);
})();

/** What a name of this length is for; undefined: nothing to us. An alias of what a gateway writes is for the general way to refuse. */
function kindOf(raw: string): Kind | undefined {
  const name = raw.toLowerCase();
  return KINDS.get(name) ?? (name.includes('_') ? 'general' : undefined);
}

/** The same of the name that stands between these places of a text. */
function kindAt(text: string, from: number, to: number): Kind | undefined {
  const spellings = SPELLINGS[to - from];
  if (spellings === undefined) return undefined;
  for (const { name, kind } of spellings) if (text.startsWith(name, from)) return kind;
  return kindOf(text.slice(from, to));
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
    const kind = kindAt(raw, 0, raw.length);
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
    const kind = kindAt(text, at, colon);
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
