// The OpenAPI 3.1 document, emitted from the schemas of the routes. What follows from a route's declaration (who may call,
// which errors it can answer) is added here, in one place, and nowhere repeated in route files.

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema, RouteOptions } from 'fastify';
import { type TSchema, Type } from 'typebox';
import type { Deps } from '../deps.ts';
import { isWriteMethod, type Operation } from '../domain/operation.ts';
import type { Access } from './access.ts';
import type { App } from './app-type.ts';
import { CONTENT_TYPES } from './body.ts';
import { IDEMPOTENCY_KEY_FORM, takesKey } from './idempotency.ts';
import { readExamples } from './openapi-examples.ts';
import { finishDocument } from './openapi-finish.ts';
import { isPermissionless } from './present/operation.ts';
import { ErrorBody, OAuthErrorBody, Replay } from './schemas/common.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Where the body is lines: the schema of a line. It is for the document; the use-case reads the lines. */
    line?: TSchema;
  }
}

/** The version of the API, not of the program: changes when a client could notice. */
const API_VERSION = '1.0.0';

/** For the document: a call with a malformed one is refused by idempotency.ts. */
const KEY_HEADER = {
  type: 'object',
  properties: {
    'Idempotency-Key': {
      type: 'string',
      pattern: IDEMPOTENCY_KEY_FORM,
      maxLength: 255,
      description:
        'The same key with the same request within 24 hours is answered as before, with `"replayed": true` and without the ' +
        'secret, and nothing is done twice; with another request: 422 `idempotency_mismatch`; while it is under way: 409',
    },
  },
};

const SECURITY_SCHEMES = {
  session: { type: 'http', scheme: 'bearer', description: "A person's session (`gths_…` from `POST /sessions`)" },
  token: {
    type: 'http',
    scheme: 'bearer',
    description: 'A personal access token, as `Bearer`, as `token`, or as the password of Basic',
  },
  client: { type: 'http', scheme: 'basic', description: 'A backend service: `client_id:client_secret`' },
  gateway: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Gateway-Authorization',
    description: '`Basic base64(client_id:client_secret)` of a client with the capability `gateway`',
  },
} as const;

const ERROR_STATUSES: Readonly<Record<number, string>> = {
  400: 'Malformed request',
  401: 'No credential, or a bad one',
  403: 'Not allowed',
  404: 'Not there, or hidden from the caller',
  409: 'Not in a state for it',
  413: 'The body is too large',
  415: 'The content type is not the one of this endpoint',
  422: 'Validation failed; `errors` says where',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Temporarily unavailable; `Retry-After` says when to try again',
};

/** The page is ours alone: nothing from elsewhere, and no upgrade to https where the service speaks http. */
const DOCS_POLICY =
  "default-src 'self'; base-uri 'self'; font-src 'self' data:; frame-ancestors 'none'; img-src 'self' data:; " +
  "object-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'";

type Schema = FastifySchema & {
  hide?: boolean;
  operationId?: string;
  tags?: readonly string[];
  consumes?: readonly string[];
  response?: Record<string, unknown>;
};

/** Collects the routes that are added from now on, and serves the browsable page at `/docs`. */
export async function addOpenapi(app: App, deps: Pick<Deps, 'config'>): Promise<void> {
  app.addSchema(ErrorBody);
  app.addSchema(OAuthErrorBody);
  app.addSchema(Replay);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: 'Gatehouse',
        version: API_VERSION,
        description: 'Issues personal access tokens and decides what they may do.',
        license: { name: 'Proprietary' },
      },
      servers: [{ url: deps.config.public_url }],
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `shape-${i}`) },
    transform: ({ schema, url, route }) => ({
      schema: completeSchema(schema as Schema, route),
      url: url.replace('/*', '/:path'),
    }),
    transformObject: (found) =>
      'openapiObject' in found
        ? finishDocument(found.openapiObject, readExamples(deps.config.public_url))
        : found.swaggerObject,
  });
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: { open: true } };
    });
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: DOCS_POLICY,
      theme: { title: 'Gatehouse' },
      uiConfig: { layout: 'BaseLayout', deepLinking: true, validatorUrl: null, persistAuthorization: false },
    });
  });
}

function completeSchema(given: Schema | undefined, route: RouteOptions): FastifySchema {
  if (given?.hide === true) return given;
  const { access = { open: true }, body, line } = route.config ?? {};
  const schema: Schema | undefined = line === undefined ? given : { ...given, body: line };
  const tags = schema?.tags ?? [tagOf(route.url)];
  return {
    ...schema,
    operationId: schema?.operationId ?? operationId(route),
    tags: [...tags],
    security: securityOf(access),
    ...declarationOf(access),
    ...(takesKey(access, schema) && { headers: KEY_HEADER }),
    ...(schema?.body !== undefined && { consumes: [CONTENT_TYPES[body ?? 'json']] }),
    response: {
      ...errorResponses(schema, access, route),
      ...described(takesKey(access, schema) ? withReplay(schema?.response ?? {}) : schema?.response),
    },
  } as FastifySchema;
}

/** `GET /repos/:owner/:repo/keys` → `get_repos_owner_repo_keys`, where the route does not name it. */
function operationId(route: RouteOptions): string {
  const words = route.url.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return [[route.method].flat()[0]?.toLowerCase(), ...words].join('_');
}

function tagOf(url: string): string {
  return url.split('/')[1] ?? 'meta';
}

const SUCCESSES: Readonly<Record<string, string>> = { 200: 'OK', 201: 'Made', 202: 'Accepted', 204: 'Done' };

/** Every answer needs a description; most say nothing that the status does not. */
function described(response: Schema['response']): Schema['response'] {
  const entries = Object.entries(response ?? {});
  return Object.fromEntries(
    entries.map(([status, schema]) => [
      status,
      { description: SUCCESSES[status] ?? ERROR_STATUSES[Number(status)] ?? status, ...(schema as object) },
    ]),
  );
}

/** What is made is answered in its own shape, and again without its secret. */
function withReplay({ 201: made, ...others }: Record<string, unknown>): Record<string, unknown> {
  return { ...others, 201: { anyOf: [made, Type.Ref('Replay')] } };
}

type Security = Record<string, string[]>[];

/** Which credentials the route takes; any one of them. */
function securityOf(access: Access): Security {
  if ('open' in access) return [];
  if ('client' in access) return [{ client: [] }];
  // The end caller's credential stands beside the gateway's; either it or none.
  if ('gateway' in access) return [{ gateway: [] }, { gateway: [], token: [] }];
  if ('session' in access) return [{ session: [] }];
  if ('operation' in access && access.operation.session_only) return [{ session: [] }];
  const anonymous: Security = operationOf(access)?.public_read === true ? [{}] : [];
  return [{ session: [] }, { token: [] }, ...anonymous];
}

/** The declaration of the operation, in the members in which a catalogue is loaded (C2). */
function declarationOf(access: Access): Record<string, unknown> {
  const operation = operationOf(access);
  if (operation === undefined) return {};
  return {
    ...(isPermissionless(operation)
      ? { 'x-permissionless': true }
      : { 'x-required-permissions': operation.permission_sets }),
    ...(operation.classic_scopes !== null && { 'x-accepted-scopes': operation.classic_scopes }),
    ...(operation.public_read && { 'x-public-read': true }),
    'x-resource': operation.resource,
  };
}

function operationOf(access: Access): Operation | undefined {
  return 'operation' in access ? access.operation : undefined;
}

function errorResponses(schema: Schema | undefined, access: Access, route: RouteOptions) {
  const { config = {} } = route;
  const writes = [route.method].flat().some(isWriteMethod);
  const oauth = config.errors === 'oauth';
  const $ref = oauth ? 'OAuthError#' : 'Error#';
  const statuses = [
    ...credentialErrors(access, schema?.body !== undefined),
    ...(takesKey(access, schema) ? [409, 422] : []),
    ...inputErrors(schema, { writes, only_400: oauth || config.wrong_body === 400 }),
    500,
    503,
  ];
  const answer = (status: number): [string, unknown] => [
    String(status),
    { description: ERROR_STATUSES[status], content: { 'application/json': { schema: { $ref } } } },
  ];
  return Object.fromEntries(statuses.map(answer));
}

function credentialErrors(access: Access, hasBody: boolean): number[] {
  if ('gateway' in access && access.gateway === 'nginx') return [401, 403];
  const refused = 400; // two credentials, a forged consistency token: before a route is asked
  if ('open' in access && access.anonymous_only === true) return [refused, 403, 429];
  if ('open' in access) return hasBody ? [refused, 401, 429] : [refused]; // a password or a one-time text in the body
  if ('gateway' in access) return [refused, 401, 403, 404, 429];
  return 'client' in access ? [refused, 401, 403] : [refused, 401, 403, 429]; // the calls of clients are not counted
}

/**
 * `only_400`: the standards of these endpoints know no other status for what is wrong with a body. What writes can be refused
 * for what it names in its path, and a body is refused where none is taken: by its kind, its size or its members.
 */
function inputErrors(
  schema: Schema | undefined,
  { writes, only_400 }: { writes: boolean; only_400: boolean },
): number[] {
  const hasBody = schema?.body !== undefined;
  const hasInput = hasBody || writes || schema?.querystring !== undefined;
  return [
    ...(hasBody || writes ? [413] : []),
    ...((hasBody || writes) && !only_400 ? [415] : []),
    ...(schema?.params !== undefined ? [404] : []),
    ...(hasInput && !only_400 ? [422] : []),
  ];
}
