// An address that has presented too many bad credentials is refused whatever it presents (T4), also where a good one is known and would
// be answered without the framework (src/http/direct): the address that a gateway forwards, and that of the socket.

import t from 'tap';
import { newText } from '../../src/secrets.ts';
import { listeningApp } from '../support/listening.ts';
import { rawCall, rawRequest } from '../support/raw-http.ts';

const HERE = '203.0.113.7';
const MAX = 3;

t.test('T4: a good credential that is known is not answered directly to an address that floods', async (t) => {
  const settings = { FRESHNESS_MS: '30000', BAD_CREDENTIALS_PER_MINUTE: String(MAX) };
  const { world, rows, issuer } = await listeningApp(t, { settings, is_fenced: false });
  const ada = await world.person('ada');
  await world.repository(await world.organization('acme', ada), 'mill');
  const { authorization } = await world.client(['gateway']);
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  const call = async (path: string, headers: readonly string[]) => {
    const { status, headers: told } = await rawCall(Number(issuer.port), rawRequest(`GET ${path} HTTP/1.1`, headers));
    return Number(told['x-error-status'] ?? status);
  };
  const asked = (method: string, target: string) => [`${method}: GET`, `${target}: /repos/acme/mill`];
  const STYLES = {
    '/gateway/nginx': asked('X-Original-Method', 'X-Original-URI'),
    '/gateway/forward-auth': asked('X-Forwarded-Method', 'X-Forwarded-Uri'),
  };
  const ask = (style: keyof typeof STYLES, address: string, credential: string) =>
    call(style, [
      ...STYLES[style],
      `X-Gateway-Authorization: ${authorization}`,
      `X-Forwarded-For: ${address}`,
      `Authorization: Bearer ${credential}`,
    ]);
  const show = (credential: string) => call('/repos/acme/mill', [`Authorization: Bearer ${credential}`]);
  const styles = Object.keys(STYLES) as (keyof typeof STYLES)[];
  for (let times = 0; times < 3; times += 1) {
    for (const style of styles) t.equal(await ask(style, HERE, text), 200, 'known');
    t.equal(await show(text), 200);
  }
  for (let bad = 0; bad < MAX; bad += 1) {
    t.equal(await ask('/gateway/nginx', HERE, newText('classic', 'gth')), 401);
    t.equal(await show(newText('classic', 'gth')), 401);
  }
  for (let times = 0; times < 3; times += 1) {
    for (const style of styles) {
      t.equal(await ask(style, HERE, text), 429, `${style}: by the address that is forwarded`);
      t.equal(await ask(style, '203.0.113.8', text), 200, `${style}: another is not concerned, nor is the gateway`);
    }
    t.equal(await show(text), 429, 'by the address of the socket');
  }
});
