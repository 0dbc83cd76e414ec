// The tokens that single sign-on lets in, as owners see and revoke them (contract 7, O2). GitHub's shapes; there the list also
// holds keys and applications.

import { Type } from 'typebox';
import { ownOperation } from '../../domain/own-operations.ts';
import { authorizationAction } from '../../domain/single-sign-on.ts';
import { listCredentialAuthorizations } from '../../use-cases/single-sign-on/list-credential-authorizations.ts';
import { revokeCredentialAuthorization } from '../../use-cases/single-sign-on/revoke-credential-authorization.ts';
import type { AddRoutes } from '../app-type.ts';
import { factsOf, organizationOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentAuthorization } from '../present/single-sign-on.ts';
import { organizationIn } from '../resources.ts';
import { Id, Login, NoContent } from '../schemas/common.ts';
import { OrganizationPath } from '../schemas/organizations.ts';
import { AuthorizationQuery } from '../schemas/single-sign-on.ts';

const URL = '/orgs/:org/credential-authorizations';

export const addCredentialAuthorizationRoutes: AddRoutes = (app, deps) => {
  app.get(
    URL,
    {
      config: {
        access: {
          operation: ownOperation('GET /orgs/{org}/credential-authorizations'),
          resource: organizationIn,
        },
      },
      schema: {
        operationId: 'listCredentialAuthorizations',
        summary: 'Live tokens of both kinds that single sign-on lets in, oldest authorisation first',
        tags: ['single sign-on'],
        params: OrganizationPath,
        querystring: AuthorizationQuery,
        response: { 200: Type.Array(Type.Ref('CredentialAuthorization')) },
      },
    },
    async (request, reply) => {
      const { login = null } = request.query;
      const input = { organization: organizationOf(request), login, now: factsOf(request).now };
      const found = await listCredentialAuthorizations(deps, { ...input, page: pageOf(request.query) });
      return paginate(deps, request, reply, found).map(presentAuthorization);
    },
  );
  app.delete(
    `${URL}/:credential_id`,
    {
      config: {
        access: {
          operation: ownOperation('DELETE /orgs/{org}/credential-authorizations/{credential_id}'),
          resource: organizationIn,
          audit: authorizationAction('revoke'),
        },
      },
      schema: {
        operationId: 'revokeCredentialAuthorization',
        summary: 'Revoke the authorisation of a token for good: its holder has to make a new one',
        tags: ['single sign-on'],
        params: Type.Object({ org: Login, credential_id: Id }),
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const { credential_id: id } = request.params;
      const input = { organization: organizationOf(request), id, now: factsOf(request).now };
      await revokeCredentialAuthorization(deps, request.caller, input);
      return reply.code(204).send(null);
    },
  );
};
