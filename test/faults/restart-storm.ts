// F14: twenty nodes start at once over a database under load, and then PostgreSQL is killed beneath all of them (promises P10): no more
// connections than are allowed, all of them ready soon after, and nobody is let in by default.

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { eventually } from '../support/service.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import { type MadeToken, type Node, type Rig, startNode } from './rig/rig.ts';
import { type Scenario, tell } from './scenario.ts';

const NODES = 20;
const POOL = 3;
const CONNECTIONS_MAX = POOL + 2;
/** promises P10. */
const RECOVERED_MS_MAX = 15_000;
const SETTINGS = { DATABASE_POOL: String(POOL), LOG_LEVEL: 'warn' };

/** Looks again and again how many connections the service has, until it is told to stop. */
function watchConnections({ postgres }: Rig): () => Promise<number> {
  let [most, is_over] = [0, false];
  const looking = (async () => {
    while (!is_over) {
      const found = await postgres
        .execute(`select count(*)::int as n from pg_stat_activity where application_name like 'gatehouse%'`)
        .catch(() => []);
      most = Math.max(most, Number(found[0]?.n ?? 0));
      await delay(20);
    }
  })();
  return async () => {
    is_over = true;
    await looking;
    return most;
  };
}

/** Asks all of them about what lives and what is gone, without a pause, until it is told to stop. */
function load(rig: Rig, nodes: readonly Node[], { live, gone }: { live: MadeToken; gone: MadeToken }) {
  let [is_over, answered, let_in, denied] = [false, 0, 0, 0];
  const work = nodes.map(async (node) => {
    while (!is_over) {
      const [of_live, of_gone] = await Promise.all([rig.check(node, live), rig.check(node, gone)]);
      if (of_live === true) answered += 1;
      if (of_live === false) denied += 1;
      if (of_gone === true) let_in += 1;
      if (of_live === null) await delay(50);
    }
  });
  return async () => {
    is_over = true;
    await Promise.all(work);
    return { answered, let_in, denied };
  };
}

async function storm(t: Test, rig: Rig): Promise<void> {
  const [first] = rig.nodes;
  if (first === undefined) return;
  const [live, gone] = [await rig.token(first), await rig.token(first)];
  await rig.end(first, gone);
  const connections = watchConnections(rig);
  const began = performance.now();
  const nodes = await Promise.all(
    Array.from({ length: NODES }, (_, index) =>
      startNode(t, { name: `n${index}`, plant: null, url: rig.postgres.url, settings: SETTINGS }),
    ),
  );
  tell(t, `${NODES} nodes started at once in ${Math.round(performance.now() - began)} ms`);
  const stop = load(rig, nodes, { live, gone });
  for (const node of nodes) await eventually(async () => (await rig.check(node, live)) === true);
  await rig.postgres.kill();
  await rig.postgres.start();
  const up_at = performance.now();
  await Promise.all(nodes.map((node) => eventually(async () => (await rig.check(node, live)) === true)));
  const recovered_ms = performance.now() - up_at;
  const { answered, let_in, denied } = await stop();
  const most = await connections();
  const allowed = NODES * CONNECTIONS_MAX + CONNECTIONS_MAX + 8;
  tell(
    t,
    `all answer ${Math.round(recovered_ms)} ms after PostgreSQL took connections; at most ${most} connections; ${answered} answers`,
  );
  t.ok(recovered_ms <= RECOVERED_MS_MAX, `recovered within ${RECOVERED_MS_MAX} ms`);
  t.ok(most <= allowed, `${most} connections of ${allowed}`);
  t.equal(let_in, 0, 'nobody is let in by default');
  t.equal(denied, 0, 'nor denied: a fault is no decision (F3)');
}

export const restartStorm: Scenario = {
  ids: ['F14'],
  title: 'twenty nodes start at once, and PostgreSQL beneath them',
  run: async (t) => {
    await t.test('sound', async (t) => storm(t, await startEmbeddedRig(t, [null], SETTINGS)));
    await t.test('control: a node that opens what it likes is found', async (t) => {
      const rig = await startEmbeddedRig(t, ['no cap on connections'], SETTINGS);
      const [node] = rig.nodes;
      if (node === undefined) return;
      const connections = watchConnections(rig);
      const tokens = await Promise.all(Array.from({ length: 40 }, () => rig.token(node).catch(() => null)));
      t.ok(tokens.some(Boolean));
      const most = await connections();
      t.ok(most > CONNECTIONS_MAX, `${most} connections`);
    });
  },
};
