// Whether the settings of the service, its files and its machine are safe and quick. What each setting is: docs/operations.md.

import type { Check } from './finding.ts';

/** A file that a setting names, as it is on the disk. */
export type FileSeen = {
  readonly setting: string;
  readonly file: string;
  /** Null: it is not there, or cannot be looked at. */
  readonly others_may_read: boolean | null;
};

export type SettingsFacts = {
  readonly host_is_loopback: boolean;
  readonly public_url: string;
  readonly public_host_is_loopback: boolean;
  readonly speaks_tls: boolean;
  readonly certificate: { readonly days_left: number } | null;
  readonly trusted_proxies: readonly string[];
  readonly outbound_allow: readonly string[];
  readonly cors_origins: readonly string[];
  readonly metrics_token_characters: number | null;
  readonly admin_password_is_set: boolean;
  readonly allow_unsafe_database: boolean;
  /** Names of settings that are for the time of a change only, and are set. */
  readonly passing_settings: readonly string[];
  readonly epoch_file_is_set: boolean;
  readonly audit_root_file_is_set: boolean;
  readonly is_embedded: boolean;
  /** To the server of mails: in clear, with a password, to another machine. */
  readonly smtp_in_clear: boolean;
  readonly freshness_ms: number;
  readonly outage_stale_ms: number;
  readonly cache_bytes_max: number;
  readonly log_level: string;
  readonly workers: number;
  readonly cores: number;
  /** So long an idle processor of this virtual machine waits before it is halted, in ns; null: none of those that can. */
  readonly halt_poll_ns: number | null;
  readonly is_root: boolean;
  /** Of what this user starts in this way. */
  readonly leaves_core_files: boolean;
  readonly secret_files: readonly FileSeen[];
  /** Where we write, the scarcest. */
  readonly disk: { readonly folder: string; readonly free_share: number; readonly free_bytes: number } | null;
  /** `ready`, or what the service answered; null: nobody was asked. */
  readonly service: string | null;
};
type SettingsCheck = Check<SettingsFacts>;

const FRESHNESS_MS_USUAL = 2000;
const METRICS_TOKEN_CHARACTERS_MIN = 20;
const CERTIFICATE_DAYS_EARLY = 21;
const DISK = { severe: 0.03, warning: 0.1 } as const;
const DISK_BYTES_ENOUGH = 20 * 2 ** 30;
/** Of an address: a range with fewer bits fixed holds too many to know them. */
const BITS_MIN = { ipv4: 8, ipv6: 32 } as const;

const isWide = (range: string) => {
  const [address = '', bits] = range.split('/');
  return bits !== undefined && Number(bits) < (address.includes(':') ? BITS_MIN.ipv6 : BITS_MIN.ipv4);
};
const isMetadata = (range: string) => /^169\.254\.|^fe80:/i.test(range);
const is_https = ({ public_url }: SettingsFacts) => public_url.startsWith('https:');

const NETWORK: readonly SettingsCheck[] = [
  {
    id: 'http_in_clear',
    severity: 'severe',
    find: (facts) =>
      !is_https(facts) && !facts.public_host_is_loopback ? `\`PUBLIC_URL\` is ${facts.public_url}, without TLS` : null,
    means: 'Tokens and passwords cross the network where everybody on the way reads them',
    advice: 'Set TLS_CERT_FILE and TLS_KEY_FILE, or end TLS in a proxy, and begin PUBLIC_URL with https',
  },
  {
    id: 'certificate_ended',
    severity: 'severe',
    find: ({ certificate }) => (certificate !== null && certificate.days_left < 0 ? 'The certificate has ended' : null),
    means: 'Clients refuse to connect',
    advice: 'Renew TLS_CERT_FILE; it is taken up within 10 s',
  },
  {
    id: 'certificate_ends',
    severity: 'warning',
    find: ({ certificate }) =>
      certificate !== null && certificate.days_left >= 0 && certificate.days_left < CERTIFICATE_DAYS_EARLY
        ? `The certificate ends in ${certificate.days_left} days`
        : null,
    means: 'Then clients refuse to connect',
    advice: 'Renew TLS_CERT_FILE; it is taken up within 10 s',
  },
  {
    id: 'proxy_not_trusted',
    severity: 'warning',
    find: (facts) =>
      is_https(facts) && !facts.speaks_tls && facts.trusted_proxies.length === 0
        ? '`PUBLIC_URL` is https, the service speaks plain HTTP, and no proxy is trusted'
        : null,
    means:
      'Every caller seems to come from the proxy: bad credentials of one lock out all, and the record has its address',
    advice: 'Set TRUSTED_PROXIES to the addresses of the proxy',
  },
  {
    id: 'proxies_too_wide',
    severity: 'warning',
    find: ({ trusted_proxies }) => {
      const wide = trusted_proxies.filter(isWide);
      return wide.length === 0 ? null : `\`TRUSTED_PROXIES\` has ${wide.join(', ')}`;
    },
    means: 'Whoever is in that range says himself from which address he comes, past every limit by address',
    advice: 'Name the proxies, or their network',
  },
  {
    id: 'outbound_too_wide',
    severity: 'warning',
    find: ({ outbound_allow }) => {
      const wide = outbound_allow.filter((range) => isWide(range) || isMetadata(range));
      return wide.length === 0 ? null : `\`OUTBOUND_ALLOW\` has ${wide.join(', ')}`;
    },
    means: 'Owners of organizations can have the service call machines there, also the metadata service of a cloud',
    advice: 'Name the receivers, one by one',
  },
  {
    id: 'cors_in_clear',
    severity: 'warning',
    find: ({ cors_origins }) => {
      const open = cors_origins.filter((origin) => origin.startsWith('http:') && !/\/\/(localhost|127\.)/.test(origin));
      return open.length === 0 ? null : `\`CORS_ORIGINS\` has ${open.join(', ')}`;
    },
    means: 'Who is on the way to such a page can put a script into it that reads what the service answers',
    advice: 'Allow https only',
  },
  {
    id: 'metrics_behind_proxy',
    severity: 'warning',
    find: (facts) =>
      facts.host_is_loopback && !facts.public_host_is_loopback && facts.metrics_token_characters === null
        ? '`/metrics` is open on loopback, and a proxy brings others there'
        : null,
    means: 'Whoever reaches the proxy reads how much is denied, and why',
    advice: 'Set METRICS_TOKEN, and do not let the proxy pass /metrics',
  },
  {
    id: 'metrics_token_short',
    severity: 'warning',
    find: ({ metrics_token_characters: count }) =>
      count !== null && count < METRICS_TOKEN_CHARACTERS_MIN ? `\`METRICS_TOKEN\` has ${count} characters` : null,
    means: 'It can be guessed',
    advice: 'openssl rand -base64 24',
  },
  {
    id: 'smtp_in_clear',
    severity: 'warning',
    find: ({ smtp_in_clear }) => (smtp_in_clear ? '`SMTP_URL` is smtp: with a password, to another machine' : null),
    means: 'Who is on the way can keep STARTTLS from being offered, and reads password and codes',
    advice: 'Use smtps:, where the server has it',
  },
];

const SECRETS: readonly SettingsCheck[] = [
  {
    id: 'unsafe_database_allowed',
    severity: 'severe',
    find: ({ allow_unsafe_database }) => (allow_unsafe_database ? '`ALLOW_UNSAFE_DATABASE` is 1' : null),
    means: 'The service starts on a database that forgets what it acknowledged',
    advice: 'Take it away; it is for tests',
  },
  {
    id: 'files_open',
    severity: 'severe',
    find: ({ secret_files }) => {
      const open = secret_files.filter(({ others_may_read }) => others_may_read === true);
      return open.length === 0
        ? null
        : `Others may read ${open.map(({ setting, file }) => `${file} (${setting})`).join(', ')}`;
    },
    means: 'Every user of the machine has these private keys',
    advice: 'chmod 600, and exchange keys that somebody may have read',
  },
  {
    id: 'files_missing',
    severity: 'warning',
    find: ({ secret_files }) => {
      const missing = secret_files.filter(({ others_may_read }) => others_may_read === null);
      return missing.length === 0 ? null : `Cannot be looked at: ${missing.map(({ file }) => file).join(', ')}`;
    },
    means: 'The service may not start, or this user is not the one that it runs as',
    advice: 'Run the doctor as the user of the service',
  },
  {
    id: 'admin_password_left',
    severity: 'hint',
    find: ({ admin_password_is_set }) => (admin_password_is_set ? '`ADMIN_PASSWORD` is set' : null),
    means: 'It counts at the first start only; afterwards it stands in the environment for nothing',
    advice: 'Take it away, and change the password where others can have read it',
  },
  {
    id: 'passing_settings_left',
    severity: 'hint',
    find: ({ passing_settings }) =>
      passing_settings.length === 0 ? null : `Set: ${passing_settings.map((name) => `\`${name}\``).join(', ')}`,
    means: 'It is for the time of a change; once every node has started with it, it is of no use',
    advice: 'Take it away then: docs/runbooks',
  },
  {
    id: 'no_epoch_file',
    severity: 'hint',
    find: (facts) => (facts.epoch_file_is_set ? null : '`EPOCH_FILE` is not set'),
    means:
      'A copy of the disk that is put back while no node runs is not noticed: what was revoked since is valid again',
    advice: 'Set it to a file that no restore brings back: docs/runbooks/restore.md',
  },
  {
    id: 'no_audit_roots',
    severity: 'hint',
    find: (facts) => (facts.audit_root_file_is_set ? null : '`AUDIT_ROOT_FILE` is not set'),
    means: "Who administers the database can make the record's hashes anew, or cut off its end, and nothing tells",
    advice: 'Set it to a file where he cannot write: docs/operations.md, "The record"',
  },
  {
    id: 'runs_as_root',
    severity: 'warning',
    find: ({ is_root }) => (is_root ? 'This user is root' : null),
    means: 'Where the service runs as root too, a fault in it is one of the whole machine',
    advice: 'Run it as a user of its own',
  },
  {
    id: 'core_files',
    severity: 'hint',
    find: ({ leaves_core_files }) => (leaves_core_files ? 'What is started here may leave core files' : null),
    means:
      'The service leaves its memory out of its own on Linux; on other systems, and from other programs that hold tokens, such a file has secrets',
    advice: '`ulimit -c 0` where the service is started, `LimitCORE=0` for systemd, `ulimits: core: 0` for compose',
  },
];

const SPEED: readonly SettingsCheck[] = [
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

export const SETTINGS_CHECKS: readonly SettingsCheck[] = [...NETWORK, ...SECRETS, ...SPEED];
