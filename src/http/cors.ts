// Cross-origin requests (the Fetch standard). Closed unless `CORS_ORIGINS` names who may read answers from a page. No cookie is ever read
// here, so nothing is allowed to be sent along by itself (`Access-Control-Allow-Credentials` is never answered). What a gateway
// asks belongs to another API, whose rule about origins is not ours.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { App } from './app-type.ts';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS = 'Authorization, Content-Type, Accept, Idempotency-Key, X-Consistency-Token, X-Request-Id';
const ANSWER_HEADERS = [
  ...[
    'Allow',
    'Content-Disposition',
    'GitHub-Authentication-Token-Expiration',
    'Link',
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
  ...['X-Request-Id', 'X-Stale-Ms'],
].join(', ');
/** How long a browser may remember what a preflight was answered: what is closed is closed soon. */
const MAX_AGE_SECONDS = '600';

/** The only origin that is asking; null: none, or one that is not named. */
function namedOrigin(request: FastifyRequest, origins: ReadonlySet<string>): string | null {
  const { origin } = request.headers;
  return origin !== undefined && origins.has(origin) ? origin : null;
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
  const origins = new Set(config.cors_origins);
  if (origins.size === 0) return;
  app.addHook('onRequest', (request, reply, done) => {
    if (isOfGateway(request)) return done();
    reply.header('vary', 'Origin');
    const origin = namedOrigin(request, origins);
    if (origin === null) return done();
    reply.header('access-control-allow-origin', origin);
    reply.header('cross-origin-resource-policy', 'cross-origin');
    const is_preflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
    if (is_preflight && request.is404) return answerPreflight(reply);
    reply.header('access-control-expose-headers', ANSWER_HEADERS);
    done();
  });
  // A route that varies by something else has said so in the place of this.
  app.addHook('onSend', (request, reply, payload, done) => {
    const vary = String(reply.getHeader('vary') ?? '');
    if (vary !== 'Origin' && !isOfGateway(request)) reply.header('vary', `${vary}, Origin`);
    done(null, payload);
  });
}
