// Webhooks of an organization through HTTP (contract 7): making, showing, changing, removing, and who may.

import { Octokit } from '@octokit/rest';
import t from 'tap';
import { hookWorld, SECRET, startReceiver, startWorker } from '../support/hook-world.ts';
import { freePort } from '../support/service.ts';

const URL = 'https://receiver.example/hook';

t.test('a hook is made, shown, changed and removed, each change an entry; its secret is never shown', async (t) => {
  const { call, owner, entries, logged, jobs, deps } = await hookWorld(t);
  const made = await call(owner, 'POST /orgs/acme/hooks', { name: 'web', config: { url: URL, secret: SECRET } });
  t.equal(made.status, 201);
  const { id } = made.body;
  t.match(made.body, {
    ...{ type: 'Organization', name: 'web', active: true, events: ['*'] },
    config: { url: URL, content_type: 'form', insecure_ssl: '0', secret: '********' },
    url: `https://gate.example/orgs/acme/hooks/${id}`,
    ping_url: `https://gate.example/orgs/acme/hooks/${id}/pings`,
    deliveries_url: `https://gate.example/orgs/acme/hooks/${id}/deliveries`,
  });
  t.same((await call(owner, `GET /orgs/acme/hooks/${id}`)).body, made.body);
  t.same((await call(owner, 'GET /orgs/acme/hooks')).body, [made.body]);
  const patch = { active: false, events: ['personal_access_token', 'personal_access_token'] };
  const changed = await call(owner, `PATCH /orgs/acme/hooks/${id}`, patch);
  t.match(changed.body, { active: false, events: ['personal_access_token'], config: { secret: '********' } });
  t.same((await call(owner, `PATCH /orgs/acme/hooks/${id}`, {})).body, changed.body, 'nothing said, nothing changed');
  t.same((await jobs()).length, 1, 'the ping');
  const stored = JSON.stringify(await deps.db.selectFrom('hook_messages').selectAll().execute());
  const written = await entries();
  t.equal((await call(owner, `DELETE /orgs/acme/hooks/${id}`)).status, 204);
  t.equal((await call(owner, `DELETE /orgs/acme/hooks/${id}`)).status, 404);
  t.equal((await call(owner, `GET /orgs/acme/hooks/${id}`)).status, 404);
  const all = [...written, ...(await entries())];
  t.same(
    all.map(({ action, org }) => `${action} ${org}`),
    ['hook.create acme', 'hook.update acme', 'hook.destroy acme'],
  );
  for (const text of [stored, JSON.stringify(all), logged(), made.text]) t.notOk(text.includes(SECRET));
});

t.test(
  'a configuration that is sent replaces the whole, its secret too, but stars mean the one that is there',
  async (t) => {
    const { call, owner, hook, deps, fault } = await hookWorld(t);
    const id = await hook(URL);
    const secret = async () =>
      (await deps.db.selectFrom('organization_hooks').select('secret').where('id', '=', id).executeTakeFirstOrThrow())
        .secret;
    const patch = (config: object) => call(owner, `PATCH /orgs/acme/hooks/${id}`, { config });
    t.equal((await patch({ url: URL, secret: '********', insecure_ssl: 1 })).body.config.insecure_ssl, '1');
    t.equal(await secret(), SECRET);
    t.notOk('secret' in (await patch({ url: URL })).body.config);
    t.equal(await secret(), null);
    t.equal(fault(await patch({ url: URL, secret: '********' })), '422 config.secret invalid');
  },
);

t.test('what cannot be a hook is 422', async (t) => {
  const { call, owner, fault, hook } = await hookWorld(t, { settings: { OUTBOUND_ALLOW: '' } });
  const make = async (body: object) => fault(await call(owner, 'POST /orgs/acme/hooks', body));
  t.equal(await make({}), '422 config missing_field');
  t.equal(await make({ config: {} }), '422 config.url missing_field');
  t.equal(await make({ config: { url: URL }, events: ['push'] }), '422 events.0 invalid');
  t.equal(await make({ config: { url: URL }, events: [] }), '422 events invalid');
  t.equal(await make({ config: { url: URL }, name: 'mail' }), '422 name invalid');
  t.equal(await make({ config: { url: URL, content_type: 'xml' } }), '422 config.content_type invalid');
  t.equal(await make({ config: { url: URL, token: 'x' } }), '422 config.token unknown_field');
  t.equal(await make({ config: { url: URL }, secret: 'x' }), '422 secret unknown_field');
  for (const url of [
    ...['receiver.example', 'ftp://receiver.example', 'https://user:password@receiver.example'],
    ...['http://127.0.0.1/', 'http://2130706433/', 'http://0x7f.1/', 'http://localhost/', 'http://[::1]/'],
    ...['http://10.1.2.3/', 'http://192.168.0.1/', 'http://169.254.169.254/latest', 'http://100.64.0.1/'],
    ...['http://[::ffff:10.0.0.1]/', 'http://[fe80::1]/', 'http://[fd00::1]/', 'http://0.0.0.0/'],
  ]) {
    t.equal(await make({ config: { url } }), '422 config.url invalid', url);
  }
  const id = await hook(URL);
  const change = async (body: object) => fault(await call(owner, `PATCH /orgs/acme/hooks/${id}`, body));
  t.equal(await change({ config: { url: 'http://10.1.2.3/' } }), '422 config.url invalid');
  t.equal(await change({ config: { content_type: 'json' } }), '422 config.url missing_field');
  t.equal(await change({ events: ['push'] }), '422 events.0 invalid');
  t.equal(await change({ active: 'no' }), '422 active invalid');
  t.equal((await call(owner, `GET /orgs/acme/hooks/${id}`)).body.config.url, URL, 'nothing was changed');
  for (let n = 1; n < 20; n += 1) await hook(URL);
  t.equal(await make({ config: { url: URL } }), '422 config unprocessable');
});

t.test(
  'hooks are their owners’: the permission, the scope, the role; ids of others are ids that never were',
  async (t) => {
    const { call, owner, member, hook, world, rows, ada, bob, acme, fault } = await hookWorld(t);
    const id = await hook(URL);
    const list = 'GET /orgs/acme/hooks' as const;
    t.equal(fault(await call(null, list)), '401 authentication_required');
    t.equal(fault(await call(member, list)), '403 role_missing');
    t.equal(fault(await call(member, 'GET /orgs/acme/hooks/999999')), '403 role_missing', 'before ids are looked up');
    const classic = await rows.classic(ada, { scopes: ['admin:org_hook'] });
    t.equal((await call(classic.text, list)).status, 200);
    const narrow = await rows.classic(ada, { scopes: ['read:org', 'repo'] });
    t.equal(fault(await call(narrow.text, list)), '403 scope_missing');
    const permissions = { organization_hooks: 'read' } as const;
    const reader = await rows.fineGrained(ada, { owner: acme, permissions });
    t.equal((await call(reader.text, `GET /orgs/acme/hooks/${id}`)).status, 200);
    t.equal(fault(await call(reader.text, `DELETE /orgs/acme/hooks/${id}`)), '403 permission_missing');
    t.equal(fault(await call(reader.text, `POST /orgs/acme/hooks/${id}/pings`)), '403 permission_missing');
    const powerless = await rows.fineGrained(bob, { owner: acme, permissions });
    t.equal(fault(await call(powerless.text, list)), '403 role_missing');

    await world.organization('other', ada);
    const absent = await call(owner, 'GET /orgs/other/hooks/999999');
    t.equal(absent.status, 404);
    for (const other of [id, '0', 'x', '9007199254740993']) {
      t.equal((await call(owner, `GET /orgs/other/hooks/${other}`)).text, absent.text);
      t.equal((await call(owner, `PATCH /orgs/other/hooks/${other}`, { active: false })).text, absent.text);
      t.equal((await call(owner, `DELETE /orgs/other/hooks/${other}`)).text, absent.text);
      t.equal((await call(owner, `POST /orgs/other/hooks/${other}/pings`)).text, absent.text);
      t.equal((await call(owner, `GET /orgs/other/hooks/${other}/deliveries`)).text, absent.text);
    }
  },
);

t.test('GitHub’s own client makes, lists, pings, looks at deliveries, and delivers again', async (t) => {
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const { app, rows, ada, deps, deliveries } = await hookWorld(t, { settings: { PUBLIC_URL: baseUrl } });
  await app.listen({ host: '127.0.0.1', port: Number(port) });
  const receiver = await startReceiver(t);
  const { text: auth } = await rows.classic(ada, { scopes: ['admin:org_hook'] });
  const octokit = new Octokit({ baseUrl, auth });
  const org = 'acme';
  const config = { url: receiver.url, content_type: 'json', secret: SECRET };
  const { data: made } = await octokit.rest.orgs.createWebhook({ org, name: 'web', config, events: ['*'] });
  const hook_id = made.id;
  t.same((await octokit.rest.orgs.listWebhooks({ org })).data, [made]);
  t.same((await octokit.rest.orgs.getWebhook({ org, hook_id })).data, made);
  await startWorker(t, deps);
  t.equal((await octokit.rest.orgs.pingWebhook({ org, hook_id })).status, 204);
  await deliveries(hook_id, 2);
  const pages = await octokit.paginate('GET /orgs/{org}/hooks/{hook_id}/deliveries', { org, hook_id, per_page: 1 });
  t.equal(pages.length, 2, 'by the cursor');
  const [latest] = (await octokit.rest.orgs.listWebhookDeliveries({ org, hook_id })).data;
  if (latest === undefined) throw new Error('nothing was delivered');
  const delivery_id = latest.id;
  const { data: whole } = await octokit.rest.orgs.getWebhookDelivery({ org, hook_id, delivery_id });
  t.match(whole, {
    guid: latest.guid,
    status: 'OK',
    response: { payload: 'thanks' },
    request: { payload: { hook_id } },
  });
  t.equal((await octokit.rest.orgs.redeliverWebhookDelivery({ org, hook_id, delivery_id })).status, 202);
  const [again] = await deliveries(hook_id, 3);
  t.match(again, { guid: latest.guid, redelivery: true });
  const changed = await octokit.rest.orgs.updateWebhook({ org, hook_id, active: false });
  t.equal(changed.data.active, false);
  t.equal((await octokit.rest.orgs.deleteWebhook({ org, hook_id })).status, 204);
});

t.test('deliveries of another hook, and malformed cursors, are refused', async (t) => {
  const { call, owner, hook, deps, deliveries, world, ada, fault } = await hookWorld(t);
  const receiver = await startReceiver(t);
  const [one, two] = [await hook(receiver.url), await hook(receiver.url)];
  await startWorker(t, deps);
  const [delivery] = await deliveries(one, 1);
  await world.organization('other', ada);
  const absent = await call(owner, `GET /orgs/acme/hooks/${two}/deliveries/999999`);
  t.equal(absent.status, 404);
  t.equal((await call(owner, `GET /orgs/acme/hooks/${two}/deliveries/${delivery.id}`)).text, absent.text);
  t.equal((await call(owner, `GET /orgs/other/hooks/${one}/deliveries/${delivery.id}`)).text, absent.text);
  t.equal((await call(owner, `POST /orgs/other/hooks/${one}/deliveries/${delivery.id}/attempts`)).text, absent.text);
  for (const cursor of ['1', 'v1_0', 'v1_x', 'v2_1', `v1_${'9'.repeat(17)}`]) {
    t.equal(fault(await call(owner, `GET /orgs/acme/hooks/${one}/deliveries?cursor=${cursor}`)), '422 cursor invalid');
  }
});
