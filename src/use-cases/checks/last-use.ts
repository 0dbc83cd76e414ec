// When tokens were last used, without a write per request: collected in memory, written together. `last_used_at` may lag
// 60 s (M9); a process that is killed loses what it collected since the last flush, one that stops flushes.

import type { Kysely } from 'kysely';
import { setLastUses } from '../../db/last-uses.ts';
import type { Database } from '../../db/schema.ts';
import { createNumberTable, type NumberTable } from '../../number-table.ts';

/** Well below the 60 s that `last_used_at` may lag, though a token that somebody is changing waits for the next time. */
export const LAST_USE_FLUSH_SECONDS = 20;
/** Beyond this many tokens within one interval, further ones wait for their next use. */
const COLLECTED_MAX = 200_000;
/** Rows of one statement: between two of them, requests are answered. */
const WRITTEN_MAX = 1000;

export type LastUse = {
  readonly record: (token_id: number, at: Date) => void;
  /** Writes what was collected; on a fault it is kept for the next time. */
  readonly flush: () => Promise<void>;
};

export function createLastUse(db: Kysely<Database>): LastUse {
  let collected = createNumberTable({ size_max: COLLECTED_MAX });

  async function write(uses: NumberTable): Promise<void> {
    let from: number | null = 0;
    while (from !== null) {
      const batch = { ids: [] as number[], at_ms: [] as number[] };
      from = uses.walk(from, WRITTEN_MAX, (id, _b, _c, at_ms) => {
        batch.ids.push(id);
        batch.at_ms.push(at_ms);
      });
      const locked = new Set(await setLastUses(db, batch));
      for (const [index, id] of batch.ids.entries()) {
        if (locked.has(id)) collected.raise(id, 0, 0, batch.at_ms[index] ?? 0);
      }
    }
  }

  /** What was written may be written once more: it is not later than what is known. */
  function keep(uses: NumberTable): void {
    uses.walk(0, Number.POSITIVE_INFINITY, (id, _b, _c, at_ms) => collected.raise(id, 0, 0, at_ms));
  }

  async function flush(): Promise<void> {
    const writing = collected;
    if (writing.size() === 0) return;
    collected = createNumberTable({ size_max: COLLECTED_MAX, expected: writing.size() });
    try {
      await write(writing);
    } catch (error) {
      keep(writing);
      throw error;
    }
  }

  return { record: (token_id, at) => collected.raise(token_id, 0, 0, at.getTime()), flush };
}
