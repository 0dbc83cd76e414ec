// F20: the file of signed roots of the record, or the key that signs them, is not there for a while, or its disk is full. Changes go on
// and stand in the record; that no root is written is told; and when all is there again the next root covers what had waited, so that
// nothing of it can be undone unseen (promises P14). There is no mode in which changes wait for the root.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Test } from 'tap';
import { rootPublicKeyOf } from '../../src/root-file.ts';
import { verifyAuditRoots } from '../../src/use-cases/audit/verify-audit-roots.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { eventually } from '../support/service.ts';
import { durabilityFaults } from './rig/check-durability.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import type { Plant } from './rig/plants.ts';
import type { Node, Rig } from './rig/rig.ts';
import { startWriters } from './rig/writers.ts';
import { type Scenario, tell } from './scenario.ts';

const DISK_MB = 1;
const AWAY_MS = 6000;
const DRAINED_MS_MAX = 15_000;
const WRITERS = 4;
/** How fast changes are made is looked at before; without roots it is no less than this part of it. */
const PACE_MS = 3000;
const PART_MIN = 0.25;

/** Takes something away, and answers what brings it back; null where that is not allowed. */
type Loss = (file: string, folder: string) => () => void;

const LOSSES: Readonly<Record<string, Loss>> = {
  'the folder is gone': (_file, folder) => {
    renameSync(folder, `${folder} away`);
    return () => {
      rmSync(folder, { recursive: true, force: true });
      renameSync(`${folder} away`, folder);
    };
  },
  'the key is gone': (file) => {
    renameSync(`${file}.key`, `${file}.away`);
    return () => renameSync(`${file}.away`, `${file}.key`);
  },
  'the disk is full': (_file, folder) => {
    const ballast = join(folder, 'ballast');
    const descriptor = openSync(ballast, 'w');
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(512));
    } catch {
      closeSync(descriptor);
    }
    return () => rmSync(ballast);
  },
};

async function figure(node: Node, series: string): Promise<number> {
  const text = await (await fetch(`${node.url()}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1) ?? Number.NaN,
  );
}
const FAILED = 'gatehouse_job_runs_total{name="sign a root of the record",outcome="failed"}';
const BACKLOG = 'gatehouse_audit_root_backlog_logs';
const AGE = 'gatehouse_audit_root_age_seconds';

type Seen = { readonly faults: readonly string[]; readonly is_drained: boolean };

const acknowledged = ({ history }: Rig): number =>
  history.attempts.filter(({ status }) => (status ?? 500) < 300).length;

/** A file of roots on a disk of its own, where that is allowed. */
function rootFile(t: Test): { readonly file: string; readonly folder: string; readonly is_disk: boolean } {
  const [parent, folder] = [scratchFolder(t), 'roots'];
  const place = join(parent, folder);
  mkdirSync(place);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', place]);
  const inner = join(place, 'kept');
  mkdirSync(inner);
  if (status === 0) t.teardown(() => void spawnSync('umount', ['-l', place]));
  return { file: join(inner, 'roots'), folder: inner, is_disk: status === 0 };
}

async function without(t: Test, plant: Plant, chosen: readonly string[]): Promise<Seen> {
  const { file, folder, is_disk } = rootFile(t);
  const rig = await startEmbeddedRig(t, [plant], { AUDIT_ROOT_FILE: file });
  const [node] = rig.nodes;
  if (node === undefined) return { faults: ['no node'], is_drained: false };
  const faults: string[] = [];
  let is_drained = true;
  const writing = startWriters(rig, { count: WRITERS, nodes: rig.nodes });
  for (const name of chosen) {
    if (name === 'the disk is full' && !is_disk) {
      t.pass(name, { skip: 'mount of a tmpfs is not allowed' });
      continue;
    }
    await eventually(async () => (await figure(node, AGE)) >= 0);
    const at_first = acknowledged(rig);
    await delay(PACE_MS);
    const usual = ((acknowledged(rig) - at_first) * AWAY_MS) / PACE_MS;
    const [failed, before] = [await figure(node, FAILED), acknowledged(rig)];
    const bringBack = LOSSES[name]?.(file, folder);
    await delay(AWAY_MS);
    const [runs, done] = [(await figure(node, FAILED)) - failed, acknowledged(rig) - before];
    const backlog = await figure(node, BACKLOG);
    if (runs < 1) faults.push(`${name}: nobody is told`);
    if (done < PART_MIN * usual) faults.push(`${name}: only ${done} changes were acknowledged, of ${usual} as before`);
    bringBack?.();
    const drained = eventually(async () => (await figure(node, AGE)) < 3, DRAINED_MS_MAX);
    is_drained = await drained.then(
      () => is_drained,
      () => false,
    );
    tell(
      t,
      `${name} for ${AWAY_MS / 1000} s: ${done} changes acknowledged (${usual} as before), ${runs} failed turns told, ${backlog} logs waited`,
    );
  }
  await writing.stop();
  if (plant === 'roots every second') {
    await eventually(async () => (await figure(node, BACKLOG)) === 0);
    faults.push(...(await durabilityFaults(rig.deps, rig.history)));
  }
  const verify = async () => verifyAuditRoots(rig.deps.db, file, await rootPublicKeyOf(file));
  const { broken_line, findings } = await verify();
  if (broken_line !== null) faults.push(`line ${broken_line} of the roots is broken`);
  if (findings.length > 0) faults.push(`${findings.length} ends of logs are not as the roots say`);
  // What waited is covered now: who cuts off the end of a log is found.
  await cutOff(rig);
  if ((await verify()).findings.length === 0) faults.push('what was cut off is not found');
  return { faults, is_drained };
}

/** As an administrator of the database who knows how the record is made. */
async function cutOff({ deps, postgres }: Rig): Promise<void> {
  const { rows } = await sql<{ id: number }>`select max(id)::int as id from audit_entries where org = 'guard'`.execute(
    deps.db,
  );
  const tables = ['audit_entries', 'audit_positions', 'audit_logs'];
  const each = (state: string): string =>
    tables.map((table) => `alter table ${table} ${state} trigger user;`).join(' ');
  await postgres.execute(`${each('disable')} delete from audit_positions where entry_id = ${rows[0]?.id};
    delete from audit_entries where id = ${rows[0]?.id}; ${each('enable')}`);
}

export const lostRoots: Scenario = {
  ids: ['F20'],
  title: 'changes go on without the file of roots or its key, and the next root covers them',
  run: async (t) => {
    await t.test('sound', async (t) => {
      const { faults, is_drained } = await without(t, 'roots every second', Object.keys(LOSSES));
      t.same(faults, []);
      t.ok(is_drained, 'the next root covers what waited');
    });
    await t.test('control: a node that gives up after a failure is found', async (t) => {
      const { is_drained } = await without(t, 'gives up writing roots', ['the folder is gone']);
      t.notOk(is_drained);
    });
    await t.test('control: a node that makes another key in place of a lost one is found', async (t) => {
      const { faults } = await without(t, 'another key for a lost one', ['the key is gone']);
      t.not(faults.length, 0, faults.join('; '));
    });
  },
};
