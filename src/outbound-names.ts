// What names resolve to that others have given us. The look-up of the operating system keeps one of a few threads of the process until it
// ends, and who has a name server that does not answer makes it end late: such names would keep waiting everybody else's, and the
// database's own when it is connected to anew. So only the hosts file and the name servers are asked, which takes no thread; what these do
// not know (a search domain, another source) is left to the operating system, one at a time.

import { lookup, Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

export type Address = { readonly address: string; readonly family: number };
/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;

/** Of the first of two tries; the second has twice as long. Together well below what a fetch of keys may take. */
const TRY_MS = 1000;
/** Who waits behind so many looks nowhere: most of them have been given up by then. */
const WAITING_MAX = 50;

export type NameParts = {
  readonly hosts_file: string;
  /** Null: those of the system. */
  readonly servers: readonly string[] | null;
  readonly system: Resolve;
};

const OF_SYSTEM: NameParts = {
  hosts_file: '/etc/hosts',
  servers: null,
  system: (hostname) => lookup(hostname, { all: true, order: 'verbatim' }),
};

function addressOf(address: string): Address {
  return { address, family: isIP(address) };
}

/** What the hosts file says of a name: an address and its names a line. */
async function inHostsFile(file: string, hostname: string): Promise<readonly Address[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/));
  const found = lines.filter(([address = '', ...names]) => isIP(address) !== 0 && names.includes(hostname));
  return found.map(([address = '']) => addressOf(address));
}

/** Null: there is no such name. Throws where nobody says so. */
async function ofServers(resolver: Resolver, hostname: string): Promise<readonly Address[] | null> {
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length > 0) return found.map(addressOf);
  const faults = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  const fault = faults.find(({ code }) => code !== 'ENOTFOUND' && code !== 'ENODATA');
  if (fault !== undefined && fault.code !== 'ECONNREFUSED') throw fault;
  return null;
}

/** One after the other; throws for one too many. */
function oneAtATime(resolve: Resolve): Resolve {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (hostname) => {
    if (waiting >= WAITING_MAX) return Promise.reject(new Error('too many names are looked up'));
    waiting += 1;
    const found = last
      .then(() => resolve(hostname))
      .finally(() => {
        waiting -= 1;
      });
    last = found.catch(() => undefined);
    return found;
  };
}

/** The look-up of names. A name that is not there, or of which nobody says anything in time, throws. */
export function resolveNames(parts: NameParts = OF_SYSTEM): Resolve {
  const { hosts_file, servers, system } = parts;
  const resolver = new Resolver({ timeout: TRY_MS, tries: 2 });
  if (servers !== null) resolver.setServers(servers);
  const leftToSystem = oneAtATime(system);
  return async (given) => {
    const hostname = given.toLowerCase().replace(/\.$/, '');
    const listed = await inHostsFile(hosts_file, hostname);
    if (listed.length > 0) return listed;
    return (await ofServers(resolver, hostname)) ?? leftToSystem(given);
  };
}
