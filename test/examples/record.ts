// Records the examples: plays the whole story against a fresh, migrated database and answers what openapi/examples.json holds.

import { pino } from 'pino';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';
import type { Example } from '../../src/http/openapi-examples.ts';
import { ensureAdministrator } from '../../src/use-cases/ensure-administrator.ts';
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

type Recorded = { errors: Record<string, unknown>; operations: Record<string, Example[]> };

/** The examples, in the order of the story. `url`: a migrated database without rows, which is filled. */
export async function recordExamples(url: string): Promise<Recorded> {
  const real_start = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS + AHEAD_MS;
  let now = real_start;
  const config = loadConfig({ TOKEN_PREFIX: PREFIX, REQUEST_TIMEOUT_MS });
  const pool = openPool({
    url,
    connections_max: 2,
    request_timeout_ms: config.request_timeout_ms,
    onIdleError: () => undefined,
  });
  const log = pino({ level: 'silent' });
  const { mailer, lastMail } = mailbox();
  const deps = { ...composeDeps({ pool, config, clock: () => new Date(now), log }), mailer };
  const app = await buildApp(deps);
  try {
    await ensureAdministrator(deps, ADMINISTRATOR);
    const stable = makeStable(real_start);
    const player = makePlayer(app, stable.toReal, { clock: deps.clock, lastMail });
    const operations: Recorded['operations'] = {};
    for (const step of STORY) {
      const played = await player.play(step);
      const example = exampleOf(stable, played);
      if (step.summary !== null) operations[step.operation] = [...(operations[step.operation] ?? []), example];
      await deps.last_use.flush();
      now += STEP_MS;
    }
    return { errors: await recordErrors(deps), operations };
  } finally {
    await app.close();
    await deps.db.destroy();
  }
}

/** The file's text: operations in the order of their paths. */
export function printExamples({ errors, operations }: Recorded): string {
  const key = (operation: string) => operation.split(' ').reverse().join(' ');
  const sorted = Object.entries(operations).sort(([a], [b]) => (key(a) < key(b) ? -1 : 1));
  return `${JSON.stringify({ errors, operations: Object.fromEntries(sorted) }, null, 2)}\n`;
}

/** Also for calls that are not shown: what they learn of texts and digests is in later answers. */
function exampleOf(stable: Stable, { step, request, credential, answer }: Played): Example {
  const shown = step.show === undefined ? answer.body : step.show(answer.body as never);
  const { path, query, headers, body } = request;
  const authorization = credential && authorizationOf(stable.of(credential) as string[]);
  return {
    summary: step.summary ?? '',
    by: step.by.type,
    ...(step.show && { shortened: true as const }),
    request: {
      ...(path && { path: stable.of(path) as Record<string, unknown> }),
      ...(query && { query: stable.of(query) as Record<string, unknown> }),
      ...((headers ?? authorization) && { headers: { ...headers, ...(authorization && { authorization }) } }),
      ...(body !== undefined && { body: stable.of(body) }),
    },
    response: { status: answer.status, ...(shown !== undefined && { body: stable.of(shown) }) },
  };
}
