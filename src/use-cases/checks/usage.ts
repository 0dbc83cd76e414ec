// What tokens exercise (U1), without a write per request: counted in memory, written together. It may lag 60 s; a process that is
// killed loses what it counted since the last flush, one that stops flushes.

import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../db/schema.ts';
import { addUsage } from '../../db/token-usage.ts';
import { createExerciseTally, type ExerciseTally, type Tallied } from './exercise-tally.ts';

export const USAGE_FLUSH_SECONDS = 20;
/** Rows that wait for a database that does not answer; what is beyond is left out. */
const WAITING_MAX = 200_000;
/** Rows of each kind in one statement. */
const WRITTEN_MAX = 2000;

export type Usage = Pick<ExerciseTally, 'record'> & {
  /** Writes what was counted; on a fault it is kept for the next time. */
  readonly flush: () => Promise<void>;
};
type Parts = {
  readonly db: Kysely<Database>;
  readonly log: Logger;
  /** So many repositories a day are told apart for each token. */
  readonly repositories_max: number;
};

export function createUsage({ db, log, repositories_max }: Parts): Usage {
  const tally = createExerciseTally({ repositories_max });
  let waiting: Tallied = { exercises: [], repositories: [] };

  function takeAll(): Tallied {
    const { exercises, repositories, left_out } = tally.take();
    const all = {
      exercises: [...waiting.exercises, ...exercises],
      repositories: [...waiting.repositories, ...repositories],
    };
    waiting = { exercises: [], repositories: [] };
    const kept = {
      exercises: all.exercises.slice(0, WAITING_MAX),
      repositories: all.repositories.slice(0, WAITING_MAX),
    };
    const lost = left_out + all.exercises.length - kept.exercises.length;
    if (lost > 0) log.warn({ uses: lost }, 'uses of tokens were left out of the count: too many at once');
    return kept;
  }

  async function flush(): Promise<void> {
    let { exercises, repositories } = takeAll();
    try {
      while (exercises.length + repositories.length > 0) {
        const batch = {
          exercises: exercises.slice(0, WRITTEN_MAX),
          repositories: repositories.slice(0, WRITTEN_MAX),
        };
        await addUsage(db, batch, { repositories_max });
        exercises = exercises.slice(WRITTEN_MAX);
        repositories = repositories.slice(WRITTEN_MAX);
      }
    } catch (error) {
      waiting = {
        exercises: [...exercises, ...waiting.exercises],
        repositories: [...repositories, ...waiting.repositories],
      };
      throw error;
    }
  }

  return { record: tally.record, flush };
}
