// What an organization has granted tokens: GitHub's four endpoints for its reviewers (contract 7, A3).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { listGrantedRepositories } from '../../use-cases/approval/list-access-repositories.ts';
import { listGrants } from '../../use-cases/approval/list-accessing-tokens.ts';
import { revokeGrants } from '../../use-cases/approval/revoke-grants.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf, organizationOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentMinimalRepository } from '../present/minimal-repository.ts';
import { presentGrant } from '../present/token-access.ts';
import { organizationIn } from '../resources.ts';
import { NoContent, PageQuery } from '../schemas/common.ts';
import { OrganizationPath } from '../schemas/organizations.ts';
import { Accepted, AccessListQuery, GrantPath, Revocation, RevocationOfMany } from '../schemas/token-access.ts';

const GRANTS = '/orgs/:org/personal-access-tokens';
const GRANT = `${GRANTS}/:pat_id`;

export const addTokenGrantRoutes: AddRoutes = (app, deps) => {
  addReading(app, deps);
  addRevoking(app, deps);
};

function addReading(app: App, deps: Deps): void {
  app.get(
    GRANTS,
    {
      config: {
        access: { operation: ownOperation('GET /orgs/{org}/personal-access-tokens'), resource: organizationIn },
      },
      schema: {
        operationId: 'listTokenGrants',
        summary: 'The fine-grained tokens that the organization lets in, and what it granted them',
        tags: ['approval'],
        params: OrganizationPath,
        querystring: AccessListQuery,
        response: { 200: Type.Array(Type.Ref('AccessGrant')) },
      },
    },
    async (request, reply) => {
      const { direction = 'desc', ...filter } = request.query;
      const organization = organizationOf(request);
      const judged = { organization_id: organization.id, now: factsOf(request).now };
      const page = await listGrants(deps, { ...judged, filter, direction, page: pageOf(request.query) });
      return paginate(deps, request, reply, page).map((each) => presentGrant(deps, organization, each));
    },
  );
  app.get(
    `${GRANT}/repositories`,
    {
      config: {
        access: {
          operation: ownOperation('GET /orgs/{org}/personal-access-tokens/{pat_id}/repositories'),
          resource: organizationIn,
        },
      },
      schema: {
        operationId: 'listTokenGrantRepositories',
        summary: 'The repositories that a grant with the selection `subset` gives',
        tags: ['approval'],
        params: GrantPath,
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('MinimalRepository')) },
      },
    },
    async (request, reply) => {
      const { id: organization_id } = organizationOf(request);
      const query = { organization_id, id: request.params.pat_id, ...pageOf(request.query) };
      const page = await listGrantedRepositories(deps, query);
      return paginate(deps, request, reply, page).map((each) => presentMinimalRepository(deps, each));
    },
  );
}

function addRevoking(app: App, deps: Deps): void {
  app.post(
    GRANTS,
    {
      config: {
        access: {
          operation: ownOperation('POST /orgs/{org}/personal-access-tokens'),
          resource: organizationIn,
          audit: 'personal_access_token.access_revoked',
        },
        urgency: 'ending',
      },
      schema: {
        operationId: 'revokeTokenGrants',
        summary: 'Take back what 1 to 100 tokens were granted: of all of them, or of none',
        tags: ['approval'],
        params: OrganizationPath,
        body: RevocationOfMany,
        response: { 202: Accepted },
      },
    },
    async (request, reply) => {
      const judged = { organization: organizationOf(request), now: factsOf(request).now };
      await revokeGrants(deps, request.caller, { ...judged, ids: request.body.pat_ids });
      return reply.code(202).send({});
    },
  );
  app.post(
    GRANT,
    {
      config: {
        access: {
          operation: ownOperation('POST /orgs/{org}/personal-access-tokens/{pat_id}'),
          resource: organizationIn,
          audit: 'personal_access_token.access_revoked',
        },
        urgency: 'ending',
      },
      schema: {
        operationId: 'revokeTokenGrant',
        summary: 'Take back what a token was granted',
        description: 'The token lives on with public reads, as if it had been denied; its holder can ask again.',
        tags: ['approval'],
        params: GrantPath,
        body: Revocation,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const judged = { organization: organizationOf(request), now: factsOf(request).now };
      await revokeGrants(deps, request.caller, { ...judged, ids: [request.params.pat_id] });
      return reply.code(204).send(null);
    },
  );
}
