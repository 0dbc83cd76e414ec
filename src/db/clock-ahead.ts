// By which clock a statement judges what has ended, and takes away what is over.

import { sql } from 'kysely';

/** The clock of this node or of the database, whichever is ahead: what one of them says has ended has. */
export function clockAhead(now: Date) {
  return sql<Date>`greatest(${now}::timestamptz, now())`;
}

/**
 * The clock of the database alone: for taking away what others still need, whatever the clock of this node says (a used ID token, a kept
 * answer, what waits to be told). No rule goes by it.
 */
export const DATABASE_CLOCK = sql<Date>`now()`;
