// A page of an audit log, and the cursors that lead on (L2). A search looks at so many entries a page and no more: a page that
// found less than was asked for, or nothing, leads on from where it stopped.

import { countEntries, hashAt, type LogRow, lastPosition, readLogOf } from '../../db/audit-log.ts';
import type { Deps } from '../../deps.ts';
import type { PlacedEntry } from '../../domain/audit-entry.ts';
import { namedTokens } from '../../domain/audit-phrase.ts';
import type { Caller } from '../../domain/caller.ts';
import { type CursorQuestion, printCursor } from './audit-cursor.ts';
import { type AuditQuery, understand } from './audit-question.ts';
import { type Walk, type WindowSizes, walkLog } from './walk-log.ts';

export const POSITIONS_PER_PAGE_MAX = 100_000;
/** What is written of one token is looked up, however large the log; of a token with more than this it is searched for. */
const ENTRIES_LOOKED_UP_MAX = 10_000;

/** How far a search goes; less than the usual in tests. */
export type SearchBounds = {
  readonly positions_max: number;
  readonly looked_up_max: number;
  readonly windows?: WindowSizes;
};
const BOUNDS: SearchBounds = { positions_max: POSITIONS_PER_PAGE_MAX, looked_up_max: ENTRIES_LOOKED_UP_MAX };

export type AuditPage = {
  readonly entries: readonly PlacedEntry[];
  /** Cursor for `after`: there may be more behind this page. */
  readonly next: string | null;
  /** Cursor for `before`: there may be some in front of it. */
  readonly prev: string | null;
};

type Found = {
  readonly rows: readonly LogRow[];
  /** The position where the search stopped before its end; null: it came to the end, or found enough. */
  readonly stopped_at: number | null;
};

async function search(deps: Deps, walk: Walk & { readonly limit: number }, bounds: SearchBounds): Promise<Found> {
  const tokens = namedTokens(walk.filter);
  if (tokens !== null && (await countEntries(deps.db, tokens, bounds.looked_up_max + 1)) <= bounds.looked_up_max) {
    return { rows: await readLogOf(deps.db, tokens, walk), stopped_at: null };
  }
  const rows: LogRow[] = [];
  for await (const window of walkLog(deps.db, walk, bounds.windows)) {
    rows.push(...window.rows);
    if (rows.length >= walk.limit) break;
    const is_end = window.looked === walk.below - walk.above - 1;
    if (window.looked >= bounds.positions_max && !is_end) return { rows, stopped_at: window.last };
  }
  return { rows, stopped_at: null };
}

/** Cursors of rows, and of positions of which only the number is known. */
function cursorsOf(deps: Deps, question: CursorQuestion) {
  return async (at: LogRow | number | null | undefined): Promise<string | null> => {
    if (at === null || at === undefined) return null;
    if (typeof at !== 'number') return printCursor(question, at);
    const hash = await hashAt(deps.db, question.log, at);
    return hash === null ? null : printCursor(question, { position: at, hash });
  };
}

/** The page of this log that is asked for. @rule L2 */
export async function readAuditLog(
  deps: Deps,
  caller: Caller,
  query: AuditQuery & { readonly limit: number },
  bounds: SearchBounds = BOUNDS,
): Promise<AuditPage> {
  const { log, limit } = query;
  const { filter, above, below, cursor } = await understand(deps, caller, query);
  // Towards the front, the nearest are looked for from the cursor on, and then turned round.
  const backwards = query.before !== null && query.after === null;
  const descending = (query.order === 'desc') !== backwards;
  const end = Math.min(below, (await lastPosition(deps.db, log)) + 1);
  const walk = { log, filter, above, below: end, descending, limit: limit + 1 };
  const { rows: found, stopped_at } = await search(deps, walk, bounds);
  const rows = found.slice(0, limit);
  const print = cursorsOf(deps, cursor);
  /** Where this page began and where it ended, in the direction of the search. An empty one began beside its cursor. */
  const began = rows.at(0) ?? firstOf(walk);
  const ended = found.length > limit ? rows.at(-1) : stopped_at;
  if (backwards) return { entries: rows.reverse(), next: await print(began), prev: await print(ended) };
  return { entries: rows, next: await print(ended), prev: query.after === null ? null : await print(began) };
}

/** The first position that a walk looks at; null: there is none. */
function firstOf({ above, below, descending }: Walk): number | null {
  if (below - above <= 1) return null;
  return descending ? below - 1 : above + 1;
}
