// When tokens were last used, without a write per request: collected in memory, written together. `last_used_at` may lag
// 60 s (M9); a process that is killed loses what it collected since the last flush.

import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Database } from '../../db/schema.ts';

/** Well below the 60 s that `last_used_at` may lag. */
export const LAST_USE_FLUSH_SECONDS = 20;
/** Beyond this many tokens within one interval, further ones wait for their next use. */
const COLLECTED_MAX = 200_000;

export type LastUse = {
  readonly record: (token_id: number, at: Date) => void;
  /** Writes what was collected; on a fault it is kept for the next time. */
  readonly flush: () => Promise<void>;
};

export function createLastUse(db: Kysely<Database>): LastUse {
  let collected = new Map<number, Date>();

  async function flush(): Promise<void> {
    if (collected.size === 0) return;
    const writing = collected;
    collected = new Map();
    try {
      await sql`
        update tokens set last_used_at = used.at
        from unnest(${[...writing.keys()]}::bigint[], ${[...writing.values()]}::timestamptz[]) as used (id, at)
        where tokens.id = used.id and (tokens.last_used_at is null or tokens.last_used_at < used.at)`.execute(db);
    } catch (error) {
      for (const [id, at] of writing) if (!collected.has(id)) collected.set(id, at);
      throw error;
    }
  }

  return {
    record: (token_id, at) => {
      if (collected.size < COLLECTED_MAX || collected.has(token_id)) collected.set(token_id, at);
    },
    flush,
  };
}
