// A database that cannot be reached (promises P2, P8): nothing is answered once nothing can be known, within a stated time; or, where a
// setting says so, what was known last, for reading only, and marked.

import t, { type Test } from 'tap';
import { ask } from '../support/backend.ts';
import { type Checked, gatewayOf, STYLES } from '../support/gateway.ts';
import { type Node, startNodes } from '../support/nodes.ts';
import { eventually } from '../support/service.ts';
import { bearer } from '../support/world.ts';

const REPOSITORY = ['repository', 'acme/mill'] as const;
const TIMEOUT_MS = 1000;

/** A node whose clock the test moves, with a token that it answers from memory in every way. */
async function startNode(t: Test, settings: Readonly<Record<string, string>>) {
  let skipped_ms = 0;
  const monotonic_ms = () => performance.now() + skipped_ms;
  const second = { monotonic_ms, settings: { REQUEST_TIMEOUT_MS: String(TIMEOUT_MS), ...settings } };
  const nodes = await startNodes(t, { second });
  const { second: node, classic, at, authorization } = nodes;
  const { token } = await classic();
  const gateway = gatewayOf(node.inject as never, authorization);
  const asked = at(node);
  /** Every way to ask for a check, as the status that was answered and how old the answer says that it is. */
  const ways = {
    'evaluation to read': () => asked.evaluate(ask(token, 'contents:read', REPOSITORY)),
    'evaluation of an operation': () => asked.evaluate(ask(token, 'GET /repos/{owner}/{repo}', REPOSITORY)),
    'evaluation of a scope': () => asked.evaluate(ask(token, 'read:org', REPOSITORY)),
    evaluations: () => asked.evaluateMany({ evaluations: [ask(token, 'contents:read', REPOSITORY)] }),
    introspection: () => asked.introspect(token),
    ...Object.fromEntries(STYLES.map((style) => [style, () => gateway(style, 'GET /repos/acme/mill', bearer(token))])),
  };
  const writes = {
    'evaluation to write': () => asked.evaluate(ask(token, 'contents:write', REPOSITORY)),
    'evaluation of a scope that writes': () => asked.evaluate(ask(token, 'repo', REPOSITORY)),
    exchange: () => asked.exchange(token),
    ...Object.fromEntries(
      STYLES.map((style) => [`${style} to write`, () => gateway(style, 'PATCH /repos/acme/mill', bearer(token))]),
    ),
  };
  async function warm(): Promise<void> {
    for (let count = 0; count < 2; count += 1) {
      await node.deps.freshness.catchUp();
      for (const way of Object.values({ ...ways, ...writes })) t.equal((await way()).status, 200, 'warm');
    }
  }
  return { ...nodes, node, token, ways, writes, warm, skip: (ms: number) => (skipped_ms += ms) };
}

type Way = () => Promise<Pick<Checked, 'status' | 'headers'>>;

/** The database gives no sign of itself, or refuses every connection. */
const GONE: Readonly<Record<string, (node: Node) => void>> = {
  silent: ({ way }) => way.hang(),
  refusing: ({ way }) => way.cut(),
};

for (const [how, end] of Object.entries(GONE)) {
  t.test(`P8: a database that is ${how} means 503 in time, in every way to ask`, async (t) => {
    const { node, ways, writes, warm, skip } = await startNode(t, {});
    await warm();
    end(node);
    for (const [name, way] of Object.entries<Way>(ways)) {
      t.equal((await way()).status, 200, `${name}: within the bound`);
    }
    skip(2000);
    const began = performance.now();
    const answers = await Promise.all(
      Object.entries<Way>({ ...ways, ...writes }).map(async ([name, way]) => [name, await way()] as const),
    );
    t.ok(performance.now() - began < 5 * TIMEOUT_MS, 'nobody waits longer than a request may take');
    for (const [name, { status, headers }] of answers) {
      t.equal(status, 503, name);
      t.match(headers['retry-after'], /^\d+$/);
      t.equal(headers['x-stale-ms'], undefined);
    }
    t.equal((await node.inject('/health/ready')).statusCode, 503);
    t.equal((await node.inject('/health/live')).statusCode, 200);
    node.way.heal();
    await eventually(async () => (await ways['evaluation to read']()).status === 200, 10_000);
  });

  t.test(`P8: with OUTAGE_STALE_SECONDS reads are answered then (${how}), marked, and for so long only`, async (t) => {
    const {
      node,
      token,
      ways,
      writes,
      warm,
      skip,
      at,
      classic,
      end: endToken,
    } = await startNode(t, { OUTAGE_STALE_SECONDS: '30' });
    const { id } = await classic();
    await warm();
    end(node);
    const changed = await endToken(id);
    skip(5000);
    for (const [name, way] of Object.entries<Way>(ways)) {
      const { status, headers } = await way();
      t.equal(status, 200, name);
      t.ok(Number(headers['x-stale-ms']) >= 5000, `${name}: ${headers['x-stale-ms']}`);
    }
    for (const [name, way] of Object.entries<Way>(writes)) {
      const { status, headers } = await way();
      t.equal(status, 503, name);
      t.equal(headers['x-stale-ms'], undefined);
    }
    const told = { 'x-consistency-token': String(changed.headers['x-consistency-token']) };
    const unknown = await at(node).introspect('gthp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17');
    t.equal(unknown.status, 503, 'what is not known is not guessed');
    const later = await at(node).evaluate(ask(token, 'contents:read', REPOSITORY), told);
    t.equal(later.status, 503, 'P4: nor is what it may not have heard of');
    t.equal((await node.inject('/health/ready')).statusCode, 200);
    skip(30_000);
    for (const [name, way] of Object.entries<Way>(ways)) t.equal((await way()).status, 503, `${name}: too old`);
    t.equal((await node.inject('/health/ready')).statusCode, 503);
    node.way.heal();
    await eventually(async () => (await ways['evaluation to read']()).status === 200, 10_000);
    t.equal((await ways.introspection()).headers['x-stale-ms'], undefined);
  });
}
