// What use-cases need from the world, as one plain argument. `main.ts` makes it once; tests make their own.
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { CatalogueSource } from './catalogue-source.ts';
import type { Config } from './config.ts';
import type { SharedCounts } from './counts-over-nodes.ts';
import type { ImportDatabase } from './db/import/connection.ts';
import type { Database } from './db/schema.ts';
import type { Freshness } from './facts/freshness.ts';
import type { LostEpochs } from './facts/lost-epochs.ts';
import type { Outage } from './facts/outage.ts';
import type { ShownRepositories } from './facts/shown-repositories.ts';
import type { FactsSource } from './facts/source.ts';
import type { KeptSecrets } from './kept-secrets.ts';
import type { KeySets } from './key-sets.ts';
import type { Load } from './load.ts';
import type { Mailer } from './mailer.ts';
import type { Outbound } from './outbound.ts';
import type { BadCredentialCounts } from './use-cases/checks/bad-credential-counts.ts';
import type { CredentialFailures } from './use-cases/checks/credential-failures.ts';
import type { LastUse } from './use-cases/checks/last-use.ts';
import type { Usage } from './use-cases/checks/usage.ts';
import type { Signer } from './use-cases/signing-keys/signer.ts';

export interface Deps {
  readonly db: Kysely<Database>;
  /** The same database for a bulk import: one connection beside the pool, with limits of its own. Who opens it ends it. */
  readonly openImportDatabase: () => ImportDatabase;
  readonly config: Config;
  /** The present moment: the only clock that anything but `main.ts` may ask. */
  readonly clock: () => Date;
  readonly log: Logger;
  /** What the rules need to know. */
  readonly facts: FactsSource;
  /** How far behind the database this node is. */
  readonly freshness: Freshness;
  /** Which commits the database lost when it was set back. */
  readonly lost_epochs: LostEpochs;
  /** What answers show of repositories besides. */
  readonly shown_repositories: ShownRepositories;
  /** What this node does while it cannot reach the database. */
  readonly outage: Outage;
  /** The operations that questions may name. */
  readonly catalogue: CatalogueSource;
  readonly last_use: LastUse;
  readonly usage: Usage;
  /** How often what may not be done too often was done, over all nodes. */
  readonly counts: SharedCounts;
  readonly bad_credentials: BadCredentialCounts;
  /** How often each credential that has a name was tried wrongly. */
  readonly credential_failures: CredentialFailures;
  /** How much this process has to do. */
  readonly load: Load;
  /** The key that seals tokens of pages. Faults: StorageUnavailable. */
  readonly page_key: () => Promise<Buffer>;
  /** Secrets of others, kept to be used again. */
  readonly kept_secrets: KeptSecrets;
  /** The way to addresses that others have given. */
  readonly outbound: Outbound;
  /** The keys by which organizations' ID tokens are signed. */
  readonly key_sets: KeySets;
  /** This service's own signature. */
  readonly signer: Signer;
  /** The way out for mails; null where none are sent. */
  readonly mailer: Mailer | null;
}
