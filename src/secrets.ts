// Everything secret: the texts of tokens, their checksum and digest, people's passwords, keys and what is kept encrypted. The only
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
import { crc32 } from 'node:zlib';
import bcrypt from 'bcrypt';
import { PASSWORD_BYTES_MAX } from './domain/password.ts';

export const TEXT_KINDS = ['classic', 'fine_grained', 'session', 'setup', 'exchanged', 'client'] as const;
export type TextKind = (typeof TEXT_KINDS)[number];

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_LENGTH = 6;
const RANDOM_LENGTH = 30;
const FINE_GRAINED_FIRST_LENGTH = 22;
const FINE_GRAINED_SECOND_LENGTH = 53;
/** `i`, initial password: the one-time right to choose it is no credential and opens nothing else. */
const LETTER = { classic: 'p', session: 's', setup: 'i', exchanged: 'x', client: 'c' } as const;

/** 54 ms a verification on this kind of machine at 10, 220 ms at 12; a person signs in rarely. */
const BCRYPT_COST = 11;

/** For those who verify only RS256, which RFC 9068 asks everybody to know. */
const RSA_BITS = 2048;

function randomBase62(length: number): string {
  let text = '';
  for (let index = 0; index < length; index += 1) text += ALPHABET[randomInt(ALPHABET.length)];
  return text;
}

/** The six characters at the end: CRC-32 (IEEE) of the random ones in order, in base62, padded with `0`. */
export function checksumOf(random: string): string {
  let rest = crc32(random);
  let text = '';
  while (rest > 0) {
    text = `${ALPHABET[rest % ALPHABET.length]}${text}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text.padStart(CHECKSUM_LENGTH, '0');
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

const KIND_OF_LETTER: Readonly<Record<string, TextKind>> = {
  p: 'classic',
  s: 'session',
  i: 'setup',
  x: 'exchanged',
  c: 'client',
};

/** By the code of an ASCII character: its value in base62, or NO_VALUE. */
const NO_VALUE = 255;
const VALUES = new Uint8Array(128).fill(NO_VALUE);
for (const [value, character] of [...ALPHABET].entries()) VALUES[character.charCodeAt(0)] = value;

/** CRC-32 (IEEE), a byte at a time: zlib's takes twice as long for so few characters, because it has to be called. */
const CRC_STEPS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});
const CRC_START = 0xffffffff;

/** The CRC goes on over these characters of the text; null: one of them is none of base62. */
function crcOver(
  text: string,
  { from, to, crc }: { readonly from: number; readonly to: number; readonly crc: number },
) {
  let next = crc;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if ((VALUES[code] ?? NO_VALUE) === NO_VALUE) return null;
    next = (CRC_STEPS[(next ^ code) & 0xff] ?? 0) ^ (next >>> 8);
  }
  return next;
}

/** The number that the last characters of the text are in base62; no CRC is negative. */
function checksumAtEnd(text: string): number {
  let number = 0;
  for (let at = text.length - CHECKSUM_LENGTH; at < text.length; at += 1) {
    const value = VALUES[text.charCodeAt(at)] ?? NO_VALUE;
    if (value === NO_VALUE) return -1;
    number = number * ALPHABET.length + value;
  }
  return number;
}

/** Whether the text ends, from here on, with random characters and their checksum; `gap`: a `_` stands there, which is not one of them. */
function endsRight(text: string, from: number, gap: number | null): boolean {
  const to = text.length - CHECKSUM_LENGTH;
  if (gap !== null && text[gap] !== '_') return false;
  const first = crcOver(text, { from, to: gap ?? to, crc: CRC_START });
  const crc = first === null || gap === null ? first : crcOver(text, { from: gap + 1, to, crc: first });
  return crc !== null && (crc ^ CRC_START) >>> 0 === checksumAtEnd(text);
}

const FINE_GRAINED_MARK = '_pat_';
const FINE_GRAINED_LENGTH =
  FINE_GRAINED_MARK.length + FINE_GRAINED_FIRST_LENGTH + 1 + FINE_GRAINED_SECOND_LENGTH + CHECKSUM_LENGTH;
const COMMON_LENGTH = 2 + RANDOM_LENGTH + CHECKSUM_LENGTH;

/**
 * The kind of a presented text, or null where it has not exactly the form and the checksum of one of ours; such a text
 * never reaches the database (contract 2). On the way of every check: it makes no other text.
 */
export function kindOfText(text: string, prefix: string): TextKind | null {
  const length = text.length - prefix.length;
  if (length === FINE_GRAINED_LENGTH) {
    const from = prefix.length + FINE_GRAINED_MARK.length;
    const is_marked = text.startsWith(prefix) && text.startsWith(FINE_GRAINED_MARK, prefix.length);
    return is_marked && endsRight(text, from, from + FINE_GRAINED_FIRST_LENGTH) ? 'fine_grained' : null;
  }
  if (length !== COMMON_LENGTH || !text.startsWith(prefix) || text[prefix.length + 1] !== '_') return null;
  const kind = KIND_OF_LETTER[text[prefix.length] ?? ''];
  return kind !== undefined && endsRight(text, prefix.length + 2, null) ? kind : null;
}

const ANY_TEXT =
  /^([A-Za-z][A-Za-z0-9]{1,9})(?:([psixc])_([0-9A-Za-z]{30})|_pat_([0-9A-Za-z]{22})_([0-9A-Za-z]{53}))([0-9A-Za-z]{6})$/;

/** What the form of a text says without asking anybody: null where it is none of ours, whatever the prefix. */
export function examineText(
  text: string,
): { readonly kind: TextKind; readonly prefix: string; readonly is_checksum_right: boolean } | null {
  const [, prefix, letter, random, first, second, checksum] = ANY_TEXT.exec(text) ?? [];
  if (prefix === undefined) return null;
  const kind = letter === undefined ? 'fine_grained' : KIND_OF_LETTER[letter];
  if (kind === undefined) return null;
  return { kind, prefix, is_checksum_right: checksumOf(random ?? `${first}${second}`) === checksum };
}

const TEXTS =
  /[A-Za-z0-9]{2,10}(?:[psixc]_([0-9A-Za-z]{30})|_pat_([0-9A-Za-z]{22})_([0-9A-Za-z]{53}))([0-9A-Za-z]{6})/g;

/** The words of a caller without the texts of ours that he has put among them, whatever the prefix was when they were made. */
export function withoutTexts(words: string): string {
  return words.replace(TEXTS, (found, random?: string, first?: string, second?: string, checksum?: string) =>
    checksumOf(random ?? `${first}${second}`) === checksum ? '[redacted]' : found,
  );
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
