// The tokens by which a caller says how new an answer has to be (contract 1): every change answers one, and a check that carries it is
// answered by a state that contains the change.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { StorageUnavailable } from '../domain/fault.ts';
import { isWriteMethod } from '../domain/operation.ts';
import { Refusal } from '../domain/refusal.ts';
import { openSealed, sealText } from '../secrets.ts';

const BOUND_TO = 'consistency';
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;

/** Waits until answers contain the change that the token tells of. Refuses one that is not ours. Faults: StorageUnavailable. */
export async function awaitChange(deps: Deps, consistency_token: string): Promise<void> {
  const text = openSealed(await deps.page_key(), consistency_token, BOUND_TO);
  if (text === null || !NUMBER.test(text)) {
    throw new Refusal('malformed_request', { message: 'The consistency token is none of this service' });
  }
  const epoch = Number(text);
  if (deps.freshness.epoch() >= epoch) return;
  if ((await deps.freshness.catchUp()) < epoch) {
    throw new StorageUnavailable(new Error('the database is behind a change that it has answered'));
  }
}

/** The same for the header. */
export async function awaitChangeOfHeader(deps: Deps, request: FastifyRequest): Promise<void> {
  const given = request.headers['x-consistency-token'];
  if (given !== undefined) await awaitChange(deps, String(given));
}

/** Whether the answer tells of something that was changed: what a client asks with POST changes nothing. */
function tellsOfChange({ method, routeOptions }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  const { access } = routeOptions.config;
  return (
    isWriteMethod(method) && method !== 'OPTIONS' && statusCode < 400 && access !== undefined && access.audit !== null
  );
}

/**
 * Before a change is answered, this node forgets what it ended (promises P1), and the answer says which state contains it. The change
 * is made: where that cannot be heard of now, the answer goes without, and nothing is answered from memory until it can.
 */
export async function tellChange(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (!tellsOfChange(request, reply)) return;
  try {
    const epoch = await deps.freshness.catchUp();
    reply.header('x-consistency-token', sealText(await deps.page_key(), String(epoch), BOUND_TO));
  } catch (error) {
    deps.freshness.doubt();
    request.log.warn({ err: error }, 'a change could not be heard of');
  }
}
