// The settings of the service: one schema of the environment, and how it is read. An empty variable counts as unset. docs/operations.md
// lists the same names; a test compares them.

import { type Static, type TNumberOptions, type TSchema, type TStringOptions, Type } from 'typebox';
import { SIGNING_ALGORITHMS } from './domain/signing-key.ts';
import { startRefusal } from './start-refusal.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const DAY_SECONDS = 86_400;
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

/** All of them as they were given, each by itself. */
export type Settings = Static<typeof SETTINGS>;

/** The environment as this service reads it. */
export type Environment = Readonly<Record<string, string | undefined>>;

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

/** Each setting in its form, within its bounds, or its default. Refused: what is malformed, and names that are none. */
export function readSettings(environment: Environment): Settings {
  refuseForeignNames(environment);
  const settings: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries<TSchema>(SETTINGS.properties)) {
    const text = environment[name];
    const is_given = text !== undefined && text !== '';
    if (!is_given && !('default' in schema)) continue;
    const value = is_given ? readValue(schema, text) : (schema as { default?: unknown }).default;
    if (!isOfForm(schema, value)) throw startRefusal(`Change \`${name}\`: ${describe(name)}.`);
    settings[name] = value;
  }
  return settings as Settings;
}

/** The three forms that settings have. By hand: the library's own check is a third of it, three hundred modules at every start. */
function isOfForm(schema: TSchema, value: unknown): boolean {
  const { minimum = -Infinity, maximum = Infinity, pattern = '' } = schema as TNumberOptions & TStringOptions;
  if (Type.IsInteger(schema)) return typeof value === 'number' && value >= minimum && value <= maximum;
  if (Type.IsEnum(schema)) return schema.enum.includes(value as string);
  if (Type.IsString(schema)) return typeof value === 'string' && new RegExp(pattern, 'u').test(value);
  throw new Error('a setting has another form than those that are read');
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
