// Puts the parts together that every process of ours needs: the service itself, the OpenAPI document, the tests. main.ts
// gives the clock, the settings and the pool.

import type pg from 'pg';
import type { Logger } from 'pino';
import { createCatalogueSource } from './catalogue-source.ts';
import type { Config } from './config.ts';
import { shareCounts } from './counts-over-nodes.ts';
import { openChangeFeed } from './db/change-feed.ts';
import { importDatabaseOf } from './db/import/connection.ts';
import { isUnaccepted, listLostEpochs } from './db/lineage.ts';
import { createPageKey } from './db/page-key.ts';
import { databaseOver, figuresOf, waitingIn } from './db/pool.ts';
import { findRepositoryText } from './db/repositories.ts';
import type { Deps } from './deps.ts';
import { createCachedFacts, SHOWN_SHARE } from './facts/cached.ts';
import { type Freshness, type FreshnessParts, followChanges } from './facts/freshness.ts';
import { createLostEpochs } from './facts/lost-epochs.ts';
import { ofOneHistory } from './facts/one-history.ts';
import { createOutage } from './facts/outage.ts';
import { createReplicatedFacts } from './facts/replica.ts';
import { createShownRepositories } from './facts/shown-repositories.ts';
import type { StrictFacts } from './facts/source.ts';
import { createStrictFacts } from './facts/strict.ts';
import { tracedFacts } from './facts/traced.ts';
import { createKeptSecrets } from './kept-secrets.ts';
import { createKeySets } from './key-sets.ts';
import { createLoad } from './load.ts';
import { createMailer } from './mailer.ts';
import { watchFreshness, watchPools, watchService } from './metric-figures.ts';
import { countReplicaAnswer } from './metrics.ts';
import { nodeSettings } from './node-settings.ts';
import { createOutbound } from './outbound.ts';
import { createBadCredentialCounts } from './use-cases/checks/bad-credential-counts.ts';
import { countCredentialFailures } from './use-cases/checks/credential-failures.ts';
import { createLastUse } from './use-cases/checks/last-use.ts';
import { createUsage } from './use-cases/checks/usage.ts';
import { createServiceFigures } from './use-cases/service/service-figures.ts';
import { createSigner } from './use-cases/signing-keys/signer.ts';

const PATIENCE_MS_MIN = 2000;

export type Parts = {
  readonly pool: pg.Pool;
  /** Connections to a server that replays what the other writes (DATABASE_REPLICA_URL). */
  readonly replica_pool?: pg.Pool | undefined;
  readonly config: Config;
  readonly clock: () => Date;
  readonly log: Logger;
  /** Milliseconds since any moment; never goes back. */
  readonly monotonic_ms?: () => number;
  /** Every question first hears of all that was committed before it: for tests, which write past the service. */
  readonly is_fenced?: true;
  /** Opens the connection over which commits are followed, where that is not done in the usual way. */
  readonly openFeed?: typeof openChangeFeed;
  /** The database was set back to an earlier state, and nobody has accepted that; told again and again. */
  readonly onUnaccepted?: () => void;
};

/** The dependencies over one pool. Who made the pool ends it. */
export function composeDeps({
  pool,
  config,
  clock,
  log,
  monotonic_ms = steadyClock,
  is_fenced,
  openFeed = openChangeFeed,
  replica_pool,
  onUnaccepted = () => undefined,
}: Parts): Deps {
  const db = databaseOver(pool);
  const parts = freshnessParts({ pool, config, clock, log, monotonic_ms, openFeed, onUnaccepted });
  // Who hears of everything first has no other way when that takes long.
  const freshness = followChanges(is_fenced === true ? { ...parts, read_ms_max: config.request_timeout_ms } : parts);
  const outage = createOutage({ stale_ms_max: config.outage_stale_ms, freshness, monotonic_ms });
  const following = { freshness, monotonic_ms, is_fenced: is_fenced === true };
  const replicated = { pool, replica_pool, config, clock, log, monotonic_ms };
  const anyHistory = withReplica(
    replicated,
    createStrictFacts(pool, clock, { own_audience: config.public_url }),
    () => freshness,
  );
  const strict = tracedFacts(ofOneHistory({ strict: anyHistory, freshness, isUnaccepted: () => isUnaccepted(db) }));
  const { figures, ...facts } = createCachedFacts({
    strict,
    outage,
    bytes_max: config.cache_bytes_max,
    clock,
    ...following,
  });
  watchFreshness({ ...freshness, cache: figures });
  watchPools(() => ({ primary: figuresOf(pool), replica: replica_pool }));
  watchService(createServiceFigures({ db, config, clock, monotonic_ms }));
  const catalogue = createCatalogueSource({ db, log, outage, ...following });
  const openImportDatabase = importDatabaseOf(pool);
  const page_key = createPageKey(db);
  const outbound = createOutbound({ allow: config.outbound_allow });
  const key_sets = createKeySets({ outbound, clock, log, request_timeout_ms: config.request_timeout_ms });
  const last_use = createLastUse(db);
  const usage = createUsage({ db, log, repositories_max: config.selected_repositories_max + 1 });
  const bad_credentials = createBadCredentialCounts(log);
  const counts = shareCounts({ db, clock });
  const credential_failures = countCredentialFailures(counts, clock);
  const load = createLoad({
    requests_max: config.requests_max,
    standing_max: config.standing_requests_max,
    waiting_max: config.database_waiting_max,
    lag_ms_max: config.lag_ms_max,
    waiting: () => waitingIn(pool),
    log,
  });
  const mailer = createMailer(config);
  const signer = createSigner({ db, config, clock, log, ...following });
  const kept_secrets = createKeptSecrets({ config, salt: page_key });
  const outside = { outbound, kept_secrets, key_sets, signer, mailer };
  const counted = { last_use, usage, bad_credentials, credential_failures, counts, load };
  const shown_repositories = createShownRepositories({
    read: (id) => findRepositoryText(db, id),
    freshness,
    bytes_max: config.cache_bytes_max * SHOWN_SHARE,
  });
  const lost_epochs = createLostEpochs({ read: () => listLostEpochs(db), freshness });
  const known = { facts, lost_epochs, freshness, outage, shown_repositories, catalogue, page_key };
  return { db, openImportDatabase, ...known, ...counted, ...outside, config, clock, log };
}

/** What is asked of the database may be asked of the replica, where there is one. */
function withReplica(
  {
    pool,
    replica_pool,
    config,
    clock,
    log,
    monotonic_ms,
  }: Required<Omit<Parts, 'is_fenced' | 'openFeed' | 'onUnaccepted'>>,
  primary: StrictFacts,
  freshness: () => Freshness,
): StrictFacts {
  if (replica_pool === undefined) return primary;
  return createReplicatedFacts({
    primary,
    replica: createStrictFacts(replica_pool, clock, { own_audience: config.public_url }),
    pools: { primary: pool, replica: replica_pool },
    freshness,
    clock,
    monotonic_ms,
    bound_ms: config.freshness_ms,
    onOutcome: countReplicaAnswer,
    onStanding: ({ is_used, error }) => {
      if (is_used) log.info('the replica is used');
      else log.warn({ err: error }, 'the replica is not used now; the primary is asked');
    },
  });
}

/** Commits are followed over a connection of their own, where the pool's go. */
function freshnessParts({
  pool,
  config,
  clock,
  log,
  monotonic_ms,
  openFeed,
  onUnaccepted,
}: Required<Omit<Parts, 'is_fenced' | 'replica_pool'>>): FreshnessParts {
  const url = pool.options.connectionString ?? '';
  const bound_ms = config.freshness_ms;
  // Longer than a short bound: while nothing is heard nothing is answered from memory anyway, and who opens anew hears later still.
  const patience_ms = Math.max(Math.floor(bound_ms / 2), PATIENCE_MS_MIN);
  const relied_ms = Math.max(bound_ms, config.outage_stale_ms);
  const node: { id: number | null } = { id: null };
  const settings = nodeSettings(config);
  const onSetBack = (): void => {
    log.error('the database was set back to an earlier state: whatever was remembered is forgotten');
  };
  return {
    open: (events) =>
      openFeed({ url, connect_ms_max: patience_ms, relied_ms, node, settings, onSetBack, onUnaccepted }, events),
    clock,
    monotonic_ms,
    bound_ms,
    read_ms_max: patience_ms,
    onFault: (error) => log.warn({ err: error }, 'the changes of the database cannot be followed'),
  };
}

function steadyClock(): number {
  return performance.now();
}
