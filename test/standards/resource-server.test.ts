// docs/examples/resource-server.mjs: a resource server that knows nothing but introspection, started as it stands there.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { listeningApp } from '../support/listening.ts';
import { eventually, freePort } from '../support/service.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'docs', 'examples', 'resource-server.mjs');

t.test('T1: the example resource server lets in who holds the scope now, and nobody while it cannot ask', async (t) => {
  const { app, url, world, rows, inject } = await listeningApp(t);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  const { client_id, secret, authorization } = await world.client(['introspect', 'revoke']);
  const PORT = await freePort();
  const env = { GATEHOUSE: url, CLIENT_ID: client_id, CLIENT_SECRET: secret, PORT };
  const server = spawn(process.execPath, [EXAMPLE], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => server.kill());
  let said = '';
  server.stdout.on('data', (part) => {
    said += part;
  });
  await eventually(() => said.includes(`listening on ${PORT}`));
  const call = async (authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await fetch(`http://127.0.0.1:${PORT}/`, { headers });
    return { status: answer.status, challenge: answer.headers.get('www-authenticate'), text: await answer.text() };
  };

  const fine = await rows.fineGrained(ada, { permissions: { contents: 'read' }, selection: 'all' });
  const classic = await rows.classic(ada, { scopes: ['repo'] });
  for (const { text } of [fine, classic]) t.match(await call(`Bearer ${text}`), { status: 200, text: 'Hello ada' });
  t.equal((await call(`token ${classic.text}`)).status, 200);
  const weak = await rows.classic(ada, { scopes: ['gist'] });
  t.match(await call(`Bearer ${weak.text}`), { status: 403, challenge: 'Bearer error="insufficient_scope"' });
  const pending = await rows.fineGrained(ada, {
    owner: acme,
    permissions: { contents: 'read' },
    selection: 'all',
    standing: 'pending',
  });
  t.equal((await call(`Bearer ${pending.text}`)).status, 403, 'live, and granted nothing');
  for (const nobody of [undefined, 'Bearer', 'Bearer gthp_unknown', `Basic ${fine.text}`, `Bearer ${fine.text} x`]) {
    t.match(await call(nobody), { status: 401, challenge: /^Bearer [a-z_]+="/ }, String(nobody));
  }
  const payload = new URLSearchParams({ token: classic.text }).toString();
  const type = 'application/x-www-form-urlencoded';
  await inject({ method: 'POST', url: '/oauth/revoke', headers: { authorization, 'content-type': type }, payload });
  t.equal((await call(`Bearer ${classic.text}`)).status, 401, 'a token that has ended is out with the next call');
  await app.close();
  t.equal((await call(`Bearer ${fine.text}`)).status, 503, 'no answer is no yes');
});
