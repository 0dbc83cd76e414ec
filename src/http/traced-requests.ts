// The spans of requests. Nothing here is called while nobody wants traces. Where they are wanted, the way of a request is chosen at its
// arrival: one that is recorded goes the general way, whose parts can be told; all others go as if there were no traces.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Span, type Tracing, tracingNow } from '../tracing.ts';
import type { App } from './app-type.ts';
import { statusOf, wasNeverTold } from './given-up.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request that is recorded. */
    trace?: Span;
  }
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;
type Arrived = Pick<IncomingMessage, 'headers' | 'method'>;

/** Null: arrived, and is not recorded. */
const ARRIVED = new WeakMap<object, Span | null>();

function beginRequest(tracing: Tracing, { headers, method = 'HTTP' }: Arrived): Span | null {
  const { traceparent } = headers;
  return tracing.begin({
    kind: 'server',
    name: method,
    attributes: { 'http.request.method': method },
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
  });
}

function endRequest(span: Span, response: ServerResponse): void {
  const is_given_up = wasNeverTold(response);
  const status = statusOf(response, is_given_up);
  span.set({ 'http.response.status_code': status, ...(is_given_up && { 'gatehouse.aborted': true }) });
  if (status >= 500) span.fail(String(status));
  span.end();
}

/** Called once by buildApp before all other hooks, so that whatever they do is a part of the request. */
export function traceRoutes(app: App): void {
  const tracing = tracingNow();
  if (tracing === null) return;
  app.addHook('onRequest', (request, _reply, done) => {
    const known = ARRIVED.get(request.raw);
    const span = known === undefined ? beginRequest(tracing, request) : known;
    if (span === null) return done();
    const route = request.routeOptions.url;
    if (route !== undefined) {
      span.rename(`${request.method} ${route}`);
      span.set({ 'http.route': route });
    }
    request.trace = span;
    tracing.run(span, done);
  });
  // The reader of a body calls from the context of the socket.
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.trace === undefined) done();
    else tracing.run(request.trace, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (request.trace !== undefined) endRequest(request.trace, reply.raw);
    done();
  });
}

export function listenersOf(app: App): readonly Listener[] {
  return app.server.listeners('request') as Listener[];
}

/** Called once by buildApp when there is a direct way. `general`: what listened before it. */
export function traceArrivals(app: App, general: readonly Listener[]): void {
  const tracing = tracingNow();
  if (tracing === null) return;
  const all = listenersOf(app);
  app.server.removeAllListeners('request');
  app.server.on('request', (request, response) => {
    const span = beginRequest(tracing, request);
    ARRIVED.set(request, span);
    // Also of what never reaches a route, or is given up by its caller.
    if (span !== null && response.destroyed) endRequest(span, response);
    else if (span !== null) response.once('close', () => endRequest(span, response));
    for (const listener of span === null ? all : general) listener(request, response);
  });
}
