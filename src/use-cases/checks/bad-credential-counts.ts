// Bad credentials, counted exactly for each source and minute and told to the operator's log, where each would be a row of the
// record otherwise (L1, promises P13): a flood cannot fill the database. A source is a network, as an attacker has one: /24 of
// IPv4, /48 of IPv6. In the memory of this process, and told when the minute is over or the service stops.

import { isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import { firstGroups } from '../../address-ranges.ts';

export const BAD_CREDENTIALS_TOLD_SECONDS = 60;
const MINUTE_MS = 60_000;
const GROUPS_OF_A_NETWORK = 3;
/** So many sources a minute are told apart; what comes from more is counted together. */
const SOURCES_MAX = 10_000;
const OTHERS = 'others';
const MAPPED_4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

export type BadCredentialCounts = {
  /** One that was refused, looked up or not. */
  readonly record: (address: string, at: Date) => void;
  /** Tells of the minutes that are over at this moment; null: of all. */
  readonly tell: (now: Date | null) => void;
};

/** The network of an address: `203.0.113.0/24`, `2001:db8:7::/48`; anything else is its own. */
export function sourceOf(address: string): string {
  const text = MAPPED_4.exec(address)?.[1] ?? address;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return `${text.split('.').slice(0, 3).join('.')}.0/24`;
  if (!isIPv6(text)) return text;
  return `${firstGroups(text, GROUPS_OF_A_NETWORK)}::/48`;
}

export function createBadCredentialCounts(log: Logger): BadCredentialCounts {
  const minutes = new Map<number, Map<string, number>>();

  function countsOf(minute: number): Map<string, number> {
    const known = minutes.get(minute);
    if (known !== undefined) return known;
    const begun = new Map<string, number>();
    minutes.set(minute, begun);
    return begun;
  }

  return {
    record: (address, at) => {
      const counts = countsOf(Math.floor(at.getTime() / MINUTE_MS));
      const found = sourceOf(address);
      const source = counts.has(found) || counts.size < SOURCES_MAX ? found : OTHERS;
      counts.set(source, (counts.get(source) ?? 0) + 1);
    },
    tell: (now) => {
      const present = now === null ? Number.POSITIVE_INFINITY : Math.floor(now.getTime() / MINUTE_MS);
      for (const [minute, counts] of minutes) {
        if (minute >= present) continue;
        minutes.delete(minute);
        const at = new Date(minute * MINUTE_MS).toISOString();
        for (const [source, count] of counts) log.warn({ source, minute: at, count }, 'bad credentials');
      }
    },
  };
}
