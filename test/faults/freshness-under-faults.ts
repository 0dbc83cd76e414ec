// F5, F6, F7, F3: whatever happens to the ways by which a node hears of changes, or to the node itself, nobody is let in later than the
// bound after the end of his token was acknowledged (promises P2). A node that relies on being told, planted beside the sound ones,
// has to be found at it.

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { eventually } from '../support/service.ts';
import { lastAllows, lateAllows, unexpectedFailures } from './rig/check-freshness.ts';
import type { History } from './rig/history.ts';
import type { Plant } from './rig/plants.ts';
import { BOUND_MS, FEED, type MadeToken, type Node, type Rig } from './rig/rig.ts';
import { quantile, tell } from './scenario.ts';

/** All connections but the one by which changes are followed: their name ends there. */
const POOL = { named: 'application_name\0gatehouse\0' };
/** So long after the bound it is still asked. */
const AFTER_MS = 700;
/** How long a planted node is given to let somebody in who is gone, which it does at its next answer. */
const TICK_MS = 40;
/** With so many questions about what ends comes one about what stands. */
const STANDING_ONE_OF = 5;

export type Fault = {
  readonly title: string;
  readonly begin: (node: Node) => void;
  /** Whether the node may answer that it cannot know. */
  readonly may_fail: boolean;
  /** The bugs that let somebody in then. */
  readonly found: readonly Plant[];
};

const TOLD_ONLY = ['notifications only', 'notifications only, and answer before commit'] as const;

export const FAULTS: readonly Fault[] = [
  {
    title: 'F5: the connection that tells of changes is half open',
    begin: ({ way }) => way.swallow('both', FEED),
    may_fail: false,
    found: TOLD_ONLY,
  },
  {
    title: 'F5: what is told gets lost on the way, what is asked does not',
    begin: ({ way }) => way.swallow('to_client', FEED),
    may_fail: false,
    found: TOLD_ONLY,
  },
  {
    title: 'F5: the connection that tells of changes is cut, and every new one',
    begin: ({ way }) => way.cut(FEED),
    may_fail: false,
    found: ['no lease'],
  },
  {
    title: 'F6: every other connection is cut, what tells of changes is whole',
    begin: ({ way }) => way.cut(POOL),
    may_fail: true,
    found: ['fresh because told'],
  },
  {
    title: 'F7: the node is cut off from the database, and clients still reach it',
    begin: ({ way }) => way.hang(),
    may_fail: true,
    found: [...TOLD_ONLY, 'no lease'],
  },
];

/** What nodes are asked about: what ends, and what stands, which nobody may be denied (F3: a fault is no decision). */
type Tokens = { readonly ending: readonly MadeToken[]; readonly standing: MadeToken };

/** Made on this node, and known to all of them. */
async function warmTokens(rig: Rig, node: Node, count: number): Promise<Tokens> {
  const ending = await Promise.all(Array.from({ length: count }, () => rig.token(node)));
  const standing = await rig.token(node);
  for (const token of [...ending, standing]) await rig.warm(token);
  return { ending, standing };
}

/** Asks all nodes about all tokens in turn, without waiting for answers, for so long. */
async function keepAsking(rig: Rig, { ending, standing }: Tokens, nodes: readonly Node[], ms: number): Promise<void> {
  const asked: Promise<unknown>[] = [];
  const until = performance.now() + ms;
  for (let turn = 0; performance.now() < until; turn += 1) {
    const token = ending[turn % ending.length];
    if (token !== undefined) for (const node of nodes) asked.push(rig.check(node, token));
    if (turn % STANDING_ONE_OF === 0) for (const node of nodes) asked.push(rig.check(node, standing));
    await delay(TICK_MS);
  }
  await Promise.all(asked);
}

/** Ends tokens on the first node while something happens to all others, and judges what they answered. */
export async function endUnder(t: Test, rig: Rig, fault: Fault, tokens_count: number): Promise<void> {
  const [first, ...others] = rig.nodes;
  if (first === undefined) return;
  const tokens = await warmTokens(rig, first, tokens_count);
  const { ending, standing } = tokens;
  const since: History = { checks: [], taken: [], attempts: [] };
  const [checks, taken] = [rig.history.checks.length, rig.history.taken.length];
  for (const node of others) fault.begin(node);
  for (const token of ending) t.equal((await rig.end(first, token)).status, 204);
  await keepAsking(rig, tokens, rig.nodes, BOUND_MS + AFTER_MS);
  since.checks.push(...rig.history.checks.slice(checks));
  since.taken.push(...rig.history.taken.slice(taken));
  for (const node of others) node.way.heal();

  const late = lateAllows(since, BOUND_MS);
  const sound = rig.nodes.filter(({ plant }) => plant === null);
  const names = new Set(sound.map(({ name }) => name));
  t.same(
    late.filter(({ node }) => names.has(node)),
    [],
    `${fault.title}: nobody is let in after the bound`,
  );
  t.same(
    lateAllows(since, 0).filter(({ node }) => node === first.name),
    [],
    'and nobody at all where it was done',
  );
  const failed = unexpectedFailures(since, ({ node, status }) => {
    const is_told = status === 503 && fault.may_fail && node !== first.name;
    return is_told || !names.has(node);
  });
  t.same(failed, [], 'and nobody is failed who need not be');
  t.same(deniedOf(since, standing, names), [], 'and nobody is denied who has not ended');
  for (const { name, plant } of others) {
    if (plant === null || !fault.found.includes(plant)) continue;
    t.ok(
      late.some(({ node }) => node === name),
      `control: found: ${plant}`,
    );
  }
  const last = sound.flatMap(({ name }) => lastAllows(since, name));
  tell(t, `${ending.length} ends, let in for at most ${Math.round(quantile(last, 1))} ms`);
  // A node that was away hears everything that it has missed.
  for (const token of ending) {
    for (const node of sound) await eventually(async () => (await rig.check(node, token)) === false);
  }
}

/** The denials of a token that has not ended, by these nodes. */
function deniedOf({ checks }: Pick<History, 'checks'>, { id }: MadeToken, names: ReadonlySet<string>) {
  return checks.filter(({ node, token_id, decision }) => names.has(node) && token_id === id && decision === false);
}

/** F3: nodes are stopped, told nothing, asked meanwhile and afterwards, and go on. */
export async function stopUnder(t: Test, rig: Rig, stopped_ms: number, tokens_count: number): Promise<void> {
  const [first, ...others] = rig.nodes;
  if (first === undefined) return;
  const tokens = await warmTokens(rig, first, tokens_count);
  const [checks, taken] = [rig.history.checks.length, rig.history.taken.length];
  for (const node of others) node.pause('SIGSTOP');
  for (const token of tokens.ending) t.equal((await rig.end(first, token)).status, 204);
  const ended_at = performance.now();
  // Whoever resumes finds the way to the database dead, so that what is asked meanwhile comes before what is told.
  for (const node of others) node.way.hang(FEED);
  await delay(Math.max(0, stopped_ms - AFTER_MS));
  // Who was stopped for less than the bound is asked until that is over too.
  const until = Math.max(ended_at + BOUND_MS, performance.now() + AFTER_MS) + AFTER_MS;
  const asked = keepAsking(rig, tokens, others, until - performance.now());
  await delay(AFTER_MS);
  for (const node of others) node.pause('SIGCONT');
  await asked;
  for (const node of others) node.way.heal();
  const since = { checks: rig.history.checks.slice(checks), taken: rig.history.taken.slice(taken) };
  const is_sound = new Set(rig.nodes.filter(({ plant }) => plant === null).map(({ name }) => name));
  const late = lateAllows(since, BOUND_MS);
  t.same(
    late.filter(({ node }) => is_sound.has(node)),
    [],
    `F3: stopped for ${stopped_ms} ms: nobody is let in after the bound`,
  );
  t.same(deniedOf(since, tokens.standing, is_sound), [], 'and nobody is denied who has not ended');
  const last = [...is_sound].flatMap((name) => lastAllows(since, name));
  const asked_late = since.checks.filter(({ sent_at }) => sent_at > ended_at + BOUND_MS).length;
  tell(
    t,
    `${tokens_count} ends, let in for at most ${Math.round(quantile(last, 1))} ms; ${asked_late} asked after the bound`,
  );
  if (is_sound.size === rig.nodes.length) return;
  t.ok(
    late.some(({ node }) => !is_sound.has(node)),
    'control: a node without a bound is found',
  );
}
