// An issuer of ID tokens for tests: key pairs, the document of their public halves, and tokens signed with them.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Test } from 'tap';
import type { SignatureAlgorithm } from '../../src/verification-keys.ts';

export const ISSUER = 'https://login.example';
export const AUDIENCE = 'gatehouse';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
export type SigningKey = {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  readonly privateKey: PrivateKey;
  readonly jwk: JWK;
};

/** A new key pair under this name. */
export async function signingKey(kid: string, algorithm: SignatureAlgorithm = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { kid, algorithm, privateKey, jwk };
}

/** The document of their public halves. */
export function jwksOf(...keys: readonly SigningKey[]): { keys: JWK[] } {
  return { keys: keys.map(({ jwk }) => jwk) };
}

let issued = 0;

/** An ID token of this moment, of five minutes; `claims` replace or (undefined) take away what it says. */
export function idToken(
  key: SigningKey,
  sub: string,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  issued += 1;
  const all = { iss: ISSUER, aud: AUDIENCE, sub, iat: now, exp: now + 300, jti: `token ${issued}`, ...claims };
  const said = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as JWTPayload;
  const protectedHeader = { alg: key.algorithm, kid: key.kid, ...header };
  return new SignJWT(said).setProtectedHeader(protectedHeader as { alg: string }).sign(key.privateKey);
}

/** A real server for a document of keys. What it answers can be changed while it runs. */
export async function keyServer(t: Test, document: unknown) {
  const state = { document, status: 200, headers: {} as Record<string, string>, calls: 0 };
  const server = createServer((_request, response) => {
    state.calls += 1;
    const body = typeof state.document === 'string' ? state.document : JSON.stringify(state.document);
    response.writeHead(state.status, { 'content-type': 'application/json', ...state.headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  return { state, port, url: `http://127.0.0.1:${port}/keys` };
}
