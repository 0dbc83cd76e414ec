// Certificate and key by which this service itself speaks TLS (TLS_CERT_FILE, TLS_KEY_FILE), and the authorities that vouch for the
// certificates of backend services (TLS_CLIENT_CA_FILE). Renewed files are taken up without a restart.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { startRefusal } from './start-refusal.ts';

const LOOK_MS = 10_000;

export type TlsFiles = { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer | null };
type Setting = 'TLS_CERT_FILE' | 'TLS_KEY_FILE' | 'TLS_CLIENT_CA_FILE';

async function read(setting: Setting, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw refused(setting, `it cannot be read (${error instanceof Error ? error.message : error})`, error);
  }
}

/** Does the work; what it throws would quote the file, which may be a key. */
function parsed<Result>(setting: Setting, why: string, work: () => Result): Result {
  try {
    return work();
  } catch {
    throw refused(setting, why);
  }
}

/** What the settings name; null where this service speaks no TLS itself. Refused: what cannot be read, or does not belong together. */
export async function readTlsFiles({ tls }: Pick<Config, 'tls'>): Promise<TlsFiles | null> {
  if (tls === null) return null;
  const [cert, key] = [await read('TLS_CERT_FILE', tls.cert_file), await read('TLS_KEY_FILE', tls.key_file)];
  const ca = tls.client_ca_file === null ? null : await read('TLS_CLIENT_CA_FILE', tls.client_ca_file);
  const certificate = parsed('TLS_CERT_FILE', 'it is no certificate in PEM', () => new X509Certificate(cert));
  const private_key = parsed('TLS_KEY_FILE', 'it is no private key in PEM without a password', () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(private_key)) throw refused('TLS_KEY_FILE', 'it is not the key of the certificate');
  if (ca !== null) parsed('TLS_CLIENT_CA_FILE', 'it is no certificate in PEM', () => new X509Certificate(ca));
  return { cert, key, ca };
}

function refused(setting: Setting, why: string, cause?: unknown): Error {
  return startRefusal(`Change \`${setting}\`: ${why}.`, cause);
}

const isSame = (a: Buffer | null, b: Buffer | null) => a === b || (a !== null && b !== null && a.equals(b));

/**
 * Takes up files that were renewed, for connections that begin afterwards. While they cannot be used, as between the writing of one and
 * of the other, those before stay. Answers how to stop.
 */
export function followTlsFiles(
  config: Pick<Config, 'tls'>,
  parts: {
    readonly first: TlsFiles;
    readonly take: (files: TlsFiles) => void;
    readonly log: Logger;
    readonly look_ms?: number;
  },
): () => void {
  const { first, take, log, look_ms = LOOK_MS } = parts;
  let present = first;
  async function look(): Promise<void> {
    try {
      const found = await readTlsFiles(config);
      if (
        found === null ||
        (isSame(found.cert, present.cert) && isSame(found.key, present.key) && isSame(found.ca, present.ca))
      )
        return;
      take(found);
      present = found;
      log.info('renewed files of TLS are in use');
    } catch (error) {
      log.warn(
        { reason: error instanceof Error ? error.message : 'unknown' },
        'files of TLS cannot be used; those before stay',
      );
    }
  }
  const clock = setInterval(() => void look(), look_ms);
  clock.unref();
  return () => clearInterval(clock);
}
