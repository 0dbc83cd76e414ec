// Walking through a log of the record in windows of positions, each a statement of its own: however large the log is and
// however few entries a phrase lets through, no statement takes long. Positions have no gaps and never change, so that the
// windows together are what one statement would have seen.

import type { Kysely } from 'kysely';
import { type LogRow, readLog } from '../../db/audit-log.ts';
import type { Database } from '../../db/schema.ts';
import type { LogName } from '../../domain/audit-entry.ts';
import type { AuditFilter } from '../../domain/audit-phrase.ts';

/** How many positions a window has: the first, which is enough for most questions, and those after it. */
export type WindowSizes = { readonly first: number; readonly later: number };
const WINDOW_SIZES: WindowSizes = { first: 2000, later: 20_000 };

export type Walk = {
  readonly log: LogName;
  readonly filter: AuditFilter;
  /** Positions above this one, and below that one. */
  readonly above: number;
  readonly below: number;
  readonly descending: boolean;
  /** So many entries of a window are enough. */
  readonly limit?: number;
};

export type Window = {
  readonly rows: readonly LogRow[];
  /** How many positions were looked at so far, and the last of them. */
  readonly looked: number;
  readonly last: number;
};

/** The windows from one end to the other, with what the filter lets through of each. @rule L2 */
export async function* walkLog(
  db: Kysely<Database>,
  { log, filter, above, below, descending, limit }: Walk,
  sizes: WindowSizes = WINDOW_SIZES,
): AsyncGenerator<Window> {
  const total = below - above - 1;
  let size = sizes.first;
  for (let looked = 0; looked < total; size = sizes.later) {
    const then = Math.min(looked + size, total);
    const [from, to] = descending ? [below - then - 1, below - looked] : [above + looked, above + then + 1];
    const bounds = { above: from, below: to, descending, limit: limit ?? size };
    const rows = await readLog(db, log, { filter, ...bounds });
    looked = then;
    yield { rows, looked, last: descending ? from + 1 : to - 1 };
  }
}
