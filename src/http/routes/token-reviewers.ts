// Members who may review requests and grants beside the owners, who say who it is (contract 7, A1).

import { Type } from 'typebox';
import { ownOperation } from '../../domain/own-operations.ts';
import { addReviewer } from '../../use-cases/approval/add-reviewer.ts';
import { listReviewers } from '../../use-cases/approval/list-reviewers.ts';
import { removeReviewer } from '../../use-cases/approval/remove-reviewer.ts';
import type { AddRoutes } from '../app-type.ts';
import { organizationOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentAccount } from '../present/account.ts';
import { organizationIn } from '../resources.ts';
import { NoContent, PageQuery } from '../schemas/common.ts';
import { MembershipPath, OrganizationPath } from '../schemas/organizations.ts';

const REVIEWERS = '/orgs/:org/token-reviewers';
const REVIEWER = `${REVIEWERS}/:username`;

export const addTokenReviewerRoutes: AddRoutes = (app, deps) => {
  app.get(
    REVIEWERS,
    {
      config: { access: { operation: ownOperation('GET /orgs/{org}/token-reviewers'), resource: organizationIn } },
      schema: {
        operationId: 'listTokenReviewers',
        summary: 'Members who may review requests and grants of tokens, beside the owners',
        tags: ['approval'],
        params: OrganizationPath,
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('Account')) },
      },
    },
    async (request, reply) => {
      const { id: organization_id } = organizationOf(request);
      const page = await listReviewers(deps, { organization_id, ...pageOf(request.query) });
      return paginate(deps, request, reply, page).map((each) => presentAccount(deps, { ...each, type: 'User' }));
    },
  );
  app.put(
    REVIEWER,
    {
      config: {
        access: {
          operation: ownOperation('PUT /orgs/{org}/token-reviewers/{username}'),
          resource: organizationIn,
          audit: 'org.add_token_reviewer',
        },
      },
      schema: {
        operationId: 'addTokenReviewer',
        summary: 'Let a member review requests and grants of tokens, by his session',
        description: 'The right ends with the membership.',
        tags: ['approval'],
        params: MembershipPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await addReviewer(deps, request.caller, {
        organization: organizationOf(request),
        login: request.params.username,
      });
      return reply.code(204).send(null);
    },
  );
  app.delete(
    REVIEWER,
    {
      config: {
        access: {
          operation: ownOperation('DELETE /orgs/{org}/token-reviewers/{username}'),
          resource: organizationIn,
          audit: 'org.remove_token_reviewer',
        },
      },
      schema: {
        operationId: 'removeTokenReviewer',
        summary: 'Take the right to review away from a member',
        tags: ['approval'],
        params: MembershipPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const place = { organization: organizationOf(request), login: request.params.username };
      await removeReviewer(deps, request.caller, place);
      return reply.code(204).send(null);
    },
  );
};
