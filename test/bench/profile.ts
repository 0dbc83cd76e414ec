// `npm run bench:profile`: where the time of the server goes under full load. Writes a .cpuprofile of each cell and a flame graph
// of it, and prints the functions with the most time of their own, and how it divides among modules.
// `-- --cell introspection --side bare --cold --out FOLDER`.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startTestServer } from '../support/server.ts';
import { asksOf, bareAsksOf, CELL_NAMES, type CellName } from './cells.ts';
import { flameGraph, isWork, moduleOf, type Profile } from './flame.ts';
import { withProcesses } from './processes.ts';
import type { SideName } from './sides.ts';
import { fillWorld, forgetEverything, type World } from './world.ts';

const SIZE = { people: 10_000, organizations: 1000, repositories: 50_000, tokens: 50_000 };
const CONNECTIONS = 64;
const PRINTED = 35;

const { values } = parseArgs({
  options: {
    cell: { type: 'string', multiple: true, default: [...CELL_NAMES] },
    side: { type: 'string', default: 'service' },
    seconds: { type: 'string', default: '4' },
    cold: { type: 'boolean', default: false },
    out: { type: 'string', default: 'profiles' },
  },
});

const server = await startTestServer();
try {
  const world = await fillWorld(server.template_url, SIZE);
  await mkdir(values.out, { recursive: true });
  for (const cell of CELL_NAMES.filter((name) => values.cell.includes(name))) await profile(world, cell);
} finally {
  await server.stop();
}

async function profile(world: World, cell: CellName): Promise<void> {
  const side = values.side as SideName;
  const taken = await withProcesses(async ({ serve, loaders }) => {
    const asks = (side === 'service' ? asksOf : bareAsksOf)(cell, world.tokens, world.client);
    const [target, load] = await Promise.all([serve('./serve.ts', [side, cell, world.database_url]), loaders(asks)]);
    await load.take(target, CONNECTIONS, { requests: asks.length });
    await load.take(target, CONNECTIONS, { seconds: 1 });
    if (values.cold) {
      // Twice: the first time is the compiler's.
      await forgetEverything(world.database_url);
      await load.take(target, CONNECTIONS, { seconds: 2 });
      await forgetEverything(world.database_url);
      await load.take(target, CONNECTIONS, { seconds: 0.3 });
    }
    await target.order('profile');
    const sample = await load.take(target, CONNECTIONS, { seconds: Number(values.seconds) });
    return { sample, profile: (await target.order('stop profiling')) as Profile };
  });
  const name = `${cell.replace(' ', '-')}-${side}${values.cold ? '-cold' : ''}`;
  await writeFile(join(values.out, `${name}.cpuprofile`), JSON.stringify(taken.profile));
  const { requests } = taken.sample;
  await writeFile(
    join(values.out, `${name}.svg`),
    flameGraph(taken.profile, `${name}, ${requests} requests`, requests),
  );
  report(name, requests, taken.profile);
}

function report(name: string, requests: number, { nodes, samples, timeDeltas }: Profile): void {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const modules = new Map<string, number>();
  const add = (map: Map<string, number>, key: string, us: number) => map.set(key, (map.get(key) ?? 0) + us);
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const place = places.get(id);
    const us = timeDeltas[index] ?? 0;
    if (place === undefined || !isWork(place)) continue;
    total += us;
    add(modules, moduleOf(place), us);
    add(functions, `${place.functionName || '(anonymous)'} · ${moduleOf(place)}:${place.lineNumber + 1}`, us);
  }
  const line = ([what, us]: readonly [string, number]): string =>
    `${((100 * us) / total).toFixed(1).padStart(6)} %  ${(us / requests).toFixed(2).padStart(6)} µs  ${what}\n`;
  const largest = (map: Map<string, number>): string =>
    [...map]
      .sort(([, a], [, b]) => b - a)
      .slice(0, PRINTED)
      .map(line)
      .join('');
  process.stdout.write(`\n## ${name}: ${(total / requests).toFixed(1)} µs a request (${requests} of them, profiled)\n`);
  process.stdout.write(`### by module\n${largest(modules)}### by function (its own time)\n${largest(functions)}`);
}
