// `Idempotency-Key` (contract 1): every call that makes something takes it, by what its route declares; no route knows of it. What
// is the same request: the same method, path, query and members of the body, in whatever order they stand.

import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Deps } from '../deps.ts';
import { Refusal } from '../domain/refusal.ts';
import { beginKeyedCall, type KeyedCall, type Repetition } from '../use-cases/service/keyed-call.ts';
import type { Access } from './access.ts';
import { noStore } from './answer-headers.ts';
import type { App } from './app-type.ts';
import { countHeader } from './credential.ts';

export const IDEMPOTENCY_KEY = 'idempotency-key';
/** 1 to 255 visible ASCII characters. */
export const IDEMPOTENCY_KEY_FORM = '^[!-~]{1,255}$';
const WELL_FORMED = new RegExp(IDEMPOTENCY_KEY_FORM);

type Declared = { readonly response?: unknown };

/** Whether the route makes something for somebody who is known: it answers 201. Nobody has no keys. */
export function takesKey(access: Access | undefined, schema: Declared | undefined): boolean {
  const made = (schema?.response ?? {}) as Record<string, unknown>; // by status
  return access !== undefined && !('open' in access) && '201' in made;
}

function keyOf(request: FastifyRequest): string | null {
  const count = countHeader(request.raw, IDEMPOTENCY_KEY);
  if (count === 0) return null;
  const key = String(request.headers[IDEMPOTENCY_KEY]);
  if (count === 1 && WELL_FORMED.test(key)) return key;
  throw new Refusal('malformed_request', {
    message: 'The Idempotency-Key is not 1 to 255 visible ASCII characters, or there are two',
  });
}

/** The value with the members of every object in one order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, each]): [string, unknown] => [name, inOrder(each)]);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

function textOf({ method, url, body }: FastifyRequest): string {
  return JSON.stringify([method, url, inOrder(body ?? {}), Array.isArray(body)]);
}

function answerAgain(reply: FastifyReply, { status, answer }: Repetition): FastifyReply {
  noStore(reply);
  const body = JSON.stringify({ ...(answer as object), replayed: true }); // every answer that makes something is an object
  return reply.code(status).type('application/json; charset=utf-8').serializer(String).send(body);
}

/** Called once by buildApp, before the routes, before their refusals are recorded, and before their changes are told. */
export function addIdempotency(app: App, deps: Deps): void {
  const calls = new WeakMap<FastifyRequest, KeyedCall>();

  async function keep(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const call = calls.get(request);
    if (call === undefined || reply.statusCode >= 300 || typeof payload !== 'string') return payload;
    await call.keep(reply.statusCode, JSON.parse(payload));
    return payload;
  }

  function withKey(handler: RouteOptions['handler']): RouteOptions['handler'] {
    return async function keyed(request, reply) {
      const key = keyOf(request);
      if (key === null) return handler.call(this, request, reply);
      const { principal } = request.caller;
      const begun = await beginKeyedCall(deps, { principal, key, request: textOf(request) });
      if (begun === null) return handler.call(this, request, reply);
      if ('repetition' in begun) return answerAgain(reply, begun.repetition);
      const { call } = begun;
      calls.set(request, call);
      // However the answer ends, be it by the caller's going away: what was not kept by then did not happen.
      reply.raw.once('close', () => void call.giveUp());
      try {
        return await call.run(async () => handler.call(this, request, reply));
      } catch (error) {
        await call.giveUp();
        throw error;
      }
    };
  }

  app.addHook('onRoute', (route) => {
    if (!takesKey(route.config?.access, route.schema as Declared | undefined)) return;
    route.handler = withKey(route.handler);
    route.onSend = [route.onSend ?? [], keep].flat();
  });
}
