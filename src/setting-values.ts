// Settings that no schema can express: URLs, ranges, origins, and what makes sense beside another one only. What is refused says what to
// change, and never the value: it may be a secret.

import { isIP } from 'node:net';
import { PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN, passwordFault } from './domain/password.ts';
import type { Settings } from './settings.ts';
import { startRefusal } from './start-refusal.ts';

/** Database connections of a process. */
export const CONNECTIONS_MIN = 2;

/** Of all processes together; each has to have as many as a transaction that waits for another one needs. */
export function connectionsMax({ WORKERS, DATABASE_POOL }: Settings): number {
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
export function publicUrlOf({ PUBLIC_URL, TLS_CERT_FILE, HOST, PORT }: Settings): string {
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

export function databaseUrl(name: 'DATABASE_URL' | BesideUrl, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text;
  throw startRefusal(`Change \`${name}\`: it must be a URL of the form postgres://user:password@host:5432/database.`);
}

/** A URL that means something only beside the other one. */
export function besideUrl(name: BesideUrl, settings: Settings): string | null {
  if (settings[name] === undefined || settings.DATABASE_URL !== undefined) return databaseUrl(name, settings[name]);
  throw startRefusal(`Set \`DATABASE_URL\` too: \`${name}\` is of the same database.`);
}

export function smtpUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = URL.parse(text);
  if (url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== '') return text;
  throw startRefusal(
    'Change `SMTP_URL`: it must be a URL of the form smtp://user:password@host:587 or smtps://host:465.',
  );
}

export function adminPassword(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (passwordFault(text) === null) return text;
  throw startRefusal(
    `Change \`ADMIN_PASSWORD\`: it must have at least ${PASSWORD_CHARACTERS_MIN} characters and at most ${PASSWORD_BYTES_MAX} bytes.`,
  );
}

export function rangesOf(name: 'TRUSTED_PROXIES' | 'OUTBOUND_ALLOW', text: string): readonly string[] {
  const ranges = text === '' ? [] : text.split(',').map((range) => range.trim());
  for (const range of ranges) {
    if (isRange(range)) continue;
    throw startRefusal(
      `Change \`${name}\`: it must be a list of addresses or CIDR ranges such as 10.0.0.0/8, and never everyone.`,
    );
  }
  return ranges;
}

/** The paths of the files by which this service speaks TLS itself. */
export type TlsPaths = {
  readonly cert_file: string;
  readonly key_file: string;
  /** The authorities of backend services' certificates; null: none are asked for. */
  readonly client_ca_file: string | null;
};
type TlsSettings = Pick<Settings, 'TLS_CERT_FILE' | 'TLS_KEY_FILE' | 'TLS_CLIENT_CA_FILE'>;

/** Certificate and key, both or neither; whose clients' certificates count says nothing without them. */
export function tlsOf({ TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE }: TlsSettings): TlsPaths | null {
  if (TLS_CERT_FILE !== undefined && TLS_KEY_FILE !== undefined) {
    return { cert_file: TLS_CERT_FILE, key_file: TLS_KEY_FILE, client_ca_file: TLS_CLIENT_CA_FILE ?? null };
  }
  if (TLS_CERT_FILE === undefined && TLS_KEY_FILE === undefined && TLS_CLIENT_CA_FILE === undefined) return null;
  const missing = TLS_CERT_FILE === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE';
  throw startRefusal(`Set \`${missing}\`: TLS needs the certificate and its key.`);
}

/** Origins exactly as a browser sends them; never everyone. */
export function originsOf(text: string): readonly string[] {
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
