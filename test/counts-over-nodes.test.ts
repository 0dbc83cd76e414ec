// Counts over nodes: added up by the database about once a second, by each node alone where it is away (T2, T4, T5).

import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { composeDeps } from '../src/compose.ts';
import { loadConfig } from '../src/config.ts';
import { shareCounts } from '../src/counts-over-nodes.ts';
import type { Database } from '../src/db/schema.ts';
import { buildApp } from '../src/http/app.ts';
import type { App } from '../src/http/app-type.ts';
import { newText } from '../src/secrets.ts';
import { removeDeadRows } from '../src/use-cases/service/remove-dead-rows.ts';
import { buildTestApp } from './support/build-app.ts';
import { settableClock } from './support/clock.ts';
import { createDatabase } from './support/database.ts';
import { cases } from './support/effort.ts';
import { bearer, quickHash, tokensOf, worldOf } from './support/world.ts';

const LIMITS = { count_max: 6, window_ms: 60_000 };

/** Nodes over one database, which can be made to take nothing. */
async function start(t: Test) {
  const { clock, setTo } = settableClock();
  const { deps } = await buildTestApp(t, { deps: { clock } });
  let is_broken = false;
  const db: Kysely<Database> = deps.db.withPlugin({
    transformQuery: ({ node }) => {
      if (is_broken) throw new Error('the storage is away');
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const node = (limits = LIMITS) => {
    const { windows, share } = shareCounts({ db, clock });
    const taken = (key: string) => windows('tries', limits).take(key, clock()).count;
    const full = (key: string) => windows('tries', limits).fullFor(key, clock()) !== null;
    return { windows: windows('tries', limits), taken, full, share: (everything = false) => share(everything) };
  };
  const setBroken = (broken: boolean) => {
    is_broken = broken;
  };
  return { deps, node, clock, setTo, setBroken };
}

const times = (count: number, act: () => unknown) => Array.from({ length: count }, act);

t.test(
  'T4: what nodes count is added up; a full window is known to nodes that have counted nothing, others are not touched',
  async (t) => {
    const { deps, node } = await start(t);
    const [a, b, c] = [node(), node(), node()];
    times(4, () => a.taken('here'));
    times(3, () => b.taken('here'));
    b.taken('there');
    t.same([a.full('here'), b.full('here')], [false, false], 'each knows its own');
    await a.share();
    await b.share();
    t.notOk(a.full('here'), 'what others told later is heard the next time');
    await a.share();
    await c.share();
    t.same([a.full('here'), b.full('here'), c.full('here')], [true, true, true]);
    t.same([a.full('there'), b.full('there'), c.full('there')], [false, false, false]);
    t.equal(a.taken('here'), 8, 'and goes on from there');
    const restarted = node();
    await restarted.share();
    t.ok(restarted.full('here'), 'what was told survives a restart');
    t.equal(restarted.taken('there'), 1, 'not full: it is heard of with the first that is told');
    await restarted.share();
    t.equal(restarted.taken('there'), 3);
    const { rows } = await sql<{ digest: string }>`select digest from counted_windows`.execute(deps.db);
    t.notMatch(rows.map(({ digest }) => digest).join(' '), /here/, 'keys are not told');
  },
);

t.test('T5: windows are over by the clock of the service, everywhere; ended ones go', async (t) => {
  const { deps, node, setTo } = await start(t);
  const [a, b] = [node(), node()];
  times(6, () => a.taken('here'));
  await a.share();
  await b.share();
  setTo(0, 59);
  t.ok(b.full('here'));
  setTo(0, 60);
  t.same([a.full('here'), b.full('here')], [false, false]);
  t.equal(b.taken('here'), 1);
  await b.share();
  await a.share();
  t.equal(b.taken('here'), 2, 'a window that is over does not count for the next');
  setTo(0, 180);
  await removeDeadRows(deps, new AbortController().signal);
  t.same((await sql`select digest from counted_windows`.execute(deps.db)).rows, []);
});

t.test('T5: what is given back or forgotten does not count anywhere', async (t) => {
  const { node, clock } = await start(t);
  const [a, b] = [node(), node()];
  times(3, () => a.taken('here'));
  a.windows.giveBack('here');
  await a.share();
  a.windows.giveBack('here');
  await a.share();
  b.taken('here');
  await b.share();
  t.equal(b.taken('here'), 3);
  b.windows.forget('here');
  await b.share();
  a.taken('here');
  await a.share();
  t.equal(a.windows.take('here', clock()).count, 2, 'what was counted before does not count any more');
  b.taken('here');
  b.windows.forget('here');
  t.equal(b.taken('here'), 1, 'forgotten, and begun again before it was told');
  await b.share();
  t.equal(b.taken('here'), 2);
});

t.test(
  'promises P7: where the database is away each node counts on by itself, and tells what it counted afterwards',
  async (t) => {
    const { node, setBroken } = await start(t);
    const [a, b] = [node(), node()];
    setBroken(true);
    times(3, () => a.taken('here'));
    await t.rejects(a.share(), 'it is said');
    times(2, () => a.taken('here'));
    await t.resolves(a.share(), 'but once');
    t.notOk(a.full('here'));
    a.taken('here');
    t.ok(a.full('here'), 'degraded to a limit of its own, not to none');
    setBroken(false);
    await a.share();
    await b.share();
    t.ok(b.full('here'));
    t.equal(b.taken('here'), 7, 'nothing was lost, nothing counts twice');
  },
);

t.test('of a large number less than a hundredth is not told before the end', async (t) => {
  const { deps, node } = await start(t);
  const large = { count_max: 1000, window_ms: 60_000 };
  const a = node(large);
  const told = async () => (await sql<{ count: number }>`select count from counted_windows`.execute(deps.db)).rows;
  times(9, () => a.taken('here'));
  await a.share();
  t.same(await told(), []);
  a.taken('here');
  a.taken('here');
  await a.share();
  t.same(await told(), [{ count: 11 }]);
  a.taken('here');
  await a.share(true);
  t.same(await told(), [{ count: 12 }]);
});

t.test(
  'T4: over nodes no more pass than are allowed, and for each further node what came to it within two turns',
  async (t) => {
    const { node } = await start(t);
    let made = 0;
    const turn = fc.record({
      takes: fc.array(fc.nat(4), { minLength: 3, maxLength: 3 }),
      order: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
    });
    const property = fc.asyncProperty(fc.array(turn, { maxLength: 6 }), async (turns) => {
      made += 1;
      const key = `address ${made}`;
      const nodes = [node(), node(), node()];
      let passed = 0;
      for (const { takes, order } of turns) {
        for (const [index, count] of takes.entries()) {
          times(count, () => {
            if (!nodes[index]?.full(key)) passed += 1;
            nodes[index]?.taken(key);
          });
        }
        for (const each of order) await nodes[each]?.share();
      }
      const most = Math.max(0, ...turns.flatMap(({ takes }) => takes));
      if (passed > LIMITS.count_max + 2 * 2 * most) throw new Error(`${passed} passed`);
    });
    await fc.assert(property, { numRuns: cases({ short: 15, long: 300 }) });
    t.pass();
  },
);

/** Three nodes of the service over one database. */
async function threeNodes(t: Test) {
  const { clock, setTo } = settableClock();
  const { pool } = await createDatabase(t);
  const limits = { BAD_CREDENTIALS_PER_MINUTE: '6', REVOCATION_CALLS_PER_HOUR: '4', ANONYMOUS_PER_HOUR: '5' };
  const config = loadConfig({ CACHE_MIB: '4', REQUEST_TIMEOUT_MS: '20000', ...limits });
  const node = async () => {
    const deps = composeDeps({ pool, config, clock, log: pino({ level: 'silent' }), is_fenced: true });
    const app = await buildApp(deps);
    t.teardown(async () => {
      await app.close();
      deps.freshness.stop();
    });
    const call = (remoteAddress: string, request: InjectOptions) => app.inject({ remoteAddress, ...request });
    return { deps, app, call, share: () => deps.counts.share(false) };
  };
  return { nodes: [await node(), await node(), await node()] as const, setTo };
}

t.test('T2, T4, T5: who has to wait at one node has to wait at all; other sources and logins do not', async (t) => {
  const { nodes, setTo } = await threeNodes(t);
  const [a, b] = nodes;
  const world = worldOf(a.deps);
  const password_hash = await quickHash('a long password');
  const [ada, ben] = [await world.person('ada', { password_hash }), await world.person('ben', { password_hash })];
  const { token } = await tokensOf({ inject: a.app.inject.bind(a.app) as App['inject'] }).classicToken(
    await world.session(ada),
  );
  const shareAll = async () => {
    for (const each of [...nodes, ...nodes]) {
      await each.share();
    }
  };
  const bad = () => ({ url: '/user', headers: bearer(newText('classic', 'gth')) });
  const good = { url: '/user', headers: bearer(token) };
  for (const each of [a, b, a, b, a, b]) t.equal((await each.call('192.0.2.1', bad())).statusCode, 401);
  await shareAll();
  for (const each of nodes) {
    const refused = await each.call('192.0.2.1', good);
    t.match([refused.statusCode, refused.headers['retry-after']], [429, '60'], 'T4: the address has to wait');
    t.equal((await each.call('192.0.2.2', good)).statusCode, 200, 'others have not');
  }

  const report = { method: 'POST', url: '/credentials/revoke', payload: { credentials: ['nothing'] } } as const;
  for (const each of [a, a, b, b]) t.equal((await each.call('192.0.2.3', report)).statusCode, 202);
  await shareAll();
  for (const each of nodes)
    t.equal((await each.call('192.0.2.3', report)).statusCode, 429, 'T2: of all nodes together');
  t.equal((await b.call('192.0.2.4', report)).statusCode, 202);

  const signIn = (login: string, password: string) =>
    ({ method: 'POST', url: '/sessions', payload: { login, password } }) as const;
  // Few from each address, so that none of them has to wait for itself.
  for (const [n, each] of [a, b, a, b, a, b, a, b, a, b].entries()) {
    t.equal((await each.call(`192.0.2.${50 + n}`, signIn('Ada', 'a wrong password'))).statusCode, 401);
  }
  await shareAll();
  for (const each of nodes) {
    t.equal((await each.call('192.0.2.5', signIn('ada', 'a long password'))).statusCode, 429, 'T5: ten a login');
    t.equal((await each.call('192.0.2.5', signIn('ben', 'a long password'))).statusCode, 201);
  }
  t.equal(ben.login, 'ben');

  for (const each of [a, b, a]) t.equal((await each.call('192.0.2.6', { url: '/users/ada' })).statusCode, 200);
  await shareAll();
  const { headers } = await b.call('192.0.2.6', { url: '/users/ada' });
  t.equal(headers['x-ratelimit-used'], '4', 'what is left is told of all nodes');

  setTo(0, 60);
  for (const each of nodes) t.equal((await each.call('192.0.2.1', good)).statusCode, 200, 'the minute is over');
});

const WRONG = () => newText('client', 'gth');
const basic = (client_id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`,
});

t.test(
  'promises P17: a client is tried wrongly a hundred times in an hour, wherever from; who is at work is not shut out',
  async (t) => {
    const { nodes, setTo } = await threeNodes(t);
    const [a, b, c] = nodes;
    const world = worldOf(a.deps);
    const [tried, other] = [await world.client(['introspect', 'gateway']), await world.client(['introspect'])];
    const shareAll = async () => {
      for (const each of [...nodes, ...nodes]) await each.share();
    };
    const asks = (headers: Record<string, string>): InjectOptions => ({
      method: 'POST',
      url: '/oauth/introspect',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: 'token=none',
    });
    const right = asks({ authorization: tried.authorization });
    const at_work = '198.51.100.1';
    t.equal((await a.call(at_work, right)).statusCode, 200);
    // Few from each address, so that none of them has to wait for itself.
    for (let n = 0; n < 99; n += 1) {
      const refused = await (nodes[n % 3] ?? a).call(`192.0.2.${n}`, asks(basic(tried.client_id, WRONG())));
      t.equal(refused.statusCode, 401);
      if (n % 20 === 19) await shareAll();
    }
    await shareAll();
    t.equal((await b.call('198.51.100.2', right)).statusCode, 200, '99: the right one is right');
    t.equal((await c.call('192.0.2.99', asks(basic(tried.client_id, WRONG())))).statusCode, 401);
    await shareAll();
    for (const each of nodes) {
      const refused = await each.call('203.0.113.1', right);
      t.match([refused.statusCode, refused.headers['retry-after']], [429, '3600'], '100: nothing is tried any more');
      t.equal((await each.call('203.0.113.1', asks(basic(tried.client_id, WRONG())))).statusCode, 429);
      const gateway = { 'x-gateway-authorization': tried.authorization };
      const asked = await each.call('203.0.113.1', { url: '/gateway/forward-auth', headers: gateway });
      t.equal(asked.json().code, 'gateway_unauthenticated', 'nor as a gateway');
      t.equal((await each.call(at_work, right)).statusCode, 200, 'who is at work goes on, at every node');
      t.equal((await each.call('198.51.100.2', right)).statusCode, 200);
      t.equal(
        (await each.call('203.0.113.1', asks({ authorization: other.authorization }))).statusCode,
        200,
        'others too',
      );
    }
    const variant = asks(basic(tried.client_id.toUpperCase(), tried.secret));
    t.equal((await a.call('203.0.113.1', variant)).statusCode, 401, 'another spelling is nobody');
    setTo(0, 3600);
    t.equal((await c.call('203.0.113.1', right)).statusCode, 200, 'the hour is over');
  },
);

t.test(
  'promises P17: a password is tried wrongly a hundred times in a row, whatever the login is called by then',
  async (t) => {
    const { nodes, setTo } = await threeNodes(t);
    const [a, b] = nodes;
    const world = worldOf(a.deps);
    const ada = await world.person('ada', { password_hash: await quickHash('a long password') });
    const shareAll = async () => {
      for (const each of [...nodes, ...nodes]) await each.share();
    };
    const signIn = (login: string, password: string): InjectOptions => ({
      method: 'POST',
      url: '/sessions',
      payload: { login, password },
    });
    const at_home = '198.51.100.1';
    t.equal((await a.call(at_home, signIn('ada', 'a long password'))).statusCode, 201);
    const names = ['ada', 'ADA', 'Ada', 'aDa'];
    async function guess(count: number, quarter: number): Promise<void> {
      setTo(0, quarter * 901);
      for (let n = 0; n < count; n += 1) {
        const tried = signIn(names[n % names.length] ?? 'ada', 'a wrong password');
        t.equal((await (nodes[n % 3] ?? a).call(`192.0.2.${n}`, tried)).statusCode, 401);
      }
      await shareAll();
    }
    for (let quarter = 0; quarter < 9; quarter += 1) await guess(10, quarter);
    await guess(9, 9);
    // Under another name the quarter of an hour begins anew, the row does not.
    await a.deps.db.updateTable('accounts').set({ login: 'ada-2' }).where('id', '=', ada.id).execute();
    t.equal((await b.call('203.0.113.1', signIn('ada-2', 'a wrong password'))).statusCode, 401, 'the hundredth');
    // A hundred times the same of a login that nobody has takes its time: it is only counted.
    const nobody = { of: 'person', whose: 'login nobody', address: null } as const;
    times(100, () => a.deps.credential_failures.begin(nobody));
    setTo(0, 10 * 901);
    await shareAll();
    for (const each of nodes) {
      const refused = await each.call('203.0.113.1', signIn('ada-2', 'a long password'));
      t.equal(refused.statusCode, 429);
      t.equal((await each.call('203.0.113.1', signIn('nobody', 'x'))).statusCode, 429, 'as of a login that nobody has');
    }
    t.equal((await b.call(at_home, signIn('ada-2', 'a long password'))).statusCode, 201, 'at home he is known');
    await shareAll();
    // What one forgets the others hear of when they count the next time.
    await a.call('203.0.113.1', signIn('ada-2', 'a long password'));
    await shareAll();
    t.equal((await a.call('203.0.113.1', signIn('ada-2', 'a long password'))).statusCode, 201, 'and the row is over');
  },
);
