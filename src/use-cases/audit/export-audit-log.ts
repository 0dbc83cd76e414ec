// A whole audit log, or all of it that a phrase lets through, piece by piece: as much in memory as one piece.

import { lastPosition } from '../../db/audit-log.ts';
import type { Deps } from '../../deps.ts';
import type { PlacedEntry } from '../../domain/audit-entry.ts';
import type { Caller } from '../../domain/caller.ts';
import { type AuditQuery, understand } from './audit-question.ts';
import { type WindowSizes, walkLog } from './walk-log.ts';

/** A window is a piece. */
const PIECES: WindowSizes = { first: 2000, later: 2000 };

/** The entries that are there now, in pieces, in the order asked for. Refusals are thrown before the first piece. @rule L2 */
export async function* exportAuditLog(
  deps: Deps,
  caller: Caller,
  query: AuditQuery,
): AsyncGenerator<readonly PlacedEntry[]> {
  const { filter, above, below } = await understand(deps, caller, query);
  const last = await lastPosition(deps.db, query.log);
  const walk = { log: query.log, filter, above, below: Math.min(below, last + 1), descending: query.order === 'desc' };
  for await (const { rows } of walkLog(deps.db, walk, PIECES)) if (rows.length > 0) yield rows;
}
