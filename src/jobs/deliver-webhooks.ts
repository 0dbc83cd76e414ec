// The worker of webhook deliveries: takes what is due from the queue and has it delivered, many at once, but few to one hook, and
// who is slow has no place, so that slow receivers keep nobody else waiting. Any number of nodes work on the same queue.

import type { Deps } from '../deps.ts';
import { spreadPeriod } from '../spread.ts';
import { type Delivering, deliverMessage } from '../use-cases/webhooks/deliver-message.ts';

const LOOK_MS = 500;
/** How often is said that what is under way is so: a node that says nothing is dead, and its attempts keep others from the hook. */
const KEEP_MS = 2500;
/** That have just begun; most end sooner than they are slow. */
const AT_ONCE_MAX = 40;
/** An attempt that takes longer waits for its receiver, and costs no more than its connection: it gives its place to another one. */
const SLOW_MS = 1000;
/** With those that wait: the hooks of one organization that answers nowhere, or of a few, must not have all of them. */
const UNDER_WAY_MAX = 400;
const AT_ONCE_PER_HOOK_MAX = 2;
/** Of a message; this process has taken it. */
type Job = Parameters<typeof deliverMessage>[2];

/** Less than what the end of the process gives to each of its parts. */
const STOP_MS = 4000;

/** What is under way. `onRoom`: there is room for more. */
function placesFor(onRoom: () => void) {
  const under_way = new Map<Job, Promise<void>>();
  const slow = new Set<Job>();
  return {
    room: () => Math.min(AT_ONCE_MAX - (under_way.size - slow.size), UNDER_WAY_MAX - under_way.size),
    jobs: () => [...under_way.keys()],
    ended: () => Promise.all(under_way.values()),
    take: (job: Job, work: Promise<void>) => {
      const timer = setTimeout(() => {
        slow.add(job);
        onRoom();
      }, SLOW_MS);
      const ended = work.finally(() => {
        clearTimeout(timer);
        slow.delete(job);
        under_way.delete(job);
        onRoom();
      });
      under_way.set(job, ended);
    },
  };
}

/** Starts the worker. The answer stops it: what is under way is waited for, within limits, and is done again elsewhere if not. */
export async function startWebhookDelivery(deps: Deps, delivering: Delivering): Promise<() => Promise<void>> {
  const { queue } = delivering;
  const places = placesFor(wake);
  let looking: Promise<void> | null = null;
  let stopped = false;
  let is_failing = false;

  /** A failure of the database, told once until it is over; a job under way is taken for dead, and done again. */
  function warn(error: unknown): void {
    if (!is_failing) deps.log.warn({ err: error }, 'webhooks cannot be delivered now; they are tried again');
    is_failing = true;
  }

  /** Takes what there is room for, until nothing more is due. */
  async function look(): Promise<void> {
    for (;;) {
      const room = places.room();
      if (stopped || room <= 0) return;
      const jobs = await queue.take(room, AT_ONCE_PER_HOOK_MAX);
      is_failing = false;
      for (const job of jobs) places.take(job, deliverMessage(deps, delivering, job).catch(warn));
      if (jobs.length === 0) return;
    }
  }

  function wake(): void {
    if (stopped || looking !== null) return;
    looking = look()
      .catch(warn)
      .finally(() => {
        looking = null;
      });
  }

  await queue.start();
  const timer = setInterval(wake, spreadPeriod(LOOK_MS));
  const keeping = setInterval(() => {
    const jobs = places.jobs();
    if (jobs.length > 0) void queue.keep(jobs).catch(warn);
  }, KEEP_MS);
  wake();
  return async () => {
    stopped = true;
    clearInterval(timer);
    await looking;
    const timeUp = new Promise((resolve) => setTimeout(resolve, STOP_MS).unref());
    await Promise.race([places.ended(), timeUp]);
    clearInterval(keeping);
    await queue.stop();
  };
}
