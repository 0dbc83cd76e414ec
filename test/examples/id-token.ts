// The ID tokens of the story. They are signed with a key that everybody can make from these lines, so that the examples hold no
// secret and every recording signs alike; at their moment in the story they are what they claim to be.

import { createPrivateKey, createPublicKey, hash, sign } from 'node:crypto';

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED = hash('sha256', 'An example only: not a secret, it signs nothing anywhere', 'buffer');
const PRIVATE = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, SEED]), format: 'der', type: 'pkcs8' });
const { kty, crv, x } = createPublicKey(PRIVATE).export({ format: 'jwk' });
const KID = 'example-2027';

export const EXAMPLE_ISSUER = 'https://login.analytical.example';
export const EXAMPLE_AUDIENCE = 'gatehouse';
export const EXAMPLE_JWKS = { keys: [{ kty, crv, x, kid: KID, alg: 'EdDSA', use: 'sig' }] };

/** The form of a signed ID token. */
export const ID_TOKEN = /\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g;

/** For this subject, issued at this moment (seconds since 1970), for five minutes. */
export function exampleIdToken(sub: string, iat: number): string {
  const claims = { iss: EXAMPLE_ISSUER, aud: EXAMPLE_AUDIENCE, sub, iat, exp: iat + 300 };
  const encoded = [{ alg: 'EdDSA', kid: KID }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signed = encoded.join('.');
  return `${signed}.${sign(null, Buffer.from(signed), PRIVATE).toString('base64url')}`;
}

/** Whether the JWT is one of the story's, and not of the service. */
export function isIdToken(text: string): boolean {
  const [header = ''] = text.split('.');
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid === KID;
}

/** The same ID token issued at another moment. */
export function movedIdToken(text: string, move: (iat: number) => number): string {
  const [, payload = ''] = text.split('.');
  const { sub, iat } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string; iat: number };
  return exampleIdToken(sub, move(iat));
}
