// Who has not sent the whole of a body keeps no place meanwhile (promises P23, threats D1): whoever knows nobody could keep all of them
// by sending nothing, and then nobody else is answered. Bodies that are on their way are bounded apart: of more, the one that has been
// on its way for longest is given up, which is never that of somebody who just sends it.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Refusal } from '../domain/refusal.ts';
import type { App } from './app-type.ts';

const TAKE_NO_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD']);

export type ArrivingBodies = {
  readonly bodies_max: number;
  /** Gives the place of the request back, where it has one. */
  readonly leave: (request: FastifyRequest) => void;
  /** Takes it again; false: there is no room now. */
  readonly enter: (request: FastifyRequest) => boolean;
  /** Tells that the request was given up. */
  readonly tell: (request: FastifyRequest) => void;
  /** What is told there is no room for. */
  readonly refusal: Refusal;
};

/** Of a request that has no socket nothing is known: it is there as a whole. */
function isArriving({ method, raw }: FastifyRequest): boolean {
  return !TAKE_NO_BODY.has(method) && raw.complete === false;
}

/** Before every other hook that looks at what was sent. */
export function addArrivingBodies(app: App, { bodies_max, leave, enter, tell, refusal }: ArrivingBodies): void {
  /** In the order in which they began. */
  const arriving = new Map<FastifyRequest, FastifyReply>();

  function giveUpOldest(): void {
    for (const [request, reply] of arriving) {
      if (arriving.size <= bodies_max) break;
      arriving.delete(request);
      tell(request);
      if (!reply.sent && !reply.raw.destroyed) reply.send(refusal);
    }
  }

  app.addHook('preParsing', (request, reply, payload, done) => {
    if (isArriving(request) && !reply.raw.destroyed) {
      leave(request);
      arriving.set(request, reply);
      reply.raw.once('close', () => arriving.delete(request));
      giveUpOldest();
    }
    done(null, payload);
  });
  app.addHook('preValidation', (request, _reply, done) => {
    if (!arriving.delete(request)) return done();
    if (request.is_gone) return; // answered, or nobody waits any more
    done(enter(request) ? undefined : refusal);
  });
}
