// The OpenAPI 3.1 document, emitted from the schemas of the routes. What follows from a route's declaration (who may call,
// which errors it can answer) is added here, in one place, and nowhere repeated in route files.

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema, RouteOptions } from 'fastify';
import { type TSchema, Type } from 'typebox';
import type { Deps } from '../deps.ts';
import { type Access, operationOf } from './access.ts';
import type { App } from './app-type.ts';
import { CONTENT_TYPES } from './body.ts';
import { IDEMPOTENCY_KEY_FORM, takesKey } from './idempotency.ts';
import { openapiBytes } from './openapi-bytes.ts';
import { readExamples } from './openapi-examples.ts';
import { finishDocument } from './openapi-finish.ts';
import { ERROR_STATUSES, errorResponses } from './openapi-refusals.ts';
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
export async function addOpenapi(app: App, deps: Pick<Deps, 'config'>, addToDocs: (docs: App) => void): Promise<void> {
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
    // Routes do not begin with the path of PUBLIC_URL, which a proxy in front takes away: `/users` below `/user` is no `s`.
    stripBasePath: false,
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
    addToDocs(docs);
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: { open: true } };
    });
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      uiHooks: {
        preHandler: ({ routeOptions }, reply, done) => {
          if (routeOptions.url === '/docs/json')
            reply.type('application/json; charset=utf-8').send(openapiBytes(app, 'json'));
          else if (routeOptions.url === '/docs/yaml') reply.type('application/x-yaml').send(openapiBytes(app, 'yaml'));
          else done();
        },
      },
      indexPrefix: new URL(deps.config.public_url).pathname,
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
      ...errorResponses(route, { schema, access, takes_key: takesKey(access, schema) }),
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
  if (operation === null) return {};
  return {
    ...(isPermissionless(operation)
      ? { 'x-permissionless': true }
      : { 'x-required-permissions': operation.permission_sets }),
    ...(operation.classic_scopes !== null && { 'x-accepted-scopes': operation.classic_scopes }),
    ...(operation.public_read && { 'x-public-read': true }),
    'x-resource': operation.resource,
  };
}
