// Public keys as JSON Web Keys (RFC 7517), and signatures made by their private halves. The only file that verifies with `jose`;
// signing-keys.ts signs. What cannot be used is passed over, what cannot be verified is no text of anybody: nothing here throws. @rule O3

import { type CryptoKey, compactVerify, decodeProtectedHeader, importJWK } from 'jose';

/** An algorithm is fixed by its key, never chosen by the text: a public key is no secret of an HMAC, and `none` is none. */
export const SIGNATURE_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

export const KEYS_MAX = 100;
/** A modulus below 2048 bits is not taken (RFC 7518 section 3.3); beyond 8192 verifying costs too much. */
const RSA_BITS_MIN = 2048;
const RSA_BITS_MAX = 8192;
/** Members of a private or secret key. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;

export type VerificationKey = {
  readonly kid: string | null;
  readonly algorithm: SignatureAlgorithm;
  readonly key: CryptoKey;
};

type Jwk = Readonly<Record<string, unknown>>;

/** The members of a JWKS that are keys; null: it is no JWKS. */
function keysOf(jwks: unknown): readonly Jwk[] | null {
  const { keys } = (jwks ?? {}) as { keys?: unknown }; // a member that may be there
  if (!Array.isArray(keys) || keys.length > KEYS_MAX) return null;
  return keys.filter((key): key is Jwk => typeof key === 'object' && key !== null && !Array.isArray(key));
}

function algorithmOf({ kty, crv }: Jwk): SignatureAlgorithm | null {
  if (kty === 'RSA') return 'RS256';
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  return kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : null;
}

/** What a key says of its use must allow verifying. */
function isForSignatures({ use, key_ops, alg }: Jwk, algorithm: SignatureAlgorithm): boolean {
  const may_verify = key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify'));
  const names_other = alg !== undefined && alg !== algorithm && !(alg === 'Ed25519' && algorithm === 'EdDSA');
  return (use === undefined || use === 'sig') && may_verify && !names_other;
}

function hasFittingSize({ kty, n }: Jwk): boolean {
  if (kty !== 'RSA') return true;
  const bytes = typeof n === 'string' ? Buffer.from(n, 'base64url').length : 0;
  return bytes * 8 >= RSA_BITS_MIN && bytes * 8 <= RSA_BITS_MAX;
}

async function readKey(jwk: Jwk): Promise<VerificationKey | null> {
  const algorithm = algorithmOf(jwk);
  if (algorithm === null || !isForSignatures(jwk, algorithm) || !hasFittingSize(jwk)) return null;
  const { kty, crv, n, e, x, y, kid } = jwk;
  if (kid !== undefined && typeof kid !== 'string') return null;
  try {
    // Only what makes the public key: what else the document says of it does not count.
    const key = await importJWK({ kty: String(kty), crv, n, e, x, y } as Parameters<typeof importJWK>[0], algorithm);
    return key instanceof Uint8Array ? null : { kid: kid ?? null, algorithm, key };
  } catch {
    return null;
  }
}

/** The keys of a JWKS that can verify; null: it is no JWKS. */
export async function readVerificationKeys(jwks: unknown): Promise<readonly VerificationKey[] | null> {
  const keys = keysOf(jwks);
  if (keys === null) return null;
  const read = await Promise.all(keys.map(readKey));
  return read.filter((key) => key !== null);
}

/** Whether the JWKS holds what must stay with whoever signs. */
export function holdsSecrets(jwks: unknown): boolean {
  return (keysOf(jwks) ?? []).some((key) => key.kty === 'oct' || SECRET_MEMBERS.some((member) => member in key));
}

export type SignedHeader = { readonly kid: string | null; readonly algorithm: SignatureAlgorithm };

/** What the text says of its signature; null: it is no JWT that could be an ID token. */
export function readSignedHeader(text: string): SignedHeader | null {
  try {
    const { alg, kid, typ, crit } = decodeProtectedHeader(text);
    const algorithm = SIGNATURE_ALGORITHMS.find((each) => each === alg);
    // A type of its own is that of another kind of JWT, such as an access or logout token (RFC 8725 section 3.11).
    const is_jwt = typ === undefined || (typeof typ === 'string' && /^(?:application\/)?jwt$/i.test(typ));
    if (algorithm === undefined || !is_jwt || crit !== undefined) return null;
    if (kid !== undefined && typeof kid !== 'string') return null;
    return { kid: kid ?? null, algorithm };
  } catch {
    return null;
  }
}

/** The keys that may have made the signature: those of its name, or where it has none all of its algorithm. */
export function keysFor(
  keys: readonly VerificationKey[],
  { kid, algorithm }: SignedHeader,
): readonly VerificationKey[] {
  return keys.filter((key) => key.algorithm === algorithm && (kid === null || key.kid === kid));
}

/** What the text says if one of these keys has signed it; null: none has. */
export async function verifiedPayload(text: string, keys: readonly VerificationKey[]): Promise<unknown | null> {
  for (const { key, algorithm } of keys) {
    try {
      const { payload } = await compactVerify(text, key, { algorithms: [algorithm] });
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    } catch {
      // Not by this key.
    }
  }
  return null;
}
