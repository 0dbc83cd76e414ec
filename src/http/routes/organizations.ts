// Organizations and one's own of them (contract 5). Making them is for the site administrator: admin-organizations.ts.

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { deleteOrganization } from '../../use-cases/directory/delete-organization.ts';
import { editOrganization } from '../../use-cases/directory/edit-organization.ts';
import { listOwnOrganizations } from '../../use-cases/directory/list-own-organizations.ts';
import { showOrganization } from '../../use-cases/directory/show-organization.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf, organizationOf, personOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { setPartialResults } from '../partial-results.ts';
import { presentOrganization, presentOrganizationProfile } from '../present/organization.ts';
import { organizationIn, theHolder } from '../resources.ts';
import { NoContent, PageQuery } from '../schemas/common.ts';
import { Organization, OrganizationPatch, OrganizationPath, OrganizationProfile } from '../schemas/organizations.ts';

export const addOrganizationRoutes: AddRoutes = (app, deps) => {
  app.addSchema(Organization);
  app.addSchema(OrganizationProfile);
  addReading(app, deps);
  addWriting(app, deps);
};

function addReading(app: App, deps: Deps): void {
  app.get(
    '/user/orgs',
    {
      config: { access: { operation: ownOperation('GET /user/orgs'), resource: theHolder } },
      schema: {
        operationId: 'listOwnOrganizations',
        summary: 'List your organizations, as far as the credential may name them',
        tags: ['organizations'],
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('Organization')) },
      },
    },
    async (request, reply) => {
      const input = { person: personOf(request), now: factsOf(request).now, ...pageOf(request.query) };
      const page = await listOwnOrganizations(deps, request.caller, input);
      setPartialResults(reply, page.sso_missing);
      return paginate(deps, request, reply, page).map((each) => presentOrganization(deps, each));
    },
  );
  app.get(
    '/orgs/:org',
    {
      config: { access: { operation: ownOperation('GET /orgs/{org}'), resource: organizationIn } },
      schema: {
        operationId: 'getOrganization',
        summary: 'Get an organization',
        tags: ['organizations'],
        params: OrganizationPath,
        response: { 200: Type.Ref('OrganizationProfile') },
      },
    },
    async (request) => {
      const judged = { organization: organizationOf(request), now: factsOf(request).now };
      return presentOrganizationProfile(deps, await showOrganization(deps, request.caller, judged));
    },
  );
}

function addWriting(app: App, deps: Deps): void {
  app.patch(
    '/orgs/:org',
    {
      config: {
        access: { operation: ownOperation('PATCH /orgs/{org}'), resource: organizationIn, audit: 'org.update' },
      },
      schema: {
        operationId: 'editOrganization',
        summary: 'Rename an organization, set what its members may do on its repositories',
        tags: ['organizations'],
        params: OrganizationPath,
        body: OrganizationPatch,
        response: { 200: Type.Ref('OrganizationProfile') },
      },
    },
    async (request) => {
      const input = { organization: organizationOf(request), edit: request.body };
      return presentOrganizationProfile(deps, await editOrganization(deps, request.caller, input));
    },
  );
  app.delete(
    '/orgs/:org',
    {
      config: {
        access: { operation: ownOperation('DELETE /orgs/{org}'), resource: organizationIn, audit: 'org.delete' },
      },
      schema: {
        operationId: 'deleteOrganization',
        summary: 'Delete an organization with everything that it owns',
        tags: ['organizations'],
        params: OrganizationPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await deleteOrganization(deps, request.caller, organizationOf(request));
      return reply.code(204).send(null);
    },
  );
}
