// Who begins a body and does not go on keeps no place, whatever he asks and whoever he is; and of bodies that are on their way no more are
// kept than so many (promises P23, threats D1). Nothing is timed: it is counted what has a place.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { CAPABILITIES } from '../../src/domain/vocabulary.ts';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { listeningApp } from '../support/listening.ts';
import { eventually } from '../support/service.ts';

const ARRIVING_MAX = 10;
const LENGTH = 30;
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

type Sender = { readonly socket: Socket; readonly received: () => string; readonly status: () => number };

async function sending(t: Test, settings: Readonly<Record<string, string>>) {
  const made = await listeningApp(t, { settings: { REQUEST_TIMEOUT_MS: '60000', MAX_REQUESTS: '1000', ...settings } });
  const begin = async (line: string, headers: readonly string[], body = ''): Promise<Sender> => {
    const socket = connect(Number(made.issuer.port), '127.0.0.1').on('error', () => undefined);
    t.teardown(() => socket.destroy());
    let received = '';
    socket.setEncoding('latin1').on('data', (piece) => {
      received += piece;
    });
    await once(socket, 'connect');
    socket.write(`${[line, 'Host: x', `Content-Length: ${LENGTH}`, ...headers, '', body].join('\r\n')}`);
    return { socket, received: () => received, status: () => Number(received.split(' ')[1] ?? 0) };
  };
  const places = async (): Promise<number> =>
    Number(/^gatehouse_requests_under_way ([0-9]+)$/m.exec((await made.inject('/metrics')).body)?.[1]);
  return { ...made, begin, places };
}

t.test('of every route: a body that does not come keeps no place, whoever sends it', async (t) => {
  const { app, url, world, rows, begin, places } = await sending(t, { STANDING_REQUESTS: '1000' });
  const ada = await world.person('ada', { site_admin: true });
  const { text } = await rows.classic(ada, { scopes: ['repo', 'admin:org', 'user', 'site_admin'] });
  const { authorization } = await world.client([...CAPABILITIES]);
  const callers = [[], [`Authorization: Bearer ${text}`], [`Authorization: ${authorization}`]];
  const routes = declaredRoutes(app).filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method));
  t.ok(routes.length > 50);
  const senders: Sender[] = [];
  for (const { method, url: template } of routes) {
    const path = template.replaceAll(/:[a-z_]+/g, '1').replace('*', '1');
    const type = path.startsWith('/oauth/') ? FORM : 'Content-Type: application/json';
    for (const headers of callers) senders.push(await begin(`${method} ${path} HTTP/1.1`, [type, ...headers], '{'));
  }
  t.equal((await fetch(`${url}/scopes`)).status, 200);
  const waiting = () => senders.filter(({ status }) => status() === 0).length;
  await eventually(async () => (await places()) === 0).catch(async () => t.equal(await places(), 0));
  t.ok(waiting() >= 10, `${waiting()} of ${senders.length} wait for the rest of a body`);
});

t.test('of bodies that are on their way no more are kept than so many: the oldest is given up', async (t) => {
  const { url, begin, places } = await sending(t, { STANDING_REQUESTS: String(ARRIVING_MAX) });
  const senders: Sender[] = [];
  for (let n = 0; n < 3 * ARRIVING_MAX; n += 1) {
    const sender = await begin('POST /oauth/introspect HTTP/1.1', [FORM], 'token=');
    senders.push(sender);
    if (n >= ARRIVING_MAX) await eventually(() => senders[n - ARRIVING_MAX]?.status() === 503);
  }
  t.equal(await places(), 0);
  t.same(
    senders.map(({ status }) => status()),
    [...Array(2 * ARRIVING_MAX).fill(503), ...Array(ARRIVING_MAX).fill(0)],
  );
  t.match(senders[0]?.received(), /\r\nretry-after: 1\r\n/i);
  t.equal(
    (await fetch(`${url}/oauth/introspect`, { method: 'POST', headers: FORM_TYPE, body: 'token=x' })).status,
    401,
  );
  for (const { socket } of senders.slice(-ARRIVING_MAX)) socket.write('x'.repeat(LENGTH - 'token='.length));
  await eventually(() => senders.slice(-ARRIVING_MAX).every(({ status }) => status() === 401));
  t.equal(await places(), 0);
});

t.test('who goes away before his body is there is forgotten', async (t) => {
  const { begin, places } = await sending(t, { STANDING_REQUESTS: String(ARRIVING_MAX) });
  for (let n = 0; n < 3 * ARRIVING_MAX; n += 1) {
    const { socket } = await begin('POST /oauth/introspect HTTP/1.1', [FORM], 'token=');
    socket.destroy();
  }
  const sender = await begin('POST /oauth/introspect HTTP/1.1', [FORM], 'token=');
  t.equal(await places(), 0);
  sender.socket.write('x'.repeat(LENGTH - 'token='.length));
  await eventually(() => sender.status() === 401);
});
