// What tokens exercised, and the narrower grant that would have sufficed (U1): for holders, and for owners over their organization.

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { Refusal } from '../../domain/refusal.ts';
import { listOrganizationUsage, reportGrantUsage } from '../../use-cases/usage/report-organization-usage.ts';
import { reportTokenUsage } from '../../use-cases/usage/report-token-usage.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf, organizationOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentGrantUsage, presentOrganizationUsage, presentTokenUsage } from '../present/token-usage.ts';
import { organizationIn } from '../resources.ts';
import { PageQuery } from '../schemas/common.ts';
import { OrganizationPath } from '../schemas/organizations.ts';
import { GrantPath } from '../schemas/token-access.ts';
import { OrganizationUsage, TOKEN_USAGE_SCHEMAS, TokenUsage } from '../schemas/token-usage.ts';
import { TokenPath } from '../schemas/tokens.ts';

const LAG = 'Counted are allowed checks of the last thirty days; the count may lag two minutes.';

export const addTokenUsageRoutes: AddRoutes = (app, deps) => {
  for (const schema of TOKEN_USAGE_SCHEMAS) app.addSchema(schema);
  addOwn(app, deps);
  addOrganizations(app, deps);
};

function addOwn(app: App, deps: Deps): void {
  app.get(
    '/user/personal-access-tokens/:token_id/usage',
    {
      config: { access: { session: 'person' } },
      schema: {
        operationId: 'getTokenUsage',
        summary: 'What one of your tokens really exercised, and the narrower grant that would have sufficed',
        description: LAG,
        tags: ['tokens'],
        params: TokenPath,
        response: { 200: TokenUsage },
      },
    },
    async (request) => {
      const input = { id: request.params.token_id, now: factsOf(request).now };
      return presentTokenUsage(await reportTokenUsage(deps, request.caller, input));
    },
  );
}

function addOrganizations(app: App, deps: Deps): void {
  app.get(
    '/orgs/:org/personal-access-tokens/:pat_id/usage',
    {
      config: {
        access: {
          operation: ownOperation('GET /orgs/{org}/personal-access-tokens/{pat_id}/usage'),
          resource: organizationIn,
        },
      },
      schema: {
        operationId: 'getTokenGrantUsage',
        summary:
          'What a token really exercised of what it was granted, and the narrower grant that would have sufficed',
        description: LAG,
        tags: ['approval'],
        params: GrantPath,
        response: { 200: Type.Ref('GrantUsage') },
      },
    },
    async (request) => {
      const judged = { organization_id: organizationOf(request).id, now: factsOf(request).now };
      const found = await reportGrantUsage(deps, judged, request.params.pat_id);
      if (found.usage.kind === 'classic') throw new Refusal('not_found');
      return presentGrantUsage(deps, request.params.pat_id, found.usage, found);
    },
  );
  app.get(
    '/orgs/:org/personal-access-token-usage',
    {
      config: {
        access: { operation: ownOperation('GET /orgs/{org}/personal-access-token-usage'), resource: organizationIn },
      },
      schema: {
        operationId: 'listTokenUsage',
        summary:
          'Of each token that the organization lets in, or that used it, what it exercised there and what it never did',
        description: `${LAG} Of a classic token only what it did at this organization, newest token first.`,
        tags: ['approval'],
        params: OrganizationPath,
        querystring: PageQuery,
        response: { 200: Type.Array(OrganizationUsage) },
      },
    },
    async (request, reply) => {
      const judged = { organization_id: organizationOf(request).id, now: factsOf(request).now };
      const page = await listOrganizationUsage(deps, judged, pageOf(request.query));
      return paginate(deps, request, reply, page).map((each) => presentOrganizationUsage(deps, each));
    },
  );
}
