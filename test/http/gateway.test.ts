// What gateways ask and are answered (contract 8): nginx, Traefik and Caddy, Envoy. Strange paths and headers over a raw socket:
// gateway-paths.test.ts.

import t, { type Test } from 'tap';
import { newText } from '../../src/secrets.ts';
import { backendOf } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { gatewayOf, handedOn, questionOf, STYLES, type Style } from '../support/gateway.ts';
import { statementsOf } from '../support/query-count.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** acme, of olga, with a public and a private repository; ada writes to both. */
async function guarded(t: Test, settings: Record<string, string> = {}) {
  const clock = { at_ms: Date.now() };
  const test = await buildTestApp(t, { settings, deps: { clock: () => new Date(clock.at_ms) } });
  const world = worldOf(test.deps);
  const rows = tokenRowsOf(test.deps);
  const [olga, ada, eve] = [await world.person('olga'), await world.person('ada'), await world.person('eve')];
  const acme = await world.organization('acme', olga);
  await world.member(acme, ada);
  const site = await world.repository(acme, 'site', 'public');
  const engine = await world.repository(acme, 'engine');
  for (const each of [site, engine]) await world.collaborator(each, ada, 'write');
  const { client_id, secret, authorization } = await world.client(['gateway']);
  const check = gatewayOf(test.inject, authorization);
  return { ...test, clock, world, rows, olga, ada, eve, acme, site, engine, client_id, secret, authorization, check };
}
type Guarded = Awaited<ReturnType<typeof guarded>>;

/** Makes the same claim for each kind of gateway. */
async function each(work: (style: Style) => Promise<void>): Promise<void> {
  for (const style of STYLES) await work(style);
}

t.test('who is no gateway is told 403 gateway_unauthenticated, and nothing is decided', async (t) => {
  const { inject, world, client_id, secret, authorization, rows, ada } = await guarded(t);
  const weak = await world.client(['introspect', 'evaluate', 'exchange', 'revoke', 'directory']);
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  const wrong: readonly (readonly [string, string | string[] | undefined])[] = [
    ['missing', undefined],
    ['empty', ''],
    ['another secret', basic(client_id, newText('client', 'gth'))],
    ['another client', basic('client_x', secret)],
    ['a wrong checksum', basic(client_id, `gthc_${'0'.repeat(36)}`)],
    ['Bearer', `Bearer ${secret}`],
    ['no scheme', authorization.slice('Basic '.length)],
    ['a token', basic('x', text)],
    ['a client without the capability', weak.authorization],
    ['twice', [authorization, authorization]],
    ['two in one', `${authorization}, ${authorization}`],
  ];
  await each(async (style) => {
    const question = questionOf(style, 'GET', '/users/ada');
    const ask = async (more: Record<string, string | string[]>) => {
      const answer = await inject({ ...question, headers: { ...question.headers, ...more } });
      return [answer.statusCode, answer.json().code, answer.headers['x-auth-user']];
    };
    for (const [name, value] of wrong) {
      const header = value === undefined ? {} : { 'x-gateway-authorization': value };
      t.same(await ask(header), [403, 'gateway_unauthenticated', undefined], `${style}: ${name}`);
      t.same(
        await ask({ ...header, ...bearer(text) }),
        [403, 'gateway_unauthenticated', undefined],
        `${style}: ${name}`,
      );
    }
    t.same(
      await ask({ authorization }),
      [403, 'gateway_unauthenticated', undefined],
      `${style}: a gateway is no end caller`,
    );
  });
});

t.test('F5: a yes has an empty body and all five headers; nobody is empty ones', async (t) => {
  const { check, rows, ada, acme, engine } = await guarded(t);
  const classic = await rows.classic(ada, { scopes: ['repo', 'read:org'] });
  const fine_grained = await rows.fineGrained(ada, {
    owner: acme,
    selection: 'subset',
    repositories: [engine],
    permissions: { issues: 'read', contents: 'write' },
  });
  const id = String(ada.id);
  await each(async (style) => {
    const yes = await check(style, 'GET /repos/acme/engine', bearer(classic.text));
    t.same([yes.answered, yes.text, yes.headers['content-length']], [200, '', '0'], style);
    t.equal(yes.headers['x-error-status'], undefined);
    t.equal(yes.headers['cache-control'], 'no-store');
    t.same(handedOn(yes), ['ada', id, String(classic.id), 'repo read:org', ''], style);
    const narrow = await check(style, 'GET /repos/acme/engine', bearer(fine_grained.text));
    t.same(
      handedOn(narrow),
      ['ada', id, String(fine_grained.id), 'contents:write issues:read metadata:read', ''],
      style,
    );
    const nobody = await check(style, 'GET /repos/acme/site');
    t.same([nobody.answered, ...handedOn(nobody)], [200, '', '', '', '', ''], style);
    const as_password = await check(style, 'HEAD /repos/acme/engine', { authorization: basic('git', classic.text) });
    t.equal(as_password.answered, 200, `${style}: HEAD counts as GET`);
    const overridden = await check(style, 'GET /repos/acme/site', { 'x-http-method-override': 'DELETE' });
    t.equal(overridden.status, 200, `${style}: overrides of the method are ignored`);
  });
});

t.test('F5, F7: a no is 401, 403 or 404; nginx is told the status and answered what it can pass on', async (t) => {
  const { check, rows, ada, eve, world } = await guarded(t);
  const classic = await rows.classic(ada, { scopes: ['repo'] });
  const of_eve = await rows.classic(eve, { scopes: ['repo', 'admin:org'] });
  const session = bearer(await world.session(ada));
  const revoked = await rows.classic(ada, { revoked_at: new Date() });
  const client = await world.client(['evaluate']);
  const cases: readonly (readonly [string, Record<string, string>, number, string])[] = [
    ['GET /repos/acme/engine', {}, 401, 'authentication_required'],
    ['GET /no/such/operation', {}, 401, 'authentication_required'],
    ['GET /repos/acme/site', bearer(newText('classic', 'gth')), 401, 'bad_credential'],
    ['GET /repos/acme/site', bearer('gthp_wrong'), 401, 'bad_credential'],
    ['GET /repos/acme/site', { authorization: 'Bearer' }, 401, 'bad_credential'],
    ['GET /repos/acme/site', bearer(revoked.text), 401, 'bad_credential'],
    ['GET /repos/acme/site', session, 401, 'bad_credential'],
    ['GET /repos/acme/site', { authorization: client.authorization }, 401, 'bad_credential'],
    ['GET /no/such/operation', session, 401, 'bad_credential'],
    ['GET /no/such/operation', bearer(classic.text), 403, 'unknown_operation'],
    ['OPTIONS /repos/acme/site', bearer(classic.text), 403, 'unknown_operation'],
    ['OPTIONS /repos/acme/site', {}, 401, 'authentication_required'],
    ['PROPFIND /repos/acme/site', bearer(classic.text), 403, 'unknown_operation'],
    ['DELETE /orgs/acme', bearer(classic.text), 403, 'scope_missing'],
    ['PATCH /orgs/acme', bearer(of_eve.text), 403, 'role_missing'],
    ['PATCH /orgs/acme/settings/personal-access-tokens', bearer(classic.text), 403, 'session_required'],
    ['GET /repos/acme/engine', bearer(of_eve.text), 404, 'not_found'],
    ['GET /repos/acme/absent', bearer(classic.text), 404, 'not_found'],
  ];
  for (const [request, caller, status, code] of cases) {
    const answers = [];
    for (const style of STYLES) {
      const no = await check(style, request, { ...caller, 'x-request-id': 'same' });
      const what = `${style}: ${request}: ${no.text}`;
      t.same([no.status, no.code], [status, code], what);
      t.equal(no.answered, style !== 'nginx' || status === 401 ? status : 403, what);
      t.equal(no.headers['x-error-status'], style === 'nginx' ? String(status) : undefined, what);
      const error = code === 'bad_credential' ? ', error="invalid_token"' : '';
      t.equal(no.headers['www-authenticate'], status === 401 ? `Bearer realm="gatehouse"${error}` : undefined, what);
      t.equal(no.headers['x-auth-user'], undefined, what);
      answers.push(no.text);
    }
    t.equal(new Set(answers).size, 1, `${request}: the same body from all`);
  }
});

t.test('T3: an exchanged token passes for its audience only, and narrower', async (t) => {
  const { inject, world, rows, ada, deps } = await guarded(t);
  const { text, id } = await rows.classic(ada, { scopes: ['repo', 'read:org'] });
  const client = await world.client(['exchange'], 'all', ['https://edge.test', 'https://other.test']);
  const { exchange } = backendOf(inject, client.authorization);
  const made = async (more: Record<string, string>): Promise<string> => (await exchange(text, more)).body.access_token;
  const here = gatewayOf(inject, (await world.client(['gateway'], 'all', ['https://edge.test'])).authorization);
  const none = gatewayOf(inject, (await world.client(['gateway'])).authorization);
  const for_all = bearer(await made({ scope: 'public_repo' }));
  const for_edge = bearer(await made({ audience: 'https://edge.test' }));
  const for_site = bearer(await made({ resource: `${deps.config.public_url}/repos/acme/site` }));
  await each(async (style) => {
    t.equal((await here(style, 'GET /repos/acme/engine', for_edge)).status, 200, style);
    t.equal((await none(style, 'GET /repos/acme/engine', for_edge)).code, 'bad_credential', style);
    t.equal((await none(style, 'GET /repos/acme/engine', for_all)).status, 404, `${style}: public_repo only`);
    t.equal((await none(style, 'GET /repos/acme/engine', for_site)).status, 404, `${style}: another repository`);
    const yes = await none(style, 'GET /repos/acme/site', for_all);
    t.same(handedOn(yes), ['ada', String(ada.id), String(id), 'public_repo', ''], 'the token that it was made of');
  });
});

t.test('F6: what is hidden and what is not there are the same bytes', async (t) => {
  const { check, rows, eve, acme } = await guarded(t);
  const { text } = await rows.classic(eve, { scopes: ['repo'] });
  const foreign = await rows.fineGrained(eve, { owner: acme, permissions: { contents: 'read' }, selection: 'all' });
  await each(async (style) => {
    for (const caller of [{}, bearer(text), bearer(foreign.text)]) {
      for (const [hidden, absent] of [
        ['GET /repos/acme/engine', 'GET /repos/acme/absent'],
        ['POST /acme/engine.git/git-upload-pack', 'POST /nobody/absent.git/git-upload-pack'],
      ] as const) {
        const bytes = async (request: string) => {
          const { answered, text, headers } = await check(style, request, { ...caller, 'x-request-id': 'same' });
          return { answered, text, headers: { ...headers, date: '' } };
        };
        t.same(await bytes(hidden), await bytes(absent), `${style}: ${hidden}`);
      }
    }
  });
});

t.test('C4: on Git paths a 401 asks for a password', async (t) => {
  const { check } = await guarded(t);
  const git = [
    'GET /acme/engine.git/info/refs?service=git-upload-pack',
    'GET /acme/engine/info/refs?service=git-receive-pack',
    'POST /acme/engine/git-upload-pack',
    'GET /acme/engine.git/info/refs',
    'GET /acme/engine.git/HEAD',
  ];
  const others = ['GET /repos/acme/engine', 'GET /acme/engine', 'GET /acme/engine.git', 'GET /info/refs'];
  await each(async (style) => {
    for (const request of git) {
      const { status, headers } = await check(style, request);
      t.same([status, headers['www-authenticate']], [401, 'Basic realm="gatehouse"'], `${style}: ${request}`);
    }
    for (const request of others) {
      const { status, headers } = await check(style, request);
      t.same([status, headers['www-authenticate']], [401, 'Bearer realm="gatehouse"'], `${style}: ${request}`);
    }
  });
});

t.test('each gateway is read by its own headers and by no other', async (t) => {
  const { check, inject, authorization, rows, ada } = await guarded(t);
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  const others = {
    'x-original-method': 'GET',
    'x-original-uri': '/users/ada',
    'x-forwarded-method': 'GET',
    'x-forwarded-uri': '/users/ada',
    'x-original-url': '/users/ada',
    'x-rewrite-url': '/users/ada',
    'x-forwarded-prefix': '/users',
    'x-forwarded-path': '/users/ada',
    'x-forwarded-host': 'users',
    'x-http-method': 'GET',
    'x-auth-request-redirect': '/users/ada',
    forwarded: 'for=1.2.3.4',
  };
  await each(async (style) => {
    const question = questionOf(style, 'DELETE', '/repos/acme/engine');
    const headers = { ...others, ...question.headers, ...bearer(text), 'x-gateway-authorization': authorization };
    const answer = await inject({ ...question, headers });
    t.equal(answer.json().code, 'scope_missing', `${style}: DELETE /repos/acme/engine was judged`);
    if (style === 'envoy') return;
    for (const missing of Object.keys(question.headers ?? {})) {
      const left: Record<string, unknown> = { ...headers, [missing]: undefined };
      delete left[missing];
      const answer = await inject({ ...question, headers: left as Record<string, string> });
      t.equal(answer.json().code, 'path_refused', `${style}: without ${missing}`);
    }
  });
  const query = await inject({
    url: '/gateway/forward-auth?uri=/users/ada&X-Forwarded-Uri=/users/ada&access_token=x',
    headers: { 'x-gateway-authorization': authorization, 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/repos/a/b' },
  });
  t.equal(query.statusCode, 401, 'the query of the call is not read');
  const with_token = await check('forward-auth', `GET /user?access_token=${text}`);
  t.equal(with_token.status, 401, 'nor is a token in that of the end caller');
});

t.test('two credentials are 400 two_credentials, before anything is looked up', async (t) => {
  const { check, rows, ada } = await guarded(t);
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  await each(async (style) => {
    const put = await statementsOf(async () => {
      const authorizations = [`Bearer ${text}`, `Bearer ${text}`];
      const two = await check(style, 'GET /repos/acme/site', { authorization: authorizations });
      t.same([two.status, two.code], [400, 'two_credentials'], style);
    });
    t.same(put, [], 'only who the gateway is');
  });
});

t.test('C3: the longest of strip_prefixes that ends on a segment border is taken away once', async (t) => {
  const { inject, deps, client_id, authorization, check } = await guarded(t);
  const set = (strip_prefixes: string[]) =>
    deps.db.updateTable('clients').set({ strip_prefixes }).where('client_id', '=', client_id).execute();
  await set(['/git', '/api', '/api/v3']);
  const cases: readonly (readonly [string, number])[] = [
    ['/api/v3/users/ada', 200],
    ['/api/users/ada', 200],
    ['/users/ada', 200],
    ['/git/acme/site.git/info/refs?service=git-upload-pack', 200],
    ['/acme/site.git/info/refs?service=git-upload-pack', 200],
    ['/api/api/users/ada', 401],
    ['/api/v3/api/v3/users/ada', 401],
    ['/api/v3/api/users/ada', 401],
    ['/apiusers/ada', 401],
    ['/api/v3users/ada', 401],
    ['/api', 401],
    ['/api/', 401],
    ['/api/v3?x', 401],
    ['/API/users/ada', 401],
    ['/%61pi/users/ada', 400],
    ['/api/%763/users/ada', 400],
    ['/api%2fv3/users/ada', 400],
    ['/api%2fusers/ada', 400],
    ['/api//users/ada', 400],
    ['//api/users/ada', 400],
    ['/api/../users/ada', 400],
    ['/x/../api/users/ada', 400],
  ];
  for (const [target, status] of cases) {
    for (const style of ['nginx', 'forward-auth'] as const) {
      const found = await check(style, `GET ${target}`);
      t.equal(found.status, status, `${style}: ${target}: ${found.text}`);
    }
  }
  const envoy = await inject({
    url: '/gateway/envoy/api/v3/users/ada',
    headers: { 'x-gateway-authorization': authorization },
  });
  t.equal(envoy.statusCode, 200);
});

t.test('T4: bad credentials count for the address that the gateway forwards, and only for that', async (t) => {
  const settings = { BAD_CREDENTIALS_PER_MINUTE: '3', TRUSTED_PROXIES: '10.0.0.0/8' };
  const { check, inject, rows, ada, clock } = await guarded(t, settings);
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  const bad = () => bearer(newText('classic', 'gth'));
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const status = async (style: Style, headers: Record<string, string | string[]>) =>
    (await check(style, 'GET /repos/acme/site', headers)).status;

  for (let n = 0; n < 10; n += 1) t.equal(await status('envoy', bad()), 401, 'none is forwarded, none counts');
  for (const strange of ['unknown', '', '10.1.2.3', '_hidden', '1.2.3', '10.0.0.1, 10.0.0.2', '203.0.113.9, -']) {
    for (let n = 0; n < 5; n += 1) t.equal(await status('envoy', { ...bad(), ...from(strange) }), 401, strange);
  }
  for (const style of STYLES) t.equal(await status(style, { ...bad(), ...from('6.6.6.6, 192.0.2.1, 10.0.0.1') }), 401);
  const over = await check('forward-auth', 'GET /repos/acme/site', { ...bad(), ...from('192.0.2.1') });
  t.same([over.status, over.code, over.headers['retry-after']], [429, 'rate_limited', '60']);
  const nginx = await check('nginx', 'GET /repos/acme/site', { ...bearer(text), ...from('192.0.2.1:5000') });
  t.same([nginx.answered, nginx.status, nginx.headers['retry-after']], [403, 429, '60'], 'a good one is not tried');
  t.equal(await status('envoy', { ...bearer(text), ...from('::ffff:192.0.2.1') }), 429, 'the same address');
  t.equal(await status('envoy', { ...bearer(text), 'x-forwarded-for': ['9.9.9.9', '192.0.2.1'] }), 429, 'in two lines');
  t.equal(await status('envoy', from('192.0.2.1')), 200, 'who presents none is not concerned');
  t.equal(await status('envoy', { ...bearer(text), ...from('192.0.2.1, 6.6.6.6') }), 200, 'the last one is meant');
  t.equal(await status('envoy', { ...bearer(text), ...from('6.6.6.6') }), 200);
  t.equal((await inject({ url: '/user', headers: bearer(text) })).statusCode, 200, "the gateway's own never counts");
  clock.at_ms += 60_000;
  t.equal(await status('nginx', { ...bearer(text), ...from('192.0.2.1') }), 200);
});

t.test('M9: a token that a gateway asked about was used; decisions are counted, holders are not charged', async (t) => {
  const { check, inject, deps, rows, ada } = await guarded(t, { RATE_LIMIT_PER_HOUR: '3', ANONYMOUS_PER_HOUR: '3' });
  const used = async (id: number) => {
    await deps.last_use.flush();
    const row = await deps.db.selectFrom('tokens').select('last_used_at').where('id', '=', id).executeTakeFirst();
    return row?.last_used_at !== null;
  };
  const count = async () =>
    Number(
      /gatehouse_decisions_total\{effect="deny",reason="unknown_operation"\} (\d+)/.exec(
        (await inject('/metrics')).body,
      )?.[1] ?? 0,
    );
  const before = await count();
  await each(async (style) => {
    const { id, text } = await rows.classic(ada);
    t.equal(await used(id), false);
    for (let n = 0; n < 5; n += 1) t.equal((await check(style, 'GET /no/such', bearer(text))).status, 403);
    t.equal(await used(id), true, style);
  });
  t.equal((await count()) - before, 15);
});

t.test('T6: a gateway of some organizations learns nothing of the others', async (t) => {
  const { inject, world, rows, acme, ada, eve } = await guarded(t);
  const beta = await world.organization('beta', eve);
  const { authorization } = await world.client(['gateway'], [beta]);
  const check = gatewayOf(inject, authorization);
  const [of_ada, of_eve] = [await rows.classic(ada, { scopes: ['repo'] }), await rows.classic(eve)];
  const foreign = await rows.fineGrained(ada, { owner: acme, permissions: { contents: 'read' }, selection: 'all' });
  await each(async (style) => {
    for (const { text } of [of_ada, foreign]) {
      t.equal((await check(style, 'GET /repos/acme/site', bearer(text))).code, 'bad_credential', style);
    }
    t.equal((await check(style, 'GET /repos/acme/site', bearer(of_eve.text))).status, 200, style);
    t.equal((await check(style, 'GET /repos/acme/site')).status, 200, style);
  });
});

async function hostile({ check }: Guarded, t: Test, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    const put = await statementsOf(async () => {
      const answer = await check('forward-auth', 'GET /repos/acme/site', { authorization: text });
      t.equal(answer.status, 401, JSON.stringify(text.slice(0, 80)));
    });
    t.notOk(
      put.some((name) => name.startsWith('facts')),
      'no look-up of the text',
    );
  }
}

t.test('a hostile text is a bad credential without a look-up', async (t) => {
  const world = await guarded(t);
  const { rows, ada } = world;
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  const fine_grained = await rows.fineGrained(ada);
  const changed = `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`;
  await hostile(world, t, [
    `Bearer ${changed}`,
    `Bearer ${text.slice(0, -1)}`,
    `Bearer ${text}0`,
    `Bearer ${text} `.concat('x'),
    `Bearer ${text},${text}`,
    `Bearer "${text}"`,
    `Bearer ${fine_grained.text.slice(0, -6)}`,
    `Bearer ${fine_grained.text.replace('_pat_', '_pat')}`,
    `Bearer ${text.toUpperCase()}`,
    `Bearer\t${text}`,
    `bearer${text}`,
    `Digest ${text}`,
    `Bearer ${'x'.repeat(8000)}`,
    `Basic ${'x'.repeat(8000)}`,
    `Basic ${Buffer.from(`x:${text}\0`).toString('base64')}`,
    `Basic ${Buffer.from(`x:${text}\ud800`).toString('base64')}`,
    `Basic ${Buffer.from(`:${text}`).toString('base64')}`,
    `Basic ${Buffer.from(text).toString('base64')}`,
    `Basic ${Buffer.from(`x:${text}`).toString('base64')}!!!!`,
    `Basic ${Buffer.from(`x:${changed}`).toString('base64')}`,
    `Basic ${Buffer.from(`${text}:x`).toString('base64')}`,
    basic('x', ''),
    'Basic',
    'x',
  ]);
});
