// The only place that starts timers, with deliver-webhooks.ts. Each job calls a use-case; a failed run is logged and tried again
// at the next turn.

import { SHARE_SECONDS } from '../counts-over-nodes.ts';
import type { Deps } from '../deps.ts';
import { countJob, expectJob } from '../metrics.ts';
import { spreadPeriod } from '../spread.ts';
import { asTrace } from '../tracing.ts';
import { AUDIT_ROOT_SECONDS, exportAuditRoot } from '../use-cases/audit/export-audit-root.ts';
import { BAD_CREDENTIALS_TOLD_SECONDS } from '../use-cases/checks/bad-credential-counts.ts';
import { LAST_USE_FLUSH_SECONDS } from '../use-cases/checks/last-use.ts';
import { USAGE_FLUSH_SECONDS } from '../use-cases/checks/usage.ts';
import { sendMails } from '../use-cases/people/send-mails.ts';
import { createNodeComparison } from '../use-cases/service/compare-nodes.ts';
import { KEEP_EPOCH_SECONDS, keepEpoch } from '../use-cases/service/keep-epoch.ts';
import { removeDeadRows } from '../use-cases/service/remove-dead-rows.ts';
import { sweepUsage } from '../use-cases/service/sweep-usage.ts';
import { rotateSigningKeys } from '../use-cases/signing-keys/rotate-signing-keys.ts';
import { noticeExpiry } from '../use-cases/tokens/notice-expiry.ts';
import { sweepUnusedTokens } from '../use-cases/tokens/sweep-unused-tokens.ts';
import { sweepHookMessages } from '../use-cases/webhooks/sweep-hook-messages.ts';

/** Of rows that are kept for days. */
const SWEEP_SECONDS = 600;

type Job = {
  readonly name: string;
  readonly every_seconds: number;
  /** Once more when the service stops; else only at the start and while it runs, and what is begun ends early then. */
  readonly at_stop: boolean;
  readonly run: (stopping: AbortSignal) => Promise<void>;
};

/** What a process does with what it alone has collected. */
function jobsOfProcess(deps: Deps): readonly Job[] {
  return [
    { name: 'write last use', every_seconds: LAST_USE_FLUSH_SECONDS, at_stop: true, run: deps.last_use.flush },
    { name: 'write usage', every_seconds: USAGE_FLUSH_SECONDS, at_stop: true, run: deps.usage.flush },
    {
      name: 'share counts',
      every_seconds: SHARE_SECONDS,
      at_stop: true,
      run: (stopping) => deps.counts.share(stopping.aborted),
    },
    {
      name: 'tell of bad credentials',
      every_seconds: BAD_CREDENTIALS_TOLD_SECONDS,
      at_stop: true,
      run: async (stopping) => deps.bad_credentials.tell(stopping.aborted ? null : deps.clock()),
    },
  ];
}

/** What is done for all, by one process of a machine. */
function jobsOfService(deps: Deps): readonly Job[] {
  const periodic = { every_seconds: deps.config.job_interval_seconds, at_stop: false };
  return [
    {
      name: 'sign a root of the record',
      every_seconds: AUDIT_ROOT_SECONDS,
      at_stop: true,
      run: () => exportAuditRoot(deps),
    },
    { name: 'keep the epoch', every_seconds: KEEP_EPOCH_SECONDS, at_stop: true, run: () => keepEpoch(deps) },
    {
      name: 'sweep webhook deliveries',
      every_seconds: SWEEP_SECONDS,
      at_stop: false,
      run: () => sweepHookMessages(deps),
    },
    {
      name: 'sweep usage',
      every_seconds: SWEEP_SECONDS,
      at_stop: false,
      run: (stopping) => sweepUsage(deps, stopping),
    },
    { name: 'notice expiry', ...periodic, run: (stopping) => noticeExpiry(deps, stopping) },
    { name: 'sweep unused tokens', ...periodic, run: (stopping) => sweepUnusedTokens(deps, stopping) },
    { name: 'remove dead rows', ...periodic, run: (stopping) => removeDeadRows(deps, stopping) },
    { name: 'rotate signing keys', ...periodic, run: () => rotateSigningKeys(deps) },
    { name: 'compare nodes', ...periodic, run: createNodeComparison(deps) },
    { name: 'send mails', ...periodic, run: (stopping) => sendMails(deps, stopping) },
  ];
}

async function attempt(deps: Deps, job: Job, stopping: AbortSignal): Promise<void> {
  try {
    await asTrace({ kind: 'internal', name: `job ${job.name}` }, () => job.run(stopping));
    countJob(job.name, deps.clock());
  } catch (error) {
    countJob(job.name, null);
    deps.log.warn({ err: error, job: job.name }, 'a job failed; it is tried again');
  }
}

/** What begins a turn of the job; one that is still at work at its next turn is not begun a second time. */
function turnsOf(deps: Deps, job: Job, stopping: AbortSignal) {
  let running: Promise<void> | null = null;
  return {
    turn: () => {
      running ??= attempt(deps, job, stopping).finally(() => {
        running = null;
      });
      return running;
    },
    /** The end of the turn that is under way. */
    ended: () => running ?? Promise.resolve(),
  };
}

/** Starts every job, and gives each a turn at once. The answer stops them: who is at work ends what he is at. */
export function startJobs(deps: Deps): () => Promise<void> {
  return start(deps, [...jobsOfProcess(deps), ...jobsOfService(deps)]);
}

/** The same for a process beside which another one has the jobs of the service. */
export function startJobsOfProcess(deps: Deps): () => Promise<void> {
  return start(deps, jobsOfProcess(deps));
}

function start(deps: Deps, described: readonly Job[]): () => Promise<void> {
  const stop = new AbortController();
  const jobs = described.map((job) => ({ ...job, ...turnsOf(deps, job, stop.signal) }));
  for (const { name, turn } of jobs) {
    expectJob(name);
    void turn();
  }
  const timers = jobs.map(({ turn, every_seconds }) =>
    setInterval(() => void turn(), spreadPeriod(every_seconds * 1000)),
  );
  return async () => {
    for (const timer of timers) clearInterval(timer);
    stop.abort();
    await Promise.all(jobs.map(({ ended }) => ended()));
    for (const { at_stop, turn } of jobs) if (at_stop) await turn();
  };
}
