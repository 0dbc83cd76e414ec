// The worker of webhook deliveries: takes what is due from the queue and has it delivered, many at once, but few to one hook,
// so that a slow receiver keeps nobody else waiting. Any number of nodes work on the same queue.

import type { Deps } from '../deps.ts';
import { spreadPeriod } from '../spread.ts';
import { type Delivering, deliverMessage } from '../use-cases/webhooks/deliver-message.ts';

const LOOK_MS = 500;
/** How often is said that what is under way is so: a node that says nothing is dead, and its attempts keep others from the hook. */
const KEEP_MS = 2500;
const AT_ONCE_MAX = 40;
const AT_ONCE_PER_HOOK_MAX = 2;
/** Of a message; this process has taken it. */
type Job = Parameters<typeof deliverMessage>[2];

/** Less than what the end of the process gives to each of its parts. */
const STOP_MS = 4000;

/** Starts the worker. The answer stops it: what is under way is waited for, within limits, and is done again elsewhere if not. */
export async function startWebhookDelivery(deps: Deps, delivering: Delivering): Promise<() => Promise<void>> {
  const { queue } = delivering;
  const under_way = new Map<Job, Promise<void>>();
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
      const room = AT_ONCE_MAX - under_way.size;
      if (stopped || room <= 0) return;
      const jobs = await queue.take(room, AT_ONCE_PER_HOOK_MAX);
      is_failing = false;
      for (const job of jobs) {
        const work = deliverMessage(deps, delivering, job)
          .catch(warn)
          .finally(() => {
            under_way.delete(job);
            wake();
          });
        under_way.set(job, work);
      }
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
    if (under_way.size > 0) void queue.keep([...under_way.keys()]).catch(warn);
  }, KEEP_MS);
  wake();
  return async () => {
    stopped = true;
    clearInterval(timer);
    await looking;
    const timeUp = new Promise((resolve) => setTimeout(resolve, STOP_MS).unref());
    await Promise.race([Promise.all(under_way.values()), timeUp]);
    clearInterval(keeping);
    await queue.stop();
  };
}
