// Puts the parts together that every process of ours needs: the service itself, the OpenAPI document, the tests. main.ts
// gives the clock, the settings and the pool.

import type pg from 'pg';
import type { Logger } from 'pino';
import { createCatalogueSource } from './catalogue-source.ts';
import type { Config } from './config.ts';
import { importDatabaseOf } from './db/import/connection.ts';
import { createPageKey } from './db/page-key.ts';
import { databaseOver } from './db/pool.ts';
import type { Deps } from './deps.ts';
import { createStrictFacts } from './facts/strict.ts';
import { createKeySets } from './key-sets.ts';
import { createMailer } from './mailer.ts';
import { createOutbound } from './outbound.ts';
import { createBadCredentialCounts } from './use-cases/bad-credential-counts.ts';
import { createLastUse } from './use-cases/last-use.ts';
import { createSigner } from './use-cases/signer.ts';

export type Parts = {
  readonly pool: pg.Pool;
  readonly config: Config;
  readonly clock: () => Date;
  readonly log: Logger;
  /** Milliseconds since any moment; never goes back. */
  readonly monotonic_ms?: () => number;
};

/** The dependencies over one pool. Who made the pool ends it. */
export function composeDeps({ pool, config, clock, log, monotonic_ms = steadyClock }: Parts): Deps {
  const db = databaseOver(pool);
  const facts = createStrictFacts(pool, clock);
  const catalogue = createCatalogueSource({ db, monotonic_ms, log });
  const openImportDatabase = importDatabaseOf(pool);
  const outbound = createOutbound({ allow: config.outbound_allow });
  const key_sets = createKeySets({ outbound, clock, log, request_timeout_ms: config.request_timeout_ms });
  const last_use = createLastUse(db);
  const bad_credentials = createBadCredentialCounts(log);
  const mailer = createMailer(config);
  const signer = createSigner({ db, config, clock, log, monotonic_ms });
  const outside = { outbound, key_sets, signer, mailer };
  const page_key = createPageKey(db);
  const counted = { last_use, bad_credentials };
  return { db, openImportDatabase, facts, catalogue, ...counted, page_key, ...outside, config, clock, log };
}

function steadyClock(): number {
  return performance.now();
}
