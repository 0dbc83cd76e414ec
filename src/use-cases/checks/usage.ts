// What tokens exercise (U1), without a write per request: counted in memory, written together, each minute or when there is much. A
// process that is killed loses what it counted since the last flush, one that stops flushes.

import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../db/schema.ts';
import { addUsage } from '../../db/token-usage.ts';
import { createExerciseTally, type DayTally, type ExerciseTally } from './exercise-tally.ts';

export const USAGE_FLUSH_SECONDS = 60;
/** Entries that wait for a database that does not answer; what is beyond is left out. */
const WAITING_MAX = 400_000;
/** Rows of each kind in one statement: between two of them, requests are answered. */
const WRITTEN_MAX = 500;

export type Usage = Pick<ExerciseTally, 'record'> & {
  /** Writes what was counted; on a fault it is kept for the next time. */
  readonly flush: () => Promise<void>;
};
type Parts = {
  readonly db: Kysely<Database>;
  readonly log: Logger;
  /** So many repositories a day are told apart for each token. */
  readonly repositories_max: number;
  /** So many entries are kept in memory. */
  readonly entries_max?: number;
};

export function createUsage({ db, log, repositories_max, entries_max }: Parts): Usage {
  const tally = createExerciseTally({ repositories_max, ...(entries_max !== undefined && { entries_max }) });
  let waiting: DayTally[] = [];

  function takeAll(): DayTally[] {
    const { days, left_out } = tally.take();
    const kept: DayTally[] = [];
    let size = 0;
    let lost = left_out;
    for (const day of [...waiting, ...days]) {
      if (size < WAITING_MAX) kept.push(day);
      else lost += day.size;
      size += day.size;
    }
    waiting = [];
    if (lost > 0) log.warn({ uses: lost }, 'uses of tokens were left out of the count: too many at once');
    return kept;
  }

  async function write(day: DayTally): Promise<void> {
    for (let rows = day.next(WRITTEN_MAX); rows !== null; rows = day.next(WRITTEN_MAX)) {
      try {
        await addUsage(db, rows, { repositories_max });
      } catch (error) {
        day.again();
        throw error;
      }
    }
  }

  async function flush(): Promise<void> {
    const writing = takeAll();
    try {
      for (let day = writing[0]; day !== undefined; day = writing[0]) {
        await write(day);
        writing.shift();
      }
    } catch (error) {
      waiting = [...writing, ...waiting];
      throw error;
    }
  }

  let is_early = false;

  /** A fault is told by the next flush that is due: what could not be written waits. */
  async function flushEarly(): Promise<void> {
    is_early = true;
    await flush().catch(() => undefined);
    is_early = false;
  }

  return {
    record: (token, resource, exercise, now) => {
      tally.record(token, resource, exercise, now);
      if (!is_early && tally.isHalfFull()) void flushEarly();
    },
    flush,
  };
}
