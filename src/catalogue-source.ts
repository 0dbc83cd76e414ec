// The catalogue in force, as this process holds it: compiled once for each version, and kept while no commit has touched it. Whoever
// asks later waits for one small statement, which all who wait share; what cannot be confirmed is a fault (F3), unless a setting
// lets nodes answer for a while by what they last knew (facts/outage.ts).

import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { readCatalogueUnless } from './db/catalogue.ts';
import type { Database } from './db/schema.ts';
import { BUILT_IN_CATALOGUE, type Catalogue, compileCatalogue } from './domain/catalogue.ts';
import { readKeptList } from './domain/catalogue-list.ts';
import { type Kept, type KeptParts, keepValue } from './facts/kept.ts';

/** `current`: the catalogue in force. Faults: StorageUnavailable. @rule C2 */
export type CatalogueSource = Kept<Catalogue>;

export type CatalogueSourceParts = Omit<KeptParts<Catalogue>, 'kind' | 'load'> & {
  readonly db: Kysely<Database>;
  readonly log: Logger;
};

export function createCatalogueSource({ db, log, ...parts }: CatalogueSourceParts): CatalogueSource {
  let held: Catalogue = BUILT_IN_CATALOGUE;

  async function load(): Promise<Catalogue> {
    // Others may change it while the statement runs: each caller gets what his own statement found.
    const known = held;
    const row = await readCatalogueUnless(db, known.version);
    if (row.version === known.version) return known;
    const { operations, faults } = readKeptList(row.operations);
    if (faults > 0) log.error({ version: row.version, faults }, 'a part of the catalogue is not understood and denied');
    const found = compileCatalogue(operations, row.version);
    held = found;
    log.info({ version: found.version, operations: operations.length }, 'another catalogue is in force');
    return found;
  }

  return keepValue({ ...parts, kind: 'catalogue', load });
}
