// The organization acme with single sign-on, its owner ada and its members bob and cleo, for tests of single sign-on.

import type { Test } from 'tap';
import type { TestAppOptions } from './build-app.ts';
import { directoryApp } from './directory-app.ts';
import { AUDIENCE, ISSUER, idToken, jwksOf, type SigningKey, signingKey } from './issuer.ts';
import { tokensOf } from './world.ts';

export const SSO = '/orgs/acme/sso';
export const SSO_SESSIONS = '/user/sso-sessions';

/** One key for all tests of a file: making one takes long. */
const KEY = signingKey('first');

export async function ssoWorld(t: Test, options: TestAppOptions = {}) {
  const app = await directoryApp(t, options);
  const { world, call } = app;
  const key = await KEY;
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const cleo = await world.person('cleo');
  const acme = await world.organization('acme', ada);
  await world.member(acme, bob);
  await world.member(acme, cleo);
  const secret = await world.repository(acme, 'secret', 'private');
  await world.repository(acme, 'open', 'public');
  const sessions = {
    ada: await world.session(ada),
    bob: await world.session(bob),
    cleo: await world.session(cleo),
  };

  /** Sets the single sign-on of acme; inline keys and not required where nothing else is said. */
  async function setSso(settings: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const keys = 'jwks_uri' in settings ? {} : { jwks: jwksOf(key) };
    const body = { issuer: ISSUER, audience: AUDIENCE, required: false, ...keys, ...settings };
    const { status, text } = await call(sessions.ada, `PUT ${SSO}`, body);
    if (status !== 204) throw new Error(`the single sign-on was not set: ${status} ${text}`);
  }

  /** Presents this ID token. */
  const present = (session: string, id_token: string, org = 'acme') =>
    call(session, `POST ${SSO_SESSIONS}`, { org, id_token });

  /** Signs on with a token for this subject, signed by the key. */
  async function signOn(session: string, sub: string, signer: SigningKey = key) {
    return present(session, await idToken(signer, sub));
  }

  return { ...app, ...tokensOf(app), key, ada, bob, cleo, acme, secret, sessions, setSso, present, signOn };
}
