// The address of the end caller, as an authenticated gateway forwards it: the last one of `X-Forwarded-For` that is no
// trusted proxy (T4). What stands before it anybody can write. The gateway itself is trusted by its credential.

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

/** Finds that address; null where none is forwarded, or what is forwarded is no address. @rule T4 */
export function forwardedAddressBehind(
  trusted_proxies: readonly string[],
): (request: Pick<IncomingMessage, 'headers'>) => string | null {
  const trusted = rangeList(trusted_proxies);
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return ({ headers }) => {
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
    for (const text of forwarded.split(',').reverse()) {
      const address = addressIn(text);
      if (address === null) return null;
      if (!isTrusted(address)) return address;
    }
    return null;
  };
}
