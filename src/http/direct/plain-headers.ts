// The headers of a request that can be answered directly: read in one pass over what arrived, each at most once. A header that
// changes how a request is read or answered, and is not known here, leaves the request to the general way.

import type { IncomingMessage } from 'node:http';
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
};

type Member = keyof PlainHeaders;

const MEMBERS: ReadonlyMap<string, Member> = new Map([
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
]);

/** What the general way reads besides: whoever sends one of these is answered there. */
const FOR_GENERAL_WAY: readonly string[] = [
  'expect',
  'transfer-encoding',
  'content-encoding',
  'upgrade',
  'origin',
  'x-consistency-token',
  'idempotency-key',
];

const HOST = 'host';

/** By length first: most names are nothing to us, and are told so without being lowered. */
const LENGTHS: readonly boolean[] = (() => {
  const lengths: boolean[] = [];
  for (const name of [...MEMBERS.keys(), ...FOR_GENERAL_WAY, HOST]) lengths[name.length] = true;
  return Array.from(lengths, (each) => each === true);
})();

/**
 * The headers; null where there are too many, one is repeated, is read only by the general way, or is an alias of one that a gateway
 * writes.
 */
export function readPlainHeaders({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): PlainHeaders | null {
  const read: PlainHeaders = {
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
  };
  if (rawHeaders.length > 2 * HEADERS_MAX) return null;
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index] ?? '';
    if (LENGTHS[raw.length] !== true) continue;
    const name = raw.toLowerCase();
    if (name === HOST) {
      hosts += 1;
      continue;
    }
    const member = MEMBERS.get(name);
    if (member !== undefined) {
      if (read[member] !== null) return null;
      read[member] = rawHeaders[index + 1] ?? '';
    } else if (FOR_GENERAL_WAY.includes(name) || name.includes('_')) {
      return null;
    }
  }
  return hosts === 1 ? read : null;
}
