// The address of a caller: `X-Forwarded-For` counts only as far as trusted proxies wrote it (contract 3, threats S2).

import t from 'tap';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { buildTestApp } from '../support/build-app.ts';

const routes: AddRoutes = (app) => {
  app.get('/address', { config: { access: { open: true } } }, (request) => ({ ip: request.ip }));
};

t.test('without TRUSTED_PROXIES the address is that of the connection', async (t) => {
  const { inject } = await buildTestApp(t, { routes });
  const headers = { 'x-forwarded-for': '1.2.3.4', forwarded: 'for=1.2.3.4', 'x-real-ip': '1.2.3.4' };
  t.same((await inject({ url: '/address', headers, remoteAddress: '10.0.0.9' })).json(), { ip: '10.0.0.9' });
});

t.test('behind trusted proxies it is the last untrusted one', async (t) => {
  const settings = { TRUSTED_PROXIES: '10.0.0.0/8' };
  const { inject } = await buildTestApp(t, { routes, settings });
  const ip = async (remoteAddress: string, forwarded: string): Promise<string> =>
    (await inject({ url: '/address', headers: { 'x-forwarded-for': forwarded }, remoteAddress })).json().ip;
  t.equal(await ip('10.0.0.9', '1.2.3.4'), '1.2.3.4');
  t.equal(await ip('10.0.0.9', '9.9.9.9, 1.2.3.4, 10.1.1.1'), '1.2.3.4', 'what stands before it anybody can write');
  t.equal(await ip('8.8.8.8', '1.2.3.4'), '8.8.8.8', 'an untrusted peer is not believed');
});
