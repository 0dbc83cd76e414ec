// A page of an audit log, and the cursors that lead on (L2).

import { type LogRow, readLog } from '../db/audit-log.ts';
import type { Deps } from '../deps.ts';
import type { PlacedEntry } from '../domain/audit-entry.ts';
import type { Caller } from '../domain/caller.ts';
import { printCursor } from './audit-cursor.ts';
import { type AuditQuery, understand } from './audit-question.ts';

export type AuditPage = {
  readonly entries: readonly PlacedEntry[];
  /** Cursor for `after`: there are more behind this page. */
  readonly next: string | null;
  /** Cursor for `before`: there are some in front of it. */
  readonly prev: string | null;
};

/** The page of this log that is asked for. @rule L2 */
export async function readAuditLog(
  deps: Deps,
  caller: Caller,
  query: AuditQuery & { readonly limit: number },
): Promise<AuditPage> {
  const { filter, above, below, cursor } = await understand(deps, caller, query);
  // Towards the front, the nearest are looked for from the cursor on, and then turned round.
  const backwards = query.before !== null && query.after === null;
  const descending = (query.order === 'desc') !== backwards;
  const found = await readLog(deps.db, query.log, { filter, above, below, descending, limit: query.limit + 1 });
  const has_more = found.length > query.limit;
  const rows = found.slice(0, query.limit);
  if (backwards) rows.reverse();
  const print = (row: LogRow | undefined) => (row === undefined ? null : printCursor(cursor, row));
  return {
    entries: rows,
    next: backwards || has_more ? print(rows.at(-1)) : null,
    prev: (backwards ? has_more : query.after !== null) ? print(rows.at(0)) : null,
  };
}
