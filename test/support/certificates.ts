// Certificates for tests, made when they are needed: one that is kept in a repository expires.

import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { programs } from './programs.ts';

/** Whether there is what makes them; the test has said so otherwise. */
export async function canMakeCertificates(t: Test): Promise<boolean> {
  return (await programs(t, { openssl: { name: 'openssl', debian_package: 'openssl' } })) !== null;
}

export type Certificate = {
  readonly cert_file: string;
  readonly key_file: string;
  readonly cert: Buffer;
  readonly key: Buffer;
  /** As RFC 8705 writes it: base64url of SHA-256 of the certificate's bytes. */
  readonly thumbprint: string;
};

const OPENSSL = 'openssl';
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A new certificate in the folder, under the name; signed by the authority, else by itself. */
export function makeCertificate(folder: string, name: string, authority?: Certificate): Certificate {
  const [cert_file, key_file] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const signing = authority === undefined ? [] : ['-CA', authority.cert_file, '-CAkey', authority.key_file];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const out = ['-keyout', key_file, '-out', cert_file];
  execFileSync(OPENSSL, ['req', '-x509', ...KEY, '-days', '2', ...names, ...signing, ...out], { stdio: 'pipe' });
  const cert = readFileSync(cert_file);
  const thumbprint = createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url');
  return { cert_file, key_file, cert, key: readFileSync(key_file), thumbprint };
}
