// What an organization says about tokens (contract 7, P1 to P6): owners read it by session or token, and write it by session.

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { editOrganizationPolicy } from '../../use-cases/policy/edit-organization-policy.ts';
import { previewOrganizationPolicy } from '../../use-cases/policy/preview-organization-policy.ts';
import { showEffectivePolicy } from '../../use-cases/policy/show-effective-policy.ts';
import { showOrganizationPolicy } from '../../use-cases/policy/show-organization-policy.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf, organizationOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentPreview } from '../present/policy-preview.ts';
import { organizationIn } from '../resources.ts';
import { PageQuery } from '../schemas/common.ts';
import { EffectiveOrganizationPolicy } from '../schemas/effective-policy.ts';
import {
  OrganizationPolicy,
  OrganizationPolicyPatch,
  OrganizationPolicyPreview,
} from '../schemas/organization-policy.ts';
import { OrganizationPath } from '../schemas/organizations.ts';
import { PreviewedToken } from '../schemas/policy-preview.ts';

const URL = '/orgs/:org/settings/personal-access-tokens';

const SCHEMAS = [OrganizationPolicy, PreviewedToken, EffectiveOrganizationPolicy, OrganizationPolicyPreview];

export const addOrganizationPolicyRoutes: AddRoutes = (app, deps) => {
  for (const schema of SCHEMAS) app.addSchema(schema);
  addSettings(app, deps);
  addEffective(app, deps);
  addPreview(app, deps);
};

function addSettings(app: App, deps: Deps): void {
  app.get(
    URL,
    {
      config: {
        access: {
          operation: ownOperation('GET /orgs/{org}/settings/personal-access-tokens'),
          resource: organizationIn,
        },
      },
      schema: {
        operationId: 'getOrganizationTokenPolicy',
        summary: 'What the organization has set about tokens',
        tags: ['policies'],
        params: OrganizationPath,
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
          resource: organizationIn,
          // What every change of policy has in common; a done one is written under the name of its kind of change.
          audit: 'personal_access_token.access_restriction_enabled',
        },
      },
      schema: {
        operationId: 'editOrganizationTokenPolicy',
        summary: 'Set what the organization says about tokens; what is not sent stays',
        tags: ['policies'],
        params: OrganizationPath,
        body: OrganizationPolicyPatch,
        response: { 200: Type.Ref('OrganizationTokenPolicy') },
      },
    },
    (request) =>
      editOrganizationPolicy(deps, request.caller, { organization: organizationOf(request), patch: request.body }),
  );
}

function addEffective(app: App, deps: Deps): void {
  app.get(
    `${URL}/effective`,
    {
      config: {
        access: {
          operation: ownOperation('GET /orgs/{org}/settings/personal-access-tokens/effective'),
          resource: organizationIn,
        },
      },
      schema: {
        operationId: 'getEffectiveOrganizationTokenPolicy',
        summary: 'What is in force in the organization, and who set it',
        tags: ['policies'],
        params: OrganizationPath,
        response: { 200: Type.Ref('EffectiveOrganizationTokenPolicy') },
      },
    },
    (request) => showEffectivePolicy(deps, organizationOf(request)),
  );
}

function addPreview(app: App, deps: Deps): void {
  app.post(
    `${URL}/preview`,
    {
      config: {
        access: {
          operation: ownOperation('POST /orgs/{org}/settings/personal-access-tokens/preview'),
          resource: organizationIn,
          // Nothing is written, so there is nothing to record.
          audit: null,
        },
      },
      schema: {
        operationId: 'previewOrganizationTokenPolicy',
        summary: 'Which tokens a policy would block, before it is set; nothing is changed',
        description: 'The next page is the same call with the same body at the address of `Link`.',
        tags: ['policies'],
        params: OrganizationPath,
        querystring: PageQuery,
        body: OrganizationPolicyPatch,
        response: { 200: Type.Ref('OrganizationTokenPolicyPreview') },
      },
    },
    async (request, reply) => {
      const slice = pageOf(request.query);
      const input = { organization: organizationOf(request), patch: request.body, now: factsOf(request).now, slice };
      const { policy, ...preview } = await previewOrganizationPolicy(deps, input);
      const presented = presentPreview(preview, slice);
      paginate(deps, request, reply, presented.page);
      return { policy, ...presented.body };
    },
  );
}
