// Calls that this service makes to addresses which others have given it: an organization's keys, the receivers of webhooks.
// Such an address may be a trap: a name is resolved once, all that it resolves to is judged, and the connection goes to what
// was judged (promises P21). No redirect is followed, no proxy used, nothing is reused, and everything is bounded. A call
// never throws: what went wrong is a value.

import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { type AddressStanding, addressJudge } from './outbound-addresses.ts';
import { type Address, type Resolve, resolveNames } from './outbound-names.ts';

export const OUTBOUND_URL_CHARACTERS_MAX = 2048;
const HEADER_BYTES_MAX = 16_384;
/** What a name of the machine itself stands for: some resolvers know better, so it is not left to them. */
const LOCAL_NAME = /^(?:.+\.)?localhost\.?$/i;

export type OutboundCall = {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** From the look-up of the name to the last byte of the answer. */
  readonly timeout_ms: number;
  /** More than this of a body is not read; the call has failed then. */
  readonly response_bytes_max: number;
  /** Whether http will do everywhere; else only in the networks of `OUTBOUND_ALLOW`. */
  readonly plain_http: boolean;
};

/** `address_refused`: nothing was sent. */
export type OutboundFailure = 'address_refused' | 'unreachable' | 'timed_out' | 'too_large';

export type OutboundAnswer =
  | {
      readonly outcome: 'answered';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Buffer;
    }
  | {
      readonly outcome: 'failed';
      readonly failure: OutboundFailure;
      /** For the operator; never for whoever gave the address, whom it would tell what is inside. */
      readonly detail: string;
      /** Where the answer had begun: the body was too large, or stopped. */
      readonly status?: number;
    };

export type Outbound = {
  /** Why this URL can never be called, for whoever gives it; null: it may be, as far as the URL itself tells. */
  readonly urlFault: (url: string, rules: Pick<OutboundCall, 'plain_http'>) => string | null;
  readonly call: (call: OutboundCall) => Promise<OutboundAnswer>;
};

export type OutboundOptions = {
  /** Addresses and CIDR ranges that may be reached though they are not public. */
  readonly allow: readonly string[];
  readonly resolve?: Resolve;
};

/** The way out of this service. */
export function createOutbound({ allow, resolve = resolveNames() }: OutboundOptions): Outbound {
  const judge = addressJudge(allow);

  function suffices(standing: AddressStanding, protocol: string, plain_http: boolean): boolean {
    if (standing === 'refused') return false;
    return protocol === 'https:' || plain_http || standing === 'allowed';
  }

  function urlFault(text: string, { plain_http }: Pick<OutboundCall, 'plain_http'>): string | null {
    const url = text.length <= OUTBOUND_URL_CHARACTERS_MAX ? URL.parse(text) : null;
    if (url === null || url.hostname === '') return 'is no absolute URL';
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'is no https URL';
    if (url.username !== '' || url.password !== '') return 'carries a user or a password';
    const literals = literalsOf(url);
    if (literals === null) {
      const may_be_http = plain_http || allow.length > 0;
      return url.protocol === 'https:' || may_be_http ? null : 'is no https URL';
    }
    const standings = literals.map(judge);
    if (standings.every((standing) => standing === 'refused')) return 'names an address that is not public';
    return standings.some((each) => suffices(each, url.protocol, plain_http)) ? null : 'is no https URL';
  }

  /** What the call connects to; a text says why to nothing. */
  async function targetOf(url: URL, call: OutboundCall): Promise<readonly Address[] | string> {
    const literals = literalsOf(url);
    const named = literals === null || LOCAL_NAME.test(url.hostname);
    const found = named ? await resolve(url.hostname) : literals.map(addressOf);
    const reachable = found.filter(({ address }) => suffices(judge(address), url.protocol, call.plain_http));
    if (reachable.length > 0) return reachable;
    const all = found.map(({ address }) => address).join(', ');
    return `${url.hostname} has no address that may be reached by ${url.protocol} (${all})`;
  }

  async function call(asked: OutboundCall): Promise<OutboundAnswer> {
    const fault = urlFault(asked.url, asked);
    if (fault !== null) return { outcome: 'failed', failure: 'address_refused', detail: `the URL ${fault}` };
    const url = new URL(asked.url);
    const signal = AbortSignal.timeout(asked.timeout_ms);
    try {
      const target = await within(signal, targetOf(url, asked));
      if (typeof target === 'string') return { outcome: 'failed', failure: 'address_refused', detail: target };
      return await exchange(url, asked, target, signal);
    } catch (error) {
      return { outcome: 'failed', failure: signal.aborted ? 'timed_out' : 'unreachable', detail: detailOf(error) };
    }
  }

  return { urlFault, call };
}

/** The addresses that the URL itself names; null: a name that has to be resolved. */
function literalsOf({ hostname }: URL): readonly string[] | null {
  if (LOCAL_NAME.test(hostname)) return ['127.0.0.1', '::1'];
  const address = hostname.replace(/^\[|\]$/g, '');
  return addressOf(address).family === 0 ? null : [address];
}

function addressOf(address: string): Address {
  const is_4 = /^\d+\.\d+\.\d+\.\d+$/.test(address);
  const is_6 = address.includes(':');
  if (is_4) return { address, family: 4 };
  return { address, family: is_6 ? 6 : 0 };
}

/** Several addresses that were tried make an error without a message of its own. */
function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

function within<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

/** Answers every look-up of the connection with the addresses that were judged. */
function pinned(addresses: readonly Address[]): LookupFunction {
  return (_hostname, options, done) => {
    const [first] = addresses;
    if (options.all) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family);
  };
}

function exchange(
  url: URL,
  { method, headers = {}, body, response_bytes_max }: OutboundCall,
  addresses: readonly Address[],
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const open = url.protocol === 'https:' ? https.request : http.request;
    const request = open({
      ...urlToHttpOptions(url),
      method,
      headers: { 'accept-encoding': 'identity', ...lengthOf(body), ...headers },
      // A connection of its own each time: none is kept that was made to another address.
      agent: false,
      lookup: pinned(addresses),
      maxHeaderSize: HEADER_BYTES_MAX,
      // Also where the environment says otherwise for the whole process.
      rejectUnauthorized: true,
      signal,
    });
    request.on('response', (response) => {
      resolve(readAnswer(response, response_bytes_max).finally(() => request.destroy()));
    });
    request.on('error', reject);
    // Whatever else ends it, such as an upgrade that nobody asked for, has no answer.
    request.on('close', () => reject(new Error('the connection was closed without an answer')));
    request.end(body);
  });
}

function lengthOf(body: string | Buffer | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

async function readAnswer(response: IncomingMessage, bytes_max: number): Promise<OutboundAnswer> {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytes_max) {
      const detail = `the body is longer than ${bytes_max} bytes`;
      return { outcome: 'failed', failure: 'too_large', detail, status };
    }
    chunks.push(chunk);
  }
  return { outcome: 'answered', status, headers, body: Buffer.concat(chunks) };
}
