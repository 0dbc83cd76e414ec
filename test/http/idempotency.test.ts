// `Idempotency-Key` (contract 1, promises P22): one effect, one answer, whatever happens between.

import { sql } from 'kysely';
import pg from 'pg';
import t, { type Test } from 'tap';
import { backendOf } from '../support/backend.ts';
import { buildTestApp, type TestAppOptions } from '../support/build-app.ts';
import { TOKENS } from '../support/token-calls.ts';
import { bearer, worldOf } from '../support/world.ts';

async function start(t: Test, options: TestAppOptions = {}) {
  const { inject, deps } = await buildTestApp(t, options);
  const world = worldOf(deps);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const session = await world.session(ada);
  const call = async (key: string | null, name: string, more: { url?: string; by?: string; body?: object } = {}) => {
    const headers = { ...bearer(more.by ?? session), ...(key !== null && { 'idempotency-key': key }) };
    const payload = more.body ?? { kind: 'classic', name };
    const answer = await inject({ method: 'POST', url: more.url ?? TOKENS, headers, payload });
    return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
  };
  const names = async () => {
    const rows = await deps.db.selectFrom('tokens').select('name').orderBy('id').execute();
    return rows.map(({ name }) => name);
  };
  return { inject, deps, world, ada, bob, session, call, names };
}

t.test('promises P22: the same key and request: the same answer without the text, another request: 422', async (t) => {
  const { call, names, world, ada, bob } = await start(t);
  const made = await call('k', 'one');
  t.equal(made.status, 201);
  t.match(made.body.token, /^gthp_/);
  t.notOk('replayed' in made.body);
  const again = await call('k', 'one');
  t.equal(again.status, 201);
  t.same(again.body, { ...made.body, token: null, replayed: true });
  t.equal(again.headers['cache-control'], 'no-store');
  t.ok(again.headers['x-consistency-token']);
  const reordered = await call('k', '', { body: { name: 'one', kind: 'classic' } });
  t.same(reordered.body, again.body, 'the order of members says nothing');
  t.match(await call('k', 'two'), { status: 422, body: { code: 'idempotency_mismatch' } });
  const elsewhere = await call('k', '', { url: '/user/repos', body: { name: 'one', kind: 'classic' } });
  t.equal(elsewhere.status, 422, 'its body is refused before its key is looked at');
  const repository = await call('k', '', { url: '/user/repos', body: { name: 'one' } });
  t.match(repository, { status: 422, body: { code: 'idempotency_mismatch' } });

  t.equal(
    (await call('k', 'one', { by: await world.session(ada) })).body.replayed,
    true,
    'a new session, the same person',
  );
  const others = await call('k', 'one', { by: await world.session(bob) });
  t.equal(others.status, 201, 'keys belong to their principal');
  t.notOk('replayed' in others.body);
  t.match(await call('K', 'three'), { status: 201, body: { name: 'three' } }, 'keys differ by case');
  t.same(await names(), ['one', 'one', 'three']);
});

t.test('T3, contract 1: an exchanged text has keys of its own: it is not told what its token made', async (t) => {
  const { call, deps, inject, world, ada, session } = await start(t);
  const [one, other] = [await world.repository(ada, 'one'), await world.repository(ada, 'other')];
  const { body: root } = await call(null, '', { body: { kind: 'classic', name: 'root', scopes: ['repo'] } });
  const { authorization } = await world.client(['exchange']);
  const { exchange } = backendOf(inject, authorization);
  const narrowed = async ({ full_name }: { readonly full_name: string }): Promise<string> =>
    (await exchange(root.token, { resource: `${deps.config.public_url}/repos/${full_name}` })).body.access_token;
  const [child, sibling] = [await narrowed(one), await narrowed(other)];
  const make = (by: string, name: string) =>
    call('k', '', { by, url: '/user/repos', body: { name, visibility: 'private' } });

  const made = await make(root.token, 'made');
  t.equal(made.status, 201);
  const hidden = await inject({ url: '/repos/ada/made', headers: bearer(child) });
  t.equal(hidden.statusCode, 404, 'the text does not reach what its token made');
  const asked = await make(child, 'made');
  t.equal(asked.status, 422, 'the name is taken: it is the key of another');
  t.notOk('id' in asked.body);
  t.match(await make(sibling, 'second'), { status: 201, body: { name: 'second' } });
  t.notOk('replayed' in (await make(child, 'third')).body, 'nor of its sibling');
  const { body: again } = await make(child, 'third');
  t.match(again, { name: 'third', replayed: true }, 'its own is repeated');

  await call(null, '', { url: `${TOKENS}/${root.id}/regenerate`, body: { overlap_seconds: 60 }, by: session });
  t.equal((await make(root.token, 'made')).body.replayed, true, 'an older text of the token is the same principal');
});

t.test('contract 1: a key is 1 to 255 visible ASCII characters, once', async (t) => {
  const { call, inject, session, names } = await start(t);
  t.equal((await call('x'.repeat(255), 'longest')).status, 201);
  for (const key of ['', 'x'.repeat(256), 'a b', 'ä', 'a\tb']) {
    t.match(await call(key, 'refused'), { status: 400, body: { code: 'malformed_request' } }, key);
  }
  const two = await inject({
    method: 'POST',
    url: TOKENS,
    headers: { ...bearer(session), 'idempotency-key': ['a', 'b'] as unknown as string },
    payload: { kind: 'classic', name: 'refused' },
  });
  t.equal(two.statusCode, 400, two.body);
  t.same(await names(), ['longest']);
});

t.test('promises P22: what was refused is not kept, and what belongs to nobody has no keys', async (t) => {
  const { call, deps, names, inject, world, ada, bob } = await start(t);
  t.equal((await call('k', '')).status, 422);
  t.equal((await call('k', 'one')).status, 201, 'the key is free after a refused body');
  t.equal((await call('j', 'one')).status, 422, 'a name that is taken');
  t.equal((await call('j', 'two')).status, 201, 'nor is what a transaction refused');
  t.same(await names(), ['one', 'two']);
  const login = { login: 'ada', password: 'a password of nobody' };
  const answer = await inject({
    method: 'POST',
    url: '/sessions',
    headers: { 'idempotency-key': 's' },
    payload: login,
  });
  t.equal(answer.statusCode, 401);
  const rows = await deps.db.selectFrom('idempotency_keys').select(['principal_type', 'status']).execute();
  t.same(rows, [
    { principal_type: 'user', status: 201 },
    { principal_type: 'user', status: 201 },
  ]);
  const mill = await world.repository(ada, 'mill');
  await world.collaborator(mill, bob, 'admin');
  const by = await world.session(bob);
  const body = { key: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}` };
  const made = await call('key', '', { url: '/repos/ada/mill/keys', by, body });
  t.equal(made.status, 201);
  await deps.db.deleteFrom('collaborators').where('repository_id', '=', mill.id).execute();
  const told = async (url: string) => {
    const { status, body: answer } = await call('key', '', { url, by, body });
    return { status, ...answer, request_id: null };
  };
  const again = await told('/repos/ada/mill/keys');
  t.match(again, { status: '404', code: 'not_found' }, 'F6: nor is anything told again to who may no longer see it');
  t.same(again, await told('/repos/ada/never/keys'));
});

t.test('promises P22: of equal calls at once one is done, the others are told to come again', async (t) => {
  const { call, names } = await start(t);
  for (const key of ['a', 'b', 'c']) {
    const answers = await Promise.all(Array.from({ length: 12 }, () => call(key, `token ${key}`)));
    const shown = answers.filter(({ body }) => typeof body.token === 'string');
    t.equal(shown.length, 1, 'one shows the text');
    for (const { status, body, headers } of answers) {
      if (status === 409) t.match([body.code, headers['retry-after']], ['conflict', '1']);
      else t.equal(status, 201, JSON.stringify(body));
    }
  }
  t.same(await names(), ['token a', 'token b', 'token c']);
});

t.test('promises P22: kept for 24 hours, then free, and swept', async (t) => {
  let now = Date.now() + 3_600_000; // ahead of the database's, however busy the machine is
  const { call, names, deps } = await start(t, {
    deps: { clock: () => new Date(now) },
    settings: { SESSION_TTL: String(3 * 86_400) },
  });
  t.equal((await call('k', 'one')).status, 201);
  now += 86_400_000 - 2000;
  t.equal((await call('k', 'one')).body.replayed, true, 'a second or two before');
  const { removeDeadRows } = await import('../../src/use-cases/service/remove-dead-rows.ts');
  const rows = () => deps.db.selectFrom('idempotency_keys').select('id').execute();
  await removeDeadRows(deps, new AbortController().signal);
  t.equal((await rows()).length, 1);
  now += 4000;
  t.equal((await call('k', 'two')).status, 201, 'another request, a day later');
  t.equal((await call('k', 'two')).body.replayed, true);
  now += 86_400_000;
  await removeDeadRows(deps, new AbortController().signal);
  t.equal((await rows()).length, 1, 'a node whose clock is ahead takes it from no other one');
  await sql`update idempotency_keys set created_at = now() - interval '24 hours'`.execute(deps.db);
  await removeDeadRows(deps, new AbortController().signal);
  t.same(await rows(), []);
  t.same(await names(), ['one', 'two']);
});

t.test('promises P22: whatever breaks between effect and answer, both are there or neither', async (t) => {
  const { call, names, deps } = await start(t);
  const { query } = pg.Client.prototype;
  /** The connection breaks instead of the first statement that begins so. */
  function breaking(pattern: RegExp): () => boolean {
    let is_broken = false;
    const broken = t.intercept(pg.Client.prototype, 'query', {
      configurable: true,
      writable: true,
      value(this: pg.Client, ...args: unknown[]) {
        const [first] = args;
        const text = typeof first === 'string' ? first : String((first as { text?: string }).text);
        if (!is_broken && pattern.test(text)) {
          is_broken = true;
          this.connection.stream.destroy();
        }
        return Reflect.apply(query, this, args);
      },
    });
    return () => {
      broken.restore();
      return is_broken;
    };
  }
  for (const pattern of [/^insert into "audit_entries"/, /^insert into "idempotency_keys"/, /^commit/]) {
    const name = `broken at ${pattern.source.slice(0, 30)}`;
    const restore = breaking(pattern);
    const answer = await call(name.replaceAll(/[^a-z]/g, ''), name);
    t.ok(restore(), `${pattern} was reached`);
    t.equal(answer.status, 503, JSON.stringify(answer.body));
    t.notOk((await names()).includes(name), 'nothing was done');
    const again = await call(name.replaceAll(/[^a-z]/g, ''), name);
    t.equal(again.status, 201);
    t.notOk('replayed' in again.body, 'it is done now');
    t.ok((await names()).includes(name));
  }
  const entries = await deps.db.selectFrom('audit_entries').select('action').execute();
  t.equal(entries.length, 3, 'L1: one entry each');
});
