// The application without a socket: everything between an HTTP request and a use-case is put together here, in the order in
// which a request passes it. `main.ts` listens; tests inject.

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Deps } from '../deps.ts';
import { Refusal } from '../domain/refusal.ts';
import type { TlsFiles } from '../tls-files.ts';
import { tracingNow } from '../tracing.ts';
import { addAccessLine, tellAnswered, tellIfGivenUp } from './access-line.ts';
import { commonHeaders } from './answer-headers.ts';
import type { AddRoutes, App } from './app-type.ts';
import { collectRequests } from './arrivals.ts';
import { addBodyParsers, BODY_LIMIT_BYTES } from './body.ts';
import { addAddresses, addressGiver } from './caller-address.ts';
import { answerClientError, answerTunnels, followAnswers } from './client-error.ts';
import { addCors, originHeaders } from './cors.ts';
import { addDeadline, type Deadlines } from './deadline.ts';
import { addDirectAnswers } from './direct/direct.ts';
import { addErrorHandling, sendError } from './errors.ts';
import { guardLog } from './framework-log.ts';
import { addIdempotency } from './idempotency.ts';
import { addLeftover } from './leftover.ts';
import { addOpenapi } from './openapi.ts';
import { ENVOY_PREFIX } from './original-request.ts';
import { addOverload, leaveFor } from './overload.ts';
import { addRequestForm } from './request-form.ts';
import { requestId } from './request-id.ts';
import { guardRoutes } from './route-access.ts';
import { ROUTES } from './routes/index.ts';
import { buildSerializer } from './serializers.ts';
import { endWithSessions } from './session-ends.ts';
import { sharedSchemas } from './shared-schemas.ts';
import { tlsOptions } from './tls.ts';
import { listenersOf, traceArrivals, traceRoutes } from './traced-requests.ts';
import { addHeadersOfToken, addUnaskedTokens } from './unasked-token.ts';
import { compileValidator } from './validator.ts';

const HEADERS_TIMEOUT_MS = 10_000;
const CONNECTIONS_LOOK_MS = 5000; // how late the time for headers may be noticed
const KEEP_ALIVE_TIMEOUT_MS = 72_000; // longer than the 60 s after which common load balancers drop an idle connection
const IDLE_SOCKET_TIMEOUT_MS = 120_000;
const CONNECTIONS_MAX = 10_000;
/**
 * So many connections may wait in the kernel to be taken (Linux: `net.core.somaxconn` of them). Left to itself Node asks for 511: of
 * more that come during one stop of the process each would try again after a second.
 */
export const CONNECTIONS_WAITING_MAX = CONNECTIONS_MAX;
export const HEADER_BYTES_MAX = 16_384;
export const PARAMETER_CHARACTERS_MAX = 1000;

/** The application with these routes. It neither listens nor owns `deps`: who made the database ends it. `tls`: null for plain HTTP. */
export async function buildApp(
  deps: Deps,
  routes: readonly AddRoutes[] = ROUTES,
  tls: TlsFiles | null = null,
): Promise<App> {
  const app = newServer(deps, tls);
  traceRoutes(app);
  addAddresses(app, deps);
  const { request_timeout_ms: usual_ms, requests_max: untaken_max } = deps.config;
  const deadlines = addDeadline(app, { usual_ms, untaken_max });
  addEnds(app, deadlines);
  app.setValidatorCompiler(compileValidator);
  addBodyParsers(app);
  addAnswerHeaders(app, deps);
  addClosing(app);
  addAccessLine(app);
  addLeftover(app, deps.config.request_timeout_ms);
  addRequestForm(app);
  addCors(app, deps);
  addErrorHandling(app, deps);
  const early_refusals = addOverload(app, deps);
  await addOpenapi(app, deps, (docs) => addTold(docs, deadlines));
  addIdempotency(app, deps);
  addUnaskedTokens(app, deps);
  guardRoutes(app, deps);
  addTold(app, deadlines);
  for (const addRoutes of routes) addRoutes(app, deps);
  const general = listenersOf(app);
  early_refusals.take(app);
  // What is recorded, or is not plain HTTP/1.1, has to be read by Node first.
  addDirectAnswers(app, deps, tls === null && tracingNow() === null);
  traceArrivals(app, general);
  collectRequests(app);
  followAnswers(app.server);

  return app;
}

function newServer(deps: Deps, tls: TlsFiles | null): App {
  const giveAddress = addressGiver(deps);
  const http1 = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    connectionsCheckingInterval: CONNECTIONS_LOOK_MS,
    requireHostHeader: false,
  };
  // The framework types a server of each kind; the routes know of none.
  const secure = tls === null ? {} : ({ http2: true, https: tlsOptions(tls, http1) } as unknown as { http2?: never });
  const app = fastify({
    ...secure,
    loggerInstance: guardLog(deps.log),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: requestId,
    requestIdHeader: false,
    rewriteUrl: withoutEnvoyPath,
    bodyLimit: BODY_LIMIT_BYTES,
    pluginTimeout: 0, // none of ours waits for anything: a start beside full cores takes longer than 10 s, and must not end
    connectionTimeout: IDLE_SOCKET_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: http1,
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: PARAMETER_CHARACTERS_MAX,
    },
    schemaController: { bucket: sharedSchemas, compilersFactory: { buildSerializer } },
    exposeHeadRoutes: true,
    return503OnClosing: false, // addClosing answers in our own shape
    clientErrorHandler: (error, socket) => answerClientError(deps, error, socket, isSecure(deps)),
    frameworkErrors: (error, request, reply) => {
      giveAddress(request);
      answerUnroutable(deps, error, request, reply);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = CONNECTIONS_MAX;
  answerTunnels(deps, app.server, isSecure(deps));
  if (tls !== null) {
    const stop = endWithSessions(app.server, CONNECTIONS_LOOK_MS);
    app.addHook('onClose', (_instance, done) => {
      stop();
      done();
    });
  }
  // Node would answer 417 by itself; what nobody here knows how to expect is passed over (RFC 9110 section 10.1.1).
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  return app;
}

/** What Envoy asks about stands behind this path, and is nothing that our router should read: it may be anything. */
function withoutEnvoyPath({ url = '' }: { readonly url?: string | undefined }): string {
  return url.startsWith(`${ENVOY_PREFIX}/`) ? `${ENVOY_PREFIX}/` : url;
}

/** A path that cannot be decoded never reaches the hooks. */
function answerUnroutable(deps: Deps, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const headers = { ...commonHeaders(request.id, isSecure(deps)), ...originHeaders(deps.config, request.headers) };
  reply.headers(headers);
  reply.raw.once('finish', () => tellAnswered(request, reply)).once('close', () => tellIfGivenUp(request, reply));
  void addHeadersOfToken(deps, request, reply).finally(() => sendError(deps, error, request, reply, false));
}

/** What is done for a request when its connection has ended, or it was answered: one listener for all of it, before all that may refuse. */
function addEnds(app: App, { isOver }: Deadlines): void {
  app.addHook('onRequest', (request, reply, done) => {
    const end = (): void => {
      isOver(request);
      leaveFor(request);
      tellIfGivenUp(request, reply);
    };
    if (reply.raw.destroyed) return end(); // who asked has gone since (arrivals.ts): nothing is done for him
    reply.raw.once('close', end);
    done();
  });
}

/**
 * What is done when an answer is there as a whole, or in a file: the last of its hooks. From then on it keeps nothing but its bytes, and no
 * place. What whoever asks is told piece by piece is a file.
 */
function addTold(app: App, { isTold }: Deadlines): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const { access } = request.routeOptions.config;
    const is_told =
      typeof payload !== 'object' || payload === null || Buffer.isBuffer(payload) || (access && 'open' in access);
    if (is_told && !request.is_gone) {
      leaveFor(request);
      isTold(request, reply);
    }
    done(null, payload);
  });
}

function addAnswerHeaders(app: App, deps: Deps): void {
  const secure = isSecure(deps);
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(commonHeaders(request.id, secure));
    done();
  });
}

/** While the application closes, new requests on open connections are sent elsewhere. */
function addClosing(app: App): void {
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onRequest', (_request, _reply, done) => {
    done(closing ? new Refusal('unavailable') : undefined);
  });
}

function isSecure(deps: Deps): boolean {
  return deps.config.public_url.startsWith('https:');
}
