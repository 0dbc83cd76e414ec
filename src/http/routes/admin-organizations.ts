// Organizations and enterprises, as site administrators make them (contract 4). Who makes one gets no right in it.

import { Type } from 'typebox';
import { createEnterprise } from '../../use-cases/administration/create-enterprise.ts';
import { createOrganization } from '../../use-cases/administration/create-organization.ts';
import { listAllEnterprises } from '../../use-cases/administration/list-all-enterprises.ts';
import { listAllOrganizations } from '../../use-cases/administration/list-all-organizations.ts';
import type { AddRoutes } from '../app-type.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentAdministeredOrganization, presentEnterprise } from '../present/people.ts';
import { Login, Nullable, PageQuery, Strict } from '../schemas/common.ts';
import { AdministeredOrganization, Enterprise, ProfileName } from '../schemas/people.ts';

const NewOrganization = Strict(
  {
    login: Login,
    /** Its first owner. */
    admin: Login,
    profile_name: Type.Optional(Nullable(ProfileName)),
  },
  { title: 'Organization' },
);

const NewEnterprise = Strict(
  {
    slug: Login,
    name: Type.String({ minLength: 1, maxLength: 255 }),
    /** Its first administrator. */
    admin: Login,
  },
  { title: 'Enterprise' },
);

export const addAdminOrganizationRoutes: AddRoutes = (app, deps) => {
  app.addSchema(AdministeredOrganization);
  app.addSchema(Enterprise);
  app.post(
    '/admin/organizations',
    {
      config: { access: { session: 'site_administrator', audit: 'org.create' } },
      schema: {
        operationId: 'createOrganization',
        summary: 'Make an organization',
        tags: ['administration'],
        body: NewOrganization,
        response: { 201: Type.Ref('AdministeredOrganization') },
      },
    },
    async (request, reply) => {
      const made = await createOrganization(deps, request.caller, request.body);
      return reply.code(201).send(presentAdministeredOrganization(deps, made));
    },
  );
  app.get(
    '/admin/organizations',
    {
      config: { access: { session: 'site_administrator' } },
      schema: {
        operationId: 'listOrganizations',
        summary: 'All organizations, oldest first',
        tags: ['administration'],
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('AdministeredOrganization')) },
      },
    },
    async (request, reply) => {
      const list = await listAllOrganizations(deps, pageOf(request.query));
      return paginate(deps, request, reply, list).map((each) => presentAdministeredOrganization(deps, each));
    },
  );
  app.post(
    '/admin/enterprises',
    {
      config: { access: { session: 'site_administrator', audit: 'business.create' } },
      schema: {
        operationId: 'createEnterprise',
        summary: 'Make an enterprise',
        tags: ['administration'],
        body: NewEnterprise,
        response: { 201: Type.Ref('Enterprise') },
      },
    },
    async (request, reply) => {
      const made = await createEnterprise(deps, request.caller, request.body);
      return reply.code(201).send(presentEnterprise(made));
    },
  );
  app.get(
    '/admin/enterprises',
    {
      config: { access: { session: 'site_administrator' } },
      schema: {
        operationId: 'listEnterprises',
        summary: 'All enterprises, oldest first',
        tags: ['administration'],
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('Enterprise')) },
      },
    },
    async (request, reply) => {
      const list = await listAllEnterprises(deps, pageOf(request.query));
      return paginate(deps, request, reply, list).map(presentEnterprise);
    },
  );
};
