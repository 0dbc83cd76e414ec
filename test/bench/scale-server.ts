// The PostgreSQL of the bench of scale: the embedded one with settings of a machine of its own, in a folder that stays when it is
// named, so that a world that took long to make can be looked at again.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { startEmbedded } from '../../src/db/embedded.ts';
import { SUPERUSER } from '../../src/db/embedded-cluster.ts';
import { installQueue } from '../../src/db/job-queue.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openPool } from '../../src/db/pool.ts';
import type { WorkingToken } from '../support/large-world.ts';
import { worldOf } from '../support/world.ts';
import { fillScaleWorld, type ScaleSize, type Timed } from './scale-world.ts';

/** Stated in docs/performance.md. What is about durability is the embedded server's own: off while filling, on while serving. */
export const SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '4GB',
  effective_cache_size: '12GB',
  max_wal_size: '12GB',
  checkpoint_timeout: '30min',
  random_page_cost: '1.1',
};
const CONNECTIONS_MAX = 50;
const PATIENT_MS = 3_600_000;

export interface ScaleWorld {
  readonly size: ScaleSize;
  readonly authorization: string;
  readonly tokens: readonly WorkingToken[];
  readonly filled: readonly Timed[];
}

export interface Embedded {
  readonly url: string;
  readonly superuser: pg.Client;
  readonly stop: () => Promise<void>;
}

/** As for tests: nothing that is acknowledged is safe, and all is fast. */
export async function startServer(folder: string): Promise<Embedded> {
  const log = pino({ level: 'silent' });
  const options = { folder, durable: false, connections_max: CONNECTIONS_MAX, environment: process.env, log };
  const { url, stop } = await startEmbedded(options);
  const as_superuser = new URL(url);
  as_superuser.username = SUPERUSER;
  const superuser = new pg.Client({ connectionString: as_superuser.href });
  superuser.on('error', () => undefined);
  await superuser.connect();
  const end = async (): Promise<void> => {
    await superuser.query('checkpoint');
    await superuser.end();
    await stop();
  };
  return { url, superuser, stop: end };
}

/** The world of this folder, made if it is not there. */
export async function scaleWorld(folder: string, size: ScaleSize, tell: (timed: Timed) => void): Promise<ScaleWorld> {
  const file = join(folder, 'world.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as ScaleWorld;
  const before = await startServer(folder);
  for (const [name, value] of Object.entries(SETTINGS)) {
    await before.superuser.query(`alter system set ${name} = '${value}'`);
  }
  await migrate(before.url);
  await installQueue(before.url);
  await before.stop();
  const server = await startServer(folder);
  const filled: Timed[] = [];
  const tokens = await fillScaleWorld(server.superuser, size, (timed) => {
    filled.push(timed);
    tell(timed);
  });
  const authorization = await backendService(server.url);
  await server.stop();
  const world = { size, authorization, tokens, filled };
  writeFileSync(file, JSON.stringify(world));
  return world;
}

async function backendService(url: string): Promise<string> {
  const pool = openPool({ url, connections_max: 2, request_timeout_ms: PATIENT_MS, onIdleError: () => undefined });
  const deps = composeDeps({ pool, config: loadConfig({}), clock: () => new Date(), log: pino({ level: 'silent' }) });
  try {
    const { authorization } = await worldOf(deps).client(['introspect', 'evaluate']);
    return authorization;
  } finally {
    deps.freshness.stop();
    await deps.db.destroy();
  }
}
