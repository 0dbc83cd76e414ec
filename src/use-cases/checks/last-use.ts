// When tokens were last used, without a write per request: collected in memory, written together. `last_used_at` may lag
// 60 s (M9); a process that is killed loses what it collected since the last flush, one that stops flushes.

import type { Kysely } from 'kysely';
import { setLastUses } from '../../db/last-uses.ts';
import type { Database } from '../../db/schema.ts';

/** Well below the 60 s that `last_used_at` may lag, though a token that somebody is changing waits for the next time. */
export const LAST_USE_FLUSH_SECONDS = 20;
/** Beyond this many tokens within one interval, further ones wait for their next use. */
const COLLECTED_MAX = 200_000;
/** Rows of one statement. */
const WRITTEN_MAX = 5000;

export type LastUse = {
  readonly record: (token_id: number, at: Date) => void;
  /** Writes what was collected; on a fault it is kept for the next time. */
  readonly flush: () => Promise<void>;
};

export function createLastUse(db: Kysely<Database>): LastUse {
  let collected = new Map<number, Date>();

  function keep(uses: Iterable<readonly [number, Date]>): void {
    for (const [id, at] of uses) {
      const known = collected.get(id);
      if (known === undefined || known < at) collected.set(id, at);
    }
  }

  async function flush(): Promise<void> {
    const writing = [...collected];
    collected = new Map();
    try {
      while (writing.length > 0) {
        const batch = new Map(writing.slice(-WRITTEN_MAX));
        const locked = await setLastUses(db, batch);
        writing.splice(-WRITTEN_MAX);
        keep(locked.flatMap((id): [number, Date][] => [[id, batch.get(id) ?? new Date(0)]]));
      }
    } catch (error) {
      keep(writing);
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
