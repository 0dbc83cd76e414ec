// Members of an organization (contract 5, A4).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { listMembers } from '../../use-cases/directory/list-members.ts';
import { removeMembership } from '../../use-cases/directory/remove-membership.ts';
import { setMembership } from '../../use-cases/directory/set-membership.ts';
import { showMembership } from '../../use-cases/directory/show-membership.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf, organizationOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { setPartialResults } from '../partial-results.ts';
import { presentAccount } from '../present/account.ts';
import { presentMembership } from '../present/organization.ts';
import { organizationIn } from '../resources.ts';
import { NoContent } from '../schemas/common.ts';
import {
  Membership,
  MembershipPath,
  MembershipWish,
  MembersQuery,
  OrganizationPath,
} from '../schemas/organizations.ts';

const MEMBERSHIP = '/orgs/:org/memberships/:username';

export const addMembershipRoutes: AddRoutes = (app, deps) => {
  app.addSchema(Membership);
  addReading(app, deps);
  addWriting(app, deps);
};

function addReading(app: App, deps: Deps): void {
  app.get(
    '/orgs/:org/members',
    {
      config: { access: { operation: ownOperation('GET /orgs/{org}/members'), resource: organizationIn } },
      schema: {
        operationId: 'listMembers',
        summary: 'List the members of an organization; empty to who may not see them',
        tags: ['memberships'],
        params: OrganizationPath,
        querystring: MembersQuery,
        response: { 200: Type.Array(Type.Ref('Account')) },
      },
    },
    async (request, reply) => {
      const judged = { organization: organizationOf(request), now: factsOf(request).now };
      const { role = 'all' } = request.query;
      const page = await listMembers(deps, request.caller, { ...judged, role, ...pageOf(request.query) });
      setPartialResults(reply, page.sso_missing);
      return paginate(deps, request, reply, page).map((each) => presentAccount(deps, { ...each, type: 'User' }));
    },
  );
  app.get(
    MEMBERSHIP,
    {
      config: {
        access: { operation: ownOperation('GET /orgs/{org}/memberships/{username}'), resource: organizationIn },
      },
      schema: {
        operationId: 'getMembership',
        summary: 'Get the membership of a person in an organization',
        tags: ['memberships'],
        params: MembershipPath,
        response: { 200: Type.Ref('Membership') },
      },
    },
    async (request) => {
      const organization = organizationOf(request);
      const input = { organization_id: organization.id, login: request.params.username };
      return presentMembership(deps, organization, await showMembership(deps, input));
    },
  );
}

function addWriting(app: App, deps: Deps): void {
  app.put(
    MEMBERSHIP,
    {
      config: {
        access: {
          operation: ownOperation('PUT /orgs/{org}/memberships/{username}'),
          resource: organizationIn,
          audit: 'org.add_member',
        },
      },
      schema: {
        operationId: 'setMembership',
        summary: 'Make a person a member or owner of an organization, at once and without an invitation',
        tags: ['memberships'],
        params: MembershipPath,
        body: MembershipWish,
        response: { 200: Type.Ref('Membership') },
      },
    },
    async (request) => {
      const organization = organizationOf(request);
      const { role = 'member' } = request.body;
      const input = { organization, login: request.params.username, role };
      return presentMembership(deps, organization, await setMembership(deps, request.caller, input));
    },
  );
  app.delete(
    MEMBERSHIP,
    {
      config: {
        access: {
          operation: ownOperation('DELETE /orgs/{org}/memberships/{username}'),
          resource: organizationIn,
          audit: 'org.remove_member',
        },
      },
      schema: {
        operationId: 'removeMembership',
        summary: 'Remove a person from an organization and its teams',
        description:
          'Ends what the organization granted the tokens of the person, and what they asked of it. Where the person was ' +
          'added to a repository as a collaborator, that stays.',
        tags: ['memberships'],
        params: MembershipPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const input = { organization: organizationOf(request), login: request.params.username };
      await removeMembership(deps, request.caller, input);
      return reply.code(204).send(null);
    },
  );
}
