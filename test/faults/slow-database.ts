// F8: every round trip to the database takes its time. Nobody waits longer than a request may, the same question is asked once, and
// who cannot be answered is told so (P8, promises P7).

import { randomInt } from 'node:crypto';
import type { Test } from 'tap';
import { eventually } from '../support/service.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import type { Rig } from './rig/rig.ts';
import { quantile, type Scenario, tell } from './scenario.ts';

const TIMEOUT_MS = 2000;
/** What a busy machine adds to the wait of an answer that is on its way. */
const SLACK_MS = 1500;
const QUESTIONS = 200;
const SAME = 100;

const SLOW: Readonly<Record<string, () => number>> = {
  '50 ms': () => 25,
  '500 ms': () => 250,
  '5 s': () => 2500,
  'mostly 20 ms, sometimes 3 s': () => (randomInt(100) < 90 ? 10 : 1500),
};

type Seen = { readonly ms: number; readonly status: number | null; readonly is_denied: boolean };

/** `is_denied`: who has not ended. */
async function ask(rig: Rig, slow: () => number): Promise<readonly Seen[]> {
  const [node] = rig.nodes;
  if (node === undefined) return [];
  const rows = tokenRowsOf(rig.deps);
  const [ada] = await rig.postgres.execute(`select id::int, login from accounts where login = 'ada'`);
  const holder = { id: Number(ada?.id), login: 'ada' };
  const tokens = await Promise.all(Array.from({ length: QUESTIONS }, () => rows.classic(holder, { scopes: ['repo'] })));
  const ended = await rows.classic(holder, { scopes: ['repo'], revoked_at: new Date() });
  node.way.delay(slow);
  const texts = [...tokens.map(({ text }) => text), ...Array.from({ length: SAME }, () => ended.text)];
  const answers = await Promise.all(texts.map((text) => rig.may(node, text, 'acme/mill')));
  node.way.heal();
  const gone = answers.slice(QUESTIONS);
  if (gone.some(({ decision }) => decision === true)) throw new Error('somebody was let in who is gone');
  return answers.map(({ sent_at, got_at, status, decision }, index) => ({
    ms: got_at - sent_at,
    status,
    is_denied: decision === false && index < QUESTIONS,
  }));
}

async function isHonest(t: Test, rig: Rig, name: string, slow: () => number): Promise<void> {
  const answers = await ask(rig, slow);
  const ms = answers.map((each) => each.ms);
  const told = answers.filter(({ status }) => status === 503).length;
  tell(t, `${name}: ${answers.length} at once, ${told} told 503, at most ${Math.round(quantile(ms, 1))} ms`);
  t.same(
    answers.filter(({ status }) => status !== 200 && status !== 503),
    [],
    `${name}: answered or told`,
  );
  t.notOk(
    answers.some(({ is_denied }) => is_denied),
    `${name}: and never denied: a fault is no decision (F3)`,
  );
  t.ok(quantile(ms, 1) <= TIMEOUT_MS + SLACK_MS, `${name}: nobody waits longer than a request may`);
  const [node] = rig.nodes;
  if (node === undefined) return;
  await eventually(async () => (await fetch(`${node.url()}/health/ready`)).status === 200, 10_000);
}

export const slowDatabase: Scenario = {
  ids: ['F8'],
  title: 'a slow database keeps nobody waiting longer than a request may',
  run: async (t) => {
    const settings = { REQUEST_TIMEOUT_MS: String(TIMEOUT_MS) };
    await t.test('sound', async (t) => {
      const rig = await startEmbeddedRig(t, [null], settings);
      for (const [name, slow] of Object.entries(SLOW)) await isHonest(t, rig, name, slow);
    });
    await t.test('control: a node without deadlines is found', async (t) => {
      const rig = await startEmbeddedRig(t, ['no deadlines'], settings);
      const answers = await ask(rig, () => 2500);
      const most = quantile(
        answers.map(({ ms }) => ms),
        1,
      );
      const told = answers.filter(({ status }) => status === 503).length;
      t.ok(most > TIMEOUT_MS + SLACK_MS, `${Math.round(most)} ms, ${told} of ${answers.length} told 503`);
    });
  },
};
