// The line of the access log and the observation of a request that goes the general way: one each, when its answer is told or its caller
// has gone. Those of direct answers are in direct/.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { countGivenUp, countRequest } from '../metrics.ts';
import type { App } from './app-type.ts';
import { arrivalOf } from './arrivals.ts';
import { elapsedMs } from './elapsed.ts';
import { statusOf, wasNeverTold } from './given-up.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Its line is written. */
    has_line: boolean;
  }
}

/** The route's template, never the path or the query. */
function tell(request: FastifyRequest, reply: FastifyReply, is_given_up: boolean): void {
  if (request.has_line) return;
  request.has_line = true;
  const { method, trace } = request;
  const route = request.routeOptions?.url ?? 'none';
  const status = statusOf(reply.raw, is_given_up);
  const ms = elapsedMs(arrivalOf(request.raw) ?? performance.now() - reply.elapsedTime);
  countRequest({ method, route, status, seconds: ms / 1000 });
  if (is_given_up) countGivenUp();
  const line = { method, route, status, ms, ...(is_given_up && { aborted: true }) };
  request.log.info(trace === undefined ? line : { ...line, trace_id: trace.trace_id }, 'request');
}

/** When the connection has ended, or the exchange of HTTP/2. */
export function tellIfGivenUp(request: FastifyRequest, reply: FastifyReply): void {
  if (!reply.raw.writableFinished) tell(request, reply, true);
}

/** When the answer is finished. */
export function tellAnswered(request: FastifyRequest, reply: FastifyReply): void {
  tell(request, reply, wasNeverTold(reply.raw));
}

export function addAccessLine(app: App): void {
  app.decorateRequest('has_line', false);
  app.addHook('onResponse', (request, reply, done) => {
    tellAnswered(request, reply);
    done();
  });
}
