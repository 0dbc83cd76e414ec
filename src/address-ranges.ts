// Addresses and their networks: lists of ranges, as settings have them, and what counts as one source.

import { BlockList, isIP, isIPv6 } from 'node:net';

/** The list of these ranges. `ranges`: addresses and CIDR ranges, checked when the settings were read. */
export function rangeList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** The first so many groups of an IPv6 address, each as a number without zeros before it. */
export function firstGroups(address: string, count: number): string {
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  const between = tail === undefined ? [] : Array.from({ length: 8 - groups.length - behind.length }, () => '0');
  const first = [...groups, ...between, ...behind].slice(0, count);
  return first.map((each) => Number.parseInt(each, 16).toString(16)).join(':');
}

const GROUPS_OF_A_HOST = 4;
/** Where the rest is an IPv4 address (RFC 6052): each is a host of its own. */
const TRANSLATED = '64:ff9b::';
export const NOWHERE = 'nowhere';

/**
 * What is counted as one source: an IPv4 address; of IPv6 the /64, of which every host has at least one, and all addresses in it. Null,
 * where the connection has gone, or has no address, is one source too.
 */
export function countedSource(address: string | null): string {
  if (address === null) return NOWHERE;
  if (!address.includes(':') || address.startsWith(TRANSLATED) || !isIPv6(address)) return address;
  return `${firstGroups(address, GROUPS_OF_A_HOST)}::/64`;
}
