// A rig over a PostgreSQL of its own, the one that npm brings.

import type { Test } from 'tap';
import type { Plant } from './plants.ts';
import { embeddedEngine, startPostgres } from './postgres.ts';
import { type Rig, startRig } from './rig.ts';

export async function startEmbeddedRig(
  t: Test,
  nodes: readonly (Plant | null)[],
  settings: Readonly<Record<string, string>> = {},
  each: readonly Readonly<Record<string, string>>[] = [],
): Promise<Rig> {
  return startRig(t, { postgres: await startPostgres(t, { engine: embeddedEngine(t) }), nodes, settings, each });
}
