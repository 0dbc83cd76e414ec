// No request waits longer than REQUEST_TIMEOUT_MS (contract 10): who was not answered by then is told 503, whatever still runs. Nor does an
// answer wait for who does not take it: he would keep its memory for as long as he likes, by HTTP/2 of some hundred at once.
// Own code in place of the framework's `handlerTimeout`, which ends its clock as soon as a body has been read
// (fastify/fastify#6725), and makes a timer and an AbortController for every request where one clock for all is enough.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../domain/refusal.ts';
import { arrivalOf } from './arrivals.ts';

/** How often is looked: an answer may be this much later than its deadline. */
const LOOK_EVERY_MS = 50;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For a route that may take longer than all others. */
    deadline_ms?: number;
  }
}

type Waiting = { readonly reply: FastifyReply; readonly due: number };
/** In the order of their arrival, or of their answers, which is that of their deadlines. */
type Queue = Map<FastifyRequest, Waiting>;

/** So many times as long as it waits for its answer may a request take to be read to its end. */
export const TAKEN_WITHIN = 12;

/** Requests whose answer has begun and takes as long as there is something to tell. */
const AT_LENGTH = new WeakSet<FastifyRequest>();

/** The wait is over, the answer begins: what follows is bounded by the reader's patience and the socket's (app.ts). */
export function answerAtLength(request: FastifyRequest): void {
  AT_LENGTH.add(request);
}

function refuse({ reply }: Waiting): void {
  if (reply.sent || reply.raw.destroyed || AT_LENGTH.has(reply.request)) return;
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  reply.send(new Refusal('unavailable'));
}

function giveUp({ reply }: Waiting): void {
  reply.raw.destroy();
}

export type Deadlines = {
  /** The request has its whole answer, which now has to be taken. */
  readonly isTold: (request: FastifyRequest, reply: FastifyReply) => void;
  /** The request is over, also where nobody waits for its answer any more: until then it is remembered. */
  readonly isOver: (request: FastifyRequest) => void;
};

type Bounds = {
  /** Where a route says nothing else. */
  readonly usual_ms: number;
  /** So many answers are kept for who does not take them: of more, that which has waited longest is given up. */
  readonly untaken_max: number;
};

/** Before every other hook, so that the wait for authorisation counts too. */
export function addDeadline(app: FastifyInstance, { usual_ms, untaken_max }: Bounds): Deadlines {
  const queues = new Map<number, Queue>();
  const untaken: Queue = new Map();

  function endDue(queue: Queue, end: (waiting: Waiting) => void): void {
    const now = performance.now();
    for (const [request, waiting] of queue) {
      if (waiting.due > now) break;
      queue.delete(request);
      end(waiting);
    }
  }

  function look(): void {
    for (const queue of queues.values()) endDue(queue, refuse);
    endDue(untaken, giveUp);
  }

  function giveUpOldest(): void {
    for (const [request, waiting] of untaken) {
      if (untaken.size <= untaken_max) break;
      untaken.delete(request);
      giveUp(waiting);
    }
  }

  function queueOf(request: FastifyRequest): { readonly queue: Queue; readonly ms: number } {
    const ms = request.routeOptions.config.deadline_ms ?? usual_ms;
    let queue = queues.get(ms);
    if (queue === undefined) {
      queue = new Map();
      queues.set(ms, queue);
    }
    return { queue, ms };
  }

  const clock = setInterval(look, LOOK_EVERY_MS);
  clock.unref();
  app.addHook('onClose', (_instance, done) => {
    clearInterval(clock);
    done();
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { queue, ms } = queueOf(request);
    queue.set(request, { reply, due: (arrivalOf(request.raw) ?? performance.now()) + ms });
    done();
  });
  return {
    isTold: (request, reply) => {
      queueOf(request).queue.delete(request);
      untaken.set(request, { reply, due: performance.now() + TAKEN_WITHIN * usual_ms });
      giveUpOldest();
    },
    isOver: (request) => {
      queueOf(request).queue.delete(request);
      untaken.delete(request);
    },
  };
}
