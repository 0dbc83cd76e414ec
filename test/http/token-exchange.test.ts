// POST /oauth/token: what a token can be exchanged for, what the new one is worth, and what ends it (T3, RFC 8693).

import { sql } from 'kysely';
import t from 'tap';
import { lockRepository } from '../../src/db/repositories.ts';
import { deleteFromSelections } from '../../src/db/selections.ts';
import type { Deps } from '../../src/deps.ts';
import { daysAfter } from '../../src/domain/lifetime.ts';
import { DAY_MS } from '../../src/domain/moment.ts';
import { digestOf } from '../../src/secrets.ts';
import { kindOfText } from '../../src/text-form.ts';
import { removeDeadRows } from '../../src/use-cases/service/remove-dead-rows.ts';
import { ask, backendOf } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ALL = ['exchange', 'introspect', 'evaluate', 'revoke'] as const;
/** Ahead of the database, so that tests say what time it is. */
const NOW = new Date(Math.ceil(Date.now() / 1000) * 1000 + DAY_MS);

/** How many of this database wait for a lock that another has. */
async function waiting({ db }: Deps): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows[0]?.count ?? 0;
}

/** One application for all; each test begins without people and clients, at the same moment. */
let now = NOW;
const { inject, deps } = await buildTestApp(t, { deps: { clock: () => now } });
const world = worldOf(deps);
const clock = {
  set: (moment: Date) => {
    now = moment;
  },
};

async function start() {
  now = NOW;
  for (const table of ['accounts', 'clients', 'notifications'] as const) await deps.db.deleteFrom(table).execute();
  const { before } = await deps.db
    .selectFrom('audit_entries')
    .select((select) => select.fn.coalesce(select.fn.max('id'), sql<number>`0`).as('before'))
    .executeTakeFirstOrThrow();
  const rows = tokenRowsOf(deps);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  const [web, api] = [await world.repository(acme, 'web'), await world.repository(acme, 'api')];
  const client = await world.client([...ALL], 'all', ['https://a.test', 'https://b.test']);
  const backend = backendOf(inject, client.authorization);
  const get = async (text: string, url = '/user') => inject({ url, headers: bearer(text) });
  const status = async (text: string, url = '/user') => (await get(text, url)).statusCode;
  const uri = (full_name: string) => `${deps.config.public_url}/repos/${full_name}`;
  const made = async (subject: string, parameters: Parameters<typeof backend.exchange>[1] = {}): Promise<string> => {
    const answer = await backend.exchange(subject, parameters);
    if (answer.status !== 200) throw new Error(`not exchanged: ${answer.text}`);
    return answer.body.access_token;
  };
  const allowed = async (text: string, action: string, repository: string) =>
    (await backend.evaluate(ask(text, action, ['repository', repository]))).body.decision;
  const entries = () =>
    deps.db.selectFrom('audit_entries').selectAll().where('id', '>', before).orderBy('id').execute();
  return {
    ...{ rows, ada, acme, web, api, client, backend, get, status, uri, made },
    allowed,
    entries,
  };
}

t.test('T3, L1, L2: a classic token is exchanged for fewer scopes, and the new one is told apart', async (t) => {
  const { backend, client, rows, ada, entries, get } = await start();
  const root = await rows.classic(ada, { scopes: ['repo', 'user'] });
  const answer = await backend.exchange(root.text, { scope: 'read:user public_repo', expires_in: '600' });
  t.match(answer, {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: { issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', expires_in: 600, scope: 'public_repo read:user' },
  });
  const child: string = answer.body.access_token;
  t.equal(kindOfText(child, deps.config.token_prefix), 'exchanged');
  const { body } = await backend.introspect(child);
  const iat = NOW.getTime() / 1000;
  t.same(body, {
    ...{ active: true, token_type: 'Bearer', sub: String(ada.id), username: 'ada', iss: deps.config.public_url },
    ...{ iat, exp: iat + 600, jti: body.jti, client_id: client.client_id },
    ...{ token_kind: 'exchanged', state: 'active', scope: 'public_repo read:user' },
  });
  t.not(body.jti, String(root.id));
  t.equal((await backend.introspect(root.text)).body.jti, String(root.id));
  const own = await get(child);
  const printed = new Date(NOW.getTime() + 600_000).toISOString();
  t.match(own.headers, {
    'x-oauth-scopes': 'public_repo, read:user',
    'github-authentication-token-expiration': `${printed.slice(0, 10)} ${printed.slice(11, 19)} UTC`,
  });
  t.match((await get(child, '/token')).json(), {
    ...{ kind: 'exchanged', id: Number(body.jti), token_id: root.id, token_kind: 'classic' },
    ...{
      scopes: ['public_repo', 'read:user'],
      hashed_token: digestOf(child),
      client_id: client.client_id,
      audience: null,
    },
  });
  const [entry, ...others] = await entries();
  t.same(others, []);
  t.match(entry, {
    ...{ action: 'personal_access_token.exchange', actor: client.client_id, user: 'ada', org: null, outcome: 'done' },
    ...{ token_id: root.id, hashed_token: root.digest, token_scopes: 'repo user' },
    ...{ managed_token_id: root.id, managed_hashed_token: digestOf(child) },
    data: { exchanged_token_id: body.jti, scope: 'public_repo read:user', depth: 1 },
  });
  t.notMatch(JSON.stringify(entry), new RegExp(`${child}|${root.text}`));
});

t.test('T3: a fine-grained token is exchanged for permissions, and for repositories by id', async (t) => {
  const { backend, rows, ada, acme, web, api, uri, made, allowed, status, get } = await start();
  const root = await rows.fineGrained(ada, {
    owner: acme,
    permissions: { contents: 'write', issues: 'read' },
    selection: 'all',
  });
  const answer = await backend.exchange(root.text, { scope: 'contents:read', resource: uri('Acme/WEB') });
  t.match(answer, { status: 200, body: { expires_in: 3600, scope: 'contents:read metadata:read' } });
  const child: string = answer.body.access_token;
  t.match((await backend.introspect(child)).body, {
    ...{ token_kind: 'exchanged', resource_owner: 'acme', scope: 'contents:read metadata:read' },
    ...{ repository_selection: 'subset', repositories: [{ id: web.id, full_name: 'acme/web' }] },
    permissions: { contents: 'read', metadata: 'read' },
  });
  t.same(
    [await allowed(child, 'contents:read', 'acme/web'), await allowed(root.text, 'contents:write', 'acme/web')],
    [true, true],
  );
  for (const [action, where] of [
    ['contents:write', 'acme/web'],
    ['issues:read', 'acme/web'],
    ['contents:read', 'acme/api'],
  ] as const) {
    t.equal(await allowed(child, action, where), false, `${action} at ${where}`);
  }
  t.same([await status(child, '/repos/acme/web'), await status(child, '/repos/acme/api')], [200, 404]);
  t.same(
    (await get(child, '/orgs/acme/repos')).json().map(({ name }: { name: string }) => name),
    ['web'],
    'F8: lists show what single reads do',
  );
  t.equal((await get(root.text, '/orgs/acme/repos')).json().length, 2);
  const of_two = await made(root.text, { resource: [uri('acme/web'), uri('acme/api'), uri('acme/web')] });
  t.equal((await backend.introspect(of_two)).body.repositories.length, 2, 'each counts once');
  const again = await made(of_two);
  t.equal((await backend.introspect(again)).body.repositories.length, 2, 'those of the subject');
  t.match(await backend.exchange(child, { resource: uri('acme/api') }), {
    status: 400,
    body: { error: 'invalid_target' },
  });
  await deps.db.updateTable('repositories').set({ name: 'site' }).where('id', '=', web.id).execute();
  t.equal(await allowed(child, 'contents:read', 'acme/site'), true, 'F4: by id');
  await deps.db.updateTable('grants').set({ repository_selection: 'subset' }).execute();
  t.equal(await allowed(child, 'contents:read', 'acme/site'), false, 'the token has none now');
  t.same((await backend.introspect(child)).body.repositories, []);
  await deps.db
    .insertInto('grant_repositories')
    .values({
      grant_id: (await deps.db.selectFrom('grants').select('id').executeTakeFirstOrThrow()).id,
      repository_id: api.id,
    })
    .execute();
  t.same((await backend.introspect(of_two)).body.repositories, [{ id: api.id, full_name: 'acme/api' }]);
  t.same(
    (await get(of_two, '/orgs/acme/repos')).json().map(({ name }: { name: string }) => name),
    ['api'],
  );
});

t.test('T3, K2: a classic token is bounded to repositories; public reads stay, other writes go', async (t) => {
  const { rows, ada, acme, made, allowed, uri, status, backend, get, web } = await start();
  const open = await world.repository(ada, 'open', 'public');
  const root = await rows.classic(ada, { scopes: ['repo', 'read:org'] });
  const child = await made(root.text, { resource: uri('acme/web') });
  const answers = { 'acme/web': true, 'acme/api': false, [open.full_name]: false };
  for (const [where, expected] of Object.entries(answers)) {
    t.equal(await allowed(child, 'contents:write', where), expected, where);
    t.equal(await allowed(root.text, 'contents:write', where), true, where);
  }
  t.equal(await allowed(child, 'contents:read', open.full_name), true, 'F2');
  for (const form of ['access_token', 'jwt']) {
    const requested_token_type = `urn:ietf:params:oauth:token-type:${form}`;
    const of_other = await backend.exchange(child, { resource: uri('acme/api'), requested_token_type });
    t.match(of_other, { status: 400, body: { error: 'invalid_target' } }, form);
  }
  const out = await backend.evaluate(ask(child, 'contents:write', ['repository', 'acme/api']));
  t.match(out.body.context, { reason: 'not_selected', status: 404 });
  t.equal(
    (await backend.evaluate(ask(child, 'contents:write', ['repository', open.full_name]))).body.context.status,
    403,
  );
  t.equal(await status(child, `/orgs/${acme.login}/teams`), 200, 'repositories only are narrowed');
  const listed = (await get(child, '/user/repos')).json().map(({ full_name }: { full_name: string }) => full_name);
  t.same(listed.sort(), ['acme/web', 'ada/open']);
  t.match((await backend.introspect(child)).body, { repository_selection: 'subset', repositories: [{ id: web.id }] });
});

t.test('T3: nothing wider, on any axis', async (t) => {
  const { backend, rows, ada, acme, uri, made } = await start();
  const eve = await world.person('eve');
  await world.repository(eve, 'hidden');
  await world.repository(eve, 'open', 'public');
  const fine = await rows.fineGrained(ada, { owner: acme, permissions: { contents: 'read' }, selection: 'subset' });
  const classic = await rows.classic(ada, { scopes: ['public_repo'] });
  const [whole, scopeless] = [await rows.classic(ada, { scopes: ['repo'] }), await rows.classic(ada)];
  const bare = await rows.fineGrained(ada, { owner: acme, selection: 'all' });
  const bound = await made(classic.text, { audience: 'https://a.test' });
  const wider: readonly [string, Parameters<typeof backend.exchange>[1], string][] = [
    [fine.text, { scope: 'contents:write' }, 'invalid_scope'],
    [fine.text, { scope: 'contents:read issues:read' }, 'invalid_scope'],
    [fine.text, { scope: 'contents:admin' }, 'invalid_scope'],
    [fine.text, { scope: 'repo' }, 'invalid_scope'],
    [fine.text, { scope: 'toString:read' }, 'invalid_scope'],
    [fine.text, { resource: uri('acme/web') }, 'invalid_target'],
    [classic.text, { scope: 'repo' }, 'invalid_scope'],
    [classic.text, { scope: 'contents:read' }, 'invalid_scope'],
    [classic.text, { scope: 'public_repo "x\\' }, 'invalid_scope'],
    [classic.text, { resource: uri('acme/web') }, 'invalid_target'],
    [classic.text, { resource: uri('eve/hidden') }, 'invalid_target'],
    [whole.text, { resource: uri('eve/hidden') }, 'invalid_target'],
    [scopeless.text, { resource: uri('acme/web') }, 'invalid_target'],
    [bare.text, { resource: uri('acme/web') }, 'invalid_target'],
    [classic.text, { resource: uri('eve/absent') }, 'invalid_target'],
    [classic.text, { resource: [uri('eve/open'), uri('acme')] }, 'invalid_target'],
    [classic.text, { resource: `${uri('eve/open')}/` }, 'invalid_target'],
    [classic.text, { resource: uri('eve/open#x') }, 'invalid_target'],
    [classic.text, { resource: 'https://elsewhere.test/repos/eve/open' }, 'invalid_target'],
    [classic.text, { resource: 'eve/open' }, 'invalid_target'],
    [classic.text, { resource: Array.from({ length: 51 }, (_, each) => uri(`eve/r${each}`)) }, 'invalid_target'],
    [classic.text, { audience: 'https://c.test' }, 'invalid_target'],
    [classic.text, { audience: ['https://a.test', 'https://c.test'] }, 'invalid_target'],
    [bound, { audience: 'https://b.test' }, 'invalid_target'],
    [bound, { audience: ['https://a.test', 'https://b.test'] }, 'invalid_target'],
  ];
  const hidden = new Set<string>();
  for (const [subject, parameters, error] of wider) {
    const answer = await backend.exchange(subject, parameters);
    t.match(answer, { status: 400, body: { error } }, JSON.stringify(parameters));
    t.match(answer.body.error_description, /^[ !#-[\]-~]+$/);
    if (error === 'invalid_target' && 'resource' in (parameters ?? {})) hidden.add(answer.text);
  }
  t.equal(hidden.size, 2, 'F6: absent, hidden and out of reach are told in the same words; too many in others');
  t.match(await backend.exchange(fine.text, { scope: 'contents:read metadata:read' }), { status: 200 });
  t.match(await backend.exchange(classic.text, { resource: uri('eve/open') }), { status: 200 });
});

t.test('RFC 8693: what is asked wrongly is told, and changes nothing', async (t) => {
  const { backend, rows, ada, acme, entries, client } = await start();
  const root = await rows.classic(ada);
  const gone = await world.person('gone', { suspended: true });
  const past = { issued_at: daysAfter(NOW, -2), expires_at: NOW };
  const subjects = [
    'x',
    `${root.text}0`,
    String(root.id),
    await world.session(ada),
    client.secret,
    'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
    (await rows.classic(ada, past)).text,
    (await rows.classic(ada, { revoked_at: NOW })).text,
    (await rows.classic(gone)).text,
    (await rows.fineGrained(ada, { owner: acme, standing: 'pending' })).text,
    (await rows.fineGrained(ada, { owner: acme, standing: 'denied' })).text,
  ];
  const texts = new Set<string>();
  for (const subject of subjects) {
    const answer = await backend.exchange(subject);
    t.match(answer, { status: 400, body: { error: 'invalid_request' } });
    texts.add(answer.text);
  }
  t.equal(texts.size, 1, 'whatever is wrong with the subject, the words are the same');
  const wrong: readonly [Record<string, string>, string][] = [
    [{ grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    [{ grant_type: '' }, 'invalid_request'],
    [{ subject_token: '' }, 'invalid_request'],
    [{ subject_token_type: '' }, 'invalid_request'],
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 'invalid_request'],
    [{ requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
    [{ actor_token: root.text }, 'invalid_request'],
    [{ actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
    [{ actor_token: 'x', actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
    [{ actor_token: subjects[6] ?? '', actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
    ...['0', '-1', '1.5', 'ten', '1e3', '0x10'].map((expires_in): [Record<string, string>, string] => [
      { expires_in },
      'invalid_request',
    ]),
  ];
  for (const [parameters, error] of wrong) {
    t.match(
      await backend.exchange(root.text, parameters),
      { status: 400, body: { error } },
      JSON.stringify(parameters),
    );
  }
  for (const name of ['scope', 'subject_token', 'expires_in', 'grant_type']) {
    const twice = await backend.exchange(root.text, { [name]: ['600', '600'] });
    t.match(twice, { status: 400, body: { error: 'invalid_request' } }, `${name} twice`);
  }
  t.equal((await backend.exchange(root.text, { mystery: 'x' })).status, 200, 'what is unknown is passed over');
  t.equal((await deps.db.selectFrom('exchanged_tokens').select('id').execute()).length, 1);
  t.equal((await entries()).length, 1);
  const weak = backendOf(inject, (await world.client(['introspect', 'revoke'])).authorization);
  t.match(await weak.exchange(root.text), { status: 403, body: { error: 'unauthorized_client' } });
  t.match((await entries()).at(-1), { action: 'personal_access_token.exchange', outcome: 'refused' });
  const nobody = await inject({ method: 'POST', url: '/oauth/token', payload: '' });
  t.match([nobody.statusCode, nobody.headers['www-authenticate']], [401, /^Basic/]);
});

t.test('T3: life is cut to an hour and to what is left of the subject; both sides of the end', async (t) => {
  const { backend, rows, ada, made, status } = await start();
  const lasting = await rows.classic(ada, { expires_at: null });
  const short = await rows.classic(ada, { expires_at: new Date(NOW.getTime() + 90_500) });
  const lives: readonly [string, string | null, number][] = [
    [lasting.text, null, 3600],
    [lasting.text, '3599', 3599],
    [lasting.text, '3601', 3600],
    [lasting.text, '999999999', 3600],
    [lasting.text, '1', 1],
    [short.text, null, 90],
    [short.text, '90', 90],
    [short.text, '91', 90],
  ];
  for (const [subject, expires_in, expected] of lives) {
    const answer = await backend.exchange(subject, expires_in === null ? {} : { expires_in });
    t.equal(answer.body.expires_in, expected, `asked ${expires_in}`);
  }
  const child = await made(lasting.text, { expires_in: '600' });
  const grandchild = await backend.exchange(child, { expires_in: '601' });
  t.equal(grandchild.body.expires_in, 600, 'nor longer than an exchanged one');
  clock.set(new Date(NOW.getTime() + 600_000 - 1));
  t.same([await status(child), (await backend.introspect(child)).body.active], [200, true]);
  clock.set(new Date(NOW.getTime() + 600_000));
  t.same([await status(child), (await backend.introspect(child)).text], [401, '{"active":false}']);
  t.equal(await status(grandchild.body.access_token), 401);
  t.equal(await status(lasting.text), 200, 'its token lives on');
  t.match(await backend.exchange(child), { status: 400, body: { error: 'invalid_request' } });
});

t.test('T3: at most three exchanges follow each other, each within the one before', async (t) => {
  const { backend, rows, ada, made } = await start();
  const root = await rows.classic(ada, { scopes: ['repo', 'user', 'gist'] });
  const first = await made(root.text, { scope: 'repo user' });
  const second = await made(first, { scope: 'repo' });
  const third = await made(second, { scope: 'public_repo' });
  t.match(await backend.exchange(third), { status: 400, body: { error: 'invalid_request' } });
  t.match(await backend.exchange(first, { scope: 'gist' }), { status: 400, body: { error: 'invalid_scope' } });
  t.match(await backend.exchange(third, { scope: 'repo' }), { status: 400 });
  const jtis = new Set<string>();
  for (const text of [root.text, first, second, third]) jtis.add((await backend.introspect(text)).body.jti);
  t.equal(jtis.size, 4, 'each has its own jti');
  t.equal((await backend.introspect(third)).body.scope, 'public_repo');
});

t.test('T3: who acts for the holder is told, the last one first', async (t) => {
  const { backend, rows, ada, made, entries } = await start();
  const [bob, eve] = [await world.person('bob'), await world.person('eve')];
  const actor = async (who: typeof bob) => ({
    actor_token: (await rows.classic(who)).text,
    actor_token_type: ACCESS_TOKEN,
  });
  const root = await rows.classic(ada, { scopes: ['repo'] });
  const first = await made(root.text, await actor(bob));
  t.same((await backend.introspect(first)).body.act, { sub: String(bob.id) });
  t.equal((await backend.introspect(first)).body.sub, String(ada.id), 'the rights stay the holder’s');
  const second = await made(first, await actor(eve));
  t.same((await backend.introspect(second)).body.act, { sub: String(eve.id), act: { sub: String(bob.id) } });
  const third = await made(second);
  t.same((await backend.introspect(third)).body.act, { sub: String(eve.id), act: { sub: String(bob.id) } });
  t.same((await entries()).at(-1)?.data, {
    ...((await entries()).at(-1)?.data as object),
    actor_ids: [eve.id, bob.id],
  });
});

t.test('T3, T6: a text with an audience is inactive, or 401, for everybody else', async (t) => {
  const { backend, rows, ada, acme, made, status, allowed } = await start();
  const root = await rows.classic(ada, { scopes: ['repo'] });
  const of_a = await made(root.text, { audience: 'https://a.test' });
  const of_both = await made(root.text, { audience: ['https://a.test', 'https://b.test'] });
  t.equal((await backend.introspect(of_a)).body.aud, 'https://a.test');
  t.same((await backend.introspect(of_both)).body.aud, ['https://a.test', 'https://b.test']);
  t.equal((await backend.introspect(await made(of_a))).body.aud, 'https://a.test', 'absent: that of the subject');
  t.equal((await backend.introspect(await made(root.text))).body.aud, undefined);
  const other = backendOf(inject, (await world.client([...ALL], 'all', ['https://b.test'])).authorization);
  const none = backendOf(inject, (await world.client([...ALL])).authorization);
  for (const client of [other, none]) {
    t.equal((await client.introspect(of_a)).text, '{"active":false}');
    const denied = await client.evaluate(ask(of_a, 'contents:read', ['repository', 'acme/web']));
    t.match(denied.body, { decision: false, context: { reason: 'bad_credential', status: 401 } });
    t.match(await client.exchange(of_a), { status: 400, body: { error: 'invalid_request' } });
  }
  t.equal((await other.introspect(of_both)).body.active, true, 'one in common is enough');
  t.equal((await none.introspect(await made(root.text))).body.active, true, 'without an audience it is for all');
  t.equal(await allowed(of_a, 'contents:read', 'acme/web'), true);
  t.same([await status(of_a), await status(await made(root.text))], [401, 200], 'this API is none of them');
  const { public_url } = deps.config;
  const own = backendOf(inject, (await world.client([...ALL], 'all', [public_url])).authorization);
  const for_us = (await own.exchange(root.text, { audience: public_url })).body.access_token;
  t.equal(await status(for_us), 200, 'unless it is');
  const bound = backendOf(inject, (await world.client([...ALL], [acme])).authorization);
  const eve = await world.person('eve');
  const hers = await rows.classic(eve, { scopes: ['repo'] });
  t.match(await bound.exchange(hers.text), { status: 400, body: { error: 'invalid_request' } }, 'T6');
  const acting = (actor_token: string) => bound.exchange(root.text, { actor_token, actor_token_type: ACCESS_TOKEN });
  t.match(await acting(hers.text), { status: 400, body: { error: 'invalid_request' } }, 'T6: nor who acts');
  t.equal((await acting(root.text)).status, 200, 'control');
  const child_of_hers = await made(hers.text);
  t.equal((await bound.introspect(child_of_hers)).text, '{"active":false}');
  await bound.revoke(child_of_hers);
  t.equal((await backend.introspect(child_of_hers)).body.active, true);
});

t.test('T3: it dies with the very text that made it, with every one before it, and never comes back', async (t) => {
  const { backend, rows, ada, made, status, entries } = await start();
  const session = await world.session(ada);
  const regenerate = (id: number, overlap_seconds: number) =>
    inject({
      method: 'POST',
      url: `/user/personal-access-tokens/${id}/regenerate`,
      headers: bearer(session),
      payload: { overlap_seconds },
    });
  const chain = async (of: string) => {
    const first = await made(of);
    const second = await made(first);
    return [first, second, await made(second)] as const;
  };
  const root = await rows.classic(ada, { scopes: ['repo'] });

  const [first, second, third] = await chain(root.text);
  await backend.revoke(second);
  t.same([await status(first), await status(second), await status(third)], [200, 401, 401], 'ending leaves its parent');
  t.equal(await status(root.text), 200);
  await Promise.all([backend.revoke(first), backend.revoke(first), backend.revoke(third)]);
  t.equal(await status(first), 401);
  const ends = (await entries()).filter(({ operation_type }) => operation_type === 'remove');
  t.same(
    ends.map((each) => [each.action, each.managed_token_id, each.managed_hashed_token]),
    [second, first].map((text) => ['oauth_access.revoke', root.id, digestOf(text)]),
    'L1: one entry for each that ended by itself',
  );

  const [top, ...below] = await chain(root.text);
  await backend.revoke(top);
  for (const text of below) t.equal(await status(text), 401, 'with every one before it, however far');

  const overlapping = await chain(root.text);
  const newer = JSON.parse((await regenerate(root.id, 60)).body).token;
  const of_newer = await made(newer);
  for (const text of overlapping) t.equal(await status(text), 200, 'M8: the older text is in overlap');
  t.equal((await backend.exchange(root.text)).body.expires_in, 60, 'and so long lives what it makes');
  clock.set(new Date(NOW.getTime() + 60_000));
  for (const text of overlapping) t.equal(await status(text), 401);
  t.equal(await status(of_newer), 200, 'made by the newer text');
  t.equal((await regenerate(root.id, 0)).statusCode, 201);
  t.equal(await status(of_newer), 401, 'M8: without overlap it dies at once');

  const other = await rows.fineGrained(ada, { permissions: { contents: 'read' }, selection: 'all' });
  const [child] = await chain(other.text);
  await deps.db.updateTable('users').set({ suspended_at: NOW }).where('id', '=', ada.id).execute();
  t.equal(await status(child), 401, 'M10');
  await deps.db.updateTable('users').set({ suspended_at: null }).where('id', '=', ada.id).execute();
  t.equal(await status(child), 200);
  await backend.revoke(other.text);
  t.equal(await status(child), 401, 'M9');

  const deleted = await rows.classic(ada);
  const of_deleted = await made(deleted.text);
  const url = `/user/personal-access-tokens/${deleted.id}`;
  t.equal((await inject({ method: 'DELETE', url, headers: bearer(session) })).statusCode, 204);
  t.equal(await status(of_deleted), 401);
});

t.test('T2: a leak report with an exchanged text ends the whole token; with a dead one nothing', async (t) => {
  const { rows, ada, made, status, backend } = await start();
  const report = (texts: readonly string[]) =>
    inject({ method: 'POST', url: '/credentials/revoke', payload: { credentials: texts } });
  const [root, kept] = [await rows.classic(ada), await rows.classic(ada)];
  const [ended, over] = [await made(kept.text), await made(kept.text, { expires_in: '1' })];
  const below = await made(ended);
  await backend.revoke(ended);
  clock.set(new Date(NOW.getTime() + 1000));
  t.equal((await report([ended, over, below])).statusCode, 202);
  t.equal(await status(kept.text), 200);
  const child = await made(root.text);
  const sibling = await made(root.text);
  t.equal((await report([await made(child)])).statusCode, 202);
  for (const text of [root.text, child, sibling]) t.equal(await status(text), 401);
  const notified = await deps.db.selectFrom('notifications').select(['type', 'token_id', 'reason']).execute();
  t.same(notified, [{ type: 'token_revoked', token_id: root.id, reason: 'leaked' }]);
});

t.test('T3, M7, M10: what its token loses it loses at once, and what its token gains it does not', async (t) => {
  const { rows, ada, acme, web, made, allowed, backend, uri } = await start();
  const root = await rows.classic(ada, { scopes: ['repo', 'read:org'] });
  const child = await made(root.text);
  const set = (scopes: string[]) => deps.db.updateTable('tokens').set({ scopes }).where('id', '=', root.id).execute();
  await set(['public_repo', 'read:org', 'gist']);
  t.equal((await backend.introspect(child)).body.scope, 'public_repo read:org');
  t.equal(await allowed(child, 'contents:read', 'acme/web'), false);
  await set(['repo', 'admin:org']);
  t.equal((await backend.introspect(child)).body.scope, 'repo read:org', 'never more than when it was made');
  await set([]);
  t.match((await backend.introspect(child)).body, { active: true, scope: '' });

  const fine = await rows.fineGrained(ada, { owner: acme, permissions: { contents: 'read' }, selection: 'all' });
  const of_fine = await made(fine.text, { resource: uri('acme/web') });
  await deps.db.deleteFrom('grants').execute();
  t.match((await backend.introspect(of_fine)).body, {
    ...{ active: true, state: 'denied', scope: '', permissions: {}, repository_selection: 'none', repositories: [] },
  });
  t.equal(await allowed(of_fine, 'contents:read', 'acme/web'), false);

  const again = await rows.fineGrained(ada, { owner: acme, permissions: { contents: 'read' }, selection: 'all' });
  const of_again = await made(again.text, { resource: uri('acme/web') });
  const session = await world.session(ada);
  const transfer = (from: string, new_owner: string) =>
    inject({ method: 'POST', url: `/repos/${from}/web/transfer`, headers: bearer(session), payload: { new_owner } });
  t.equal((await transfer('acme', 'ada')).statusCode, 202);
  t.equal((await transfer('ada', 'acme')).statusCode, 202);
  t.equal(await allowed(again.text, 'contents:read', 'acme/web'), true, 'present and future ones');
  t.equal(await allowed(of_again, 'contents:read', 'acme/web'), false, 'a selection is left for good');
  t.same((await backend.introspect(of_again)).body.repositories, []);
  t.equal(web.name, 'web');
});

t.test(
  'T3, M10: a repository that is transferred and returns while a text is exchanged is in no selection',
  async (t) => {
    const { backend, rows, ada, acme, web, uri, made, allowed } = await start();
    const root = await rows.fineGrained(ada, { owner: acme, permissions: { contents: 'read' }, selection: 'all' });
    const exchanges = [{}, { resource: uri('acme/web') }] as const;
    for (const parameters of exchanges) {
      const parent = await made(root.text, { resource: [uri('acme/web'), uri('acme/api')] });
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      let locked = () => {};
      const is_locked = new Promise<void>((resolve) => {
        locked = resolve;
      });
      // There and back again: what stays of it is that it has left every selection.
      const transferring = deps.db.transaction().execute(async (transaction) => {
        await lockRepository(transaction, { id: web.id, owner_id: acme.id });
        locked();
        await released;
        await deleteFromSelections(transaction, [web.id]);
      });
      await is_locked;
      const exchanging = backend.exchange(parent, parameters);
      while ((await waiting(deps)) === 0) await Promise.resolve();
      release();
      await transferring;
      const { status, body } = await exchanging;
      if ('resource' in parameters) t.match({ status, body }, { status: 400, body: { error: 'invalid_target' } });
      else t.equal(await allowed(body.access_token, 'contents:read', 'acme/web'), false);
      t.equal(await allowed(parent, 'contents:read', 'acme/web'), false);
      t.equal(await allowed(root.text, 'contents:read', 'acme/web'), true);
    }
  },
);

t.test('K7, M9: it is no session, its use is its token’s, and an id does not name it', async (t) => {
  const { rows, ada, made, status, backend, acme } = await start();
  const root = await rows.classic(ada, { scopes: ['repo', 'admin:org'] });
  const child = await made(root.text);
  t.equal(await status(child, '/user/personal-access-tokens'), 403);
  const policy = { method: 'PATCH', url: `/orgs/${acme.login}/settings/personal-access-tokens`, payload: {} } as const;
  t.equal((await inject({ ...policy, headers: bearer(child) })).statusCode, 403);
  await deps.last_use.flush();
  await deps.db.updateTable('tokens').set({ last_used_at: null }).execute();
  await status(child);
  await deps.last_use.flush();
  const used = await deps.db.selectFrom('tokens').select('last_used_at').executeTakeFirstOrThrow();
  t.same(used.last_used_at, NOW);
  const { jti } = (await backend.introspect(child)).body;
  const by_id = await backend.evaluate(ask(jti, 'contents:read', ['repository', 'acme/web']));
  t.match(by_id.body, { decision: false, context: { reason: 'bad_credential' } });
  const by_text = await backend.evaluate(ask(child, 'contents:read', ['repository', 'acme/web']));
  t.match(by_text.body, { decision: true, context: { token_id: root.id, holder: { login: 'ada' } } });
  const made_there = await inject({
    ...{ method: 'POST', url: '/user/repos', headers: bearer(child) },
    payload: { name: 'by-child', visibility: 'private' },
  });
  t.equal(made_there.statusCode, 201);
  const entry = await deps.db
    .selectFrom('audit_entries')
    .selectAll()
    .where('action', '=', 'repo.create')
    .executeTakeFirstOrThrow();
  t.match(entry, { token_id: root.id, hashed_token: digestOf(child) }, 'L2: the text that was presented');
});

t.test('a job takes dead rows away, a client takes its own with it, and nothing else changes', async (t) => {
  const { rows, ada, made, status, client } = await start();
  const root = await rows.classic(ada, { expires_at: null });
  const [short, long] = [await made(root.text, { expires_in: '60' }), await made(root.text)];
  await made(short);
  const count = async () => (await deps.db.selectFrom('exchanged_tokens').select('id').execute()).length;
  clock.set(new Date(NOW.getTime() + 60_000 - 1));
  await removeDeadRows(deps, new AbortController().signal);
  t.equal(await count(), 3);
  clock.set(new Date(NOW.getTime() + 60_000));
  await removeDeadRows(deps, new AbortController().signal);
  t.same([await count(), await status(long)], [1, 200]);
  const admin = await world.session(await world.person('root', { site_admin: true }));
  const url = `/admin/clients/${client.client_id}`;
  t.equal((await inject({ method: 'DELETE', url, headers: bearer(admin) })).statusCode, 204);
  t.same([await count(), await status(long), await status(root.text)], [0, 401, 200]);
});

t.test('T3: an exchange that races what ends its token leaves no live text', async (t) => {
  const { backend, rows, ada, status } = await start();
  const session = await world.session(ada);
  const url = (id: number) => `/user/personal-access-tokens/${id}`;
  const ends: readonly ((token: { id: number; text: string }) => Promise<unknown>)[] = [
    ({ text }) => backend.revoke(text),
    ({ id }) => inject({ method: 'DELETE', url: url(id), headers: bearer(session) }),
    ({ id }) => inject({ method: 'POST', url: `${url(id)}/regenerate`, headers: bearer(session), payload: {} }),
    ({ text }) => inject({ method: 'POST', url: '/credentials/revoke', payload: { credentials: [text] } }),
  ];
  for (const end of ends) {
    const root = await rows.classic(ada, { scopes: ['repo'] });
    const child = (await backend.exchange(root.text)).body.access_token as string;
    const racing = [root.text, child, root.text, child, root.text].map((text) => backend.exchange(text));
    const [, ...answers] = await Promise.all([end(root), ...racing]);
    for (const { status: answered, body } of answers) {
      t.ok(answered === 200 || body.error === 'invalid_request', `${answered} ${body.error ?? ''}`);
      if (answered === 200) t.equal(await status(body.access_token), 401);
    }
    t.equal(await status(child), 401);
  }
  const root = await rows.classic(ada, { scopes: ['repo'] });
  const parent = (await backend.exchange(root.text)).body.access_token as string;
  const racing = Array.from({ length: 5 }, () => backend.exchange(parent));
  const [, ...answers] = await Promise.all([backend.revoke(parent), ...racing]);
  for (const { status: answered, body } of answers) {
    if (answered === 200) t.equal(await status(body.access_token), 401, 'nor below an exchanged one');
  }
  t.equal(await status(root.text), 200);
});
