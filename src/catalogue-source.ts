// Where the catalogue in force comes from.

import { BUILT_IN_CATALOGUE, type Catalogue } from './domain/catalogue.ts';

export type CatalogueSource = {
  /** The catalogue in force. Faults: StorageUnavailable. */
  readonly current: () => Promise<Catalogue>;
};

export function createCatalogueSource(): CatalogueSource {
  return { current: async () => BUILT_IN_CATALOGUE };
}
