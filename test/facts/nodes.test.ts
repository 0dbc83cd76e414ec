// Nodes that remember, over one database: what ends on one of them ends on all, soon after, and never later than the bound
// (promises P1 to P4). Here nothing is fenced: the nodes are as they run.

import { sql } from 'kysely';
import { type Logger, pino } from 'pino';
import t, { type Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import type { Deps } from '../../src/deps.ts';
import { buildApp } from '../../src/http/app.ts';
import { ask, backendOf } from '../support/backend.ts';
import { createDatabase } from '../support/database.ts';
import { statementsOf } from '../support/query-count.ts';
import { eventually } from '../support/service.ts';
import { bearer, tokensOf, worldOf } from '../support/world.ts';

type Nodes = Awaited<ReturnType<typeof startNodes>>;

/** Two nodes over one database, with a person, a repository and a backend service. `at`: moves the steady clock of the second. */
async function startNodes(t: Test) {
  const { pool } = await createDatabase(t);
  let skipped_ms = 0;
  async function node(monotonic_ms: () => number) {
    const log = pino({ level: 'silent' }) as Logger;
    const deps: Deps = composeDeps({
      pool,
      config: loadConfig({ FRESHNESS_MS: '2000' }),
      clock: () => new Date(),
      log,
      monotonic_ms,
    });
    const app = await buildApp(deps);
    t.teardown(() => app.close());
    t.teardown(() => deps.freshness.stop());
    return { deps, inject: app.inject.bind(app) as typeof app.inject };
  }
  const [first, second] = [await node(() => performance.now()), await node(() => performance.now() + skipped_ms)];
  const world = worldOf(first.deps);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  await world.repository(acme, 'mill');
  const session = await world.session(ada);
  const { authorization } = await world.client(['evaluate', 'introspect']);
  const classic = () => tokensOf(first).classicToken(session, { scopes: ['repo'] });
  const at = (node: typeof first) => backendOf(node.inject as never, authorization);
  const may = async (node: typeof first, text: string, consistency_token?: string) => {
    const context = consistency_token === undefined ? {} : { context: { consistency_token } };
    return (await at(node).evaluate({ ...ask(text, 'contents:write', ['repository', 'acme/mill']), ...context })).body
      .decision;
  };
  return { first, second, world, ada, acme, session, classic, at, may, skip: (ms: number) => (skipped_ms += ms) };
}

/** Both nodes answer this token from memory. */
async function warmed(t: Test, { first, second, may }: Nodes, text: string): Promise<void> {
  for (const node of [first, second]) {
    await node.deps.freshness.catchUp();
    await may(node, text);
    await node.deps.freshness.catchUp();
    const put = await statementsOf(t, async () => t.ok(await may(node, text)));
    t.same(put, [], 'from memory');
  }
}

t.test('P1: what one node ends, it has forgotten before it answers, and the other soon after', async (t) => {
  const nodes = await startNodes(t);
  const { first, second, session, classic, may, at } = nodes;
  const { id, token } = await classic();
  await warmed(t, nodes, token);
  const ended = await first.inject({
    method: 'DELETE',
    url: `/user/personal-access-tokens/${id}`,
    headers: bearer(session),
  });
  t.equal(ended.statusCode, 204);
  t.notOk(await may(first, token), 'on the node that made the change');
  t.same((await at(first).introspect(token)).body, { active: false });
  await eventually(async () => !(await may(second, token)), 5000);
  t.same((await at(second).introspect(token)).body, { active: false });
});

t.test('P1: so it is with everything that a decision rests on', async (t) => {
  const nodes = await startNodes(t);
  const { first, second, world, session, acme, classic, may } = nodes;
  const { token } = await classic();
  const owner = bearer(session);
  const eve = await world.person('eve');
  await world.member(acme, eve, 'admin');
  const of_eve = bearer(await world.session(eve));
  const admin = bearer(await world.session(await world.person('root', { site_admin: true })));
  const settings = '/orgs/acme/settings/personal-access-tokens';
  const changes: Readonly<Record<string, readonly [() => Promise<unknown>, () => Promise<unknown>]>> = {
    'a restriction': [
      () => first.inject({ method: 'PATCH', url: settings, headers: owner, payload: { classic_tokens: 'restricted' } }),
      () => first.inject({ method: 'PATCH', url: settings, headers: owner, payload: { classic_tokens: 'allowed' } }),
    ],
    'an archived repository': [
      () => first.inject({ method: 'PATCH', url: '/repos/acme/mill', headers: owner, payload: { archived: true } }),
      () => first.inject({ method: 'PATCH', url: '/repos/acme/mill', headers: owner, payload: { archived: false } }),
    ],
    'a renamed repository': [
      () => first.inject({ method: 'PATCH', url: '/repos/acme/mill', headers: owner, payload: { name: 'wheel' } }),
      () => first.inject({ method: 'PATCH', url: '/repos/acme/wheel', headers: owner, payload: { name: 'mill' } }),
    ],
    'a membership': [
      () => first.inject({ method: 'DELETE', url: '/orgs/acme/memberships/ada', headers: of_eve }),
      () =>
        first.inject({ method: 'PUT', url: '/orgs/acme/memberships/ada', headers: of_eve, payload: { role: 'admin' } }),
    ],
    'a suspension': [
      () => first.inject({ method: 'PUT', url: '/users/ada/suspended', headers: admin }),
      () => first.inject({ method: 'DELETE', url: '/users/ada/suspended', headers: admin }),
    ],
  };
  for (const [name, [take, give]] of Object.entries(changes)) {
    await warmed(t, nodes, token);
    await take();
    t.notOk(await may(first, token), `${name}: at once here`);
    await eventually(async () => !(await may(second, token)), 5000);
    t.pass(`${name}: soon there`);
    await give();
    await eventually(async () => (await may(first, token)) && (await may(second, token)), 5000);
    t.pass(`${name}: given back`);
  }
});

t.test('P2: a node that has heard nothing for the bound answers from the database alone', async (t) => {
  const nodes = await startNodes(t);
  const { first, second, session, classic, may, skip } = nodes;
  const { id, token } = await classic();
  await warmed(t, nodes, token);
  second.deps.freshness.stop(); // It hears of nothing more, as one whose connection is half open.
  await first.inject({ method: 'DELETE', url: `/user/personal-access-tokens/${id}`, headers: bearer(session) });
  skip(2000);
  t.notOk(await may(second, token));
  const other = await classic();
  t.ok(await may(second, other.token), 'and it answers');
});

t.test('P2: a connection that is cut is opened again', async (t) => {
  const nodes = await startNodes(t);
  const { first, second, session, classic, may } = nodes;
  const { id, token } = await classic();
  await warmed(t, nodes, token);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse changes'
    and datname = current_database()`.execute(first.deps.db);
  await first.inject({ method: 'DELETE', url: `/user/personal-access-tokens/${id}`, headers: bearer(session) });
  await eventually(async () => !(await may(first, token)) && !(await may(second, token)), 10_000);
  const other = await classic();
  await warmed(t, nodes, other.token);
});

t.test('P4: a check that carries the token of a change is answered by a state that contains it', async (t) => {
  const nodes = await startNodes(t);
  const { first, second, session, classic, may, at } = nodes;
  for (let round = 0; round < 20; round += 1) {
    const { id, token } = await classic();
    await warmed(t, nodes, token);
    const ended = await first.inject({
      method: 'DELETE',
      url: `/user/personal-access-tokens/${id}`,
      headers: bearer(session),
    });
    const told = String(ended.headers['x-consistency-token']);
    t.notOk(await may(second, token, told), 'in the context of the question');
    const question = ask(token, 'contents:write', ['repository', 'acme/mill']);
    const by_header = await at(second).evaluate(question, { 'x-consistency-token': told });
    t.notOk(by_header.body.decision, 'in the header');
  }
  const question = ask('gthp_', 'contents:write', ['repository', 'acme/mill']);
  for (const forged of ['', 'x', `${'A'.repeat(60)}`]) {
    t.equal((await at(second).evaluate(question, { 'x-consistency-token': forged })).status, 400, `forged: ${forged}`);
    t.equal((await at(second).evaluate({ ...question, context: { consistency_token: forged } })).status, 400);
  }
});
