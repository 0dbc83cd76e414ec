// What `gatehouse doctor` sees of settings, of the files that they name, and of the machine.

import { X509Certificate } from 'node:crypto';
import { readFile, stat, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../config.ts';
import { mayLeaveCoreFile } from '../../core-files.ts';
import { DAY_MS } from '../../domain/moment.ts';
import { isLoopback } from '../../loopback.ts';
import type { Environment } from '../../settings.ts';
import type { FileSeen, SettingsFacts } from '../../use-cases/installation/settings-facts.ts';

/** Of a file's mode: reading by the group and by others. */
const OTHERS_READ = 0o044;
/** Linux has these where it runs on a hypervisor that lets it wait before it halts a processor. */
const IDLE_DRIVER = '/sys/devices/system/cpu/cpuidle/current_driver';
const HALT_POLL = '/sys/module/haltpoll/parameters/guest_halt_poll_ns';

/** The facts that the checks of settings judge. `service`: whether the running one is ready, null where nobody asked. */
export async function settingsSeen(
  config: Config,
  environment: Environment,
  service: string | null,
): Promise<SettingsFacts> {
  const public_host = new URL(config.public_url).hostname.replace(/^\[|\]$/g, '');
  return {
    host_is_loopback: config.listens_on_loopback,
    public_url: config.public_url,
    public_host_is_loopback: isLoopback(public_host),
    speaks_tls: config.tls !== null,
    certificate: await certificateSeen(config),
    trusted_proxies: config.trusted_proxies,
    outbound_allow: config.outbound_allow,
    cors_origins: config.cors_origins,
    metrics_token_characters: config.metrics_token?.length ?? null,
    admin_password_is_set: config.admin_password !== null,
    allow_unsafe_database: config.allow_unsafe_database,
    passing_settings: [
      ...(config.signing_key_secret_previous === null ? [] : ['SIGNING_KEY_SECRET_PREVIOUS']),
      ...(config.data_secret_previous === null ? [] : ['DATA_SECRET_PREVIOUS']),
      ...(config.accept_restore === null ? [] : ['ACCEPT_RESTORE']),
    ],
    epoch_file_is_set: config.epoch_file !== null,
    audit_root_file_is_set: config.audit_root_file !== null,
    is_embedded: config.database_url === null,
    smtp_in_clear: isInClear(config.smtp_url),
    freshness_ms: config.freshness_ms,
    outage_stale_ms: config.outage_stale_ms,
    cache_bytes_max: config.cache_bytes_max,
    log_level: config.log_level,
    workers: config.workers,
    cores: availableParallelism(),
    halt_poll_ns: await haltPollSeen(),
    is_root: process.getuid?.() === 0,
    leaves_core_files: mayLeaveCoreFile() === true,
    secret_files: await Promise.all(secretFiles(config, environment).map(fileSeen)),
    disk: await scarcestDisk(config),
    service,
  };
}

function isInClear(smtp_url: string | null): boolean {
  if (smtp_url === null) return false;
  const { protocol, password, hostname } = new URL(smtp_url);
  return protocol === 'smtp:' && password !== '' && !isLoopback(hostname);
}

async function certificateSeen({ tls }: Config): Promise<SettingsFacts['certificate']> {
  if (tls === null) return null;
  try {
    const { validTo } = new X509Certificate(await readFile(tls.cert_file));
    return { days_left: Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS) };
  } catch {
    return null;
  }
}

async function haltPollSeen(): Promise<SettingsFacts['halt_poll_ns']> {
  const text = (file: string) => readFile(file, 'utf8').catch(() => '');
  const [driver, ns] = await Promise.all([text(IDLE_DRIVER), text(HALT_POLL)]);
  return driver.trim() === 'haltpoll' && ns !== '' ? Number(ns) : null;
}

type Named = Pick<FileSeen, 'setting' | 'file'>;

/** Files that hold private keys or credentials. */
function secretFiles(config: Config, environment: Environment): readonly Named[] {
  const { tls, signing_key_file, audit_root_file } = config;
  return [
    ...(tls === null ? [] : [{ setting: 'TLS_KEY_FILE', file: tls.key_file }]),
    ...(signing_key_file === null ? [] : [{ setting: 'SIGNING_KEY_FILE', file: signing_key_file }]),
    ...(audit_root_file === null ? [] : [{ setting: 'AUDIT_ROOT_FILE', file: `${audit_root_file}.key` }]),
    ...(environment.GATEHOUSE_TOKEN_FILE
      ? [{ setting: 'GATEHOUSE_TOKEN_FILE', file: environment.GATEHOUSE_TOKEN_FILE }]
      : []),
  ];
}

async function fileSeen(named: Named): Promise<FileSeen> {
  try {
    const { mode } = await stat(named.file);
    return { ...named, others_may_read: (mode & OTHERS_READ) !== 0 };
  } catch {
    return { ...named, others_may_read: null };
  }
}

/** Where the service writes: its data folder, where the database is embedded, and the file of roots. */
async function scarcestDisk({ database_url, data_dir, audit_root_file }: Config): Promise<SettingsFacts['disk']> {
  const folders = [
    ...(database_url === null ? [resolve(data_dir ?? 'data')] : []),
    ...(audit_root_file === null ? [] : [dirname(resolve(audit_root_file))]),
  ];
  const disks = await Promise.all(
    folders.map(async (folder) => {
      const { bavail, blocks, bsize } = await statfs(folder).catch(() => ({ bavail: 1, blocks: 1, bsize: 0 }));
      return { folder, free_share: bavail / blocks, free_bytes: bavail * bsize };
    }),
  );
  return disks.filter(({ free_bytes }) => free_bytes > 0).sort((a, b) => a.free_share - b.free_share)[0] ?? null;
}
