// A whole audit log, or all of it that a phrase lets through, piece by piece: as much in memory as one piece.

import { lastPosition, readLog } from '../db/audit-log.ts';
import type { Deps } from '../deps.ts';
import type { PlacedEntry } from '../domain/audit-entry.ts';
import type { Caller } from '../domain/caller.ts';
import { type AuditQuery, understand } from './audit-question.ts';

/** Positions that one statement looks at: however few the phrase lets through, each statement is short. */
const POSITIONS_PER_PIECE = 2000;

/** The entries that are there now, in pieces, in the order asked for. Refusals are thrown before the first piece. @rule L2 */
export async function* exportAuditLog(
  deps: Deps,
  caller: Caller,
  query: AuditQuery,
): AsyncGenerator<readonly PlacedEntry[]> {
  const { filter, above, below } = await understand(deps, caller, query);
  const last = await lastPosition(deps.db, query.log);
  const descending = query.order === 'desc';
  const end = Math.min(below, last + 1);
  for (let done = above; done + 1 < end; done += POSITIONS_PER_PIECE) {
    const reach = Math.min(done + POSITIONS_PER_PIECE + 1, end);
    const [from, to] = descending ? [above + end - reach, above + end - done] : [done, reach];
    const piece = { filter, above: from, below: to, descending, limit: POSITIONS_PER_PIECE };
    const entries = await readLog(deps.db, query.log, piece);
    if (entries.length > 0) yield entries;
  }
}
