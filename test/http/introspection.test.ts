import t from 'tap';
import { daysAfter } from '../../src/domain/lifetime.ts';
import { digestOf, newText } from '../../src/secrets.ts';
import { backendOf } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { statementsOf } from '../support/query-count.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

const INACTIVE = '{"active":false}';
/** Ahead of every clock, so that expiry is judged by it to the millisecond. */
const NOW = new Date('2040-01-01T00:00:00Z');

t.test('T1: a live fine-grained token is shown with what is granted now', async (t) => {
  const { inject, deps } = await buildTestApp(t, { deps: { clock: () => NOW } });
  const world = worldOf(deps);
  const ada = await world.person('Ada');
  const acme = await world.organization('Acme', ada);
  const [web, api] = [await world.repository(acme, 'Web'), await world.repository(acme, 'api')];
  await world.repository(acme, 'other');
  const token = await tokenRowsOf(deps).fineGrained(ada, {
    owner: acme,
    permissions: { issues: 'write', contents: 'read' },
    selection: 'subset',
    repositories: [api, web],
  });
  const { introspect } = backendOf(inject, (await world.client(['introspect'])).authorization);
  const answer = await introspect(token.text);
  t.equal(answer.status, 200);
  t.equal(answer.headers['cache-control'], 'no-store');
  t.same(answer.body, {
    active: true,
    scope: 'contents:read issues:write metadata:read',
    token_type: 'Bearer',
    sub: String(ada.id),
    username: 'Ada',
    iss: deps.config.public_url,
    iat: NOW.getTime() / 1000,
    exp: daysAfter(NOW, 30).getTime() / 1000,
    jti: String(token.id),
    token_kind: 'fine_grained',
    state: 'active',
    resource_owner: 'Acme',
    repository_selection: 'subset',
    repositories: [
      { id: web.id, full_name: 'Acme/Web' },
      { id: api.id, full_name: 'Acme/api' },
    ],
    permissions: { contents: 'read', issues: 'write', metadata: 'read' },
  });
});

t.test('T1: a live classic token is shown with its scopes; what never expires has no `exp`', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada');
  const { introspect } = backendOf(inject, (await world.client(['introspect'])).authorization);
  const rows = tokenRowsOf(deps);
  const classic = await rows.classic(ada, { scopes: ['repo', 'read:org'], expires_at: null });
  const { iat, ...body } = (await introspect(classic.text)).body;
  t.type(iat, 'number');
  t.same(body, {
    active: true,
    scope: 'repo read:org',
    token_type: 'Bearer',
    sub: String(ada.id),
    username: 'ada',
    iss: deps.config.public_url,
    jti: String(classic.id),
    token_kind: 'classic',
    state: 'active',
  });
  t.equal((await introspect((await rows.classic(ada)).text)).body.scope, '', 'no scope');
  const all = (await introspect((await rows.fineGrained(ada, { selection: 'all' })).text)).body;
  t.match(all, { repository_selection: 'all', resource_owner: 'ada', scope: '', permissions: {} });
  t.notOk('repositories' in all, 'repositories are for a subset only');
});

t.test('T1: of a pending or denied token scope, permissions and repositories are empty', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  const web = await world.repository(acme, 'web');
  const { introspect } = backendOf(inject, (await world.client(['introspect'])).authorization);
  for (const standing of ['pending', 'denied'] as const) {
    const asked = { owner: acme, permissions: { contents: 'read' }, selection: 'subset', repositories: [web] } as const;
    const token = await tokenRowsOf(deps).fineGrained(ada, { ...asked, standing });
    const { body } = await introspect(token.text);
    t.match(body, { active: true, state: standing, scope: '', token_kind: 'fine_grained', resource_owner: 'acme' });
    t.same([body.permissions, body.repositories, body.repository_selection], [{}, [], 'none']);
  }
});

t.test('T1: policy, single sign-on and role are not applied; unknown words of a row are left out', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const [boss, ada] = [await world.person('boss'), await world.person('ada')];
  const acme = await world.organization('acme', boss, {
    fine_grained_tokens: 'restricted',
    max_lifetime_days_fine_grained: 1,
  });
  await world.member(acme, ada);
  await deps.db.updateTable('organizations').set({ default_repository_permission: 'none' }).execute();
  await deps.db.insertInto('organization_sso').values({ organization_id: acme.id, required: true }).execute();
  const token = await tokenRowsOf(deps).fineGrained(ada, {
    owner: acme,
    permissions: { contents: 'read' },
    selection: 'all',
  });
  const permissions = JSON.stringify({ contents: 'read', everything: 'admin', metadata: 'write' });
  await deps.db.updateTable('grants').set({ permissions }).where('token_id', '=', token.id).execute();
  const { introspect } = backendOf(inject, (await world.client(['introspect'])).authorization);
  t.match((await introspect(token.text)).body, { active: true, state: 'active', scope: 'contents:read' });
});

t.test('A4, M10: who has left the organization holds no grant of it, whatever a row says', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const [boss, ada] = [await world.person('boss'), await world.person('ada')];
  const acme = await world.organization('acme', boss);
  await world.member(acme, ada);
  const token = await tokenRowsOf(deps).fineGrained(ada, {
    owner: acme,
    permissions: { contents: 'read' },
    selection: 'all',
  });
  const { introspect } = backendOf(inject, (await world.client(['introspect'])).authorization);
  t.match((await introspect(token.text)).body, { state: 'active', scope: 'contents:read metadata:read' });
  await deps.db.deleteFrom('memberships').where('user_id', '=', ada.id).execute();
  t.match((await introspect(token.text)).body, { active: true, state: 'denied', scope: '', repositories: [] });
});

t.test('T1, T5: everything that is not live is exactly inactive, in the same bytes', async (t) => {
  const { inject, deps } = await buildTestApp(t, { deps: { clock: () => NOW } });
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const [ada, gone] = [await world.person('ada'), await world.person('gone', { suspended: true })];
  const client = await world.client(['introspect']);
  const live = await rows.classic(ada);
  const renewed = await rows.classic(ada);
  await rows.regenerate(renewed, 'classic', NOW);
  const deleted = await rows.classic(ada);
  await deps.db.deleteFrom('tokens').where('id', '=', deleted.id).execute();
  const last = live.text.at(-1) === 'a' ? 'b' : 'a';
  const dead: Record<string, string> = {
    'unknown text': newText('classic', 'gth'),
    'unknown fine-grained text': newText('fine_grained', 'gth'),
    'wrong checksum': live.text.slice(0, -1) + last,
    expired: (await rows.classic(ada, { issued_at: daysAfter(NOW, -1), expires_at: NOW })).text,
    revoked: (await rows.classic(ada, { revoked_at: daysAfter(NOW, -1) })).text,
    'overlap is over': renewed.text,
    'suspended holder': (await rows.classic(gone)).text,
    deleted: deleted.text,
    'a session': await world.session(ada),
    'an exchanged text': newText('exchanged', 'gth'),
    'a client secret': client.secret,
    'another prefix': newText('classic', 'ghp'),
    'trailing blank': `${live.text} `,
    'its id': String(live.id),
    'its digest': digestOf(live.text),
    garbage: '\u00e9\u2028"\\',
  };
  const { introspect } = backendOf(inject, client.authorization);
  t.equal((await introspect(live.text)).body.active, true);
  for (const [name, text] of Object.entries(dead)) {
    const answer = await introspect(text);
    t.equal(answer.status, 200, name);
    t.equal(answer.text, INACTIVE, name);
    t.equal(answer.headers['cache-control'], 'no-store', name);
  }
});

t.test('T1, M8: the last millisecond is live, the next is not; an older text ends with its overlap', async (t) => {
  let now = NOW;
  const { inject, deps } = await buildTestApp(t, { deps: { clock: () => now } });
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const ada = await world.person('ada');
  const { introspect } = backendOf(inject, (await world.client(['introspect'])).authorization);
  const token = await rows.classic(ada, { issued_at: NOW, expires_at: daysAfter(NOW, 1) });
  const older = await rows.classic(ada, { issued_at: NOW, expires_at: daysAfter(NOW, 2) });
  const newer = await rows.regenerate(older, 'classic', daysAfter(NOW, 1));
  t.equal((await introspect(older.text)).body.exp, daysAfter(NOW, 1).getTime() / 1000, 'the end of this text');
  t.equal((await introspect(newer.text)).body.exp, daysAfter(NOW, 2).getTime() / 1000);
  now = new Date(daysAfter(NOW, 1).getTime() - 1);
  for (const each of [token, older, newer]) t.equal((await introspect(each.text)).body.active, true);
  now = daysAfter(NOW, 1);
  for (const each of [token, older]) t.equal((await introspect(each.text)).text, INACTIVE);
  t.equal((await introspect(newer.text)).body.active, true);
});

t.test('T6: a client of some organizations learns of their tokens and of their members only', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const [ada, eve] = [await world.person('ada'), await world.person('eve')];
  const [acme, other] = [await world.organization('acme', ada), await world.organization('other', eve)];
  const tokens = {
    acme: await rows.fineGrained(ada, { owner: acme }),
    other: await rows.fineGrained(eve, { owner: other }),
    own: await rows.fineGrained(ada),
    member: await rows.classic(ada),
    stranger: await rows.classic(eve),
  };
  const cases = [
    [await world.client(['introspect']), ['acme', 'other', 'own', 'member', 'stranger']],
    [await world.client(['introspect'], [acme]), ['acme', 'member']],
    [await world.client(['introspect'], [acme, other]), ['acme', 'other', 'member', 'stranger']],
    [await world.client(['introspect'], []), []],
  ] as const;
  for (const [client, seen] of cases) {
    const { introspect } = backendOf(inject, client.authorization);
    for (const [name, { text }] of Object.entries(tokens)) {
      const answer = await introspect(text);
      if ((seen as readonly string[]).includes(name)) t.equal(answer.body.active, true, name);
      else t.equal(answer.text, INACTIVE, name);
    }
  }
});

t.test('M9: introspection is a use of the token; of a dead one it is not', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const ada = await world.person('ada');
  const [live, dead] = [await rows.classic(ada), await rows.classic(ada, { revoked_at: new Date() })];
  const { introspect } = backendOf(inject, (await world.client(['introspect'])).authorization);
  for (const { text } of [live, dead]) await introspect(text);
  await deps.last_use.flush();
  const used = await deps.db.selectFrom('tokens').select('id').where('last_used_at', 'is not', null).execute();
  t.same(used, [{ id: live.id }]);
});

t.test('T1: each wrong character of a text is inactive, and never asked of the database', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const ada = await world.person('ada');
  const { introspect } = backendOf(inject, (await world.client(['introspect'])).authorization);
  for (const { text } of [await rows.classic(ada), await rows.fineGrained(ada)]) {
    const edits = [...text].flatMap((character, index) => [
      text.slice(0, index) + (character === 'q' ? 'r' : 'q') + text.slice(index + 1),
      text.slice(0, index),
      text.slice(0, index) + flipped(character) + text.slice(index + 1),
    ]);
    const changed = [...edits, `${text}0`, `0${text}`, text.toUpperCase()].filter(
      (each) => each !== text && each !== '',
    );
    const statements = await statementsOf(async () => {
      for (const each of changed) t.equal((await introspect(each)).text, INACTIVE);
    });
    t.same(statements, [], 'only the client was looked up');
    t.same(await statementsOf(() => introspect(text)), ['facts granted']);
  }
});

function flipped(character: string): string {
  const lower = character.toLowerCase();
  return character === lower ? character.toUpperCase() : lower;
}

t.test('introspection takes a form and a client, and answers in the shape of OAuth', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const token = await tokenRowsOf(deps).classic(await world.person('ada'));
  const client = await world.client(['introspect']);
  const { form } = backendOf(inject, client.authorization);
  const path = '/oauth/introspect';
  const ignored = { token: token.text, token_type_hint: 'refresh_token', unknown: '1' };
  t.equal((await form(path, ignored)).body.active, true, 'a hint and unknown parameters are ignored');
  t.match(await form(path, {}), { status: 400, body: { error: 'invalid_request' } }, 'no token');
  t.match(await form(path, 'token='), { status: 400, body: { error: 'invalid_request' } }, 'an empty one is none');
  t.match(await form(path, `token=${token.text}&token=${token.text}`), {
    status: 400,
    body: { error: 'invalid_request' },
  });
  t.match(await form(path, `unknown=1&unknown=2&token=${token.text}`), { status: 400 }, 'a repeated parameter');
  const json = await inject({
    method: 'POST',
    url: path,
    headers: { authorization: client.authorization },
    payload: { token: token.text },
  });
  t.match([json.statusCode, json.json()], [400, { error: 'invalid_request' }]);
  t.equal(json.headers['cache-control'], 'no-store');
});

t.test('clients present themselves by Basic, form-encoded, or in the form, and only once', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const token = await tokenRowsOf(deps).classic(await world.person('ada'));
  const { client_id, secret, authorization } = await world.client(['introspect']);
  const call = async (parameters: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) => {
    const payload = new URLSearchParams({ token: token.text, ...parameters }).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await inject({
      method: 'POST',
      url: '/oauth/introspect',
      headers: { ...type, ...headers },
      payload,
    });
    t.equal(answer.headers['cache-control'], 'no-store');
    return [answer.statusCode, answer.json().error ?? answer.json().active, answer.headers['www-authenticate']];
  };
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });
  const encoded = (text: string) => text.replaceAll('_', '%5F');
  const challenge = 'Basic realm="gatehouse"';
  t.same(await call({}, { authorization }), [200, true, undefined]);
  t.same(await call({}, basic(encoded(client_id), encoded(secret))), [200, true, undefined]);
  t.same(await call({ client_id, client_secret: secret }), [200, true, undefined]);
  t.same(await call({ client_id }, { authorization }), [200, true, undefined], 'the same id again contradicts nothing');
  t.same(await call({ client_id: 'client_other' }, { authorization }), [400, 'invalid_request', undefined]);
  t.same(await call({ client_id, client_secret: secret }, { authorization }), [400, 'invalid_request', undefined]);
  t.same(await call({}), [401, 'invalid_client', challenge]);
  t.same(await call({ client_id }), [401, 'invalid_client', challenge]);
  t.same(await call({}, basic(client_id, newText('client', 'gth'))), [401, 'invalid_client', challenge]);
  t.same(await call({}, basic('client_other', secret)), [401, 'invalid_client', challenge]);
  t.same(await call({ client_id: 'client_other', client_secret: secret }), [401, 'invalid_client', challenge]);
  t.same(await call({}, { authorization: `Bearer ${token.text}` }), [401, 'invalid_client', challenge]);
  t.same(await call({}, { authorization: `Bearer ${secret}` }), [401, 'invalid_client', challenge]);
  const weak = await world.client(['evaluate', 'gateway', 'exchange', 'revoke', 'directory']);
  t.same(await call({}, { authorization: weak.authorization }), [403, 'unauthorized_client', undefined]);
});

t.test('a client whose secret is over is none', async (t) => {
  const { inject, deps } = await buildTestApp(t, { deps: { clock: () => NOW } });
  const world = worldOf(deps);
  const token = await tokenRowsOf(deps).classic(await world.person('ada'));
  const client = await world.client(['introspect']);
  const { introspect } = backendOf(inject, client.authorization);
  const until = (expires_at: Date) => deps.db.updateTable('client_secrets').set({ expires_at }).execute();
  await until(new Date(NOW.getTime() + 1));
  t.equal((await introspect(token.text)).body.active, true);
  await until(NOW);
  t.match(await introspect(token.text), { status: 401, body: { error: 'invalid_client' } });
});
