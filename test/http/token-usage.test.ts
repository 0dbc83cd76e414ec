// What tokens exercised and the narrower grant (U1), through HTTP: what counts, who is told, and of what.

import t, { type Test } from 'tap';
import { daysAfter } from '../../src/domain/lifetime.ts';
import { ask, backendOf } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { settableClock } from '../support/clock.ts';
import { gatewayOf } from '../support/gateway.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

const OWN = '/user/personal-access-tokens';
const WEB = ['repository', 'acme/web'] as const;
const DOCS = ['repository', 'acme/docs'] as const;
const OPEN = ['repository', 'acme/open'] as const;

/** Olga owns acme and initech; mona is a member of both, with the base permission `write`. */
async function start(t: Test) {
  const { clock, setTo } = settableClock();
  const { deps, inject } = await buildTestApp(t, { deps: { clock } });
  const world = worldOf(deps);
  const [olga, mona, eve] = [await world.person('olga'), await world.person('mona'), await world.person('eve')];
  const allowed = { fine_grained_tokens: 'allowed', classic_tokens: 'allowed' } as const;
  const acme = await world.organization('acme', olga, allowed);
  const initech = await world.organization('initech', olga, allowed);
  for (const each of [acme, initech]) {
    await world.member(each, mona);
    await deps.db
      .updateTable('organizations')
      .set({ default_repository_permission: 'write' })
      .where('id', '=', each.id)
      .execute();
  }
  const web = await world.repository(acme, 'web');
  const docs = await world.repository(acme, 'docs');
  await world.repository(acme, 'open', 'public');
  await world.repository(initech, 'tps');
  const client = await world.client(['evaluate', 'gateway', 'introspect', 'exchange']);
  const sessions = {
    olga: await world.session(olga),
    mona: await world.session(mona),
    eve: await world.session(eve),
  };
  /** What is told, of all that was counted so far. */
  const told = async (who: string, url: string) => {
    await deps.usage.flush();
    const { statusCode, body, headers } = await inject({ url, headers: bearer(who) });
    const { date: _date, 'x-request-id': _id, ...steady } = headers;
    const bytes = body.replace(/"request_id":"[^"]*"/, '');
    return { status: statusCode, body: JSON.parse(body), bytes, headers: Object.keys(steady).sort() };
  };
  const backend = backendOf(inject, client.authorization);
  const gateway = gatewayOf(inject, client.authorization);
  return {
    deps,
    inject,
    world,
    rows: tokenRowsOf(deps),
    olga,
    mona,
    eve,
    acme,
    initech,
    web,
    docs,
    backend,
    gateway,
    sessions,
    told,
    setTo,
  };
}

type Exercised = { permission?: string; level?: string; scope?: string; checks: number };
const short = (exercised: readonly Exercised[]) =>
  exercised.map(({ permission, level, scope, checks }) => `${scope ?? `${permission}:${level}`} ${checks}`);

t.test('U1: what was allowed to the text of a token counts, in every way in; nothing else does', async (t) => {
  const { rows, mona, acme, backend, gateway, inject, sessions, told } = await start(t);
  const permissions = { contents: 'write', issues: 'write', pages: 'read', members: 'read' } as const;
  const token = await rows.fineGrained(mona, { owner: acme, permissions, selection: 'all' });
  const mine = () => told(sessions.mona, `${OWN}/${token.id}/usage`);
  t.match((await mine()).body, {
    ...{ token_id: token.id, kind: 'fine_grained', exercised: [], repositories: [], last_exercised_on: null },
    granted: { permissions: { ...permissions, metadata: 'read' }, repository_selection: 'all' },
    unused: { ...permissions, metadata: 'read' },
    narrower_grant: { permissions: {}, repository_selection: 'none' },
    is_narrower: true,
  });

  await backend.evaluate(ask(token.text, 'contents:read', WEB));
  await backend.evaluateMany({
    ...ask(token.text, 'contents:read', WEB),
    evaluations: [{}, { action: { name: 'issues:write' } }, { action: { name: 'administration:read' } }],
  });
  await backend.evaluateMany({
    ...ask(token.text, 'pages:write', WEB),
    options: { evaluations_semantic: 'deny_on_first_deny' },
    evaluations: [{}, { action: { name: 'pages:read' } }],
  });
  t.equal((await gateway('nginx', 'GET /repos/acme/docs', bearer(token.text))).status, 200);
  t.equal((await inject({ url: '/orgs/acme/teams', headers: bearer(token.text) })).statusCode, 200);
  // None of these: by id, denied, a public read, a list that is open to all, a question what a text is worth.
  await backend.evaluate(ask(token.id, 'pages:read', DOCS));
  await backend.evaluate(ask(token.text, 'administration:write', DOCS));
  await backend.evaluate(ask(token.text, 'contents:read', OPEN));
  await inject({ url: '/user/repos', headers: bearer(token.text) });
  await backend.introspect(token.text);

  const { body } = await mine();
  t.same(short(body.exercised), ['contents:read 2', 'issues:write 1', 'members:read 1', 'metadata:read 1']);
  t.same(body.unused, { pages: 'read' });
  t.same(
    body.repositories.map((each: { full_name: string; checks: number }) => `${each.full_name} ${each.checks}`),
    ['acme/web 3', 'acme/docs 1'],
  );
  t.same(body.narrower_grant, {
    permissions: { contents: 'read', issues: 'write', members: 'read', metadata: 'read' },
    repository_selection: 'subset',
    repositories: ['acme/docs', 'acme/web'],
  });
});

t.test('U1: a token with the narrower grant does the same, and then could have no less', async (t) => {
  const { rows, mona, acme, backend, inject, sessions, told } = await start(t);
  const token = await rows.fineGrained(mona, {
    owner: acme,
    permissions: { contents: 'write', issues: 'write', pull_requests: 'write' },
    selection: 'all',
  });
  const uses = [ask(token.text, 'contents:read', WEB), ask(token.text, 'issues:write', DOCS)];
  const all = async () => {
    const answers = [];
    for (const use of uses) answers.push((await backend.evaluate(use)).body.decision);
    return answers;
  };
  t.same(await all(), [true, true]);
  const url = `${OWN}/${token.id}/usage`;
  const { narrower_grant } = (await told(sessions.mona, url)).body;
  const headers = bearer(sessions.mona);
  const patched = await inject({ method: 'PATCH', url: `${OWN}/${token.id}`, headers, payload: narrower_grant });
  t.equal(patched.statusCode, 200, 'it can be sent as it is');
  t.same(await all(), [true, true]);
  const { body } = await told(sessions.mona, url);
  t.match(body, { is_narrower: false, unused: {}, narrower_grant });
  t.same(short(body.exercised), ['contents:read 2', 'issues:write 2']);
});

t.test(
  'U1: of a classic token the narrowest scopes that were enough; repositories of others are not its business',
  async (t) => {
    const { rows, mona, backend, inject, sessions, told } = await start(t);
    const token = await rows.classic(mona, { scopes: ['repo', 'admin:org', 'user', 'gist'] });
    await backend.evaluate(ask(token.text, 'statuses:write', WEB));
    await backend.evaluate(ask(token.text, 'contents:write', OPEN));
    await backend.evaluate(ask(token.text, 'read:org', ['organization', 'acme']));
    await inject({ url: '/orgs/acme/teams', headers: bearer(token.text) });
    const { body } = await told(sessions.mona, `${OWN}/${token.id}/usage`);
    t.same(short(body.exercised), ['public_repo 1', 'read:org 2', 'repo:status 1']);
    t.same(body.unused, ['user', 'gist']);
    t.match(body, { kind: 'classic', is_narrower: true, scopes: ['repo', 'admin:org', 'user', 'gist'] });
    t.same(body.narrower_grant, { scopes: ['repo:status', 'public_repo', 'read:org'] });
    t.notOk('repositories' in body);
  },
);

t.test('U1, T3: what an exchanged token does is use of the one that it was made from', async (t) => {
  const { rows, mona, acme, backend, sessions, told } = await start(t);
  const permissions = { contents: 'write', issues: 'write' } as const;
  const token = await rows.fineGrained(mona, { owner: acme, permissions, selection: 'all' });
  const { body: exchanged } = await backend.exchange(token.text, { scope: 'issues:read' });
  await backend.evaluate(ask(exchanged.access_token, 'issues:read', WEB));
  const { body } = await told(sessions.mona, `${OWN}/${token.id}/usage`);
  t.same(short(body.exercised), ['issues:read 1']);
});

t.test('U1, F6, K7: a token of another and one that is not there are the same; no token asks for it', async (t) => {
  const { rows, mona, sessions, told } = await start(t);
  const token = await rows.classic(mona, { scopes: ['repo'] });
  const url = `${OWN}/${token.id}/usage`;
  const foreign = await told(sessions.eve, url);
  t.match(foreign, { status: 404, body: { code: 'not_found' } });
  const { bytes, headers } = await told(sessions.eve, `${OWN}/987654/usage`);
  t.same({ bytes, headers }, { bytes: foreign.bytes, headers: foreign.headers });
  t.match(await told(token.text, url), { status: 403, body: { code: 'session_required' } });
});

t.test('U1, F6: what the holder no longer sees is not named to him', async (t) => {
  const { deps, rows, mona, eve, acme, web, world, backend, sessions, told } = await start(t);
  const token = await rows.fineGrained(mona, { owner: acme, permissions: { contents: 'read' }, selection: 'all' });
  await world.collaborator(web, mona, 'read');
  for (const each of [WEB, DOCS]) await backend.evaluate(ask(token.text, 'contents:read', each));
  await deps.db
    .updateTable('organizations')
    .set({ default_repository_permission: 'none' })
    .where('id', '=', acme.id)
    .execute();
  const { body } = await told(sessions.mona, `${OWN}/${token.id}/usage`);
  t.same(body.narrower_grant.repositories, ['acme/web']);
  t.same(
    body.repositories.map((each: { full_name: string }) => each.full_name),
    ['acme/web'],
  );
  await deps.db.updateTable('repositories').set({ owner_id: eve.id }).where('id', '=', web.id).execute();
  t.same(
    (await told(sessions.mona, `${OWN}/${token.id}/usage`)).body.repositories,
    [],
    'nor what went to another owner',
  );
});

t.test('U1: owners are told of their organization only, others are not', async (t) => {
  const { rows, mona, olga, acme, initech, backend, sessions, told } = await start(t);
  const let_in = await rows.fineGrained(mona, {
    owner: acme,
    permissions: { contents: 'write', issues: 'read' },
    selection: 'all',
  });
  const elsewhere = await rows.fineGrained(mona, {
    owner: initech,
    permissions: { contents: 'read' },
    selection: 'all',
  });
  const classic = await rows.classic(mona, { scopes: ['repo', 'admin:org'] });
  await rows.classic(mona, { scopes: ['repo'] });
  await backend.evaluate(ask(let_in.text, 'contents:read', WEB));
  await backend.evaluate(ask(elsewhere.text, 'contents:read', ['repository', 'initech/tps']));
  await backend.evaluate(ask(classic.text, 'statuses:read', WEB));
  await backend.evaluate(ask(classic.text, 'contents:write', ['repository', 'initech/tps']));
  const list = '/orgs/acme/personal-access-token-usage';
  const { status, body } = await told(sessions.olga, list);
  t.equal(status, 200);
  t.same(
    body.map((each: { token_id: number }) => each.token_id),
    [classic.id, let_in.id],
    'not those that were never here',
  );
  t.match(body[0], { kind: 'classic', owner: { login: 'mona' }, narrower_grant: { scopes: ['repo:status'] } });
  t.same(short(body[0].exercised), ['repo:status 1'], 'and not what was done elsewhere');
  t.notOk('id' in body[0]);
  t.match(body[1], { kind: 'fine_grained', owner: { login: 'mona' }, unused: { issues: 'read' } });
  t.same(body[1].narrower_grant.repositories, ['acme/web']);
  const paged = await told(sessions.olga, `${list}?per_page=1&page=2`);
  t.same(
    paged.body.map((each: { token_id: number }) => each.token_id),
    [let_in.id],
  );

  const { id } = body[1];
  const grant = `/orgs/acme/personal-access-tokens/${id}/usage`;
  t.same((await told(sessions.olga, grant)).body, body[1], 'a grant by itself is told the same');
  const [foreign] = (await told(sessions.olga, '/orgs/initech/personal-access-token-usage')).body.filter(
    (each: { kind: string }) => each.kind === 'fine_grained',
  );
  const of_other = await told(sessions.olga, `/orgs/acme/personal-access-tokens/${foreign.id}/usage`);
  t.match(of_other, { status: 404, body: { code: 'not_found' } });
  t.equal(of_other.bytes, (await told(sessions.olga, '/orgs/acme/personal-access-tokens/987654/usage')).bytes);

  for (const url of [list, grant]) {
    t.match(await told(sessions.mona, url), { status: 403, body: { code: 'role_missing' } });
    t.match(await told(sessions.eve, url), { status: 403 });
    t.match(await told(classic.text, url), { status: 403, body: { code: 'role_missing' } });
  }
  const reading = await rows.fineGrained(olga, {
    owner: acme,
    permissions: { organization_personal_access_tokens: 'read' },
  });
  t.equal((await told(reading.text, grant)).status, 200, 'the permission of that name');
  t.match(await told(reading.text, list), { status: 403, body: { code: 'permission_missing' } });
});

t.test('U1: thirty days are told, and what was denied since keeps what it exercised', async (t) => {
  const { deps, rows, mona, acme, backend, sessions, told, setTo } = await start(t);
  const expires_at = daysAfter(deps.clock(), 90);
  const token = await rows.fineGrained(mona, {
    expires_at,
    owner: acme,
    permissions: { contents: 'read' },
    selection: 'all',
  });
  await backend.evaluate(ask(token.text, 'contents:read', WEB));
  const url = `${OWN}/${token.id}/usage`;
  await deps.db.deleteFrom('grants').where('token_id', '=', token.id).execute();
  const { body } = await told(sessions.mona, url);
  t.match(body, { granted: null, narrower_grant: null, unused: {}, is_narrower: false });
  t.same(short(body.exercised), ['contents:read 1']);
  t.equal(body.since, body.last_exercised_on);
  await deps.db
    .updateTable('sessions')
    .set({ expires_at: new Date('2100-01-01') })
    .execute();
  setTo(29);
  t.equal((await told(sessions.mona, url)).body.exercised.length, 1);
  setTo(30);
  t.match((await told(sessions.mona, url)).body, { exercised: [], last_exercised_on: null });
});
