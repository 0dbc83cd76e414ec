// By which clock a statement judges what has ended.

import { sql } from 'kysely';

/** The clock of this node or of the database, whichever is ahead: what one of them says has ended has. */
export function clockAhead(now: Date) {
  return sql<Date>`greatest(${now}::timestamptz, now())`;
}
