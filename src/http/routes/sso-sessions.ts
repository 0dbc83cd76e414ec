// Signing on at an organization, and what of one's classic tokens that authorises (contract 7, O1, O3). By session only (K7).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { authorizationAction } from '../../domain/single-sign-on.ts';
import { authorizeToken } from '../../use-cases/single-sign-on/authorize-token.ts';
import { closeSsoSession } from '../../use-cases/single-sign-on/close-sso-session.ts';
import { deauthorizeToken } from '../../use-cases/single-sign-on/deauthorize-token.ts';
import { listSsoSessions } from '../../use-cases/single-sign-on/list-sso-sessions.ts';
import { openSsoSession } from '../../use-cases/single-sign-on/open-sso-session.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { printTime } from '../present/time.ts';
import { organizationIn } from '../resources.ts';
import { Conflict, Id, Login, NoContent, PageQuery } from '../schemas/common.ts';
import { OrganizationPath } from '../schemas/organizations.ts';
import { NewSsoSession } from '../schemas/single-sign-on.ts';

const SESSIONS = '/user/sso-sessions';
const AUTHORIZATION = '/user/personal-access-tokens/:token_id/sso/:org';
const AUTHORIZATION_PATH = Type.Object({ token_id: Id, org: Login });

export const addSsoSessionRoutes: AddRoutes = (app, deps) => {
  addSigningOn(app, deps);
  addAuthorizing(app, deps);
};

function addSigningOn(app: App, deps: Deps): void {
  app.post(
    SESSIONS,
    {
      config: { access: { session: 'person', audit: 'org.sso_response' } },
      schema: {
        operationId: 'openSingleSignOnSession',
        summary: 'Sign on at an organization with an ID token of its issuer',
        description:
          'The ID token serves once, has RS256, ES256 or EdDSA, exactly the issuer and the audience of the organization, ' +
          'and an `iat` of the last five minutes. Its first use links the identity to you. Lasts 24 hours at most, and no ' +
          'longer than your session.',
        tags: ['single sign-on'],
        body: NewSsoSession,
        response: { 201: Type.Ref('SingleSignOnSession'), 409: Conflict },
      },
    },
    async (request, reply) => {
      const input = { ...request.body, now: factsOf(request).now };
      const { org, expires_at } = await openSsoSession(deps, request.caller, input);
      return reply.code(201).send({ org, expires_at: printTime(expires_at) });
    },
  );
  app.get(
    SESSIONS,
    {
      config: { access: { session: 'person' } },
      schema: {
        operationId: 'listSingleSignOnSessions',
        summary: 'Where your session has signed on, by organization',
        tags: ['single sign-on'],
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('SingleSignOnSession')) },
      },
    },
    async (request, reply) => {
      const input = { page: pageOf(request.query), now: factsOf(request).now };
      const found = await listSsoSessions(deps, request.caller, input);
      return paginate(deps, request, reply, found).map(({ org, expires_at }) => ({
        org,
        expires_at: printTime(expires_at),
      }));
    },
  );
  app.delete(
    `${SESSIONS}/:org`,
    {
      // As signing out: it changes no right, and what was authorised stays authorised.
      config: { access: { session: 'person', audit: null } },
      schema: {
        operationId: 'closeSingleSignOnSession',
        summary: 'Sign off at an organization; what you authorised stays authorised',
        tags: ['single sign-on'],
        params: OrganizationPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await closeSsoSession(deps, request.caller, { org: request.params.org, now: factsOf(request).now });
      return reply.code(204).send(null);
    },
  );
}

function addAuthorizing(app: App, deps: Deps): void {
  app.put(
    AUTHORIZATION,
    {
      config: { access: { session: 'person', concerns: organizationIn, audit: authorizationAction('grant') } },
      schema: {
        operationId: 'authorizeToken',
        summary: 'Authorise a classic token at an organization, with a live single sign-on session there',
        description:
          'A fine-grained token is authorised when it is made with such a session. One that an owner has revoked is ' +
          'not authorised again: make a new one.',
        tags: ['single sign-on'],
        params: AUTHORIZATION_PATH,
        response: { 204: NoContent, 409: Conflict },
      },
    },
    async (request, reply) => {
      const { token_id: id, org } = request.params;
      await authorizeToken(deps, request.caller, { id, org, now: factsOf(request).now });
      return reply.code(204).send(null);
    },
  );
  app.delete(
    AUTHORIZATION,
    {
      config: { access: { session: 'person', concerns: organizationIn, audit: authorizationAction('deauthorized') } },
      schema: {
        operationId: 'deauthorizeToken',
        summary: 'Take the authorisation of a classic token back',
        tags: ['single sign-on'],
        params: AUTHORIZATION_PATH,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const { token_id: id, org } = request.params;
      await deauthorizeToken(deps, request.caller, { id, org, now: factsOf(request).now });
      return reply.code(204).send(null);
    },
  );
}
