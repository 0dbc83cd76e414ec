// The payload of `personal_access_token_request` is as GitHub describes it (L3), for each of its actions.

import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import t from 'tap';
import { hookWorld, startReceiver, startWorker } from '../support/hook-world.ts';

const FILE = new URL('../../../shared/data/webhook-pat.json', import.meta.url);

type Described = {
  readonly post: {
    readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: object } } };
  };
};

/** What is wrong with a payload, empty where nothing is; null where the description is not there. */
function payloadFaults(): ((action: string, payload: unknown) => string) | null {
  if (!existsSync(FILE)) return null;
  const { webhooks }: { webhooks: Readonly<Record<string, Described>> } = JSON.parse(readFileSync(FILE, 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  return (action, payload) => {
    const described = webhooks[`personal-access-token-request-${action}`];
    if (described === undefined) return `${action} is not described`;
    const validate = ajv.compile(described.post.requestBody.content['application/json'].schema);
    return validate(payload) ? '' : ajv.errorsText(validate.errors);
  };
}

t.test(
  'L3: asked, approved, widened, denied, withdrawn: each is told in the shape that GitHub describes',
  async (t) => {
    const { hook, call, token, owner, member, world, acme, deps, idle } = await hookWorld(t);
    await world.repository(acme, 'engine');
    await world.repository(acme, 'mill', 'public');
    const receiver = await startReceiver(t);
    await hook(receiver.url, { events: ['personal_access_token_request'] });
    const { id } = await token({
      repository_selection: 'subset',
      repositories: ['engine', 'mill'],
      permissions: { contents: 'read', members: 'read' },
    });
    const record = `/user/personal-access-tokens/${id}`;
    const pending = async () => (await call(member, `GET ${record}`)).body.approval.request_id;
    const review = async (action: string) => {
      const answer = await call(owner, `POST /orgs/acme/personal-access-token-requests/${await pending()}`, { action });
      t.equal(answer.status, 204, answer.text);
    };
    await review('approve');
    const wider = { permissions: { contents: 'write', issues: 'read', members: 'read' } };
    t.equal((await call(member, `PATCH ${record}`, wider)).status, 200);
    await review('deny');
    t.equal((await call(member, `PATCH ${record}`, wider)).status, 200);
    await review('approve');
    const all = { repository_selection: 'all' };
    t.equal((await call(member, `PATCH ${record}`, all)).status, 200);
    t.equal((await call(member, `DELETE ${record}/request`)).status, 204);
    await world.setPolicy(acme, { approval: 'not_required' });
    const granted = await token({ permissions: { members: 'read' } });
    await startWorker(t, deps);
    await idle();

    const told = receiver.received
      .filter(({ headers }) => headers['x-github-event'] === 'personal_access_token_request')
      .sort((a, b) => Number(a.headers['x-gatehouse-sequence']) - Number(b.headers['x-gatehouse-sequence']))
      .map(({ body }) => JSON.parse(body));
    const actions = [
      'created',
      'approved',
      'created',
      'denied',
      'created',
      'approved',
      'created',
      'cancelled',
      'approved',
    ];
    t.same(
      told.map(({ action }) => action),
      actions,
    );
    const faults = payloadFaults();
    if (faults === null)
      t.comment('GitHub’s description is not beside this checkout; payloads are not compared with it');
    for (const payload of told) if (faults !== null) t.equal(faults(payload.action, payload), '', payload.action);

    const [first, approved, widened, , , reapproved] = told.map((each) => each.personal_access_token_request);
    t.match(first, {
      ...{ token_id: id, owner: { login: 'bob' }, repository_selection: 'subset', repository_count: 2 },
      ...{ token_expired: false, token_last_used_at: null, permissions_upgraded: {} },
      permissions_added: { repository: { contents: 'read', metadata: 'read' }, organization: { members: 'read' } },
      repositories: [
        { name: 'engine', full_name: 'acme/engine', private: true },
        { name: 'mill', full_name: 'acme/mill', private: false },
      ],
    });
    t.same(approved, first, 'what is approved is what was asked');
    t.same(widened.permissions_added, { repository: { issues: 'read' } });
    t.same(widened.permissions_upgraded, { repository: { contents: 'write' } });
    t.same(widened.permissions_result, {
      organization: { members: 'read' },
      repository: { contents: 'write', issues: 'read', metadata: 'read' },
    });
    t.same(reapproved.permissions_upgraded, { repository: { contents: 'write' } });
    t.match(told.at(-1), {
      sender: { login: 'bob' },
      personal_access_token_request: { id: 0, token_id: granted.id, repository_count: null, repositories: null },
    });
    t.same(
      told.map(({ sender }) => sender.login),
      ['bob', 'ada', 'bob', 'ada', 'bob', 'ada', 'bob', 'bob', 'bob'],
    );
  },
);

t.test('L3, A4: who leaves or is deleted cancels what he asked, and his tokens end; by an import too', async (t) => {
  const { hook, call, token, owner, world, acme, deps, inject, idle, entries } = await hookWorld(t);
  const receiver = await startReceiver(t);
  await hook(receiver.url, { events: ['*'] });
  const root = await world.session(await world.person('root', { site_admin: true }));
  const { id: left } = await token({ permissions: { members: 'read' } });
  t.equal((await call(owner, 'DELETE /orgs/acme/memberships/bob')).status, 204);
  const eve = await world.person('eve');
  await world.member(acme, eve);
  const ask = { kind: 'fine_grained', name: 'eve', resource_owner: 'acme', permissions: { members: 'read' } };
  const made = await call(await world.session(eve), 'POST /user/personal-access-tokens', ask);
  t.equal(made.body.state, 'pending');
  t.equal((await call(root, 'DELETE /admin/users/eve')).status, 204);

  const { authorization } = await world.client(['directory']);
  const carry = async (...lines: object[]) => {
    const payload = lines.map((line) => JSON.stringify(line)).join('\n');
    const headers = { authorization, 'content-type': 'application/x-ndjson' };
    const answer = await inject({ method: 'POST', url: '/directory/import', headers, payload });
    t.equal(answer.statusCode, 200, answer.body);
    t.notMatch(answer.body, /"result":"error"/);
  };
  await carry({
    type: 'user',
    external_id: 'u1',
    version: 1,
    login: 'zoe',
    email: 'zoe@example.test',
    email_verified: true,
  });
  const zoe = await deps.db
    .selectFrom('accounts')
    .select(['id', 'login'])
    .where('login', '=', 'zoe')
    .executeTakeFirstOrThrow();
  await world.member(acme, zoe);
  const hers = await call(await world.session(zoe), 'POST /user/personal-access-tokens', { ...ask, name: 'zoe' });
  t.equal(hers.body.state, 'pending', hers.text);
  await carry({ type: 'user', external_id: 'u1', version: 2, deleted: true });
  const cancelled = (await entries()).filter(({ action }) => action === 'personal_access_token.request_cancelled');
  t.same(
    cancelled.map(({ user, org, managed_token_id }) => [user, org, managed_token_id]),
    [
      ['bob', 'acme', left],
      ['eve', 'acme', made.body.id],
      ['zoe', 'acme', hers.body.id],
    ],
    'L1: each request that ends is an entry',
  );
  await startWorker(t, deps);
  await idle();
  const told = [...receiver.received]
    .sort((a, b) => Number(a.headers['x-gatehouse-sequence']) - Number(b.headers['x-gatehouse-sequence']))
    .map(({ body }) => JSON.parse(body))
    .flatMap(({ action, sender, personal_access_token_request: request, personal_access_token: ended }) => {
      return action === undefined ? [] : [`${action} ${request?.token_id ?? ended.id} ${sender.login}`];
    });
  t.same(told, [
    ...[`created ${left} bob`, `created ${left} bob`, `cancelled ${left} ada`],
    ...[`created ${made.body.id} eve`, `created ${made.body.id} eve`],
    ...[`cancelled ${made.body.id} root`, `revoked ${made.body.id} root`],
    ...[`created ${hers.body.id} zoe`, `created ${hers.body.id} zoe`],
    ...[`cancelled ${hers.body.id} zoe`, `revoked ${hers.body.id} zoe`],
  ]);
});
