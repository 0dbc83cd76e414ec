// Cross-origin requests (the Fetch standard). Closed unless `CORS_ORIGINS` names who may read answers from a page. No cookie is ever read
// here, so nothing is allowed to be sent along by itself (`Access-Control-Allow-Credentials` is never answered). What a gateway
// asks belongs to another API, whose rule about origins is not ours.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { App } from './app-type.ts';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS = [
  ...['Authorization', 'Content-Type', 'Accept', 'Idempotency-Key', 'Prefer', 'X-Consistency-Token', 'X-Request-Id'],
  // Read by nobody here, and sent by GitHub's clients: a page that uses one could call nothing.
  ...['User-Agent', 'X-GitHub-Api-Version'],
  // Of pages whose calls are traced.
  ...['traceparent', 'tracestate'],
].join(', ');
const ANSWER_HEADERS = [
  ...[
    'Allow',
    'Content-Disposition',
    'GitHub-Authentication-Token-Expiration',
    'Link',
    'Preference-Applied',
    'Retry-After',
    'WWW-Authenticate',
  ],
  ...[
    'X-Accepted-GitHub-Permissions',
    'X-Accepted-OAuth-Scopes',
    'X-Consistency-Token',
    'X-GitHub-SSO',
    'X-OAuth-Scopes',
  ],
  ...['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'X-RateLimit-Resource', 'X-RateLimit-Used'],
  ...['X-Request-Id', 'X-Stale-Ms', 'X-Wait'],
].join(', ');
/** How long a browser may remember what a preflight was answered: what is closed is closed soon. */
const MAX_AGE_SECONDS = '600';

/** What an answer tells the page that asks; a cache must not take it for that of another one. Where no origin is named: nothing. */
export function originHeaders(
  { cors_origins }: Pick<Deps['config'], 'cors_origins'>,
  { origin }: FastifyRequest['headers'],
): Readonly<Record<string, string>> {
  if (cors_origins.length === 0) return {};
  if (origin === undefined || !cors_origins.includes(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': ANSWER_HEADERS,
    'cross-origin-resource-policy': 'cross-origin',
  };
}

function isOfGateway(request: FastifyRequest): boolean {
  const access = request.routeOptions.config?.access;
  return access !== undefined && 'gateway' in access;
}

function answerPreflight(reply: FastifyReply): void {
  reply.headers({
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': REQUEST_HEADERS,
    'access-control-max-age': MAX_AGE_SECONDS,
  });
  reply.code(204).send(null);
}

/** Before the hook that answers unknown methods: a preflight has no route of its own. */
export function addCors(app: App, { config }: Pick<Deps, 'config'>): void {
  if (config.cors_origins.length === 0) return;
  app.addHook('onRequest', (request, reply, done) => {
    if (isOfGateway(request)) return done();
    const headers = originHeaders(config, request.headers);
    reply.headers(headers);
    const is_preflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
    const is_named = 'access-control-allow-origin' in headers;
    if (is_preflight && is_named && request.is404) return answerPreflight(reply);
    done();
  });
  // A route that varies by something else has said so in the place of this.
  app.addHook('onSend', (request, reply, payload, done) => {
    const told = reply.getHeader('vary'); // nothing, where the request was refused before the hook above
    const all = told === undefined ? 'Origin' : `${told}, Origin`;
    if (told !== 'Origin' && !isOfGateway(request)) reply.header('vary', all);
    done(null, payload);
  });
}
