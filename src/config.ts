// The settings of the service: one schema of the environment, and the checks that no schema can express. Pure: `main.ts` hands
// the environment in. An empty variable counts as unset. docs/operations.md lists the same names; a test compares them.
import { isIP } from 'node:net';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN, passwordFault } from './domain/password.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './domain/signing-key.ts';
import { isLoopback } from './loopback.ts';
import { startRefusal } from './start-refusal.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const DAY_SECONDS = 86_400;
/** Of a process. */
export const CONNECTIONS_MIN = 2;
/** Long enough that nobody guesses it: `openssl rand -base64 32` gives 44. */
const SECRET_FORM = '^[!-~]{32,256}$';

/** Every setting: its form, its bounds and its default. Durations carry their unit in the name, or are seconds. */
export const SETTINGS = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', pattern: '^[A-Za-z0-9.:-]+$' }),
  PORT: Type.Integer({ default: 8080, minimum: 1, maximum: 65_535 }),
  PUBLIC_URL: Type.Optional(Type.String()),
  DATABASE_URL: Type.Optional(Type.String()),
  DATABASE_MIGRATION_URL: Type.Optional(Type.String()),
  DATABASE_REPLICA_URL: Type.Optional(Type.String()),
  DATA_DIR: Type.Optional(Type.String()),
  ADMIN_LOGIN: Type.String({ default: 'admin', pattern: '^(?!-)[A-Za-z0-9-]{1,39}(?<!-)$' }),
  ADMIN_PASSWORD: Type.Optional(Type.String()),
  TOKEN_PREFIX: Type.String({ default: 'gth', pattern: '^[A-Za-z][A-Za-z0-9]{1,9}$' }),
  SESSION_TTL: Type.Integer({ default: 43_200, minimum: 1, maximum: 30 * DAY_SECONDS }),
  TRUSTED_PROXIES: Type.String({ default: '' }),
  OUTBOUND_ALLOW: Type.String({ default: '' }),
  TLS_CERT_FILE: Type.Optional(Type.String()),
  TLS_KEY_FILE: Type.Optional(Type.String()),
  TLS_CLIENT_CA_FILE: Type.Optional(Type.String()),
  CORS_ORIGINS: Type.String({ default: '' }),
  SMTP_URL: Type.Optional(Type.String()),
  MAIL_FROM: Type.Optional(Type.String({ pattern: '^[^\\s<>@,;]{1,64}@[A-Za-z0-9.-]{1,253}$' })),
  METRICS_TOKEN: Type.Optional(Type.String({ pattern: '^[!-~]{8,256}$' })),
  AUDIT_ROOT_FILE: Type.Optional(Type.String()),
  EPOCH_FILE: Type.Optional(Type.String()),
  ACCEPT_RESTORE: Type.Optional(Type.String({ pattern: '^[0-9a-f]{12}$' })),
  SIGNING_ALGORITHM: Type.Enum(SIGNING_ALGORITHMS, { default: 'ES256' }),
  SIGNING_KEY_DAYS: Type.Integer({ default: 90, minimum: 1, maximum: 3650 }),
  SIGNING_KEY_FILE: Type.Optional(Type.String()),
  SIGNING_KEY_SECRET: Type.Optional(Type.String({ pattern: SECRET_FORM })),
  SIGNING_KEY_SECRET_PREVIOUS: Type.Optional(Type.String({ pattern: SECRET_FORM })),
  DATA_SECRET: Type.Optional(Type.String({ pattern: SECRET_FORM })),
  DATA_SECRET_PREVIOUS: Type.Optional(Type.String({ pattern: SECRET_FORM })),
  CATALOGUE_FILE: Type.Optional(Type.String()),
  LOG_LEVEL: Type.Enum(LOG_LEVELS, { default: 'info' }),
  ALLOW_UNSAFE_DATABASE: Type.Enum(['0', '1'], { default: '0' }),
  WORKERS: Type.Integer({ default: 1, minimum: 1, maximum: 256 }),
  DRAIN_MS: Type.Integer({ default: 500, minimum: 0, maximum: 5000 }),
  DATABASE_POOL: Type.Integer({ default: 10, minimum: 2, maximum: 1000 }),
  DATABASE_QUEUE: Type.Integer({ default: 1000, minimum: 10, maximum: 100_000 }),
  MAX_REQUESTS: Type.Integer({ default: 2000, minimum: 10, maximum: 100_000 }),
  STANDING_REQUESTS: Type.Integer({ default: 256, minimum: 10, maximum: 100_000 }),
  MAX_LAG_MS: Type.Integer({ default: 1000, minimum: 0, maximum: 60_000 }),
  FRESHNESS_MS: Type.Integer({ default: 2000, minimum: 250, maximum: 30_000 }),
  OUTAGE_STALE_SECONDS: Type.Integer({ default: 0, minimum: 0, maximum: 60 }),
  CACHE_MIB: Type.Integer({ default: 256, minimum: 0, maximum: 65_536 }),
  REQUEST_TIMEOUT_MS: Type.Integer({ default: 5000, minimum: 250, maximum: 60_000 }),
  JOB_INTERVAL_SECONDS: Type.Integer({ default: 60, minimum: 1, maximum: DAY_SECONDS }),
  MAX_FINE_GRAINED_TOKENS: Type.Integer({ default: 50, minimum: 1, maximum: 10_000 }),
  MAX_SELECTED_REPOSITORIES: Type.Integer({ default: 50, minimum: 1, maximum: 10_000 }),
  RATE_LIMIT_PER_HOUR: Type.Integer({ default: 5000, minimum: 1, maximum: 1_000_000_000 }),
  ANONYMOUS_PER_HOUR: Type.Integer({ default: 60, minimum: 1, maximum: 1_000_000_000 }),
  BAD_CREDENTIALS_PER_MINUTE: Type.Integer({ default: 60, minimum: 1, maximum: 1_000_000_000 }),
  REVOCATION_CALLS_PER_HOUR: Type.Integer({ default: 60, minimum: 1, maximum: 1_000_000_000 }),
});

/** The environment as this service reads it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings in force, checked. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Whether only this machine can reach the service: `/metrics` is open then. */
  readonly listens_on_loopback: boolean;
  /** The issuer and the base of every absolute URL, without a slash at the end. */
  readonly public_url: string;
  /** Null: the embedded PostgreSQL in `data_dir`. */
  readonly database_url: string | null;
  /** The same database as the role that owns its tables, for what is done to them at the start; null: `database_url` does it. */
  readonly database_migration_url: string | null;
  /** A streaming replica of it that checks may be answered by; null: there is none. */
  readonly database_replica_url: string | null;
  /** Null: the default folder, or one that can be used in its place. */
  readonly data_dir: string | null;
  readonly admin_login: string;
  /** Null: generated at the first start. */
  readonly admin_password: string | null;
  readonly token_prefix: string;
  readonly session_ttl_seconds: number;
  /** Addresses and ranges (CIDR) of the proxies whose `X-Forwarded-For` is believed. */
  readonly trusted_proxies: readonly string[];
  /** Addresses and ranges (CIDR) that calls to others may reach though they are not public. */
  readonly outbound_allow: readonly string[];
  /** The files by which this service speaks TLS itself; null: it speaks plain HTTP. */
  readonly tls: {
    readonly cert_file: string;
    readonly key_file: string;
    /** The authorities of backend services' certificates; null: none are asked for. */
    readonly client_ca_file: string | null;
  } | null;
  /** Origins whose pages may read answers; none: cross-origin requests stay closed. */
  readonly cors_origins: readonly string[];
  /** The server that takes our mails; null: none are sent. */
  readonly smtp_url: string | null;
  /** The address that mails come from; null: one at the service's own name. */
  readonly mail_from: string | null;
  readonly metrics_token: string | null;
  /** Where signed roots of the record are appended; null: nowhere. */
  readonly audit_root_file: string | null;
  /** Where the last commit is written down, so that a database that was set back is noticed at the start; null: nowhere. */
  readonly epoch_file: string | null;
  /** The restore that is accepted, by what its refusal says; null: none. */
  readonly accept_restore: string | null;
  /** The algorithm of signing keys that are made from now on. */
  readonly signing_algorithm: SigningAlgorithm;
  /** The age at which a signing key gives way to a new one. */
  readonly signing_key_days: number;
  /** Private keys outside the database; null: they are made and kept in it. */
  readonly signing_key_file: string | null;
  /** What private keys in the database are encrypted under; null: they are not. */
  readonly signing_key_secret: string | null;
  /** The secret before it, while what it encrypted is encrypted anew. */
  readonly signing_key_secret_previous: string | null;
  /** What secrets of others in the database (of webhooks) are encrypted under; null: they are not. */
  readonly data_secret: string | null;
  /** Another one that opens them, while it is changed. */
  readonly data_secret_previous: string | null;
  /** The catalogue of operations that is put in force at the start; null: none is. */
  readonly catalogue_file: string | null;
  readonly log_level: (typeof LOG_LEVELS)[number];
  readonly allow_unsafe_database: boolean;
  /** Processes that answer, behind one port. */
  readonly workers: number;
  /** How long a process that ends still takes requests, so that its callers can go elsewhere. */
  readonly drain_ms: number;
  readonly database_connections_max: number;
  /** Work of a process that waits for a connection, at most. */
  readonly database_waiting_max: number;
  /** Requests under way in a process, at most. */
  readonly requests_max: number;
  /** The same once so many have stayed for a while. */
  readonly standing_requests_max: number;
  /** How long turns of the event loop may take; 0: that is not looked at. */
  readonly lag_ms_max: number;
  /** The longest that an answer may be behind the database. */
  readonly freshness_ms: number;
  /** How old what is answered may be while the database cannot be reached; 0: then nothing is answered. */
  readonly outage_stale_ms: number;
  /** What is remembered of the database's answers, at most; 0: nothing. */
  readonly cache_bytes_max: number;
  readonly request_timeout_ms: number;
  readonly job_interval_seconds: number;
  readonly fine_grained_tokens_max: number;
  readonly selected_repositories_max: number;
  readonly holder_requests_per_hour_max: number;
  readonly anonymous_requests_per_hour_max: number;
  readonly bad_credentials_per_minute_max: number;
  readonly revocation_calls_per_hour_max: number;
}

/** The settings that the environment gives. A malformed, unsafe or half-set one is refused with a line that says what to change. */
export function loadConfig(environment: Environment): Config {
  refuseForeignNames(environment);
  const settings = readSettings(environment);
  const loopback = isLoopback(settings.HOST);
  if (!loopback && settings.PUBLIC_URL === undefined) {
    throw startRefusal(
      `Set \`PUBLIC_URL\`: \`HOST\` is ${settings.HOST}, so others reach this service under another address.`,
    );
  }
  return {
    host: settings.HOST,
    port: settings.PORT,
    listens_on_loopback: loopback,
    public_url: publicUrlOf(settings),
    database_url: databaseUrl('DATABASE_URL', settings.DATABASE_URL),
    database_migration_url: besideUrl('DATABASE_MIGRATION_URL', settings),
    database_replica_url: besideUrl('DATABASE_REPLICA_URL', settings),
    data_dir: settings.DATA_DIR ?? null,
    admin_login: settings.ADMIN_LOGIN,
    admin_password: adminPassword(settings.ADMIN_PASSWORD),
    token_prefix: settings.TOKEN_PREFIX,
    session_ttl_seconds: settings.SESSION_TTL,
    trusted_proxies: rangesOf('TRUSTED_PROXIES', settings.TRUSTED_PROXIES),
    tls: tlsOf(settings),
    cors_origins: originsOf(settings.CORS_ORIGINS),
    outbound_allow: rangesOf('OUTBOUND_ALLOW', settings.OUTBOUND_ALLOW),
    smtp_url: smtpUrl(settings.SMTP_URL),
    mail_from: settings.MAIL_FROM ?? null,
    metrics_token: settings.METRICS_TOKEN ?? null,
    audit_root_file: settings.AUDIT_ROOT_FILE ?? null,
    epoch_file: settings.EPOCH_FILE ?? null,
    accept_restore: settings.ACCEPT_RESTORE ?? null,
    signing_algorithm: settings.SIGNING_ALGORITHM,
    signing_key_days: settings.SIGNING_KEY_DAYS,
    signing_key_file: settings.SIGNING_KEY_FILE ?? null,
    signing_key_secret: settings.SIGNING_KEY_SECRET ?? null,
    signing_key_secret_previous: settings.SIGNING_KEY_SECRET_PREVIOUS ?? null,
    data_secret: settings.DATA_SECRET ?? null,
    data_secret_previous: settings.DATA_SECRET_PREVIOUS ?? null,
    catalogue_file: settings.CATALOGUE_FILE ?? null,
    log_level: settings.LOG_LEVEL,
    allow_unsafe_database: settings.ALLOW_UNSAFE_DATABASE === '1',
    workers: settings.WORKERS,
    drain_ms: settings.DRAIN_MS,
    database_connections_max: connectionsMax(settings),
    database_waiting_max: settings.DATABASE_QUEUE,
    requests_max: settings.MAX_REQUESTS,
    standing_requests_max: settings.STANDING_REQUESTS,
    lag_ms_max: settings.MAX_LAG_MS,
    freshness_ms: settings.FRESHNESS_MS,
    outage_stale_ms: settings.OUTAGE_STALE_SECONDS * 1000,
    cache_bytes_max: settings.CACHE_MIB * 1_048_576,
    request_timeout_ms: settings.REQUEST_TIMEOUT_MS,
    job_interval_seconds: settings.JOB_INTERVAL_SECONDS,
    fine_grained_tokens_max: settings.MAX_FINE_GRAINED_TOKENS,
    selected_repositories_max: settings.MAX_SELECTED_REPOSITORIES,
    holder_requests_per_hour_max: settings.RATE_LIMIT_PER_HOUR,
    anonymous_requests_per_hour_max: settings.ANONYMOUS_PER_HOUR,
    bad_credentials_per_minute_max: settings.BAD_CREDENTIALS_PER_MINUTE,
    revocation_calls_per_hour_max: settings.REVOCATION_CALLS_PER_HOUR,
  };
}

/** Of the launcher and of commands that call a service (docs/command-line.md): no settings, but they may stand beside them. */
const OF_COMMANDS = new Set([
  ...['GATEHOUSE_NO_DOWNLOAD', 'GATEHOUSE_URL', 'GATEHOUSE_TOKEN', 'GATEHOUSE_TOKEN_FILE'],
  ...['GATEHOUSE_CLIENT_ID', 'GATEHOUSE_CLIENT_SECRET', 'GATEHOUSE_CLIENT_SECRET_FILE'],
]);

/** Settings have no prefix; who writes one expects it to count, so it must not be passed over in silence. */
function refuseForeignNames(environment: Environment): void {
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('GATEHOUSE_') || OF_COMMANDS.has(name)) continue;
    const meant = name.slice('GATEHOUSE_'.length);
    const advice =
      meant in SETTINGS.properties ? `the setting is named \`${meant}\`` : 'docs/operations.md lists the settings';
    throw startRefusal(`Remove \`${name}\` from the environment: there is no such setting (${advice}).`);
  }
}

function readSettings(environment: Environment): Static<typeof SETTINGS> {
  const given: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries<TSchema>(SETTINGS.properties)) {
    const text = environment[name];
    if (text !== undefined && text !== '') given[name] = readValue(schema, text);
  }
  const settings = Value.Default(SETTINGS, given);
  if (Value.Check(SETTINGS, settings)) return settings;
  const [first] = Value.Errors(SETTINGS, settings);
  const name = first?.instancePath.slice(1) ?? '';
  throw startRefusal(`Change \`${name}\`: ${describe(name)}.`);
}

/** An integer in plain decimal digits becomes a number; other texts stay, and the schema refuses them where it wants a number. */
function readValue(schema: TSchema, text: string): unknown {
  const isDecimal = /^(0|[1-9][0-9]{0,14})$/.test(text);
  return Type.IsInteger(schema) && isDecimal ? Number(text) : text;
}

/** What the setting accepts. The value itself is never repeated: it may be a secret. */
function describe(name: string): string {
  const schema = (SETTINGS.properties as Record<string, TSchema>)[name];
  if (schema === undefined) return 'its value is malformed';
  if (Type.IsInteger(schema) && 'minimum' in schema && 'maximum' in schema) {
    return `it must be a whole number from ${schema.minimum} to ${schema.maximum}`;
  }
  if (Type.IsEnum(schema)) return `it must be one of ${schema.enum.join(', ')}`;
  return `it must match ${'pattern' in schema ? schema.pattern : 'its form'}`;
}

/** Of all processes together; each has to have as many as a transaction that waits for another one needs. */
function connectionsMax({ WORKERS, DATABASE_POOL }: Static<typeof SETTINGS>): number {
  const needed = WORKERS === 1 ? CONNECTIONS_MIN : CONNECTIONS_MIN * (WORKERS + 1);
  if (DATABASE_POOL >= needed) return DATABASE_POOL;
  throw startRefusal(
    `Change \`DATABASE_POOL\` or \`WORKERS\`: ${WORKERS} workers and the process above them need at least ${needed} connections.`,
  );
}

function hostInUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Where this service itself speaks TLS, nobody reaches it by plain http, whatever stands in front. */
function publicUrlOf({ PUBLIC_URL, TLS_CERT_FILE, HOST, PORT }: Static<typeof SETTINGS>): string {
  const scheme = TLS_CERT_FILE === undefined ? 'http' : 'https';
  const url = publicUrl(PUBLIC_URL ?? `${scheme}://${hostInUrl(HOST)}:${PORT}`);
  if (scheme === 'http' || url.startsWith('https:')) return url;
  throw startRefusal('Change `PUBLIC_URL`: with `TLS_CERT_FILE` it begins with `https:`.');
}

function publicUrl(text: string): string {
  const url = URL.parse(text);
  const isBare = url !== null && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (!isBare || !['http:', 'https:'].includes(url.protocol)) {
    throw startRefusal('Change `PUBLIC_URL`: it must be an http or https URL without user, query and fragment.');
  }
  return url.href.replace(/\/+$/, '');
}

type BesideUrl = 'DATABASE_REPLICA_URL' | 'DATABASE_MIGRATION_URL';

function databaseUrl(name: 'DATABASE_URL' | BesideUrl, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text;
  throw startRefusal(`Change \`${name}\`: it must be a URL of the form postgres://user:password@host:5432/database.`);
}

/** A URL that means something only beside the other one. */
function besideUrl(name: BesideUrl, settings: Static<typeof SETTINGS>): string | null {
  if (settings[name] === undefined || settings.DATABASE_URL !== undefined) return databaseUrl(name, settings[name]);
  throw startRefusal(`Set \`DATABASE_URL\` too: \`${name}\` is of the same database.`);
}

function smtpUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = URL.parse(text);
  if (url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== '') return text;
  throw startRefusal(
    'Change `SMTP_URL`: it must be a URL of the form smtp://user:password@host:587 or smtps://host:465.',
  );
}

function adminPassword(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (passwordFault(text) === null) return text;
  throw startRefusal(
    `Change \`ADMIN_PASSWORD\`: it must have at least ${PASSWORD_CHARACTERS_MIN} characters and at most ${PASSWORD_BYTES_MAX} bytes.`,
  );
}

function rangesOf(name: 'TRUSTED_PROXIES' | 'OUTBOUND_ALLOW', text: string): readonly string[] {
  const ranges = text === '' ? [] : text.split(',').map((range) => range.trim());
  for (const range of ranges) {
    if (isRange(range)) continue;
    throw startRefusal(
      `Change \`${name}\`: it must be a list of addresses or CIDR ranges such as 10.0.0.0/8, and never everyone.`,
    );
  }
  return ranges;
}

type TlsSettings = Pick<Static<typeof SETTINGS>, 'TLS_CERT_FILE' | 'TLS_KEY_FILE' | 'TLS_CLIENT_CA_FILE'>;

/** Certificate and key, both or neither; whose clients' certificates count says nothing without them. */
function tlsOf({ TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE }: TlsSettings): Config['tls'] {
  if (TLS_CERT_FILE !== undefined && TLS_KEY_FILE !== undefined) {
    return { cert_file: TLS_CERT_FILE, key_file: TLS_KEY_FILE, client_ca_file: TLS_CLIENT_CA_FILE ?? null };
  }
  if (TLS_CERT_FILE === undefined && TLS_KEY_FILE === undefined && TLS_CLIENT_CA_FILE === undefined) return null;
  const missing = TLS_CERT_FILE === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE';
  throw startRefusal(`Set \`${missing}\`: TLS needs the certificate and its key.`);
}

/** Origins exactly as a browser sends them; never everyone. */
function originsOf(text: string): readonly string[] {
  const origins = text === '' ? [] : text.split(',').map((origin) => origin.trim());
  for (const origin of origins) {
    if (/^https?:/.test(origin) && URL.parse(origin)?.origin === origin) continue;
    throw startRefusal(
      'Change `CORS_ORIGINS`: it must be a list of origins such as https://app.example.com, without a path, and never everyone.',
    );
  }
  return origins;
}

/** An address, or a range that is not the whole Internet, which would trust or open everything. */
function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^[1-9][0-9]{0,2}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32);
}
