// F25: two nodes of one database that are set differently. Each says so, by the names of the settings, in its metrics and its log, until
// they are the same again; what is stored in the database (the catalogue) is the same for both, whichever file each was started with.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { scratchFolder } from '../support/scratch-folder.ts';
import { eventually } from '../support/service.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import type { Plant } from './rig/plants.ts';
import type { MadeToken, Node, Rig } from './rig/rig.ts';
import { type Scenario, tell } from './scenario.ts';

const TOLD_MS_MAX = 10_000;
const DIFFERING = { MAX_FINE_GRAINED_TOKENS: '77', SESSION_TTL: '3600', FRESHNESS_MS: '1500' };
/** Nodes of the rig have no proxy before them: each has a URL of its own. */
const ALWAYS = ['PUBLIC_URL'];
const NAMES = [...Object.keys(DIFFERING), ...ALWAYS].sort();

/** The settings in which nodes differ, as this one tells it. */
async function told(node: Node): Promise<readonly string[]> {
  const text = await (await fetch(`${node.url()}/metrics`)).text();
  return [...text.matchAll(/^gatehouse_settings_differ\{setting="(\w+)"\} 1$/gm)].map(([, name = '']) => name).sort();
}

/** Whether both tell of these, and no others, while they are asked. */
async function tells(rig: Rig, token: MadeToken, names: readonly string[]): Promise<boolean> {
  const all = async (): Promise<boolean> => {
    // Who is not asked does not answer from memory, and differs from nobody.
    for (const node of rig.nodes) await rig.check(node, token);
    const said = await Promise.all(rig.nodes.map(told));
    return said.every((each) => each.join() === names.join());
  };
  return eventually(all, TOLD_MS_MAX).then(
    () => true,
    () => false,
  );
}

/** A catalogue of one operation, as a file. */
function catalogue(t: Test, path: string): string {
  const file = join(scratchFolder(t), 'catalogue.json');
  const operation = { method: 'GET', path, permission_sets: [{ contents: 'read' }] };
  writeFileSync(file, JSON.stringify([operation]));
  return file;
}

async function differ(t: Test, plant: Plant | null): Promise<{ rig: Rig; token: MadeToken; is_told: boolean } | null> {
  const each = [{ JOB_INTERVAL_SECONDS: '1' }, { JOB_INTERVAL_SECONDS: '1', ...DIFFERING }];
  const rig = await startEmbeddedRig(t, [null, plant], {}, each);
  const [first] = rig.nodes;
  if (first === undefined) return null;
  const token = await rig.token(first);
  return { rig, token, is_told: await tells(rig, token, NAMES) };
}

async function sameCatalogue(t: Test, rig: Rig, token: MadeToken): Promise<void> {
  for (const [index, node] of rig.nodes.entries()) {
    await node.kill();
    await node.start({ CATALOGUE_FILE: catalogue(t, `/repos/{owner}/{repo}/of-${index}`) });
  }
  const known = async (node: Node): Promise<string> => {
    const known_here: number[] = [];
    for (const index of [0, 1]) {
      const { text } = await rig.call(node, 'GET', `/operations?path=/repos/acme/mill/of-${index}`, token.token);
      if (text.includes(`/of-${index}`)) known_here.push(index);
    }
    return known_here.join();
  };
  await eventually(async () => (await Promise.all(rig.nodes.map(known))).every((each) => each === '1'));
  t.pass('both know the catalogue that was put in force last');
}

export const differentSettings: Scenario = {
  ids: ['F25'],
  title: 'nodes that are set differently say so',
  run: async (t) => {
    const made = await differ(t, null);
    if (made === null) return;
    const { rig, token } = made;
    t.ok(made.is_told, `both tell of ${NAMES.join(', ')} and of nothing else`);
    for (const { service } of rig.nodes)
      await eventually(() => service().output().includes('nodes differ in settings'));
    t.pass('and their logs do');
    const [, second] = rig.nodes;
    await second?.kill();
    const same = { MAX_FINE_GRAINED_TOKENS: '10000', SESSION_TTL: '43200', FRESHNESS_MS: '2000' };
    await second?.start(same);
    t.ok(await tells(rig, token, ALWAYS), 'when they are the same again nothing is told');
    await sameCatalogue(t, rig, token);
    tell(t, `${NAMES.length} settings that differ are told by both nodes`);
    await t.test('control: a node that says nothing of itself is found', async (t) => {
      t.notOk((await differ(t, 'says nothing of its settings'))?.is_told);
    });
  },
};
