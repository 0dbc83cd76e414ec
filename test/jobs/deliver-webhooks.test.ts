// Deliveries of webhooks to real receivers on this machine (L3, promises P21): what they get, and what becomes of it.

import { readFileSync } from 'node:fs';
import { Webhooks } from '@octokit/webhooks';
import { sql } from 'kysely';
import t from 'tap';
import { loadConfig } from '../../src/config.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import type { Deps } from '../../src/deps.ts';
import { SYSTEM_CALLER } from '../../src/domain/caller.ts';
import { createKeptSecrets } from '../../src/kept-secrets.ts';
import { tellTokenEvents } from '../../src/use-cases/tokens/tell-token-event.ts';
import { prepareHookSecrets } from '../../src/use-cases/webhooks/prepare-hook-secrets.ts';
import {
  hookWorld,
  type Received,
  SECRET,
  standardSignature,
  startReceiver,
  startWorker,
} from '../support/hook-world.ts';

const payloadOf = ({ body }: Received) => JSON.parse(body);
const eventOf = (each: Received) => `${each.headers['x-github-event']} ${payloadOf(each).action ?? ''}`.trim();

t.test('L3: what a receiver gets is signed, and octokit verifies it', async (t) => {
  const { hook, token, deps, acme } = await hookWorld(t);
  const receiver = await startReceiver(t);
  const id = await hook(receiver.url);
  await startWorker(t, deps);
  await token({ permissions: { members: 'read' } });
  const all = await receiver.until(3);
  const webhooks = new Webhooks({ secret: SECRET });
  const seen: string[] = [];
  webhooks.onAny(({ name }) => void seen.push(name));
  for (const each of all) {
    const { headers, body } = each;
    t.ok(await webhooks.verify(body, String(headers['x-hub-signature-256'])));
    t.notOk(await webhooks.verify(`${body} `, String(headers['x-hub-signature-256'])), 'of other bytes it is not');
    const name = String(headers['x-github-event']) as 'ping';
    const signature = String(headers['x-hub-signature-256']);
    await webhooks.verifyAndReceive({ id: String(headers['x-github-delivery']), name, payload: body, signature });
    t.equal(headers['webhook-signature'], standardSignature(SECRET, each));
    t.equal(headers['webhook-id'], headers['x-github-delivery']);
    t.ok(Math.abs(Number(headers['webhook-timestamp']) * 1000 - deps.clock().getTime()) < 300_000);
    t.match(headers, {
      'content-type': 'application/json',
      'user-agent': 'Gatehouse-Hookshot',
      'x-github-hook-id': String(id),
      'x-github-hook-installation-target-id': String(acme.id),
      'x-github-hook-installation-target-type': 'organization',
    });
  }
  t.same(seen.sort(), ['personal_access_token', 'personal_access_token_request', 'ping']);
});

t.test('L3: a body as a form is signed as it is sent; a key in base64 is one', async (t) => {
  const { hook, deps } = await hookWorld(t);
  const receiver = await startReceiver(t);
  const key = Buffer.from('twenty-four bytes of key');
  const secret = `whsec_${key.toString('base64')}`;
  await hook(receiver.url, {}, { content_type: 'form', secret });
  await startWorker(t, deps);
  const [ping] = await receiver.until(1);
  if (ping === undefined) throw new Error('nothing came');
  t.equal(ping.headers['content-type'], 'application/x-www-form-urlencoded');
  t.match(JSON.parse(new URLSearchParams(ping.body).get('payload') ?? ''), { hook: { name: 'web' } });
  t.ok(await new Webhooks({ secret }).verify(ping.body, String(ping.headers['x-hub-signature-256'])));
  t.equal(ping.headers['webhook-signature'], standardSignature(key, ping));
});

t.test('promises P21: a new secret signs at once, the one before it beside it for a day', async (t) => {
  let now = new Date();
  const settings = { DATA_SECRET: 'd'.repeat(32) };
  const { hook, call, owner, world, ada, deps } = await hookWorld(t, { settings, deps: { clock: () => now } });
  const receiver = await startReceiver(t);
  const id = await hook(receiver.url);
  const config = { url: receiver.url, content_type: 'json', secret: 'another' };
  t.equal((await call(owner, `PATCH /orgs/acme/hooks/${id}`, { config })).status, 200);
  await startWorker(t, deps);
  const [first] = await receiver.until(1);
  if (first === undefined) throw new Error('nothing came');
  t.ok(await new Webhooks({ secret: 'another' }).verify(first.body, String(first.headers['x-hub-signature-256'])));
  const both = [standardSignature('another', first), standardSignature(SECRET, first)].join(' ');
  t.equal(first.headers['webhook-signature'], both);
  const day = 24 * 60 * 60 * 1000;
  const replaced = now.getTime();
  now = new Date(replaced + day - 60_000);
  await call(await world.session(ada), `POST /orgs/acme/hooks/${id}/pings`);
  const [, last] = await receiver.until(2);
  t.equal(String(last?.headers['webhook-signature']).split(' ').length, 2, 'up to the end of the day');
  now = new Date(replaced + day);
  await call(await world.session(ada), `POST /orgs/acme/hooks/${id}/pings`);
  const [, , second] = await receiver.until(3);
  if (second === undefined) throw new Error('nothing came');
  t.equal(second.headers['webhook-signature'], standardSignature('another', second));
});

t.test('promises P15: secrets of webhooks are encrypted under DATA_SECRET, and sign by it as before', async (t) => {
  const [FIRST, SECOND] = ['1'.repeat(32), '2'.repeat(32)];
  const { hook, call, owner, deps, acme, world, ada } = await hookWorld(t);
  const receiver = await startReceiver(t);
  const id = await hook(receiver.url);
  const kept = async () => {
    const columns = ['secret', 'previous_secret'] as const;
    const row = await deps.db.selectFrom('organization_hooks').select(columns).where('id', '=', id).executeTakeFirst();
    return `${row?.secret} ${row?.previous_secret}`;
  };
  const config = (secret: string) => ({ config: { url: receiver.url, content_type: 'json', secret } });
  t.equal((await call(owner, `PATCH /orgs/acme/hooks/${id}`, config('another'))).status, 200);
  t.equal((await call(owner, `PATCH /orgs/acme/hooks/${id}`, config('sealed:v1:00000000:'))).status, 422);
  t.equal(await kept(), `another ${SECRET}`, 'control: without the setting they stand there');

  const node = (settings: Record<string, string>): Deps => {
    const set = loadConfig({ OUTBOUND_ALLOW: '127.0.0.0/8', ...settings });
    return { ...deps, config: set, kept_secrets: createKeptSecrets({ config: set, salt: deps.page_key }) };
  };
  const first = node({ DATA_SECRET: FIRST });
  await prepareHookSecrets(first);
  const encrypted = await kept();
  t.match(encrypted, /^sealed:v1:[0-9a-f]{8}:\S+ sealed:v1:[0-9a-f]{8}:\S+$/);
  t.notMatch(encrypted, 'another');
  await prepareHookSecrets(first);
  t.equal(await kept(), encrypted, 'once');
  await t.rejects(prepareHookSecrets(node({})), /^Set `DATA_SECRET`/);
  await t.rejects(prepareHookSecrets(node({ DATA_SECRET: SECOND })), /^Change `DATA_SECRET`/);
  t.equal(await kept(), encrypted, 'a refused start changes nothing');
  const both = node({ DATA_SECRET: SECOND, DATA_SECRET_PREVIOUS: FIRST });
  await prepareHookSecrets(both);
  t.not(await kept(), encrypted);
  await prepareHookSecrets(node({ DATA_SECRET: SECOND }));

  await startWorker(t, node({ DATA_SECRET: SECOND }));
  const [ping] = await receiver.until(1);
  if (ping === undefined) throw new Error('nothing came');
  const signatures = [standardSignature('another', ping), standardSignature(SECRET, ping)].join(' ');
  t.equal(ping.headers['webhook-signature'], signatures, 'the present one, and the one before it');

  const other = await world.organization('other', ada);
  await deps.db.updateTable('organization_hooks').set({ organization_id: other.id }).where('id', '=', id).execute();
  await t.rejects(
    prepareHookSecrets(node({ DATA_SECRET_PREVIOUS: SECOND })),
    /^Set `DATA_SECRET`/,
    'put into another organization it opens nothing',
  );
  await deps.db.updateTable('organization_hooks').set({ organization_id: acme.id }).where('id', '=', id).execute();
  await prepareHookSecrets(node({ DATA_SECRET_PREVIOUS: SECOND }));
  t.equal(await kept(), `another ${SECRET}`, 'the way back');

  await prepareHookSecrets(first);
  await t.rejects(prepareHookSecrets(node({})), /^Set `DATA_SECRET`/);
  const runbook = readFileSync(new URL('../../docs/runbooks/keys.md', import.meta.url), 'utf8');
  const [statement = ''] = /^update organization_hooks[^;]*/m.exec(runbook) ?? [];
  await sql.raw(statement).execute(deps.db);
  await prepareHookSecrets(node({}));
  t.equal(await kept(), 'null null', 'the way out where it is lost');
});

t.test('L3: tokens tell the hooks of their resource owner, and nobody else’s', async (t) => {
  const { hook, call, token, member, owner, world, ada, rows, bob, deps, idle } = await hookWorld(t);
  const receiver = await startReceiver(t);
  await hook(receiver.url, { events: ['personal_access_token'] });
  const stranger = await startReceiver(t);
  await world.organization('other', ada);
  const elsewhere = { name: 'web', config: { url: stranger.url, content_type: 'json' } };
  t.equal((await call(owner, 'POST /orgs/other/hooks', elsewhere)).status, 201);
  await rows.classic(bob);
  const made = await token({ name: 'deploy', expires_in_days: 7 });
  const changed = await call(member, `POST /user/personal-access-tokens/${made.id}/regenerate`, {});
  t.equal(changed.status, 201);
  await call(member, `DELETE /user/personal-access-tokens/${made.id}`);
  for (const body of [{ kind: 'classic' }, { kind: 'fine_grained' }]) {
    const own = await call(member, 'POST /user/personal-access-tokens', { name: `own ${body.kind}`, ...body });
    t.equal(own.status, 201);
    t.equal((await call(member, `DELETE /user/personal-access-tokens/${own.body.id}`)).status, 204);
  }
  await startWorker(t, deps);
  await idle();
  const [ping, ...events] = [...receiver.received].sort((a, b) => sequence(a) - sequence(b));
  t.equal(ping && eventOf(ping), 'ping');
  t.same(
    events.map(eventOf),
    ['created', 'regenerated', 'revoked'].map((action) => `personal_access_token ${action}`),
  );
  t.match(payloadOf(events[0] as Received), {
    action: 'created',
    personal_access_token: {
      ...{ id: made.id, name: 'deploy', kind: 'fine_grained', owner: { login: 'bob', type: 'User' } },
      expires_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    },
    organization: { login: 'acme' },
    sender: { login: 'bob' },
  });
  t.same(stranger.received.map(eventOf), ['ping']);
});

function sequence({ headers }: Received): number {
  return Number(headers['x-gatehouse-sequence']);
}

t.test(
  'L3: days that are left are told of a token that is about to expire; nobody did it but its holder',
  async (t) => {
    const { hook, token, deps } = await hookWorld(t);
    const receiver = await startReceiver(t);
    const { id: token_id } = await token();
    await hook(receiver.url);
    const events = [{ action: 'expiring', token_id, days_left: 7 }] as const;
    await inTransaction(deps.db, (db) => tellTokenEvents(db, SYSTEM_CALLER, events));
    await startWorker(t, deps);
    const told = (await receiver.until(2)).map(payloadOf).find(({ action }) => action === 'expiring');
    t.match(told, { personal_access_token: { id: token_id, days_left: 7 }, sender: { login: 'bob' } });
  },
);

t.test('promises P21: an event that is rolled back is told to nobody', async (t) => {
  const { hook, token, deps, jobs } = await hookWorld(t);
  const receiver = await startReceiver(t);
  const { id: token_id } = await token();
  await hook(receiver.url);
  const before = (await jobs()).length;
  const undone = inTransaction(deps.db, async (db) => {
    await tellTokenEvents(db, SYSTEM_CALLER, [{ action: 'revoked', token_id }]);
    throw new Error('on second thoughts');
  });
  await t.rejects(undone, { message: 'on second thoughts' });
  t.equal((await jobs()).length, before);
  t.equal((await deps.db.selectFrom('hook_messages').select('id').execute()).length, 1, 'the ping');
});

t.test('promises P21: what is refused is tried again with the same id, and every attempt is kept', async (t) => {
  const { hook, call, owner, deps, deliveries, idle } = await hookWorld(t);
  const receiver = await startReceiver(t, (response, n) => {
    response.statusCode = n < 3 ? 503 : 202;
    response.end(`answer ${n}`);
  });
  const id = await hook(receiver.url);
  await startWorker(t, deps, [0, 0, 0]);
  const attempts = await deliveries(id, 3);
  await idle();
  t.same(
    attempts.map(({ status, status_code, event, redelivery }: Record<string, unknown>) => {
      return [status, status_code, event, redelivery];
    }),
    [
      ['OK', 202, 'ping', false],
      ['Invalid HTTP Response: 503', 503, 'ping', false],
      ['Invalid HTTP Response: 503', 503, 'ping', false],
    ],
  );
  const guids = new Set(receiver.received.map(({ headers }) => headers['x-github-delivery']));
  t.same([...guids], [attempts[0].guid]);
  const shown = await call(owner, `GET /orgs/acme/hooks/${id}/deliveries/${attempts[1].id}`);
  t.match(shown.body, {
    ...{ id: attempts[1].id, url: receiver.url, response: { payload: 'answer 2' } },
    request: { headers: { 'X-GitHub-Event': 'ping' }, payload: payloadOf(receiver.received[1] as Received) },
  });
});

t.test(
  'promises P21: after the first failure 10 s, and so on; what fails to the end is kept and can be sent again',
  async (t) => {
    const { hook, call, owner, deps, deliveries, jobs } = await hookWorld(t);
    let is_broken = true;
    const receiver = await startReceiver(t, (response) => {
      response.statusCode = is_broken ? 500 : 200;
      response.end();
    });
    const id = await hook(receiver.url);
    const stop = await startWorker(t, deps, [10]);
    await deliveries(id, 1);
    await stop();
    const [, next] = await jobs();
    t.equal(next?.data.attempt, 1);
    t.ok(next && next.delay >= 10 && next.delay <= 11, `in ${next?.delay} s`);
    await startWorker(t, deps, [10]);
    await deps.db.deleteFrom('hook_messages').execute();
    t.equal((await call(owner, `POST /orgs/acme/hooks/${id}/pings`)).status, 204);
    const [failed] = await deliveries(id, 1);
    const attempt = `POST /orgs/acme/hooks/${id}/deliveries/${failed.id}/attempts` as const;
    const waiting = async () => (await jobs()).filter(({ state }) => state === 'created').length;
    const before = await waiting();
    t.equal((await call(owner, attempt)).status, 202);
    t.match(await deliveries(id, 2), [{ guid: failed.guid, redelivery: true, status_code: 500 }]);
    t.equal(await waiting(), before, 'what is sent by hand is sent once');
    is_broken = false;
    const again = await call(owner, attempt);
    t.equal(again.status, 202);
    const [redelivered] = await deliveries(id, 3);
    t.match(redelivered, { guid: failed.guid, redelivery: true, status: 'OK' });
    t.equal(await waiting(), before, 'no further attempt');
  },
);

t.test('promises P21: a receiver that does not answer keeps nobody else waiting', async (t) => {
  const { hook, token, deps } = await hookWorld(t);
  const slow = await startReceiver(t, () => undefined);
  const quick = await startReceiver(t);
  await hook(slow.url);
  await hook(quick.url);
  for (let n = 0; n < 10; n += 1) await token();
  await startWorker(t, deps);
  await quick.until(21);
  t.ok(slow.received.length <= 2, 'of the slow one few are under way');
});

t.test(
  'promises P21: a hook that is switched off, removed, or of an organization that is gone gets nothing',
  async (t) => {
    const { hook, call, owner, token, deps, idle } = await hookWorld(t);
    const receiver = await startReceiver(t);
    const ids = [await hook(receiver.url), await hook(receiver.url)];
    await token();
    await call(owner, `PATCH /orgs/acme/hooks/${ids[0]}`, { active: false });
    await call(owner, `DELETE /orgs/acme/hooks/${ids[1]}`);
    await startWorker(t, deps);
    await idle();
    t.same(receiver.received.map(eventOf), ['ping'], 'who asked for a ping gets it');
    await call(owner, `PATCH /orgs/acme/hooks/${ids[0]}`, { active: true });
    await inTransaction(deps.db, async (db) => {
      const { id } = await db.selectFrom('tokens').select('id').executeTakeFirstOrThrow();
      await tellTokenEvents(db, SYSTEM_CALLER, [{ action: 'revoked', token_id: id }]);
      await db.deleteFrom('accounts').where('login', '=', 'acme').execute();
    });
    await idle();
    t.equal(receiver.received.length, 1);
  },
);
