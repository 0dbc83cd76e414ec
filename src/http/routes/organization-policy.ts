// What an organization says about tokens (contract 7, P1 to P6): owners read it by session or token, and write it by session.

import { Type } from 'typebox';
import { ownOperation } from '../../domain/own-operations.ts';
import { editOrganizationPolicy } from '../../use-cases/edit-organization-policy.ts';
import { showOrganizationPolicy } from '../../use-cases/show-organization-policy.ts';
import type { AddRoutes } from '../app-type.ts';
import { organizationOf } from '../caller-of.ts';
import { Login } from '../schemas/common.ts';
import { OrganizationPolicy, OrganizationPolicyPatch } from '../schemas/organization-policy.ts';

const URL = '/orgs/:org/settings/personal-access-tokens';
const PATH = Type.Object({ org: Login });

const organization = (params: Readonly<Record<string, string>>) =>
  ({ type: 'organization', login: params.org ?? '' }) as const;

export const addOrganizationPolicyRoutes: AddRoutes = (app, deps) => {
  app.addSchema(OrganizationPolicy);
  app.get(
    URL,
    {
      config: {
        access: {
          operation: ownOperation('GET /orgs/{org}/settings/personal-access-tokens'),
          resource: organization,
        },
      },
      schema: {
        operationId: 'getOrganizationTokenPolicy',
        summary: 'What the organization has set about tokens',
        tags: ['policies'],
        params: PATH,
        response: { 200: Type.Ref('OrganizationTokenPolicy') },
      },
    },
    (request) => showOrganizationPolicy(deps, organizationOf(request)),
  );
  app.patch(
    URL,
    {
      config: {
        access: {
          operation: ownOperation('PATCH /orgs/{org}/settings/personal-access-tokens'),
          resource: organization,
          // What every change of policy has in common; a done one is written under the name of its kind of change.
          audit: 'personal_access_token.access_restriction_enabled',
        },
      },
      schema: {
        operationId: 'editOrganizationTokenPolicy',
        summary: 'Set what the organization says about tokens; what is not sent stays',
        tags: ['policies'],
        params: PATH,
        body: OrganizationPolicyPatch,
        response: { 200: Type.Ref('OrganizationTokenPolicy') },
      },
    },
    (request) =>
      editOrganizationPolicy(deps, request.caller, { organization: organizationOf(request), patch: request.body }),
  );
};
