// The address of a caller: `X-Forwarded-For` counts only as far as trusted proxies wrote it (contract 3, threats S2).

import t from 'tap';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { buildTestApp } from '../support/build-app.ts';

const routes: AddRoutes = (app) => {
  app.get('/address', { config: { access: { open: true } } }, (request) => ({ ip: request.address }));
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
  for (const [forwarded, address, what] of [
    ['1.2.3.4:5000', '1.2.3.4', 'a port is of the connection'],
    ['9.9.9.9, 1.2.3.4:5000, 10.1.1.1:443', '1.2.3.4', 'also of a proxy'],
    ['[2001:DB8::1]:5000', '2001:db8::1', ''],
    ['::ffff:1.2.3.4', '1.2.3.4', 'one address has one form'],
    ['10.2.2.2, 10.1.1.1', '10.2.2.2', 'where all are trusted, the first'],
    ['unknown', '10.0.0.9', 'what is no address says nothing'],
    ['10.2.2.2, unknown, 10.1.1.1', '10.1.1.1', 'nor what stands before it'],
    ['', '10.0.0.9', ''],
  ] as const) {
    t.equal(await ip('10.0.0.9', forwarded), address, `${forwarded}: ${what}`);
  }
  t.equal(await ip('::ffff:10.0.0.9', '1.2.3.4'), '1.2.3.4', 'a proxy by either form of its address');
  t.equal(await ip('::ffff:8.8.8.8', '1.2.3.4'), '8.8.8.8');
});
