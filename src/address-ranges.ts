// Lists of addresses and CIDR ranges, as settings have them.

import { BlockList, isIP } from 'node:net';

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
