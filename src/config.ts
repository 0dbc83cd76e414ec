// The configuration: what the settings of the environment mean. Pure: `main.ts` hands the environment in.

import type { SigningAlgorithm } from './domain/signing-key.ts';
import { isLoopback } from './loopback.ts';
import {
  adminPassword,
  besideUrl,
  connectionsMax,
  databaseUrl,
  originsOf,
  publicUrlOf,
  rangesOf,
  smtpUrl,
  type TlsPaths,
  tlsOf,
} from './setting-values.ts';
import { type Environment, type LOG_LEVELS, readSettings } from './settings.ts';
import { startRefusal } from './start-refusal.ts';

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
  /** Null: it speaks plain HTTP. */
  readonly tls: TlsPaths | null;
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
