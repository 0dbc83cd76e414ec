// The tokens by which a caller says how new an answer has to be (contract 1): every change answers one, and a check that carries it is
// answered by a state that contains the change. Who changes something may also wait until it is in force on every node.

import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TObject, Type } from 'typebox';
import type { Deps } from '../deps.ts';
import { StorageUnavailable } from '../domain/fault.ts';
import { isWriteMethod } from '../domain/operation.ts';
import { Refusal } from '../domain/refusal.ts';
import { openSealed, sealText } from '../secrets.ts';
import { awaitNodes } from '../use-cases/service/await-nodes.ts';
import type { Access } from './access.ts';
import type { App } from './app-type.ts';

const BOUND_TO = 'consistency';
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;
/** What is left of the time of a request when everything that is waited for here has to be over. */
const MARGIN_MS = 200;

/** Waits until answers contain the change that the token tells of. Refuses one that is not ours. Faults: StorageUnavailable. */
async function awaitChange(deps: Deps, consistency_token: string): Promise<void> {
  const text = openSealed(await deps.page_key(), consistency_token, BOUND_TO);
  if (text === null || !NUMBER.test(text)) {
    throw new Refusal('malformed_request', { message: 'The consistency token is none of this service' });
  }
  const epoch = Number(text);
  if (deps.freshness.epoch() >= epoch) return refuseLost(deps, epoch);
  if ((await deps.freshness.catchUp()) < epoch) {
    throw new StorageUnavailable(new Error('the database is behind a change that it has answered'));
  }
  await refuseLost(deps, epoch);
}

/** No state contains a change that was lost when the database was restored: an answer would pretend that one does. */
async function refuseLost({ lost_epochs }: Deps, epoch: number): Promise<void> {
  if (!(await lost_epochs.has(epoch))) return;
  const message = 'The consistency token tells of a change that was lost when the database was restored';
  throw new Refusal('malformed_request', { message });
}

/** The same for the header. */
export async function awaitChangeOfHeader(deps: Deps, request: FastifyRequest): Promise<void> {
  const given = request.headers['x-consistency-token'];
  if (given !== undefined) await awaitChange(deps, String(given));
}

/** The same for the context of a question of AuthZEN. */
export async function awaitChangeOfContext(
  deps: Deps,
  context: { readonly consistency_token?: string } | undefined,
): Promise<void> {
  if (context?.consistency_token !== undefined) await awaitChange(deps, context.consistency_token);
}

/** Whether the route changes something. What is asked with POST and has no entry of the record only asks, or sends something. */
function changes(methods: readonly string[], access: Access): boolean {
  const writes = methods.some((method) => isWriteMethod(method) && method !== 'OPTIONS');
  const only_asks = access.audit === null && methods.includes('POST');
  return writes && !only_asks && !('gateway' in access);
}

const WAIT = Type.Optional(
  Type.Enum(['all'], {
    description:
      'Answered when every node has taken the change into account (`X-Wait: all`), or, where one cannot be reached, when the time ' +
      'of the request is over (`X-Wait: incomplete`). The header `Prefer: wait=SECONDS` asks the same.',
  }),
);

/** What every route that changes something has in common. Before any route is added. */
export function addConsistency(app: App, deps: Deps): void {
  app.addHook('onRoute', (route) => {
    const access = route.config?.access;
    if (access === undefined || !changes([route.method].flat(), access)) return;
    const query = (route.schema?.querystring ?? Type.Object({})) as TObject; // as all routes declare it
    route.schema = { ...route.schema, querystring: Type.Object({ ...query.properties, wait: WAIT }) };
    const tell = async (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
      tellChange(deps, request, reply);
    route.onSend = [...[route.onSend ?? []].flat(), tell];
  });
}

/**
 * Before a change is answered, this node forgets what it ended (promises P1), and the answer says which state contains it. The change
 * is made: where that cannot be heard of now, the answer goes without, and nothing is answered from memory until it can.
 */
export async function tellChange(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (reply.statusCode >= 400) return;
  const { deadline_ms = deps.config.request_timeout_ms } = request.routeOptions.config;
  const left_ms = (): number => Math.max(0, deadline_ms - reply.elapsedTime - MARGIN_MS);
  const wait_ms = waitOf(request);
  try {
    const epoch = await within(left_ms(), deps.freshness.catchUp());
    reply.header('x-consistency-token', sealText(await deps.page_key(), String(epoch), BOUND_TO));
    if (wait_ms !== null) tellWait(request, reply, await awaitNodes(deps, epoch, Math.min(wait_ms, left_ms())));
  } catch (error) {
    deps.freshness.doubt();
    if (wait_ms !== null) tellWait(request, reply, false);
    request.log.warn({ err: error }, 'a change could not be heard of');
  }
}

function tellWait(request: FastifyRequest, reply: FastifyReply, is_everywhere: boolean): void {
  reply.header('x-wait', is_everywhere ? 'all' : 'incomplete');
  if (is_everywhere && preferredWait(request) !== null) reply.header('preference-applied', 'wait');
}

/** How long the caller wants to wait until the change is in force on every node; null: not at all. */
function waitOf(request: FastifyRequest): number | null {
  const preferred = preferredWait(request);
  return (request.query as { readonly wait?: 'all' }).wait === 'all' ? Number.POSITIVE_INFINITY : preferred;
}

/** One of a list: a comma in quotes, or in what begins with one, parts nothing. */
const PREFERENCE = /(?:[^",]|"(?:[^"\\]|\\.)*(?:"|\\?$))+/g;
const WAIT_PREFERENCE = /^wait(?:[ \t]*=[ \t]*"?([0-9]{1,9})"?)?[ \t]*(?:;|$)/i;

/** `Prefer: wait`, or `wait=SECONDS` (RFC 7240 section 4.3): of several the first; others are for others. */
function preferredWait({ headers }: FastifyRequest): number | null {
  for (const [preference] of String(headers.prefer ?? '').matchAll(PREFERENCE)) {
    const found = WAIT_PREFERENCE.exec(preference.trim());
    if (found !== null) return found[1] === undefined ? Number.POSITIVE_INFINITY : Number(found[1]) * 1000;
  }
  return null;
}

/** The answer, unless it takes longer: then a fault. */
async function within<Answer>(ms: number, answer: Promise<Answer>): Promise<Answer> {
  const patience = new AbortController();
  const late = delay(ms, null, { signal: patience.signal }).then(() => {
    throw new StorageUnavailable('not in time');
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    late.catch(() => undefined);
    patience.abort();
  }
}
