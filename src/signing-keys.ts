// Private keys as JSON Web Keys, and the JWTs that they sign. The only file that signs with `jose`.

import { CompactSign, type CryptoKey, calculateJwkThumbprint, compactVerify, importJWK, SignJWT } from 'jose';
import type { SigningAlgorithm } from './domain/signing-key.ts';
import { newJwtKey } from './secrets.ts';

/** A modulus below 2048 bits is not taken (RFC 7518 section 3.3). */
const RSA_BYTES_MIN = 256;
const KID_FORM = /^[A-Za-z0-9_-]{1,128}$/;

type Jwk = Readonly<Record<string, unknown>>;

/** A key with its public part as it is published, and its private part as it is kept. */
export type SigningKey = {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly public_jwk: Jwk;
  readonly private_jwk: Jwk;
};

/** A new key. Its name is the thumbprint of its public part (RFC 7638). */
export async function makeSigningKey(algorithm: SigningAlgorithm): Promise<SigningKey> {
  const key = await readSigningKey((await newJwtKey(algorithm)).export({ format: 'jwk' }));
  if (key === null) throw new Error('a key that was just made cannot be used');
  return key;
}

/** The key of a private JWK; null: it is none by which this service can sign. */
export async function readSigningKey(jwk: unknown): Promise<SigningKey | null> {
  if (typeof jwk !== 'object' || jwk === null) return null;
  const given = jwk as Jwk; // any object may be read as one
  const algorithm = algorithmOf(given);
  if (algorithm === null || (given.alg !== undefined && given.alg !== algorithm)) return null;
  try {
    const { kty, crv, n, e, x, y } = given;
    const public_members = algorithm === 'ES256' ? { kty, crv, x, y } : { kty, n, e };
    const kid = given.kid ?? (await calculateJwkThumbprint(public_members as Parameters<typeof importJWK>[0]));
    if (typeof kid !== 'string' || !KID_FORM.test(kid)) return null;
    const public_jwk = { ...public_members, kid, use: 'sig', alg: algorithm };
    const { use: _use, key_ops: _key_ops, ...private_jwk } = given;
    const key = { kid, algorithm, public_jwk, private_jwk };
    return (await isPair(key)) ? key : null;
  } catch {
    return null;
  }
}

function algorithmOf({ kty, crv, n, d }: Jwk): SigningAlgorithm | null {
  if (typeof d !== 'string') return null;
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  if (kty !== 'RSA' || typeof n !== 'string') return null;
  return Buffer.from(n, 'base64url').length >= RSA_BYTES_MIN ? 'RS256' : null;
}

/** Whether what the private part signs verifies by the public one. */
async function isPair({ algorithm, public_jwk, private_jwk }: SigningKey): Promise<boolean> {
  const signing = new CompactSign(new Uint8Array(1)).setProtectedHeader({ alg: algorithm });
  const text = await signing.sign(await importKey(private_jwk, algorithm));
  await compactVerify(text, await importKey(public_jwk, algorithm));
  return true;
}

/** Whether two public parts are of one key, whatever else is said of it. */
export function isSameKey(a: Jwk, b: Jwk): boolean {
  return ['kty', 'crv', 'x', 'y', 'n', 'e'].every((member) => a[member] === b[member]);
}

/** The private part of a key, ready to sign. */
export async function importKey(jwk: Jwk, algorithm: SigningAlgorithm): Promise<CryptoKey> {
  const key = await importJWK(jwk as Parameters<typeof importJWK>[0], algorithm);
  if (key instanceof Uint8Array) throw new Error('not an asymmetric key');
  return key;
}

export type Jws = {
  readonly key: CryptoKey;
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** What kind of JWT it is, so that one kind is never taken for another (RFC 8725 section 3.11). */
  readonly typ: string;
};

/** A JWT with exactly these claims. */
export function signJwt(claims: Jwk, { key, kid, algorithm, typ }: Jws): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: algorithm, typ, kid }).sign(key);
}
