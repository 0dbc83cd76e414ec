// Personal access tokens, managed by the session of their holder (contract 6, K7).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import type { AuditAction } from '../../domain/audit.ts';
import { tokenAction } from '../../domain/token-audit.ts';
import { createToken } from '../../use-cases/tokens/create-token.ts';
import { deleteToken } from '../../use-cases/tokens/delete-token.ts';
import { editToken } from '../../use-cases/tokens/edit-token.ts';
import { listTokens } from '../../use-cases/tokens/list-tokens.ts';
import { regenerateToken } from '../../use-cases/tokens/regenerate-token.ts';
import { showToken } from '../../use-cases/tokens/show-token.ts';
import { noStore } from '../answer-headers.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentIssuedToken, presentToken } from '../present/token.ts';
import { Conflict, NoContent } from '../schemas/common.ts';
import {
  IssuedToken,
  NewToken,
  Regeneration,
  TOKEN_SCHEMAS,
  Token,
  TokenListQuery,
  TokenPatch,
  TokenPath,
} from '../schemas/tokens.ts';

const TOKENS = '/user/personal-access-tokens';
const TOKEN = `${TOKENS}/:token_id`;
const READ = { access: { session: 'person' } } as const;

export const addTokenRoutes: AddRoutes = (app, deps) => {
  for (const schema of TOKEN_SCHEMAS) app.addSchema(schema);
  addIssuing(app, deps);
  addReading(app, deps);
  addChanging(app, deps);
};

/** The kind that a body asks for decides under which name its creation is written. */
function creation(body: unknown): AuditAction {
  const { kind } = (body ?? {}) as { kind?: unknown }; // a member that may be there
  return tokenAction('create', kind === 'classic' ? 'classic' : 'fine_grained');
}

function addIssuing(app: App, deps: Deps): void {
  app.post(
    TOKENS,
    {
      config: { access: { session: 'person', audit: creation } },
      schema: {
        operationId: 'createToken',
        summary: 'Make a token; its text is in this answer only',
        tags: ['tokens'],
        body: NewToken,
        response: { 201: IssuedToken },
      },
    },
    async (request, reply) => {
      const issued = await createToken(deps, request.caller, { ask: request.body, now: factsOf(request).now });
      noStore(reply);
      return reply.code(201).send(presentIssuedToken(deps, issued));
    },
  );
  app.post(
    `${TOKEN}/regenerate`,
    {
      config: { access: { session: 'person', audit: 'personal_access_token.credential_regenerated' } },
      schema: {
        operationId: 'regenerateToken',
        summary: 'Give a token a new text; the old one dies at once, or after an overlap',
        description: 'Without a life in the body the new text lives as long as the old one was to live.',
        tags: ['tokens'],
        params: TokenPath,
        body: Regeneration,
        response: { 201: IssuedToken, 409: Conflict },
      },
    },
    async (request, reply) => {
      const input = { id: request.params.token_id, ask: request.body, now: factsOf(request).now };
      const issued = await regenerateToken(deps, request.caller, input);
      noStore(reply);
      return reply.code(201).send(presentIssuedToken(deps, issued));
    },
  );
}

function addReading(app: App, deps: Deps): void {
  app.get(
    TOKENS,
    {
      config: READ,
      schema: {
        operationId: 'listTokens',
        summary: 'Your tokens of all states, newest first',
        tags: ['tokens'],
        querystring: TokenListQuery,
        response: { 200: Type.Array(Token) },
      },
    },
    async (request, reply) => {
      const { query, caller } = request;
      const input = { filter: query, page: pageOf(query), now: factsOf(request).now };
      const records = await listTokens(deps, caller, input);
      return paginate(deps, request, reply, records).map((record) => presentToken(deps, record));
    },
  );
  app.get(
    TOKEN,
    {
      config: READ,
      schema: {
        operationId: 'getToken',
        summary: 'One of your tokens',
        tags: ['tokens'],
        params: TokenPath,
        response: { 200: Token },
      },
    },
    async (request) => {
      const input = { id: request.params.token_id, now: factsOf(request).now };
      return presentToken(deps, await showToken(deps, request.caller, input));
    },
  );
}

function addChanging(app: App, deps: Deps): void {
  app.patch(
    TOKEN,
    {
      config: { access: { session: 'person', audit: 'personal_access_token.update' } },
      schema: {
        operationId: 'editToken',
        summary: 'Edit a token: narrowing applies at once, widening may wait for a review',
        description:
          '`permissions`, `repositories` and `scopes` replace the whole. `expires_at` may only come nearer; to extend a ' +
          'life, regenerate the token. An edit of what a pending request asks cancels it and makes a new one.',
        tags: ['tokens'],
        params: TokenPath,
        body: TokenPatch,
        response: { 200: Token, 409: Conflict },
      },
    },
    async (request) => {
      const input = { id: request.params.token_id, patch: request.body, now: factsOf(request).now };
      return presentToken(deps, await editToken(deps, request.caller, input));
    },
  );
  app.delete(
    TOKEN,
    {
      config: { access: { session: 'person', audit: 'personal_access_token.destroy' } },
      schema: {
        operationId: 'deleteToken',
        summary: 'Delete a token, and the deploy keys that it made',
        tags: ['tokens'],
        params: TokenPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await deleteToken(deps, request.caller, { id: request.params.token_id, now: factsOf(request).now });
      return reply.code(204).send(null);
    },
  );
}
