// A streaming replica answers checks where that is as good as the primary (promises P2, P4), and nowhere else.

import type pg from 'pg';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import { isReplicaOf } from '../../src/db/replica.ts';
import { switchOffJit } from '../../src/db/switch-off-jit.ts';
import { createStrictFacts } from '../../src/facts/strict.ts';
import { buildApp } from '../../src/http/app.ts';
import { printMetrics } from '../../src/metric-print.ts';
import { digestOf, newText } from '../../src/secrets.ts';
import { ask, backendOf } from '../support/backend.ts';
import { createDatabase } from '../support/database.ts';
import { eventually } from '../support/service.ts';
import { type ReplicatedServer, replicatedServer } from '../support/streaming-replica.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

function poolOf(t: Test, url: string): pg.Pool {
  const limits = { connections_max: 4, request_timeout_ms: 20_000, onIdleError: () => undefined };
  const pool = openPool({ url, ...limits });
  t.teardown(() => pool.end());
  return pool;
}

/** A node that remembers nothing, so that every check is asked of a database. */
async function startNode(t: Test, { primary_url, replica_url }: ReplicatedServer) {
  const [pool, replica_pool] = [poolOf(t, primary_url), poolOf(t, replica_url)];
  const config = loadConfig({ CACHE_MIB: '0' });
  const deps = composeDeps({ pool, replica_pool, config, clock: () => new Date(), log: pino({ level: 'silent' }) });
  const app = await buildApp(deps);
  t.teardown(() => app.close());
  t.teardown(() => deps.freshness.stop());
  return { deps, pool, replica_pool, inject: app.inject.bind(app) };
}

async function outcomes(outcome: string): Promise<number> {
  const { text } = await printMetrics();
  return Number(new RegExp(`^gatehouse_replica_answers_total{outcome="${outcome}"} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

t.test('a replica answers what it may', async (t) => {
  const server = await replicatedServer(t);
  if (server === null) return;
  const [first, second] = [await startNode(t, server), await startNode(t, server)];
  const world = worldOf(first.deps);
  const rows = tokenRowsOf(first.deps);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  await world.repository(acme, 'mill');
  const { authorization } = await world.client(['evaluate', 'revoke']);
  const at = (node: typeof first) => backendOf(node.inject as never, authorization);
  const token = async () => (await rows.classic(ada, { scopes: ['repo'] })).text;
  const may = async (node: typeof first, text: string, repository = 'acme/mill', headers = {}) =>
    (await at(node).evaluate(ask(text, 'contents:write', ['repository', repository]), headers)).body.decision;
  const revoke = async (text: string) => String((await at(first).revoke(text)).headers['x-consistency-token']);
  /** Until the answer is the replica's. */
  const becomesUsed = (node: typeof first, text: string, repository?: string) =>
    eventually(async () => {
      const before = await outcomes('used');
      return (await may(node, text, repository)) && (await outcomes('used')) > before;
    }, 10_000);
  const lasting = await token();

  await t.test('with the same answers', async (t) => {
    await becomesUsed(first, lasting);
    await becomesUsed(second, lasting);
    t.ok(await may(first, lasting));
    const ended = await token();
    await becomesUsed(first, ended);
    await revoke(ended);
    t.notOk(await may(first, ended), 'at once where it was ended');
    await eventually(async () => !(await may(second, ended)), 5000);
    await becomesUsed(first, lasting);
    const before = await outcomes('absent');
    t.equal(await may(first, lasting, 'acme/none'), false);
    t.equal(await may(first, newText('classic', 'gth')), false);
    t.equal(await outcomes('absent'), before + 2, 'what is not there is asked of the primary');
    const eve = await world.person('eve');
    await world.repository(eve, 'hers');
    const of_eve = (await rows.classic(eve, { scopes: ['repo'] })).text;
    await becomesUsed(first, of_eve, 'eve/hers');
    const told = await outcomes('absent');
    t.equal(await may(first, of_eve), false);
    t.equal(await outcomes('absent'), told + 1, 'F6: and so is what is hidden from who asks');
  });

  await t.test('nothing is compiled for each look at the changes', async (t) => {
    const { rows: compilers } = await server.onPrimary('select pg_jit_available() as is_there');
    const is_there = compilers[0]?.is_there === true;
    const { rows: settings } = await first.replica_pool.query('show jit');
    t.same(settings, [{ jit: is_there ? 'off' : 'on' }]);
    const of_another = new URL(server.primary_url);
    of_another.pathname = '/postgres';
    t.equal(await switchOffJit(of_another.href), !is_there, 'where the database is not the role’s own, it is said');
  });

  await t.test('P2, P4: one that has stopped to replay says what was so, and is not believed', async (t) => {
    const ended = await token();
    await becomesUsed(second, ended);
    await server.onReplica('select pg_wal_replay_pause()');
    const told = await revoke(ended);
    const alone = createStrictFacts(second.replica_pool, () => new Date());
    const subject = { type: 'token_text', digest: digestOf(ended) } as const;
    const seen = await alone.load({ subject, resource: { type: 'none' }, bounded_client_id: null });
    t.equal(seen.subject.type === 'token' && seen.subject.token.revoked_at, null, 'alone it would still say yes');
    t.notOk(await may(first, ended));
    t.notOk(
      await may(second, ended, 'acme/mill', { 'x-consistency-token': told }),
      'on another node, by the token of the change',
    );
    t.notOk(await may(second, ended));
    await world.repository(acme, 'wheel');
    t.ok(await may(second, lasting, 'acme/wheel'), 'what it has not heard of is there');
    t.ok((await outcomes('behind')) > 0);
    await server.onReplica('select pg_wal_replay_resume()');
    await becomesUsed(second, lasting);
    t.notOk(await may(second, ended));
  });

  await t.test('a server that is none is known', async (t) => {
    t.ok(await isReplicaOf(first.replica_pool, first.pool));
    const { pool: another } = await createDatabase(t);
    t.notOk(await isReplicaOf(another, first.pool), 'another cluster');
    t.notOk(await isReplicaOf(first.pool, first.pool), 'the primary itself');
    t.notOk(await isReplicaOf(first.replica_pool, first.replica_pool), 'a replica in the place of the primary');
  });

  await t.test('a replica that was promoted goes its own way, and is not followed', async (t) => {
    const ended = await token();
    await becomesUsed(first, ended);
    const lost = await token();
    await becomesUsed(first, lost);
    await server.onReplica('select pg_promote()');
    // It counts on by itself: by the numbers of its commits it is ahead of the primary.
    for (const name of 'abcde') await server.onReplica(`update accounts set profile_name = '${name}'`);
    await revoke(lost);
    t.notOk(await may(first, lost), 'it has not heard of the end, and is not believed');
    await server.onReplica(`update tokens set revoked_at = now(), revoked_reason = 'by_text'`);
    const before = await outcomes('used');
    for (let count = 0; count < 20; count += 1) t.ok(await may(first, ended));
    t.equal(await outcomes('used'), before);
  });

  await t.test('one that is gone is done without', async (t) => {
    await server.endReplica();
    t.ok(await may(first, lasting));
    t.ok(await may(second, lasting));
  });
});
