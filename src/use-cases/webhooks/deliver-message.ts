// One attempt to deliver a message to a hook (promises P21): at least once, signed, recorded, and tried again by a schedule.

import { type Headers, insertDelivery } from '../../db/hook-deliveries.ts';
import { type DueMessage, findDueMessage } from '../../db/hook-messages.ts';
import { type DeliveryQueue, enqueue, type TakenJob } from '../../db/job-queue.ts';
import { isForeignKeyViolation } from '../../db/sqlstate.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { isDelivered, retryDelay } from '../../domain/hook.ts';
import { payloadOf } from '../../domain/hook-payload.ts';
import { type AttemptOutcome, countWebhookAttempt } from '../../metrics.ts';
import type { OutboundAnswer, OutboundFailure } from '../../outbound.ts';
import { signHub, signStandard } from '../../secrets.ts';
import { asTrace, noteInTrace, traceparentNow } from '../../tracing.ts';
import { openHookSecret } from './hook-secret.ts';
import { storedMessage } from './stored-message.ts';

const ATTEMPT_TIMEOUT_MS = 10_000;
const RESPONSE_BYTES_MAX = 65_536;
const RESPONSE_SHOWN_CHARACTERS_MAX = 4096;
const USER_AGENT = 'Gatehouse-Hookshot';

export type Delivering = {
  readonly queue: DeliveryQueue;
  /** The seconds after each failed attempt. */
  readonly retry_delays_seconds: readonly number[];
};

const FAILURES: Readonly<Record<OutboundFailure, string>> = {
  address_refused: 'address not allowed',
  unreachable: 'failed to connect to host',
  timed_out: 'timed out',
  too_large: 'response too large',
};

/** The bytes that are sent and signed. */
function bodyOf({ config }: Pick<Deps, 'config'>, due: DueMessage): string {
  const json = JSON.stringify(payloadOf(config.public_url, storedMessage(due)));
  return due.content_type === 'json' ? json : `payload=${encodeURIComponent(json)}`;
}

async function opened({ kept_secrets }: Deps, due: DueMessage): Promise<DueMessage> {
  const open = (kept: string | null) => openHookSecret(kept_secrets, due.organization_id, kept);
  return { ...due, secret: await open(due.secret), previous_secret: await open(due.previous_secret) };
}

/** The secrets that sign now: the present one, and the one before it for a while. */
function secretsOf({ secret, previous_secret, previous_secret_until }: DueMessage, now: Date): readonly string[] {
  if (secret === null) return [];
  const overlaps = previous_secret !== null && previous_secret_until !== null && now < previous_secret_until;
  return overlaps ? [secret, previous_secret] : [secret];
}

/** The next part of the trace that is recorded. */
function tracedHeaders(): Readonly<Record<string, string>> {
  const traceparent = traceparentNow();
  return traceparent === undefined ? {} : { traceparent };
}

function headersOf(due: DueMessage, body: string, now: Date): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const secrets = secretsOf(due, now);
  const [secret] = secrets;
  const signed = { id: due.guid, timestamp, body };
  return {
    'User-Agent': USER_AGENT,
    Accept: '*/*',
    'Content-Type': due.content_type === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
    'X-GitHub-Event': due.event,
    'X-GitHub-Delivery': due.guid,
    'X-GitHub-Hook-ID': String(due.hook_id),
    'X-GitHub-Hook-Installation-Target-ID': String(due.organization_id),
    'X-GitHub-Hook-Installation-Target-Type': 'organization',
    // Ascends over all that concerns one token: what came late can be told from what is new.
    'X-Gatehouse-Sequence': String(due.id),
    'webhook-id': due.guid,
    'webhook-timestamp': timestamp,
    ...tracedHeaders(),
    ...(secret !== undefined && {
      'X-Hub-Signature-256': signHub(secret, body),
      'webhook-signature': secrets.map((each) => signStandard(each, signed)).join(' '),
    }),
  };
}

function statusOf(answer: OutboundAnswer): { readonly status: string; readonly status_code: number | null } {
  const status_code = answer.status ?? null;
  if (status_code !== null && isDelivered(status_code)) return { status: 'OK', status_code };
  if (answer.outcome === 'failed') return { status: FAILURES[answer.failure], status_code };
  return { status: `Invalid HTTP Response: ${answer.status}`, status_code };
}

/** What of the answer is kept. PostgreSQL has no NUL in a text. */
function answerOf(answer: OutboundAnswer): {
  readonly response_headers: Headers;
  readonly response_body: string | null;
} {
  if (answer.outcome === 'failed') return { response_headers: {}, response_body: null };
  const text = answer.body.toString('utf8').replaceAll('\0', '\uFFFD');
  const headers = Object.entries(answer.headers).filter((each): each is [string, string | string[]] => !!each[1]);
  return {
    response_headers: Object.fromEntries(headers),
    response_body: [...text.slice(0, RESPONSE_SHOWN_CHARACTERS_MAX)].join('').toWellFormed(),
  };
}

async function attempt(deps: Deps, due: DueMessage) {
  const delivered_at = deps.clock();
  const body = bodyOf(deps, due);
  const request_headers = headersOf(due, body, delivered_at);
  const started = performance.now();
  const answer = await deps.outbound.call({
    ...({ url: due.url, method: 'POST', headers: request_headers, body } as const),
    ...{ timeout_ms: ATTEMPT_TIMEOUT_MS, response_bytes_max: RESPONSE_BYTES_MAX, plain_http: true },
  });
  const duration_ms = Math.round(performance.now() - started);
  if (answer.outcome === 'failed') {
    deps.log.info(
      { hook_id: due.hook_id, failure: answer.failure, detail: answer.detail },
      'a webhook was not delivered',
    );
  }
  const common = { message_id: due.id, hook_id: due.hook_id, url: due.url, delivered_at, duration_ms };
  return { ...common, request_headers, ...statusOf(answer), ...answerOf(answer) };
}

function outcomeOf(status: string, delay_seconds: number | null): AttemptOutcome {
  if (status === 'OK') return 'delivered';
  return delay_seconds === null ? 'given_up' : 'failed';
}

/** Who switched a hook off wants nothing of it; what somebody asks for by hand comes all the same. */
function isWanted({ active, event }: DueMessage, redelivery: boolean): boolean {
  return active || redelivery || event === 'ping';
}

/**
 * Makes the attempt that the job stands for, and records it together with the end of the job and, where it failed, the next
 * one. A hook or organization that is gone gets nothing. @rule L3, promises P21
 */
export function deliverMessage(deps: Deps, delivering: Delivering, job: TakenJob): Promise<void> {
  const { redelivery, attempt: n, traceparent } = job.data;
  const attributes = { 'gatehouse.webhook.attempt': n, 'gatehouse.webhook.redelivery': redelivery };
  return asTrace({ kind: 'client', name: 'deliver webhook', attributes, traceparent }, () =>
    deliver(deps, delivering, job),
  );
}

async function deliver(deps: Deps, { queue, retry_delays_seconds }: Delivering, job: TakenJob): Promise<void> {
  const { message_id, redelivery, attempt: count } = job.data;
  const found = await findDueMessage(deps.db, message_id);
  if (found === undefined || !isWanted(found, redelivery)) {
    await queue.finish(deps.db, job);
    return;
  }
  const due = await opened(deps, found);
  const delivery = await attempt(deps, due);
  const delay_seconds = redelivery ? null : retryDelay(retry_delays_seconds, count, message_id);
  const outcome = outcomeOf(delivery.status, delay_seconds);
  countWebhookAttempt(outcome);
  noteInTrace({ 'gatehouse.webhook.event': due.event, 'gatehouse.webhook.outcome': outcome });
  try {
    await inTransaction(deps.db, async (transaction) => {
      // Of an attempt that was taken for dead the next one is somebody else's.
      const is_ours = await queue.finish(transaction, job);
      await insertDelivery(transaction, { ...delivery, redelivery });
      if (!is_ours || delivery.status === 'OK' || delay_seconds === null) return;
      const next = { ...job.data, attempt: count + 1, hook_id: due.hook_id, delay_seconds };
      await enqueue(transaction, [next]);
    });
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    await queue.finish(deps.db, job);
  }
}
