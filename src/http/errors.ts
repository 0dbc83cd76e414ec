// The one place that makes the bodies of errors (contract 1; at the OAuth endpoints contract 8). Refusals tell the caller
// what they carry, faults and bugs tell nothing: their detail is for the log.

import type { FastifyContextConfig, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { StorageUnavailable } from '../domain/fault.ts';
import { REASONS, type Reason } from '../domain/reason.ts';
import { Refusal, type RefusalDetails } from '../domain/refusal.ts';
import { countRefusal } from '../metrics.ts';
import { challengeOf, realmOf } from './challenge.ts';
import { knownPaths } from './known-paths.ts';
import { oauthError } from './oauth-errors.ts';
import type { AnyErrorBody } from './schemas/common.ts';

type ErrorDeps = Pick<Deps, 'config'>;

export const RETRY_AFTER_SECONDS = '1';
/** nginx makes 500 of every other answer to its question. */
const NGINX_STATUSES: ReadonlySet<number> = new Set([401, 403]);

/** What the framework's own errors mean. Others of it: by their status, below. */
const FRAMEWORK_ERRORS: Readonly<Record<string, Reason>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
};
const BY_STATUS: Readonly<Record<number, Reason>> = {
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

/** Handles every error of the application's routes, unknown paths (404) and unknown methods (405). Before any route. */
export function addErrorHandling(app: FastifyInstance, deps: ErrorDeps): void {
  const find = knownPaths(app);
  app.decorateRequest('challenge');
  app.setErrorHandler((error, request, reply) => {
    const oauth = request.is404 ? find(request.url)?.oauth === true : isOAuth(request);
    sendError(deps, error, request, reply, oauth);
  });
  // In a hook, so that an unknown path is answered before anybody is asked for a credential or a body is read. @rule F7
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.is404) return done();
    const path = find(request.url);
    if (path === undefined) return done(new Refusal('not_found'));
    return done(new Refusal('method_not_allowed', { headers: { allow: path.methods.join(', ') } }));
  });
  app.setNotFoundHandler(() => {
    throw new Refusal('not_found');
  });
}

/** Answers this error. `oauth`: in the shape of the OAuth endpoints. */
export function sendError(
  deps: ErrorDeps,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  oauth: boolean,
): void {
  const refusal = asDeclared(toRefusal(error), request);
  const status = statusOf(refusal, request);
  countRefusal(refusal.code);
  request.trace?.set({ 'gatehouse.code': refusal.code });
  if (status >= 500 && refusal.details.is_shed !== true)
    request.log[status === 503 ? 'warn' : 'error']({ err: error, code: refusal.code }, 'request failed');
  if (oauth) {
    send(reply, presentOAuthRefusal(refusal, status));
    return;
  }
  const is_for_nginx = isForNginx(configOf(request));
  const challenge = challengeOf(deps, request, refusal);
  send(reply, presentRefusal(deps, refusal, { status, request_id: request.id, is_for_nginx, challenge }));
}

type RefusalForm = {
  readonly request_id: string;
  /** Of the refusal; another than its code's where the route says so. */
  readonly status: number;
  /** nginx is told the status in a header, and answered with one that it passes on. */
  readonly is_for_nginx: boolean;
  /** What a 401 asks for. */
  readonly challenge: string;
};

export type PresentedRefusal = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** A refusal as it is answered, but for the headers of every answer. */
export function presentRefusal(deps: ErrorDeps, refusal: Refusal, form: RefusalForm): PresentedRefusal {
  const { request_id, status, is_for_nginx, challenge } = form;
  const body = errorBody(deps, refusal.code, status, request_id, refusal.details);
  const headers = {
    ...(status === 401 && { 'www-authenticate': challenge }),
    ...(is_for_nginx && { 'x-error-status': String(status) }),
    ...ownHeaders(refusal, status),
  };
  const answered = is_for_nginx && !NGINX_STATUSES.has(status) ? 403 : status;
  return { status: answered, headers, body: JSON.stringify(body) };
}

function ownHeaders({ details }: Refusal, status: number): Readonly<Record<string, string>> {
  return { ...(status === 503 && { 'retry-after': RETRY_AFTER_SECONDS }), ...details.headers };
}

/** The refusal of a request with this id as a route tells it, but for the headers of every answer. For what asks for no credential. */
export function presentedFor(
  deps: ErrorDeps,
  refusal: Refusal,
  config: FastifyContextConfig | undefined,
  request_id: string,
): PresentedRefusal {
  const { status } = REASONS[refusal.code];
  if (config?.errors === 'oauth') return presentOAuthRefusal(refusal, status);
  return presentRefusal(deps, refusal, { status, request_id, is_for_nginx: isForNginx(config), challenge: '' });
}

/** The body of contract 1. */
export function errorBody(
  deps: ErrorDeps,
  code: Reason,
  status: number,
  request_id: string,
  details: RefusalDetails = {},
): AnyErrorBody {
  const errors = details.faults ?? details.errors;
  return {
    message: details.message ?? REASONS[code].message,
    code,
    documentation_url: `${deps.config.public_url}/docs/status-codes#${code}`,
    status: String(status),
    request_id,
    ...(errors !== undefined && { errors: [...errors] }),
    ...(details.needed !== undefined && {
      needed: { permissions: details.needed.permissions.map((set) => [...set]), scopes: [...details.needed.scopes] },
    }),
  };
}

/** Whatever was thrown, as the refusal that the caller is told. */
function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StorageUnavailable) return new Refusal('unavailable');
  const { code = '', statusCode = 500 } = (error ?? {}) as Partial<FastifyError>; // two members that may be there
  const reason = FRAMEWORK_ERRORS[code] ?? BY_STATUS[statusCode];
  if (reason !== undefined) return new Refusal(reason);
  return new Refusal(statusCode >= 400 && statusCode < 500 ? 'malformed_request' : 'internal_error');
}

/** A route without 422 answers a body that is not as declared as a malformed one. */
function asDeclared(refusal: Refusal, request: FastifyRequest): Refusal {
  if (refusal.code !== 'validation_failed' || configOf(request)?.wrong_body === undefined) return refusal;
  return new Refusal('malformed_request', { message: messageWithField(refusal, REASONS.malformed_request.message) });
}

function messageWithField({ details }: Refusal, message: string): string {
  const [first] = details.errors ?? [];
  return first === undefined ? message : `${message}: \`${first.field}\` ${first.message}`;
}

function statusOf(refusal: Refusal, request: FastifyRequest): number {
  if (refusal.code === 'unsupported_media_type') return configOf(request)?.wrong_body ?? 415;
  return REASONS[refusal.code].status;
}

function isForNginx(config: FastifyContextConfig | undefined): boolean {
  const access = config?.access;
  return access !== undefined && 'gateway' in access && access.gateway === 'nginx';
}

/** The body of the OAuth endpoints, and its status. */
export function oauthErrorBody(refusal: Refusal, refusalStatus: number) {
  const { status, error } = oauthError(refusal, refusalStatus);
  const description = messageWithField(refusal, refusal.details.message ?? REASONS[refusal.code].message);
  return { status, body: { error, error_description: printable(description) } };
}

function presentOAuthRefusal(refusal: Refusal, refusalStatus: number): PresentedRefusal {
  const { status, body } = oauthErrorBody(refusal, refusalStatus);
  const headers = {
    ...(status === 401 && { 'www-authenticate': realmOf('Basic') }),
    'cache-control': 'no-store',
    ...ownHeaders(refusal, status),
  };
  return { status, headers, body: JSON.stringify(body) };
}

/** The body is serialised already: the schema of the route's answers must not shorten an error. */
function send(reply: FastifyReply, { status, headers, body }: PresentedRefusal): void {
  reply.headers(headers).code(status).type('application/json; charset=utf-8').send(body);
}

/** RFC 6749 allows error_description printable ASCII without quotes and backslash. */
function printable(text: string): string {
  return text.replaceAll('"', "'").replace(/[^ !#-[\]-~]/g, '?');
}

function isOAuth(request: FastifyRequest): boolean {
  return configOf(request)?.errors === 'oauth';
}

/** Undefined for a request that never reached a route (a path that cannot be decoded). */
function configOf(request: FastifyRequest): FastifyRequest['routeOptions']['config'] | undefined {
  return request.routeOptions?.config;
}
