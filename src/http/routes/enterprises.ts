// Which organizations belong to an enterprise, and who administers it: a site administrator says (contract 4).

import { Type } from 'typebox';
import { addEnterpriseAdministrator } from '../../use-cases/administration/add-enterprise-administrator.ts';
import { addEnterpriseOrganization } from '../../use-cases/administration/add-enterprise-organization.ts';
import { removeEnterpriseAdministrator } from '../../use-cases/administration/remove-enterprise-administrator.ts';
import { removeEnterpriseOrganization } from '../../use-cases/administration/remove-enterprise-organization.ts';
import type { AddRoutes } from '../app-type.ts';
import { enterpriseIn } from '../resources.ts';
import { Conflict, Login, NoContent } from '../schemas/common.ts';

const OrganizationParams = Type.Object({ enterprise: Login, org: Login });
const AdministratorParams = Type.Object({ enterprise: Login, username: Login });

export const addEnterpriseRoutes: AddRoutes = (app, deps) => {
  app.put(
    '/enterprises/:enterprise/organizations/:org',
    {
      config: { access: { session: 'site_administrator', concerns: enterpriseIn, audit: 'business.add_organization' } },
      schema: {
        operationId: 'addEnterpriseOrganization',
        summary: 'Put an organization into an enterprise',
        description: 'An organization belongs to one enterprise: 409 where that is another.',
        tags: ['administration'],
        params: OrganizationParams,
        response: { 204: NoContent, 409: Conflict },
      },
    },
    async (request, reply) => {
      await addEnterpriseOrganization(deps, request.caller, request.params);
      return reply.code(204).send(null);
    },
  );
  app.delete(
    '/enterprises/:enterprise/organizations/:org',
    {
      config: {
        access: { session: 'site_administrator', concerns: enterpriseIn, audit: 'business.remove_organization' },
      },
      schema: {
        operationId: 'removeEnterpriseOrganization',
        summary: 'Take an organization out of its enterprise; internal repositories become private',
        tags: ['administration'],
        params: OrganizationParams,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await removeEnterpriseOrganization(deps, request.caller, request.params);
      return reply.code(204).send(null);
    },
  );
  app.put(
    '/enterprises/:enterprise/administrators/:username',
    {
      config: { access: { session: 'site_administrator', concerns: enterpriseIn, audit: 'business.add_admin' } },
      schema: {
        operationId: 'addEnterpriseAdministrator',
        summary: 'Make a person an administrator of an enterprise',
        tags: ['administration'],
        params: AdministratorParams,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await addEnterpriseAdministrator(deps, request.caller, request.params);
      return reply.code(204).send(null);
    },
  );
  app.delete(
    '/enterprises/:enterprise/administrators/:username',
    {
      config: { access: { session: 'site_administrator', concerns: enterpriseIn, audit: 'business.remove_admin' } },
      schema: {
        operationId: 'removeEnterpriseAdministrator',
        summary: 'Let a person administer an enterprise no longer',
        tags: ['administration'],
        params: AdministratorParams,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await removeEnterpriseAdministrator(deps, request.caller, request.params);
      return reply.code(204).send(null);
    },
  );
};
