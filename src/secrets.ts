// Everything secret: new texts of tokens and their digest, people's passwords, keys and what is kept encrypted. The only
// file that imports the random source or bcrypt. Nothing here keeps, logs or compares a text other than by digest. Source: contract 2.

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  generateKeyPair,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
  randomInt,
  scrypt,
} from 'node:crypto';
import { promisify } from 'node:util';
import bcrypt from 'bcrypt';
import { PASSWORD_BYTES_MAX } from './domain/password.ts';
import {
  ALPHABET,
  checksumOf,
  FINE_GRAINED_FIRST_LENGTH,
  FINE_GRAINED_SECOND_LENGTH,
  LETTER,
  RANDOM_LENGTH,
  type TextKind,
} from './text-form.ts';

/** 54 ms a verification on this kind of machine at 10, 220 ms at 12; a person signs in rarely. */
const BCRYPT_COST = 11;

/** For those who verify only RS256, which RFC 9068 asks everybody to know. */
const RSA_BITS = 2048;
const DRAWN_MAX = 2 ** 32;

/** A part of 1: 0 may be, 1 never. */
export function drawPart(): number {
  return randomInt(DRAWN_MAX) / DRAWN_MAX;
}

function randomBase62(length: number): string {
  let text = '';
  for (let index = 0; index < length; index += 1) text += ALPHABET[randomInt(ALPHABET.length)];
  return text;
}

/** A new text of this kind. It exists in the answer that shows it, once, and nowhere else. */
export function newText(kind: TextKind, prefix: string): string {
  if (kind === 'fine_grained') {
    const first = randomBase62(FINE_GRAINED_FIRST_LENGTH);
    const second = randomBase62(FINE_GRAINED_SECOND_LENGTH);
    return `${prefix}_pat_${first}_${second}${checksumOf(first + second)}`;
  }
  const random = randomBase62(RANDOM_LENGTH);
  return `${prefix}${LETTER[kind]}_${random}${checksumOf(random)}`;
}

/** Base64 of the SHA-256 of the whole text: what is stored, and what the audit log calls `hashed_token`. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'base64');
}

/** The identifier of a backend service; no secret, but not to be guessed by counting either. */
export function newClientId(): string {
  return `client_${randomBase62(20)}`;
}

/** The name of a JWT (`jti`), of which there is no row; no secret. */
export function newJwtId(): string {
  return randomBase62(22);
}

/** What a mail carries to prove that its reader has the address: 32 characters, about 190 bits. No credential. */
export function newVerificationCode(): string {
  return randomBase62(32);
}

/** A password for the first administrator: 24 characters, about 142 bits. */
export function newPassword(): string {
  return randomBase62(24);
}

/** The key with which roots of the record are signed (promises P14). */
export function newSigningKey(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('ed25519');
}

/** The private half of a new key for JWTs. */
export async function newJwtKey(algorithm: 'ES256' | 'RS256'): Promise<KeyObject> {
  const generate = promisify(generateKeyPair);
  const { privateKey } =
    algorithm === 'ES256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: RSA_BITS });
  return privateKey;
}

/** About 50 ms and 32 MiB each time that a text is encrypted or opened, so that a secret that people chose is not guessed soon. */
const SCRYPT_COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

/** The key for a secret that people may have chosen, and a salt. */
export function deriveKey(secret: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, SCRYPT_COST, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

type Sealing = {
  readonly secret: string;
  /** What the text is; a text that was encrypted as something else does not open. */
  readonly context: string;
};

/** The text, encrypted with AES-256-GCM under a key derived from the secret: `v1.SALT.NONCE.TAG.TEXT` in base64url. */
export async function encryptText(text: string, { secret, context }: Sealing): Promise<string> {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(secret, salt), nonce).setAAD(Buffer.from(context));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return ['v1', ...[salt, nonce, cipher.getAuthTag(), encrypted].map((part) => part.toString('base64url'))].join('.');
}

/** The text that was encrypted; null: not under this secret, not in this context, or it was changed. */
export async function decryptText(encrypted: string, { secret, context }: Sealing): Promise<string | null> {
  const [version, ...parts] = encrypted.split('.');
  const [salt, nonce, tag, text] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (version !== 'v1' || salt === undefined || nonce?.length !== 12 || tag?.length !== 16 || text === undefined) {
    return null;
  }
  const decipher = createDecipheriv('aes-256-gcm', await deriveKey(secret, salt), nonce, { authTagLength: 16 });
  decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

/** The stored form of a person's password. The caller has refused one that is longer than bcrypt reads. */
export function hashPassword(password: string): Promise<string> {
  return bcrypt.hash(password, BCRYPT_COST);
}

/** A hash of no password, so that an unknown login costs the same time as a wrong password (T5). */
let hash_of_nobody: Promise<string> | null = null;

/** Whether the password is the person's; with null as the stored hash the same work is done and the answer is no. @rule T5 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  hash_of_nobody ??= hashPassword(newPassword());
  const matches = await bcrypt.compare(password, stored ?? (await hash_of_nobody));
  return matches && stored !== null && Buffer.byteLength(password) <= PASSWORD_BYTES_MAX;
}

/** The signature of a webhook's body in GitHub's form: `sha256=` and 64 hexadecimal digits. */
export function signHub(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** A secret in the form of Standard Webhooks carries its key in base64; any other is the key as it stands. */
function standardKey(secret: string): Buffer {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  return encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, 'base64');
}

/** The signature of a webhook in the form of Standard Webhooks: over id, time and body. */
export function signStandard(
  secret: string,
  { id, timestamp, body }: { readonly id: string; readonly timestamp: string; readonly body: string },
): string {
  const signature = createHmac('sha256', standardKey(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return `v1,${signature}`;
}

/** A text by which a request is known again, and nothing else: whoever has not the key cannot try what the request was. */
export function fingerprintOf(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64');
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A text that only this service can have written, and only it can read: AES-256-GCM, bound to what it is used with. */
export function sealText(key: Buffer, text: string, bound: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

/** What was sealed; null: forged, altered, spelled otherwise, or used with something else. */
export function openSealed(key: Buffer, sealed: string, bound: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(bound)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const opened = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([opened, decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
