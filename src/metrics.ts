// What this process counts as it happens: requests by route, decisions by reason, refusals, limits, jobs, webhooks. What is read when
// somebody asks is in metric-figures.ts, and how all of it is told in metric-print.ts.

import { Counter, Histogram } from '@prometheus-io/client';
import { REASON_CODES, REASONS } from './domain/reason.ts';
import { gaugeOf, registry } from './metric-registry.ts';

const requests = new Histogram({
  name: 'gatehouse_http_request_duration_seconds',
  help: 'Time from the arrival of a request to the end of its answer',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers: [registry],
});

function counterOf<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) {
  return new Counter<Label>({ name: `gatehouse_${name}`, help, labelNames: [...labelNames], registers: [registry] });
}

/** How often each reason was given since somebody last asked: the library makes the name of a series at every call. */
const decided = new Map<string, number>();
const ALLOWING: ReadonlySet<string> = new Set(['allowed', 'public_read']);
const effectOf = (reason: string) => (ALLOWING.has(reason) ? 'allow' : 'deny');
new Counter({
  name: 'gatehouse_decisions_total',
  help: 'Decisions for backend services, by effect and reason',
  labelNames: ['effect', 'reason'] as const,
  registers: [registry],
  collect() {
    for (const [reason, count] of decided) this.inc({ effect: effectOf(reason), reason }, count);
    decided.clear();
  },
});
const refusals = counterOf('refusals_total', 'Requests that were refused or failed, by the code of the answer', [
  'code',
]);
const refused_credentials = counterOf(
  'bad_credentials_total',
  'Credentials that were refused as bad, or unseen because there were too many bad ones',
);
const limit_hits = counterOf('limit_hits_total', 'Requests that were refused because of a limit', ['limit']);
const replica_answers = counterOf(
  'replica_answers_total',
  'Answers of the replica: used, or asked of the primary again because it was behind, did not know, or failed',
  ['outcome'],
);
const webhook_attempts = counterOf(
  'webhook_attempts_total',
  'Attempts at deliveries of webhooks: delivered, failed and to be tried again, or given up',
  ['outcome'],
);
const shed_requests = counterOf(
  'shed_requests_total',
  'Requests that were refused because there was too much to do, by how urgent they were and what was short',
  ['urgency', 'shortage'],
);
const given_up = counterOf('given_up_requests_total', 'Requests whose caller went away before all was told to him');
const job_runs = counterOf('job_runs_total', 'Turns of periodic jobs', ['name', 'outcome']);
const job_ended_well = gaugeOf('job_last_success_timestamp_seconds', 'When a job last ended well', ['name']);

/** What may not be done too often. */
export const LIMITS = [
  'holder',
  'address',
  'bad_credential',
  'credential',
  'password',
  'verification_mail',
  'leak_report',
  'exchanged_token',
] as const;
export type Limit = (typeof LIMITS)[number];
/** What became of an answer of the replica. */
const REPLICA_OUTCOMES = ['used', 'behind', 'absent', 'failed'] as const;
export type ReplicaOutcome = (typeof REPLICA_OUTCOMES)[number];
const ATTEMPT_OUTCOMES = ['delivered', 'failed', 'given_up'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

const URGENCIES = ['ending', 'check', 'other'] as const;
export type Urgency = (typeof URGENCIES)[number];
const SHORTAGES = ['requests', 'database', 'event_loop'] as const;
export type Shortage = (typeof SHORTAGES)[number];

// What has not happened yet is 0 and not absent, so that the first time is an increase.
for (const code of REASON_CODES) if (REASONS[code].status >= 400) refusals.inc({ code }, 0);
for (const limit of LIMITS) limit_hits.inc({ limit }, 0);
for (const outcome of REPLICA_OUTCOMES) replica_answers.inc({ outcome }, 0);
for (const urgency of URGENCIES) for (const shortage of SHORTAGES) shed_requests.inc({ urgency, shortage }, 0);
for (const outcome of ATTEMPT_OUTCOMES) webhook_attempts.inc({ outcome }, 0);

/** Counts one answer of the replica. */
export function countReplicaAnswer(outcome: ReplicaOutcome): void {
  replica_answers.inc({ outcome });
}

/** Counts one bad credential. */
export function countRefusedCredential(): void {
  refused_credentials.inc();
}

/** Counts one request that had to wait because of this limit. */
export function countLimitHit(limit: Limit): void {
  limit_hits.inc({ limit });
}

/** Counts one answer that says no, or that something failed. `code`: of the closed list. */
export function countRefusal(code: string): void {
  refusals.inc({ code });
}

/** Counts one request that was refused because there was too much to do. */
export function countShed(urgency: Urgency, shortage: Shortage): void {
  shed_requests.inc({ urgency, shortage });
}

/** Counts one request whose caller went away before all was told to him. */
export function countGivenUp(): void {
  given_up.inc();
}

/** Counts one attempt at a delivery. */
export function countWebhookAttempt(outcome: AttemptOutcome): void {
  webhook_attempts.inc({ outcome });
}

/** From now on the job is told of, with 0 turns. */
export function expectJob(name: string): void {
  for (const outcome of ['done', 'failed']) job_runs.inc({ name, outcome }, 0);
}

/** Counts one turn of a job. `at`: when it ended well; null: it failed. */
export function countJob(name: string, at: Date | null): void {
  job_runs.inc({ name, outcome: at === null ? 'failed' : 'done' });
  if (at !== null) job_ended_well.set({ name }, at.getTime() / 1000);
}

type Note = (effect: 'allow' | 'deny', reason: string) => void;
let note: Note | null = null;

/** From now on decisions are told to this one too; null: to nobody. */
export function noteDecisions(told: Note | null): void {
  note = told;
}

/** Counts one decision. `reason`: a code of the closed list. */
export function countDecision(reason: string): void {
  decided.set(reason, (decided.get(reason) ?? 0) + 1);
  if (note !== null) note(effectOf(reason), reason);
}

type Observed = ReturnType<typeof requests.labels>;
/** By route, method and status: the library makes the name of a series from its labels at every call. */
const series = new Map<string, Observed>();

/** Counts one answered request. `route`: its template. */
export function countRequest(request: { method: string; route: string; status: number; seconds: number }): void {
  const { seconds, ...labels } = request;
  const name = `${labels.status} ${labels.method} ${labels.route}`;
  let observed = series.get(name);
  if (observed === undefined) {
    observed = requests.labels(labels);
    series.set(name, observed);
  }
  observed.observe(seconds);
}

/** Takes the seconds of one answered request. */
export type Observe = (seconds: number) => void;

/** The same for a route and a status that are known beforehand. */
export function observerOf(labels: { method: string; route: string; status: number }): Observe {
  const observed = requests.labels(labels);
  return (seconds) => observed.observe(seconds);
}
