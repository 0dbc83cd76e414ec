// From where a request comes (T4): of `X-Forwarded-For` the last address that is no trusted proxy. What stands before it anybody can write.
// At our own routes that header counts from trusted proxies only; an authenticated gateway is trusted by its credential.

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { rangeList } from '../address-ranges.ts';

/** Without the port that some proxies write: `192.0.2.1:5000`, `[2001:db8::1]:5000`. */
const WITH_PORT = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?$/;
const MAPPED = /^::ffff:([0-9.]+)$/i;

/** The address in one form, or null for what is none. */
function addressIn(text: string): string | null {
  const trimmed = text.trim();
  const [, six, four] = WITH_PORT.exec(trimmed) ?? [];
  const address = six ?? four ?? trimmed;
  const mapped = MAPPED.exec(address)?.[1] ?? address;
  return isIP(mapped) === 0 ? null : mapped.toLowerCase();
}

/** The other end of a socket, in the same form; null: it has gone, or has no address. */
export function addressOfSocket(remote: string | undefined): string | null {
  if (remote === undefined) return null;
  return remote.includes(':') ? addressIn(remote) : remote;
}

type Headers = Pick<IncomingMessage, 'headers'>;
type IsTrusted = (address: string) => boolean;

function trustedBy(trusted_proxies: readonly string[]): IsTrusted {
  const trusted = rangeList(trusted_proxies);
  return (address) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

type Forwarded = {
  /** Null: none is forwarded that is no trusted proxy's. */
  readonly last_untrusted: string | null;
  /** The first of the trusted ones behind which nothing else was forwarded. */
  readonly first_trusted: string | null;
};

function forwardedIn({ headers }: Headers, isTrusted: IsTrusted): Forwarded {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  let first_trusted: string | null = null;
  for (const text of forwarded.split(',').reverse()) {
    const address = addressIn(text);
    if (address === null) break;
    if (!isTrusted(address)) return { last_untrusted: address, first_trusted };
    first_trusted = address;
  }
  return { last_untrusted: null, first_trusted };
}

/** Finds the address of a gateway's end caller; null where none is forwarded, or what is forwarded is no address. @rule T4 */
export function forwardedAddressBehind(trusted_proxies: readonly string[]): (request: Headers) => string | null {
  const isTrusted = trustedBy(trusted_proxies);
  return (request) => forwardedIn(request, isTrusted).last_untrusted;
}

type Arrived = Headers & { readonly socket: { readonly remoteAddress?: string | undefined } };

/** Finds from where a request comes to our own routes; null: its connection has gone, or has no address. @rule T4 */
export function addressBehind(trusted_proxies: readonly string[]): (request: Arrived) => string | null {
  const ownOf = ({ socket }: Arrived): string | null => addressOfSocket(socket.remoteAddress);
  if (trusted_proxies.length === 0) return ownOf;
  const isTrusted = trustedBy(trusted_proxies);
  return (request) => {
    const own = ownOf(request);
    if (own === null || !isTrusted(own)) return own;
    const { last_untrusted, first_trusted } = forwardedIn(request, isTrusted);
    return last_untrusted ?? first_trusted ?? own;
  };
}
