// The service's parts over a database, for a test that makes its world by them beside what it watches: no application, no log.

import type { Pool } from 'pg';
import { pino } from 'pino';
import type { Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import type { Deps } from '../../src/deps.ts';

export function depsOver(t: Test, pool: Pool): Deps {
  const deps = composeDeps({
    pool,
    config: loadConfig({ CACHE_MIB: '4' }),
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
  });
  t.teardown(() => deps.freshness.stop());
  return deps;
}
