// The only place that starts timers, with deliver-webhooks.ts. Each job calls a use-case; a failed run is logged and tried again at the next turn.

import type { Deps } from '../deps.ts';
import { AUDIT_ROOT_SECONDS, exportAuditRoot } from '../use-cases/export-audit-root.ts';
import { LAST_USE_FLUSH_SECONDS } from '../use-cases/last-use.ts';
import { sweepHookMessages } from '../use-cases/sweep-hook-messages.ts';

/** Of rows that are kept for days. */
const SWEEP_SECONDS = 600;

type Job = { readonly name: string; readonly every_seconds: number; readonly run: () => Promise<void> };

function jobsOf(deps: Deps): readonly Job[] {
  return [
    { name: 'write last use', every_seconds: LAST_USE_FLUSH_SECONDS, run: deps.last_use.flush },
    { name: 'sweep webhook deliveries', every_seconds: SWEEP_SECONDS, run: () => sweepHookMessages(deps) },
    { name: 'sign a root of the record', every_seconds: AUDIT_ROOT_SECONDS, run: () => exportAuditRoot(deps) },
  ];
}

async function attempt(deps: Deps, job: Job): Promise<void> {
  try {
    await job.run();
  } catch (error) {
    deps.log.warn({ err: error, job: job.name }, 'a job failed; it is tried again');
  }
}

/** Starts every job; the answer stops the timers and lets each job run a last time. */
export function startJobs(deps: Deps): () => Promise<void> {
  const jobs = jobsOf(deps);
  const timers = jobs.map((job) => setInterval(() => void attempt(deps, job), job.every_seconds * 1000));
  return async () => {
    for (const timer of timers) clearInterval(timer);
    for (const job of jobs) await attempt(deps, job);
  };
}
