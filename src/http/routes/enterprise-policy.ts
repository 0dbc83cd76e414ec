// What an enterprise says about tokens (contract 7, P5, P7): its administrators read it by session or token, and write it by
// session. They have no rights inside its organizations.

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { editEnterprisePolicy } from '../../use-cases/policy/edit-enterprise-policy.ts';
import { previewEnterprisePolicy } from '../../use-cases/policy/preview-enterprise-policy.ts';
import { showEffectiveEnterprisePolicy } from '../../use-cases/policy/show-effective-enterprise-policy.ts';
import { showEnterprisePolicy } from '../../use-cases/policy/show-enterprise-policy.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { enterpriseOf, factsOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentPreview } from '../present/policy-preview.ts';
import { enterpriseIn } from '../resources.ts';
import { PageQuery } from '../schemas/common.ts';
import { EffectiveEnterprisePolicy } from '../schemas/effective-policy.ts';
import { EnterprisePolicy, EnterprisePolicyPatch, EnterprisePolicyPreview } from '../schemas/enterprise-policy.ts';
import { EnterprisePath } from '../schemas/people.ts';

const URL = '/enterprises/:enterprise/settings/personal-access-tokens';

export const addEnterprisePolicyRoutes: AddRoutes = (app, deps) => {
  for (const schema of [EnterprisePolicy, EffectiveEnterprisePolicy, EnterprisePolicyPreview]) app.addSchema(schema);
  addReading(app);
  addWriting(app, deps);
  addPreview(app, deps);
};

function addReading(app: App): void {
  app.get(
    URL,
    {
      config: {
        access: {
          operation: ownOperation('GET /enterprises/{enterprise}/settings/personal-access-tokens'),
          resource: enterpriseIn,
        },
      },
      schema: {
        operationId: 'getEnterpriseTokenPolicy',
        summary: 'What the enterprise has set about tokens',
        tags: ['policies'],
        params: EnterprisePath,
        response: { 200: Type.Ref('EnterpriseTokenPolicy') },
      },
    },
    (request) => showEnterprisePolicy(enterpriseOf(request)),
  );
  app.get(
    `${URL}/effective`,
    {
      config: {
        access: {
          operation: ownOperation('GET /enterprises/{enterprise}/settings/personal-access-tokens/effective'),
          resource: enterpriseIn,
        },
      },
      schema: {
        operationId: 'getEffectiveEnterpriseTokenPolicy',
        summary: 'What the enterprise binds, and what it leaves to its organizations',
        tags: ['policies'],
        params: EnterprisePath,
        response: { 200: Type.Ref('EffectiveEnterpriseTokenPolicy') },
      },
    },
    (request) => showEffectiveEnterprisePolicy(enterpriseOf(request)),
  );
}

function addWriting(app: App, deps: Deps): void {
  app.patch(
    URL,
    {
      config: {
        access: {
          operation: ownOperation('PATCH /enterprises/{enterprise}/settings/personal-access-tokens'),
          resource: enterpriseIn,
          // What every change of policy has in common; a done one is written under the name of its kind of change.
          audit: 'personal_access_token.access_restriction_enabled',
        },
      },
      schema: {
        operationId: 'editEnterpriseTokenPolicy',
        summary: 'Set what the enterprise says about tokens; what is not sent stays',
        description:
          'Anything but `no_policy` binds every organization of the enterprise; of caps the smaller one wins.',
        tags: ['policies'],
        params: EnterprisePath,
        body: EnterprisePolicyPatch,
        response: { 200: Type.Ref('EnterpriseTokenPolicy') },
      },
    },
    (request) => editEnterprisePolicy(deps, request.caller, { enterprise: enterpriseOf(request), patch: request.body }),
  );
}

function addPreview(app: App, deps: Deps): void {
  app.post(
    `${URL}/preview`,
    {
      config: {
        access: {
          operation: ownOperation('POST /enterprises/{enterprise}/settings/personal-access-tokens/preview'),
          resource: enterpriseIn,
          // Nothing is written, so there is nothing to record.
          audit: null,
        },
      },
      schema: {
        operationId: 'previewEnterpriseTokenPolicy',
        summary: 'Which tokens a policy would block, before it is set; nothing is changed',
        description: 'The next page is the same call with the same body at the address of `Link`.',
        tags: ['policies'],
        params: EnterprisePath,
        querystring: PageQuery,
        body: EnterprisePolicyPatch,
        response: { 200: Type.Ref('EnterpriseTokenPolicyPreview') },
      },
    },
    async (request, reply) => {
      const slice = pageOf(request.query);
      const input = { enterprise: enterpriseOf(request), patch: request.body, now: factsOf(request).now, slice };
      const { policy, ...preview } = await previewEnterprisePolicy(deps, input);
      const presented = presentPreview(preview, slice);
      paginate(deps, request, reply, presented.page);
      return { policy, ...presented.body };
    },
  );
}
