// Whom the holder may name as resource owner of a token (contract 6, M4).

import { Type } from 'typebox';
import { APPROVAL_VALUES } from '../../domain/policy.ts';
import { listResourceOwners } from '../../use-cases/tokens/list-resource-owners.ts';
import type { AddRoutes } from '../app-type.ts';
import { factsOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { Id, Nullable, PageQuery } from '../schemas/common.ts';

const EligibleResourceOwner = Type.Object(
  {
    login: Type.String(),
    id: Id,
    type: Type.Enum(['User', 'Organization']),
    eligible: Type.Boolean(),
    reason: Nullable(Type.Enum(['fine_grained_restricted', 'sso_required'])),
    approval: Type.Enum([...APPROVAL_VALUES]),
    max_lifetime_days: Nullable(Type.Integer()),
    sso: Type.Enum(['none', 'required', 'live']),
  },
  { $id: 'EligibleResourceOwner' },
);

export const addResourceOwnerRoutes: AddRoutes = (app, deps) => {
  app.addSchema(EligibleResourceOwner);
  app.get(
    '/user/eligible-resource-owners',
    {
      config: { access: { session: 'person' } },
      schema: {
        operationId: 'listEligibleResourceOwners',
        summary: 'Yourself and your organizations, and what holds for a fine-grained token of each',
        tags: ['tokens'],
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('EligibleResourceOwner')) },
      },
    },
    async (request, reply) => {
      const input = { page: pageOf(request.query), now: factsOf(request).now };
      return paginate(deps, request, reply, await listResourceOwners(deps, request.caller, input));
    },
  );
};
