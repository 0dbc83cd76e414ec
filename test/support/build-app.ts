// The application over a database of its own, for tests through HTTP without a socket.

import { type Logger, pino } from 'pino';
import type { Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import type { Deps } from '../../src/deps.ts';
import { buildApp } from '../../src/http/app.ts';
import type { AddRoutes, App } from '../../src/http/app-type.ts';
import { ROUTES } from '../../src/http/routes/index.ts';
import type { Environment } from '../../src/settings.ts';
import type { TlsFiles } from '../../src/tls-files.ts';
import { createDatabase } from './database.ts';

export interface TestApp {
  readonly app: App;
  readonly deps: Deps;
  readonly inject: App['inject'];
  /** Every line that was logged so far, as text. */
  readonly logged: () => string;
}

export interface TestAppOptions {
  /** Settings as the environment would give them. */
  readonly settings?: Environment;
  /** Dependencies in place of the usual ones, for example a clock. */
  readonly deps?: Partial<Deps>;
  /** Questions are answered from memory, as in a service that runs; else each first hears of all that the test wrote past it. */
  readonly is_fenced?: false;
  /** The database was nobody's before: for who counts what is read, which the planner decides. */
  readonly is_new?: true;
  /** By which the limits of a new database are set: a statement may take half of it. */
  readonly request_timeout_ms?: number;
  /** Routes of the test itself, beside those of the service. */
  readonly routes?: AddRoutes;
  /** For who listens with TLS. */
  readonly tls?: TlsFiles;
}

/**
 * Limits are tested where they are meant; elsewhere they would only make tests depend on each other, and on how busy the machine
 * is. What the database gives up after: database.ts.
 */
const AMPLE_LIMITS = {
  CACHE_MIB: '4', // reserved by each application
  REQUEST_TIMEOUT_MS: '20000',
  MAX_REQUESTS: '10000',
  STANDING_REQUESTS: '10000',
  DATABASE_QUEUE: '10000',
  MAX_LAG_MS: '0', // how busy the machine is
  RATE_LIMIT_PER_HOUR: '1000000',
  ANONYMOUS_PER_HOUR: '1000000',
  BAD_CREDENTIALS_PER_MINUTE: '1000000',
};

/** Everything closes with the test. */
export async function buildTestApp(t: Test, options: TestAppOptions = {}): Promise<TestApp> {
  const lines: string[] = [];
  const { pool } = await createDatabase(t, options);
  const deps: Deps = {
    ...composeDeps({
      pool,
      config: loadConfig({ ...AMPLE_LIMITS, ...options.settings }),
      clock: options.deps?.clock ?? (() => new Date()),
      log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }) as Logger,
      ...(options.is_fenced === false ? {} : { is_fenced: true }),
    }),
    ...options.deps,
  };
  const routes = options.routes === undefined ? ROUTES : [...ROUTES, options.routes];
  const app = await buildApp(deps, routes, options.tls ?? null);
  t.teardown(() => app.close());
  t.teardown(() => deps.freshness.stop());
  return { app, deps, inject: app.inject.bind(app) as App['inject'], logged: () => lines.join('') };
}
