// What tokens ask of an organization: GitHub's four endpoints for its reviewers (contract 7, A1, A2).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import type { AuditAction } from '../../domain/audit.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { listRequestedRepositories } from '../../use-cases/approval/list-access-repositories.ts';
import { listRequests } from '../../use-cases/approval/list-accessing-tokens.ts';
import { reviewRequests } from '../../use-cases/approval/review-requests.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf, organizationOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentMinimalRepository } from '../present/minimal-repository.ts';
import { presentRequest } from '../present/token-access.ts';
import { organizationIn } from '../resources.ts';
import { Conflict, NoContent, PageQuery } from '../schemas/common.ts';
import { MinimalRepository } from '../schemas/minimal-repository.ts';
import { OrganizationPath } from '../schemas/organizations.ts';
import { SimpleUser } from '../schemas/simple-user.ts';
import {
  Accepted,
  AccessGrant,
  AccessListQuery,
  AccessRequest,
  RequestPath,
  Review,
  ReviewOfMany,
} from '../schemas/token-access.ts';

const REQUESTS = '/orgs/:org/personal-access-token-requests';
const REQUEST = `${REQUESTS}/:pat_request_id`;

export const addTokenRequestRoutes: AddRoutes = (app, deps) => {
  for (const schema of [SimpleUser, MinimalRepository, AccessRequest, AccessGrant]) app.addSchema(schema);
  addReading(app, deps);
  addReviewing(app, deps);
};

/** What the review that the body asks for is written as. */
function reviewAudit(body: unknown): AuditAction {
  const { action } = (body ?? {}) as { action?: unknown }; // a member that may be there
  return action === 'deny' ? 'personal_access_token.request_denied' : 'personal_access_token.access_granted';
}

function addReading(app: App, deps: Deps): void {
  app.get(
    REQUESTS,
    {
      config: {
        access: {
          operation: ownOperation('GET /orgs/{org}/personal-access-token-requests'),
          resource: organizationIn,
        },
      },
      schema: {
        operationId: 'listTokenRequests',
        summary: 'What fine-grained tokens ask of the organization and nobody has reviewed',
        tags: ['approval'],
        params: OrganizationPath,
        querystring: AccessListQuery,
        response: { 200: Type.Array(Type.Ref('AccessRequest')) },
      },
    },
    async (request, reply) => {
      const { direction = 'desc', ...filter } = request.query;
      const organization = organizationOf(request);
      const judged = { organization_id: organization.id, now: factsOf(request).now };
      const page = await listRequests(deps, { ...judged, filter, direction, page: pageOf(request.query) });
      return paginate(deps, request, reply, page).map((each) => presentRequest(deps, organization, each));
    },
  );
  app.get(
    `${REQUEST}/repositories`,
    {
      config: {
        access: {
          operation: ownOperation('GET /orgs/{org}/personal-access-token-requests/{pat_request_id}/repositories'),
          resource: organizationIn,
        },
      },
      schema: {
        operationId: 'listTokenRequestRepositories',
        summary: 'The repositories that a request with the selection `subset` asks for',
        tags: ['approval'],
        params: RequestPath,
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('MinimalRepository')) },
      },
    },
    async (request, reply) => {
      const { id: organization_id } = organizationOf(request);
      const query = { organization_id, id: request.params.pat_request_id, ...pageOf(request.query) };
      const page = await listRequestedRepositories(deps, query);
      return paginate(deps, request, reply, page).map((each) => presentMinimalRepository(deps, each));
    },
  );
}

function addReviewing(app: App, deps: Deps): void {
  app.post(
    REQUESTS,
    {
      config: {
        access: {
          operation: ownOperation('POST /orgs/{org}/personal-access-token-requests'),
          resource: organizationIn,
          audit: reviewAudit,
        },
        urgency: 'ending',
      },
      schema: {
        operationId: 'reviewTokenRequests',
        summary: 'Approve or deny 1 to 100 requests: all of them, or none',
        tags: ['approval'],
        params: OrganizationPath,
        body: ReviewOfMany,
        response: { 202: Accepted, 409: Conflict },
      },
    },
    async (request, reply) => {
      const { pat_request_ids: ids, action, reason = null } = request.body;
      const judged = { organization: organizationOf(request), now: factsOf(request).now };
      await reviewRequests(deps, request.caller, { ...judged, ids, action, reason });
      return reply.code(202).send({});
    },
  );
  app.post(
    REQUEST,
    {
      config: {
        access: {
          operation: ownOperation('POST /orgs/{org}/personal-access-token-requests/{pat_request_id}'),
          resource: organizationIn,
          audit: reviewAudit,
        },
        urgency: 'ending',
      },
      schema: {
        operationId: 'reviewTokenRequest',
        summary: 'Approve or deny a request',
        description:
          'Approved is exactly what the request of this id asks: an edit of the token makes a request with another id. ' +
          'While fine-grained tokens are restricted, requests can only be denied.',
        tags: ['approval'],
        params: RequestPath,
        body: Review,
        response: { 204: NoContent, 409: Conflict },
      },
    },
    async (request, reply) => {
      const { action, reason = null } = request.body;
      const judged = { organization: organizationOf(request), now: factsOf(request).now };
      await reviewRequests(deps, request.caller, { ...judged, ids: [request.params.pat_request_id], action, reason });
      return reply.code(204).send(null);
    },
  );
}
