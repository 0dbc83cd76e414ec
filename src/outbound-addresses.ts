// Which network addresses this service connects to on behalf of others: the public Internet, and the networks that the
// operator opens by `OUTBOUND_ALLOW`. What is not known to be public is refused. Sources: the special-purpose registries of
// IANA for IPv4 and IPv6 (RFC 6890), promises P21.

import { BlockList, isIP } from 'node:net';
import { rangeList } from './address-ranges.ts';

/** `allowed`: not public, or whatever it is, but opened by the operator. */
export type AddressStanding = 'public' | 'allowed' | 'refused';

/** IPv4 that is not public, with the bits of its prefix. */
const NOT_PUBLIC_4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  // Public by its number, but every machine of one large cloud reaches its own host under it.
  ['168.63.129.16', 32],
];
/** All public IPv6 is in here; loopback, link-local, unique-local, mapped and translated IPv4 are not. */
const PUBLIC_6 = ['2000::', 3] as const;
/** Of that, what is not public after all: protocol assignments, documentation, and IPv4 inside of IPv6. */
const NOT_PUBLIC_6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

function listOf(ranges: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, bits] of ranges) list.addSubnet(network, bits, family);
  return list;
}

const PRIVATE_4 = listOf(NOT_PUBLIC_4, 'ipv4');
const GLOBAL_6 = listOf([PUBLIC_6], 'ipv6');
const PRIVATE_6 = listOf(NOT_PUBLIC_6, 'ipv6');

/** Judges addresses, given in the forms that `isIP` knows; anything else is refused. */
export function addressJudge(allow: readonly string[]): (address: string) => AddressStanding {
  const allowed = rangeList(allow);
  return (text) => {
    // Without the zone of a link-local address, which names an interface.
    const [address = ''] = text.split('%', 1);
    const family = isIP(address);
    if (family === 0) return 'refused';
    if (allowed.check(address, family === 6 ? 'ipv6' : 'ipv4')) return 'allowed';
    if (family === 4) return PRIVATE_4.check(address, 'ipv4') ? 'refused' : 'public';
    return GLOBAL_6.check(address, 'ipv6') && !PRIVATE_6.check(address, 'ipv6') ? 'public' : 'refused';
  };
}
