// F24: under load the database goes back to an earlier state, by a copy that knows nothing of what was ended since: nodes that heard more
// than it has end before they let anybody in, and start only when that is accepted, with the list of what was ended. By the tools of
// PostgreSQL (dumps, recovery to a point in time): test/restore.test.ts.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { scratchFolder } from '../support/scratch-folder.ts';
import { eventually } from '../support/service.ts';
import { targetOf } from '../support/tcp-proxy.ts';
import type { Plant } from './rig/plants.ts';
import { startPostgres, systemEngine } from './rig/postgres.ts';
import { BOUND_MS, type MadeToken, type Node, type Rig, startRig } from './rig/rig.ts';
import { startWriters } from './rig/writers.ts';
import { type Scenario, tell } from './scenario.ts';

const TOKENS = 10;
const WRITERS = 4;
const ASKED_MS = BOUND_MS + 3000;

const acknowledged = ({ history }: Rig): number =>
  history.attempts.filter(({ status }) => status !== null && status < 300).length;

async function setBack(t: Test, plants: readonly (Plant | null)[]) {
  const engine = await systemEngine(t);
  if (engine === null) return null;
  const primary = await startPostgres(t, { engine });
  const rig = await startRig(t, { postgres: primary, nodes: plants });
  const node = rig.nodes[0] as Node;
  const tokens = await Promise.all(Array.from({ length: TOKENS }, () => rig.token(node)));
  for (const token of tokens) await rig.warm(token);
  const earlier = await primary.copy();
  await eventually(async () => {
    const rows = await earlier.execute('select 1 from tokens where id = $1', [tokens.at(-1)?.id]).catch(() => []);
    return rows.length === 1;
  });
  await earlier.kill();
  const writing = startWriters(rig, { count: WRITERS, nodes: rig.nodes });
  const before = acknowledged(rig);
  for (const token of tokens) await rig.end(node, token);
  await eventually(() => acknowledged(rig) > before + 2 * WRITERS);
  await writing.stop(); // whose acts have an outcome, which they have no more afterwards
  const ended = await primary.execute(`select managed_hashed_token as digest from audit_entries
    where action = 'oauth_access.destroy'`);
  const asking = keepAsking(rig, tokens);
  await primary.kill();
  await earlier.start();
  await earlier.execute('select pg_promote()');
  for (const { way } of rig.nodes) {
    way.turnTo(targetOf(earlier.url));
    way.reset();
  }
  const turned_at = performance.now();
  await asking;
  return { turned_at, rig, earlier, tokens, digests: ended.map(({ digest }) => String(digest)) };
}

/** The answers that let in who was ended, from so long after nodes were led to the earlier state. */
function letInLater({ rig: { history }, turned_at }: { rig: Rig; turned_at: number }, ms: number) {
  const ended = new Map(history.taken.map(({ token_id, acknowledged_at }) => [token_id, acknowledged_at]));
  return history.checks.filter(({ token_id, sent_at, decision }) => {
    const is_late = sent_at > Math.max(turned_at + ms, (ended.get(token_id) ?? Number.POSITIVE_INFINITY) + BOUND_MS);
    return decision === true && is_late;
  });
}

async function keepAsking(rig: Rig, tokens: readonly MadeToken[]): Promise<void> {
  const until = performance.now() + ASKED_MS;
  while (performance.now() < until) {
    await Promise.all(rig.nodes.map((node) => Promise.all(tokens.map((token) => rig.check(node, token)))));
    await delay(50);
  }
}

export const databaseSetBack: Scenario = {
  ids: ['F24'],
  title:
    'the database is set back under load: nobody is let in by what was ended, and nodes start when that is accepted',
  run: async (t) => {
    await t.test('nodes end, and what was ended ends again', async (t) => {
      const done = await setBack(t, [null, null]);
      if (done === null) return;
      const { rig, earlier, tokens, digests } = done;
      t.same(letInLater(done, BOUND_MS), [], 'nobody was let in once nodes had the time to hear of it');
      const window = letInLater(done, Number.NEGATIVE_INFINITY).map(({ got_at }) => got_at - done.turned_at);
      tell(
        t,
        `until a node had heard of it: let in ${window.length} times, the last ${Math.max(0, ...window).toFixed(0)} ms after the turn`,
      );
      t.ok(digests.length >= TOKENS, `${digests.length} ends were lost`);
      tell(t, `${rig.history.checks.length} checks, ${acknowledged(rig)} acknowledged before`);
      for (const node of rig.nodes) {
        t.equal(await node.service().ended(), 78, node.name);
        await t.rejects(node.start(), { message: /^ended with 78: .*\[database_set_back\]/ }, 'refused until accepted');
      }
      const list = join(scratchFolder(t), 'ended');
      writeFileSync(list, digests.join('\n'));
      const args = ['src/cli/gatehouse.ts', 'restore', 'accept', '--yes', '--keep-sessions', '--revoke-listed', list];
      const env = { DATABASE_URL: earlier.url };
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      t.match(stdout, /^Accepted \[database_set_back\]/);
      for (const node of rig.nodes) {
        await node.start();
        for (const token of tokens) t.equal(await rig.check(node, token), false);
        const fresh = await rig.token(node);
        t.equal(await rig.check(node, fresh), true, 'control: others are let in');
      }
    });
    await t.test('control: a node that does not notice lets in who was ended', async (t) => {
      const done = await setBack(t, ['does not notice that it was set back']);
      if (done === null) return;
      const late = letInLater(done, BOUND_MS);
      t.not(late.length, 0, `${late.length} times`);
    });
  },
};
