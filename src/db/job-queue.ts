// The queue of what has to be done later: pg-boss on the same PostgreSQL, in a schema of its own. Here is all that knows it. A
// job is put in within the transaction of what makes it necessary, and is lost with it or not at all.

import { CompiledQuery, type Kysely } from 'kysely';
import type pg from 'pg';
import { PgBoss } from 'pg-boss';
import { whileLocked } from './direct.ts';
import type { Database } from './schema.ts';
import { toFault } from './sqlstate.ts';

export const QUEUE = 'webhook_deliveries';
/** A job of which nothing is heard for so long is somebody else's: its worker is dead. No less is possible with pg-boss. */
const SILENT_SECONDS_MAX = 10;
/** So is one that takes longer than any attempt, whatever is heard of it. */
const JOB_SECONDS_MAX = 45;
/** How often a job may be taken from the dead: each time a whole process has ended in the middle of it. */
const DEATHS_MAX = 50;
const DONE_KEPT_SECONDS = 3600;
/** How often dead workers are looked for, by one node of all. */
const SUPERVISE_SECONDS = 5;

type Executor = { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> };

/** The message that a job is about, and which attempt it is. */
export type DeliveryJob = {
  readonly message_id: number;
  /** 0: the first. */
  readonly attempt: number;
  readonly redelivery: boolean;
  /** The trace of what it tells of, where that is recorded. */
  readonly traceparent?: string;
};
export type NewDeliveryJob = DeliveryJob & {
  readonly hook_id: number;
  readonly delay_seconds: number;
};
/** A job that this process has taken; `retryCount` tells it from the same job taken by another one. */
export type TakenJob = { readonly id: string; readonly retryCount: number; readonly data: DeliveryJob };

/** What workers need of the queue. */
export type DeliveryQueue = {
  readonly start: () => Promise<void>;
  /** At most so many jobs that are due, and at most so many of one hook under way anywhere. */
  readonly take: (count: number, per_hook_max: number) => Promise<readonly TakenJob[]>;
  /** Says that these are still at work: several times within SILENT_SECONDS_MAX. */
  readonly keep: (jobs: readonly TakenJob[]) => Promise<void>;
  /** In the caller's transaction: the job is done; false where it had been taken over by somebody else. */
  readonly finish: (transaction: Kysely<Database>, job: TakenJob) => Promise<boolean>;
  readonly stop: () => Promise<void>;
};

const QUIET = {
  schedule: false,
  supervise: false,
  migrate: false,
  registerInstance: false,
  useListenNotify: false,
  openTelemetry: { enabled: false },
} as const;

function executorOf(db: Kysely<Database>): Executor {
  return {
    executeSql: async (text, values = []) => {
      const { rows } = await db.executeQuery(CompiledQuery.raw(text, values));
      return { rows: [...rows] };
    },
  };
}

function executorOfClient(client: pg.Client): Executor {
  return {
    executeSql: async (text, values) => {
      try {
        const answer: pg.QueryResult | pg.QueryResult[] = await client.query(text, values);
        return { rows: [answer].flat().flatMap((each) => each.rows) };
      } catch (error) {
        throw toFault(error);
      }
    },
  };
}

/** pg-boss tells errors of its own work by an event; unheard, it would end the process. */
function bossOver(db: Executor, options: object, onError: (error: unknown) => void = () => undefined): PgBoss {
  const boss = new PgBoss({ ...QUIET, ...options, db });
  boss.on('error', onError);
  return boss;
}

/** Makes, or brings to the present form, the schema of the queue. Any number of nodes may do so at once. */
export async function installQueue(url: string): Promise<void> {
  await whileLocked(url, 'job_queue', async (client) => {
    const executor = executorOfClient(client);
    const boss = bossOver(executor, { migrate: true });
    await boss.start();
    const settings = {
      expireInSeconds: JOB_SECONDS_MAX,
      heartbeatSeconds: SILENT_SECONDS_MAX,
      retryLimit: DEATHS_MAX,
      retryDelay: 1,
      deleteAfterSeconds: DONE_KEPT_SECONDS,
    };
    await boss.createQueue(QUEUE, settings);
    await boss.updateQueue(QUEUE, settings);
    await boss.stop({ graceful: false, close: false });
  });
}

/** Puts these jobs in, in the caller's transaction. */
export async function enqueue(transaction: Kysely<Database>, jobs: readonly NewDeliveryJob[]): Promise<void> {
  if (jobs.length === 0) return;
  // Made for this transaction only: nothing of it outlives it, and nothing of it needs another connection.
  const boss = bossOver(executorOf(transaction), {});
  await boss.start();
  try {
    await boss.insert(
      QUEUE,
      jobs.map(({ hook_id, delay_seconds, ...data }) => ({
        data,
        group: { id: String(hook_id) },
        ...(delay_seconds > 0 && { startAfter: delay_seconds }),
      })),
    );
  } finally {
    await boss.stop({ graceful: false, close: false });
  }
}

/** The queue for a worker. `onError` is told what went wrong beside the calls. */
export function openDeliveryQueue(db: Kysely<Database>, onError: (error: unknown) => void): DeliveryQueue {
  const supervision = {
    supervise: true,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
  };
  const boss = bossOver(executorOf(db), supervision, onError);
  return {
    start: async () => {
      await boss.start();
    },
    take: (count, per_hook_max) => boss.fetch<DeliveryJob>(QUEUE, { batchSize: count, groupConcurrency: per_hook_max }),
    keep: async (jobs) => {
      await boss.touch(
        QUEUE,
        jobs.map(({ id, retryCount }) => ({ id, retryCount })),
      );
    },
    finish: async (transaction, { id, retryCount }) => {
      const done = await boss.complete(QUEUE, { id, retryCount }, null, { db: executorOf(transaction) });
      return 'affected' in done && done.affected === 1;
    },
    stop: () => boss.stop({ graceful: false, close: false }),
  };
}
