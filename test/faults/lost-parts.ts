// promises P24: any one node, or the replica, is lost while checks are asked. Whoever asks one other node once is answered, and rightly.

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { ask } from '../support/backend.ts';
import { eventually } from '../support/service.ts';
import { send } from './rig/history.ts';
import type { Plant } from './rig/plants.ts';
import { embeddedEngine, type Postgres, startPostgres, systemEngine } from './rig/postgres.ts';
import { BOUND_MS, type MadeToken, type Node, type Rig, startRig } from './rig/rig.ts';
import { type Scenario, tell } from './scenario.ts';

const ASKERS = 6;
const TOKENS = 4;
/** So long a caller waits for a node before it asks another. A stopped one never answers; one that is only busy may. */
const PATIENCE_MS = 2000;
/** Beyond the moment at which nothing that is remembered counts. */
const LASTS_MS = BOUND_MS + 1500;
const ROUNDS = { node: 3, replica: 3 } as const;

type Loss = {
  readonly title: string;
  readonly begin: (node: Node) => Promise<unknown> | unknown;
  readonly end: (node: Node) => Promise<unknown> | unknown;
};

export const KILLED: Loss = { title: 'killed', begin: (node) => node.kill(), end: (node) => node.start() };

const NODE_LOSSES: readonly Loss[] = [
  KILLED,
  { title: 'ended', begin: (node) => node.service().end('SIGTERM'), end: (node) => node.start() },
  { title: 'stopped', begin: (node) => node.pause('SIGSTOP'), end: (node) => node.pause('SIGCONT') },
  { title: 'cut off from the database', begin: ({ way }) => way.cut(), end: ({ way }) => way.heal() },
  { title: 'hanging at the database', begin: ({ way }) => way.hang(), end: ({ way }) => way.heal() },
];

type Asking = {
  /** What was asked of a second node. */
  readonly repeated: () => number;
  readonly answered: () => number;
  /** What was not answered rightly by the second node either. */
  readonly failed: readonly string[];
  readonly stop: () => Promise<void>;
};

/** Asks of these nodes in turn, and once more of the next one where there is no answer, or a 5xx. */
function keepAsking(rig: Rig, nodes: readonly Node[], tokens: readonly MadeToken[]): Asking {
  const failed: string[] = [];
  let [asked, repeated, answered] = [0, 0, 0];
  let is_over = false;
  const at = (turn: number): Node => nodes[turn % nodes.length] as Node;

  async function once(node: Node, { token }: MadeToken, timeout_ms?: number): Promise<string | null> {
    const { status, text } = await send({
      method: 'POST',
      url: `${node.url()}/access/v1/evaluation`,
      headers: { authorization: rig.authorization },
      body: ask(token, 'contents:write', ['repository', 'acme/mill']),
      ...(timeout_ms !== undefined && { timeout_ms }),
    });
    if (status === null || status >= 500) return null;
    return status === 200 ? String((JSON.parse(text) as { decision: boolean }).decision) : `${status} ${text}`;
  }

  async function askOn(): Promise<void> {
    while (!is_over) {
      const turn = asked;
      asked += 1;
      const token = tokens[turn % tokens.length] as MadeToken;
      let answer = await once(at(turn), token, PATIENCE_MS);
      if (answer === null) {
        repeated += 1;
        answer = await once(at(turn + 1), token);
      }
      if (answer === 'true') answered += 1;
      else failed.push(`${at(turn).name}, then ${at(turn + 1).name}: ${answer ?? 'no answer'}`);
      await delay(5);
    }
  }

  const askers = Promise.all(Array.from({ length: ASKERS }, askOn));
  askers.catch(() => undefined);
  return {
    repeated: () => repeated,
    answered: () => answered,
    failed,
    stop: async () => {
      is_over = true;
      await askers;
    },
  };
}

async function tokensOf(rig: Rig): Promise<readonly MadeToken[]> {
  const [node] = rig.nodes;
  if (node === undefined) throw new Error('a rig has nodes');
  const tokens: MadeToken[] = [];
  for (let made = 0; made < TOKENS; made += 1) tokens.push(await rig.token(node));
  for (const token of tokens) await rig.warm(token);
  return tokens;
}

/** One of the nodes is lost while they are asked; `repeated`: what a caller who asks nobody else would have lost. */
export async function loseNode(
  rig: Rig,
  { loss, node, nodes, lasts_ms }: { loss: Loss; node: Node; nodes: readonly Node[]; lasts_ms: number },
): Promise<{ readonly failed: readonly string[]; readonly repeated: number; readonly answered: number }> {
  const asking = keepAsking(rig, nodes, await tokensOf(rig));
  await eventually(() => asking.answered() > 4 * ASKERS);
  await loss.begin(node);
  await eventually(() => asking.repeated() > 0);
  await delay(lasts_ms);
  await asking.stop();
  return { failed: asking.failed, repeated: asking.repeated(), answered: asking.answered() };
}

async function nodesAreLost(t: Test): Promise<void> {
  const postgres = await startPostgres(t, { engine: embeddedEngine(t) });
  const rig = await startRig(t, { postgres, nodes: [null, null, null] });
  for (const loss of NODE_LOSSES) {
    let [repeated, answered] = [0, 0];
    for (let round = 0; round < ROUNDS.node; round += 1) {
      const node = rig.nodes[round % rig.nodes.length] as Node;
      const seen = await loseNode(rig, { loss, node, nodes: rig.nodes, lasts_ms: LASTS_MS });
      t.same(seen.failed, [], `${loss.title}: nothing failed of what was asked once more`);
      repeated += seen.repeated;
      answered += seen.answered;
      await loss.end(node);
      await eventually(() => isReady(node));
    }
    t.not(repeated, 0, `control: ${repeated} would have failed whose callers ask nobody else (${loss.title})`);
    tell(t, `${loss.title}: ${ROUNDS.node} times, ${answered} answered, ${repeated} of them by a second node`);
  }
}

async function isReady({ url }: Node): Promise<boolean> {
  return (await fetch(`${url()}/health/ready`)).status === 200;
}

/** How many answers of this node came from the replica. */
async function ofReplica({ url }: Node): Promise<number> {
  const text = await (await fetch(`${url()}/metrics`)).text();
  return Number(/^gatehouse_replica_answers_total\{outcome="used"\} (\d+)/m.exec(text)?.[1] ?? 0);
}

/** What is lost of the replica: all its processes, or what they do. */
const REPLICA_LOSSES = [
  { title: 'killed', begin: (replica: Postgres) => replica.kill(), end: (replica: Postgres) => replica.start() },
  {
    title: 'stopped',
    begin: (replica: Postgres) => replica.pause('SIGSTOP'),
    end: (replica: Postgres) => replica.pause('SIGCONT'),
  },
] as const;

/** Nodes that remember nothing, so that every check asks a database: the replica, as long as it is there. */
async function replicaIsLost(t: Test, plant: Plant | null): Promise<void> {
  const engine = await systemEngine(t);
  if (engine === null) return;
  const postgres = await startPostgres(t, { engine });
  const replica = await postgres.copy();
  const settings = { CACHE_MIB: '0', DATABASE_REPLICA_URL: replica.url };
  const rig = await startRig(t, { postgres, nodes: [plant, plant], settings });
  const tokens = await tokensOf(rig);
  const isUsed = async (): Promise<boolean> => {
    const before = await Promise.all(rig.nodes.map(ofReplica));
    for (const node of rig.nodes) await rig.check(node, tokens[0] as MadeToken);
    const after = await Promise.all(rig.nodes.map(ofReplica));
    return after.every((count, index) => count > (before[index] ?? 0));
  };
  const asking = keepAsking(rig, rig.nodes, tokens);
  for (let round = 0; round < (plant === null ? ROUNDS.replica : 1); round += 1) {
    for (const { title, begin, end } of plant === null ? REPLICA_LOSSES : REPLICA_LOSSES.slice(0, 1)) {
      await eventually(isUsed);
      const before = asking.answered();
      await begin(replica);
      await delay(LASTS_MS);
      await end(replica);
      if (plant === null) t.not(asking.answered(), before, `${title}: checks went on`);
    }
  }
  await asking.stop();
  if (plant !== null) {
    t.not(asking.failed.length, 0, `${asking.failed.length} failed, as ${asking.failed[0]}`);
    return;
  }
  t.same(asking.failed, [], 'nothing failed');
  const times = ROUNDS.replica * REPLICA_LOSSES.length;
  tell(t, `replica: ${times} times, ${asking.answered()} answered, ${asking.repeated()} of them by a second node`);
}

export const lostParts: Scenario = {
  ids: ['P24'],
  title: 'any one node, or the replica, is lost: who asks one other node once is answered',
  run: async (t) => {
    await t.test('a node', nodesAreLost);
    await t.test('the replica', (t) => replicaIsLost(t, null));
    await t.test('control: nodes that rely on the replica are found', (t) => replicaIsLost(t, 'relies on the replica'));
  },
};
