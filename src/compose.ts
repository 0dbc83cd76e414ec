// Puts the parts together that every process of ours needs: the service itself, the OpenAPI document, the tests. main.ts
// gives the clock, the settings and the pool.

import type pg from 'pg';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { importDatabaseOf } from './db/import/connection.ts';
import { databaseOver } from './db/pool.ts';
import type { Deps } from './deps.ts';
import { createStrictFacts } from './facts/strict.ts';
import { createLastUse } from './use-cases/last-use.ts';

export type Parts = {
  readonly pool: pg.Pool;
  readonly config: Config;
  readonly clock: () => Date;
  readonly log: Logger;
};

/** The dependencies over one pool. Who made the pool ends it. */
export function composeDeps({ pool, config, clock, log }: Parts): Deps {
  const db = databaseOver(pool);
  const facts = createStrictFacts(pool, clock);
  const openImportDatabase = importDatabaseOf(pool);
  return { db, openImportDatabase, facts, last_use: createLastUse(db), config, clock, log };
}
