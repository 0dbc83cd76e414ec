// What is seen of the settings of the service, their files and their machine. What each setting is: docs/operations.md.

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

export type SettingsCheck = Check<SettingsFacts>;
