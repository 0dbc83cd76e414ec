// Whether a node answers quickly and goes on answering: what it remembers, its processes, its disk.

import type { SettingsCheck, SettingsFacts } from './settings-facts.ts';

const FRESHNESS_MS_USUAL = 2000;
const DISK = { severe: 0.03, warning: 0.1 } as const;
const DISK_BYTES_ENOUGH = 20 * 2 ** 30;

export const NODE_CHECKS: readonly SettingsCheck[] = [
  {
    id: 'freshness_long',
    severity: 'hint',
    find: ({ freshness_ms }) => (freshness_ms > FRESHNESS_MS_USUAL ? `\`FRESHNESS_MS\` is ${freshness_ms}` : null),
    means: 'A revoked token can be valid for that long at a node that does not hear of it',
    advice: `${FRESHNESS_MS_USUAL} costs nothing more`,
  },
  {
    id: 'outage_bridged',
    severity: 'warning',
    find: ({ outage_stale_ms }) =>
      outage_stale_ms > 0 ? `\`OUTAGE_STALE_SECONDS\` is ${outage_stale_ms / 1000}` : null,
    means: 'While the database cannot be reached, questions about reading are answered by what was so up to then',
    advice: '0 denies by 503; leave it where availability is worth more than that',
  },
  {
    id: 'nothing_remembered',
    severity: 'warning',
    find: ({ cache_bytes_max }) => (cache_bytes_max === 0 ? '`CACHE_MIB` is 0' : null),
    means: 'Every check asks the database',
    advice: 'Take it away: 256 MiB hold about 1.8 million answers',
  },
  {
    id: 'log_wordy',
    severity: 'warning',
    find: ({ log_level }) => (['debug', 'trace'].includes(log_level) ? `\`LOG_LEVEL\` is ${log_level}` : null),
    means: 'Every request costs lines of the log, and time',
    advice: 'Set it to info',
  },
  {
    id: 'cores_idle',
    severity: 'hint',
    find: ({ workers, cores }) =>
      workers === 1 && cores > 2 ? `One process serves, and there are ${cores} cores` : null,
    means: 'A node answers as much as one core can',
    advice: 'Set WORKERS, where that is not enough',
  },
  {
    id: 'halted_at_once',
    severity: 'hint',
    find: ({ halt_poll_ns }) =>
      halt_poll_ns === 0 ? 'Idle processors of this virtual machine are halted at once' : null,
    means: 'To wake one can take the hypervisor ten times as long, and each answer that somebody waits for wakes one',
    advice: 'echo 200000 > /sys/module/haltpoll/parameters/guest_halt_poll_ns, and see: docs/operations.md',
  },
  {
    id: 'embedded_database',
    severity: 'hint',
    find: ({ is_embedded }) => (is_embedded ? 'The database is the embedded one' : null),
    means: 'It has no replica and no archive, and one node only',
    advice: 'Set DATABASE_URL for anything that must not be lost with the disk',
  },
  {
    id: 'disk_full',
    severity: 'severe',
    find: ({ disk }) => (isScarce(disk, DISK.severe) ? diskText(disk) : null),
    means: 'When it is full nothing can be changed: no token can be revoked',
    advice: 'Free some of it, or give it more',
  },
  {
    id: 'disk_scarce',
    severity: 'warning',
    find: ({ disk }) => (isScarce(disk, DISK.warning) && !isScarce(disk, DISK.severe) ? diskText(disk) : null),
    means: 'When it is full nothing can be changed: no token can be revoked',
    advice: 'Free some of it, or give it more',
  },
  {
    id: 'service_not_ready',
    severity: 'severe',
    find: ({ service }) => (service === null || service === 'ready' ? null : `The service is not ready: ${service}`),
    means: 'Checks are answered with 503, or not at all',
    advice: 'Look at its log; it waits for a database that it cannot reach',
  },
];

function isScarce(disk: SettingsFacts['disk'], share: number): boolean {
  return disk !== null && disk.free_share < share && disk.free_bytes < DISK_BYTES_ENOUGH;
}

function diskText(disk: SettingsFacts['disk']): string | null {
  if (disk === null) return null;
  return `${Math.round(disk.free_share * 100)} % of the disk of ${disk.folder} are free`;
}
