// GET /admin/catalogue: which catalogue is in force.

import { type CatalogueState, readCatalogueState } from '../../db/catalogue.ts';
import type { Deps } from '../../deps.ts';

/** Its version, and how many operations were loaded; 0 and 0 where none ever were. */
export function showCatalogue(deps: Deps): Promise<CatalogueState> {
  return readCatalogueState(deps.db);
}
