// Records the examples: plays the whole story against a fresh, migrated database and answers what openapi/examples.json holds.

import { type Logger, pino } from 'pino';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openDeliveryQueue } from '../../src/db/job-queue.ts';
import { openPool } from '../../src/db/pool.ts';
import type { Deps } from '../../src/deps.ts';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/app-type.ts';
import type { Example } from '../../src/http/openapi-examples.ts';
import type { Outbound } from '../../src/outbound.ts';
import type { Environment } from '../../src/settings.ts';
import { ensureAdministrator } from '../../src/use-cases/administration/ensure-administrator.ts';
import { prepareSigningKeys } from '../../src/use-cases/signing-keys/prepare-signing-keys.ts';
import { deliverMessage } from '../../src/use-cases/webhooks/deliver-message.ts';
import { mailbox } from '../support/mailbox.ts';
import { recordErrors } from './errors.ts';
import { ADMINISTRATOR } from './people.ts';
import { authorizationOf, makePlayer, type Played } from './play.ts';
import { makeStable, PREFIX, type Stable } from './stable.ts';
import { STORY } from './story.ts';

const MINUTE_MS = 60_000;
/** Each call is later than the one before, and a session outlives the story. */
const STEP_MS = 10_000;
/** The service's clock is ahead of the database's by this: what the database stamps can thereby be told from it. */
const AHEAD_MS = 60 * MINUTE_MS;
const REQUEST_TIMEOUT_MS = '20000';
const CONNECTIONS_MAX = 2;

type Recorded = { errors: Record<string, unknown>; operations: Record<string, Example[]> };

/** Where a story is played, and what its moments stand for. */
export type Stage = { readonly app: App; readonly deps: Deps; readonly stable: Stable };
/** Hears of every call after it was answered, and at the end. */
export type Listener<Heard> = {
  readonly heard: (played: Played) => void | Promise<void>;
  readonly end: () => Promise<Heard>;
};

/** Plays the whole story. `url`: a migrated database without rows, which is filled. `log`: of the service. */
export async function playStory<Heard>(
  url: string,
  listen: (stage: Stage) => Promise<Listener<Heard>>,
  settings: Environment = {},
  log: Logger = pino({ level: 'silent' }),
): Promise<Heard> {
  const real_start = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS + AHEAD_MS;
  let now = real_start;
  const config = loadConfig({ CACHE_MIB: '4', TOKEN_PREFIX: PREFIX, REQUEST_TIMEOUT_MS, ...settings });
  const pool = openPool({
    url,
    connections_max: Number(settings.DATABASE_POOL ?? CONNECTIONS_MAX),
    request_timeout_ms: config.request_timeout_ms,
    onIdleError: () => undefined,
  });
  const { mailer, lastMail } = mailbox();
  const composed = composeDeps({ pool, config, clock: () => new Date(now), log });
  const deps = { ...composed, mailer, outbound: answeringAll(composed) };
  const deliverDue = deliverer(deps);
  const app = await buildApp(deps);
  try {
    await ensureAdministrator(deps, ADMINISTRATOR);
    await prepareSigningKeys(deps);
    const stable = makeStable(real_start);
    const player = makePlayer(app, stable.toReal, { clock: deps.clock, lastMail });
    const { heard, end } = await listen({ app, deps, stable });
    for (const step of STORY) {
      await heard(await player.play(step));
      await deps.last_use.flush();
      await deps.usage.flush();
      await deliverDue();
      now += STEP_MS;
    }
    return await end();
  } finally {
    await app.close();
    deps.freshness.stop();
    await deps.db.destroy();
  }
}

/** The examples, in the order of the story. */
export function recordExamples(url: string): Promise<Recorded> {
  const operations: Recorded['operations'] = {};
  return playStory(url, async ({ deps, stable }) => ({
    heard: (played) => {
      const { operation, summary } = played.step;
      const example = exampleOf(stable, played);
      if (summary !== null) operations[operation] = [...(operations[operation] ?? []), example];
    },
    end: async () => ({ errors: await recordErrors(deps), operations }),
  }));
}

/** The receivers of the story's webhooks are nowhere, and answer all the same. */
function answeringAll({ outbound }: Pick<Deps, 'outbound'>): Outbound {
  const headers = { 'content-type': 'text/plain' };
  return {
    urlFault: outbound.urlFault,
    call: async () => ({ outcome: 'answered', status: 200, headers, body: Buffer.from('thanks') }),
  };
}

/** Delivers what is due, between two calls of the story. */
function deliverer(deps: Deps): () => Promise<void> {
  const queue = openDeliveryQueue(deps.db, () => undefined);
  return async () => {
    await queue.start();
    const delivering = { queue, retry_delays_seconds: [] };
    for (const job of await queue.take(100, 100)) await deliverMessage(deps, delivering, job);
    await queue.stop();
  };
}

/** The file's text: operations in the order of their paths. */
export function printExamples({ errors, operations }: Recorded): string {
  const key = (operation: string) => operation.split(' ').reverse().join(' ');
  const sorted = Object.entries(operations).sort(([a], [b]) => (key(a) < key(b) ? -1 : 1));
  return `${JSON.stringify({ errors, operations: Object.fromEntries(sorted) }, null, 2)}\n`;
}

/** Also for calls that are not shown: what they learn of texts and digests is in later answers. */
function exampleOf(stable: Stable, { step, request, credential, gateway, answer }: Played): Example {
  const shown = step.show === undefined ? answer.body : step.show(answer.body as never);
  const { path, query, headers, body } = request;
  const presented = {
    ...(credential && { authorization: authorizationOf(stable.of(credential) as string[]) }),
    ...(gateway && { 'x-gateway-authorization': authorizationOf(stable.of(gateway) as string[]) }),
  };
  return {
    summary: step.summary ?? '',
    by: step.by.type,
    ...(step.show && { shortened: true as const }),
    request: {
      ...(path && { path: stable.of(path) as Record<string, unknown> }),
      ...(query && { query: stable.of(query) as Record<string, unknown> }),
      ...((headers ?? credential ?? gateway) && { headers: { ...headers, ...presented } }),
      ...(body !== undefined && { body: stable.of(body) }),
    },
    response: { status: answer.status, ...(shown !== undefined && { body: stable.of(shown) }) },
  };
}
