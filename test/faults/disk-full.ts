// F10: the disk of PostgreSQL is full. What is remembered is answered or nothing is, changes are told 503, and when there is room again
// everything goes on without anybody's hand (promises P12).

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { scratchFolder } from '../support/scratch-folder.ts';
import { eventually } from '../support/service.ts';
import { durabilityFaults } from './rig/check-durability.ts';
import type { Plant } from './rig/plants.ts';
import { embeddedEngine, startPostgres } from './rig/postgres.ts';
import { startRig } from './rig/rig.ts';
import { startWriters } from './rig/writers.ts';
import { type Scenario, tell } from './scenario.ts';

const DISK_MB = 128;
const FULL_MS = 4000;
const WRITERS = 4;
const SETTLED_MS = 1000;

/** A disk of its own; null where that is not allowed, which the test has then said. */
function smallDisk(t: Test): string | null {
  const folder = join(scratchFolder(t), 'disk');
  mkdirSync(folder);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', folder]);
  if (status !== 0) {
    t.pass('no disk of its own', { skip: 'mount of a tmpfs is not allowed' });
    return null;
  }
  t.teardown(() => void spawnSync('umount', ['-l', folder]));
  return folder;
}

/** Fills it until nothing goes in. */
function fill(folder: string): string {
  const file = join(folder, 'ballast');
  const descriptor = openSync(file, 'w');
  const some = Buffer.alloc(4096);
  try {
    for (;;) writeSync(descriptor, some);
  } catch {
    closeSync(descriptor);
    return file;
  }
}

type Seen = {
  readonly refused: number;
  readonly checks: readonly (boolean | null)[];
  /** What is lost, or stands in one place and not in the other. */
  readonly faults: readonly string[];
  /** Nodes that have ended. */
  readonly ended: number;
};

async function fullDisk(t: Test, nodes: readonly (Plant | null)[]): Promise<Seen | null> {
  const folder = smallDisk(t);
  if (folder === null) return null;
  const settings = ['min_wal_size=32MB', 'max_wal_size=32MB', 'wal_recycle=off'];
  const postgres = await startPostgres(t, { engine: embeddedEngine(t), folder: join(folder, 'pg'), settings });
  const rig = await startRig(t, { postgres, nodes });
  const [node] = rig.nodes;
  if (node === undefined) return null;
  const token = await rig.token(node);
  await rig.warm(token);
  const writing = startWriters(rig, { count: WRITERS, nodes: rig.nodes });
  const acknowledged = (): number => rig.history.attempts.filter(({ status }) => (status ?? 500) < 300).length;
  await eventually(() => acknowledged() > 4 * WRITERS);
  let [file, refused] = [fill(folder), 0];
  const until = performance.now() + FULL_MS;
  const checks: (boolean | null)[] = [];
  while (performance.now() < until) {
    checks.push(await rig.check(node, token));
    const answer = await rig.call(node, 'POST', '/user/personal-access-tokens', rig.sessions.ada, {
      kind: 'classic',
      name: `full ${checks.length}`,
      scopes: [],
      description: 'x'.repeat(1000),
    });
    if (answer.status === 503) refused += 1;
    else t.equal(answer.status, 201, 'done, or told');
    const { bavail } = statfsSync(folder);
    if (bavail > 0) file = fill(folder);
    await delay(20);
  }
  rmSync(file);
  const before = acknowledged();
  // A server that has ended for it is started again, as an init system does.
  if (!(await isUp(postgres.execute))) await postgres.start();
  await eventually(() => acknowledged() > before + WRITERS);
  await eventually(async () => (await rig.check(node, token)) === true);
  await writing.stop();
  // What is written by and by, as by a planted bug, has had its time.
  await delay(SETTLED_MS);
  const starts = rig.nodes.map(({ service }) => service().output().split('Gatehouse listens').length - 1);
  const faults = await durabilityFaults(rig.deps, rig.history);
  return { refused, checks, faults, ended: starts.filter((count) => count !== 1).length };
}

export const diskFull: Scenario = {
  ids: ['F10'],
  title: 'a full disk of the database: told 503, nothing lost, nothing to repair',
  run: async (t) => {
    const seen = await fullDisk(t, [null, null]);
    if (seen === null) return;
    const { refused, checks, faults, ended } = seen;
    t.ok(refused > 0, 'changes are refused for the full disk');
    t.notOk(checks.includes(false), 'nobody is denied for it');
    tell(
      t,
      `${refused} changes told 503; ${checks.filter(Boolean).length} of ${checks.length} checks answered meanwhile`,
    );
    t.same(faults, [], 'nothing lost, no gap in the record');
    t.equal(ended, 0, 'no node ended');
    await t.test('control: a node that writes the record by and by has a gap', async (t) => {
      const found = await fullDisk(t, ['record outside the transaction']);
      t.not(found?.faults.length, 0, `${found?.faults.length} faults, as ${found?.faults[0]}`);
    });
  },
};

function isUp(execute: (statement: string) => Promise<unknown>): Promise<boolean> {
  return execute('select 1').then(
    () => true,
    () => false,
  );
}
