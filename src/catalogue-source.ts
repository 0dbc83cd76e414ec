// The catalogue in force, as this process holds it: compiled once for each version, and used only while the database confirmed
// less than CONFIRMED_MS ago that the version is still in force. Whoever asks later waits for one small statement, which all
// who wait share; what cannot be confirmed is a fault (F3).

import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { readCatalogueUnless } from './db/catalogue.ts';
import type { Database } from './db/schema.ts';
import { BUILT_IN_CATALOGUE, type Catalogue, compileCatalogue } from './domain/catalogue.ts';
import { readKeptList } from './domain/catalogue-list.ts';

/** Well within the freshness promise: a change by another node counts here this much later at the most. */
export const CONFIRMED_MS = 1000;

export type CatalogueSource = {
  /** The catalogue in force. Faults: StorageUnavailable. @rule C2 */
  readonly current: () => Promise<Catalogue>;
  /** The same, where it is known without asking; null: it has to be asked for. */
  readonly known: () => Catalogue | null;
  /** To be called where the catalogue was changed: whoever asks from now on gets the new one. */
  readonly forget: () => void;
};

export type CatalogueSourceParts = {
  readonly db: Kysely<Database>;
  /** Milliseconds since any moment; never goes back. */
  readonly monotonic_ms: () => number;
  readonly log: Logger;
};

type Confirmation = { readonly started_ms: number; readonly catalogue: Promise<Catalogue> };
type Confirmed = { readonly started_ms: number; readonly catalogue: Catalogue };

export function createCatalogueSource({ db, monotonic_ms, log }: CatalogueSourceParts): CatalogueSource {
  let held: Catalogue = BUILT_IN_CATALOGUE;
  /** The last one that was begun; it speaks of a moment after its beginning. */
  let last: Confirmation | null = null;
  /** What the newest one that has ended well found. */
  let found: Confirmed | null = null;

  async function confirm(): Promise<Catalogue> {
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

  function begin(started_ms: number): Promise<Catalogue> {
    const begun: Confirmation = { started_ms, catalogue: confirm() };
    last = begun;
    begun.catalogue.then(
      (catalogue) => {
        if (last === begun) found = { started_ms, catalogue };
      },
      () => {
        if (last === begun) last = null;
      },
    );
    return begun.catalogue;
  }

  function isConfirmed(confirmation: { readonly started_ms: number } | null, now_ms: number): boolean {
    return confirmation !== null && now_ms - confirmation.started_ms < CONFIRMED_MS;
  }

  return {
    current: () => {
      const now_ms = monotonic_ms();
      return last !== null && isConfirmed(last, now_ms) ? last.catalogue : begin(now_ms);
    },
    known: () => {
      const now_ms = monotonic_ms();
      // Confirmed anew before it is over, so that nobody has to wait for it.
      if (last === null || now_ms - last.started_ms >= CONFIRMED_MS / 2) begin(now_ms).catch(() => undefined);
      return found !== null && isConfirmed(found, now_ms) ? found.catalogue : null;
    },
    forget: () => {
      last = null;
      found = null;
    },
  };
}
