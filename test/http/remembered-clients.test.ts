// A backend service that a node remembers is asked for no more, until its secret ends; and where a gateway is known from is its own address
// (promises P1, P17).

import t from 'tap';
import { newText } from '../../src/secrets.ts';
import { CREDENTIAL_FAILURES_MAX } from '../../src/use-cases/checks/credential-failures.ts';
import { buildTestApp } from '../support/build-app.ts';
import { settableClock } from '../support/clock.ts';
import { statementsOf } from '../support/query-count.ts';
import { bearer, worldOf } from '../support/world.ts';

const OVERLAP_SECONDS = 10;
const basic = (client_id: string, secret: string) =>
  `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`;

t.test('promises P1: a secret in overlap that is remembered ends when the overlap does', async (t) => {
  const { clock, setTo } = settableClock();
  // The overlap is over before what is remembered is too old to be used.
  const settings = { FRESHNESS_MS: '30000' };
  const { inject, deps } = await buildTestApp(t, { deps: { clock }, settings, is_fenced: false });
  const world = worldOf(deps);
  const root = bearer(await world.session(await world.person('root', { site_admin: true })));
  const { client_id, secret } = await world.client(['introspect']);
  const regenerated = await inject({
    method: 'POST',
    url: `/admin/clients/${client_id}/secret`,
    headers: root,
    payload: { overlap_seconds: OVERLAP_SECONDS },
  });
  t.equal(regenerated.statusCode, 201, regenerated.body);
  const present: string = regenerated.json().client_secret;
  const introspect = async (text: string) => {
    const headers = { authorization: basic(client_id, text), 'content-type': 'application/x-www-form-urlencoded' };
    return (await inject({ method: 'POST', url: '/oauth/introspect', headers, payload: 'token=none' })).statusCode;
  };
  for (const text of [secret, present]) {
    t.equal(await introspect(text), 200);
    await deps.freshness.catchUp();
    t.equal(await introspect(text), 200);
    await deps.freshness.catchUp();
    t.same(await statementsOf(() => introspect(text)), [], 'from memory');
  }
  setTo(0, OVERLAP_SECONDS - 1);
  t.equal(await introspect(secret), 200, 'the overlap is not over');
  setTo(0, OVERLAP_SECONDS + 1);
  t.equal(await introspect(secret), 401);
  t.equal(await introspect(present), 200);
});

t.test('promises P17: a gateway that is at work is known by its own address, whoever it asks about', async (t) => {
  const settings = { TRUSTED_PROXIES: '10.0.0.0/8', CACHE_MIB: '0' };
  const { inject, deps } = await buildTestApp(t, { settings });
  const { client_id, secret } = await worldOf(deps).client(['gateway']);
  const ask = async (remoteAddress: string, text: string, of: string) => {
    const headers = {
      'x-gateway-authorization': basic(client_id, text),
      'x-forwarded-for': of,
      'x-forwarded-method': 'GET',
      'x-forwarded-uri': '/emojis',
    };
    return (await inject({ url: '/gateway/forward-auth', headers, remoteAddress })).json().code;
  };
  const [nobody, unknown_operation] = ['gateway_unauthenticated', 'authentication_required'];
  t.equal(await ask('10.0.0.1', secret, '198.51.100.1'), unknown_operation);
  for (let wrong = 0; wrong < CREDENTIAL_FAILURES_MAX; wrong += 1) {
    t.equal(await ask('10.0.0.9', newText('client', 'gth'), '198.51.100.1'), nobody);
  }
  t.equal(await ask('10.0.0.1', secret, '198.51.100.2'), unknown_operation, 'about another caller');
  t.equal(await ask('10.0.0.9', secret, '198.51.100.1'), nobody, 'another that asks about the same one is not known');
});

t.test(
  'promises P17: the first questions of a backend service are no tries of secrets, however many come at once',
  async (t) => {
    const { inject, deps } = await buildTestApp(t);
    const { client_id, secret } = await worldOf(deps).client(['introspect']);
    const ask = async (text: string, remoteAddress: string) => {
      const headers = { authorization: basic(client_id, text), 'content-type': 'application/x-www-form-urlencoded' };
      const asked = {
        method: 'POST',
        url: '/oauth/introspect',
        headers,
        payload: 'token=none',
        remoteAddress,
      } as const;
      return (await inject(asked)).statusCode;
    };
    /** How often each status was answered, each address asking twice at most: it has its own limit. */
    const atOnce = async (network: string, count: number, textOf: () => string) => {
      const asked = Array.from({ length: count }, (_, n) => ask(textOf(), `${network}.${n % 250}`));
      return Object.entries(Object.groupBy(await Promise.all(asked), (status) => status)).map(
        ([status, of]) => `${status}: ${of?.length}`,
      );
    };
    t.same(await atOnce('198.51.100', 300, () => secret), ['200: 300']);
    const wrong = newText('client', 'gth');
    t.same(await atOnce('192.0.2', 150, () => wrong), ['401: 150'], 'the same wrong one is one try');
    const guesses = await atOnce('203.0.113', 150, () => newText('client', 'gth'));
    t.same(guesses, ['401: 99', '429: 51'], 'others are no more at once than one by one');
  },
);
