// A database that goes on with an earlier state while nodes run (faults F24): a connection that is there before the one for changes shows
// it first, and nobody is let in by what was ended.

import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { LEAP } from '../../src/db/changes.ts';
import { ask } from '../support/backend.ts';
import { FEED, startNodes } from '../support/nodes.ts';
import { eventually } from '../support/service.ts';

const REPOSITORY = ['repository', 'acme/mill'] as const;

/** A token whose end both nodes have heard of, and which the database knows nothing of any more; no node hears of that. */
async function lostEnd(t: Test) {
  const nodes = await startNodes(t);
  const { db, first, second, classic, may, warm } = nodes;
  const { id, token } = await classic();
  await warm(token);
  const { rows } = await sql<{ epoch: number }>`select epoch from change_epoch`.execute(db);
  const before = Number(rows[0]?.epoch);
  await sql`update tokens set revoked_at = now(), revoked_reason = 'leaked' where id = ${id}`.execute(db);
  for (const node of [first, second]) {
    await node.deps.freshness.catchUp();
    t.notOk(await may(node, token));
    node.way.hang(FEED);
  }
  await sql`update tokens set revoked_at = null, revoked_reason = null where id = ${id}`.execute(db);
  const goOnAt = (epoch: number) => sql`update change_epoch set epoch = ${epoch}`.execute(db);
  await goOnAt(before);
  return { ...nodes, token, goOnAt };
}

t.test('faults F24: who was ended is not let in by an earlier state, by whatever way it is asked for', async (t) => {
  const { first, second, at, token, authorization } = await lostEnd(t);
  const question = ask(token, 'contents:write', REPOSITORY);
  for (const node of [first, second]) {
    const asked = at(node);
    const ways = {
      evaluation: asked.evaluate(question),
      evaluations: asked.evaluateMany({ evaluations: [question, ask(token, 'issues:read', REPOSITORY)] }),
      introspection: asked.introspect(token),
      exchange: asked.exchange(token),
      gateway: node
        .inject({
          url: '/gateway/forward-auth',
          headers: {
            'x-gateway-authorization': authorization,
            'x-forwarded-method': 'PATCH',
            'x-forwarded-uri': '/repos/acme/mill',
            authorization: `Bearer ${token}`,
          },
        })
        .then(({ statusCode }) => ({ status: statusCode })),
      'this API': node
        .inject({ url: '/user/repos', headers: { authorization: `Bearer ${token}` } })
        .then(({ statusCode }) => ({ status: statusCode })),
    };
    for (const [way, answer] of Object.entries(ways)) t.equal((await answer).status, 503, way);
  }
  for (const node of [first, second]) node.way.heal();
  await eventually(async () => /set back/.test(first.logged() + second.logged()), 10_000);
});

t.test('faults F24: nor when another node has found that, and the numbers have leapt', async (t) => {
  const { db, first, second, at, token, goOnAt } = await lostEnd(t);
  await goOnAt(2 * LEAP);
  const evaluation = async () => (await at(second).evaluate(ask(token, 'contents:write', REPOSITORY))).status;
  t.equal(await evaluation(), 200, 'control: a database that is far ahead is none that was set back');
  await sql`update database_lineage set set_back_at = now()`.execute(db);
  t.equal(await evaluation(), 503);
  for (const node of [first, second]) node.way.heal();
});
