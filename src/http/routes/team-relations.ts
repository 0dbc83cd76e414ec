// Who is in a team, and which role it has on which repositories (contract 5).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { roleOfWord } from '../../domain/role-words.ts';
import { addTeamMember } from '../../use-cases/directory/add-team-member.ts';
import { addTeamRepository } from '../../use-cases/directory/add-team-repository.ts';
import { removeTeamMember } from '../../use-cases/directory/remove-team-member.ts';
import { removeTeamRepository } from '../../use-cases/directory/remove-team-repository.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf, organizationOf } from '../caller-of.ts';
import { presentTeamMembership } from '../present/team.ts';
import { organizationIn } from '../resources.ts';
import { NoContent } from '../schemas/common.ts';
import {
  TeamMembership,
  TeamMembershipPath,
  TeamMembershipWish,
  TeamRepositoryPath,
  TeamRepositoryWish,
} from '../schemas/teams.ts';

const MEMBER = '/orgs/:org/teams/:team_slug/memberships/:username';
const REPOSITORY = '/orgs/:org/teams/:team_slug/repos/:owner/:repo';

export const addTeamRelationRoutes: AddRoutes = (app, deps) => {
  app.addSchema(TeamMembership);
  addMembers(app, deps);
  addRepositories(app, deps);
};

function addMembers(app: App, deps: Deps): void {
  app.put(
    MEMBER,
    {
      config: {
        access: {
          operation: ownOperation('PUT /orgs/{org}/teams/{team_slug}/memberships/{username}'),
          resource: organizationIn,
          audit: 'team.add_member',
        },
      },
      schema: {
        operationId: 'addTeamMember',
        summary: 'Put a member of the organization in a team',
        tags: ['teams'],
        params: TeamMembershipPath,
        body: TeamMembershipWish,
        response: { 200: Type.Ref('TeamMembership') },
      },
    },
    async (request) => {
      const organization = organizationOf(request);
      const { team_slug: slug, username: login } = request.params;
      const made = await addTeamMember(deps, request.caller, { organization, slug, login });
      return presentTeamMembership(deps, organization, made);
    },
  );
  app.delete(
    MEMBER,
    {
      config: {
        access: {
          operation: ownOperation('DELETE /orgs/{org}/teams/{team_slug}/memberships/{username}'),
          resource: organizationIn,
          audit: 'team.remove_member',
        },
      },
      schema: {
        operationId: 'removeTeamMember',
        summary: 'Take a person out of a team',
        tags: ['teams'],
        params: TeamMembershipPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const { team_slug: slug, username: login } = request.params;
      await removeTeamMember(deps, request.caller, { organization: organizationOf(request), slug, login });
      return reply.code(204).send(null);
    },
  );
}

function addRepositories(app: App, deps: Deps): void {
  app.put(
    REPOSITORY,
    {
      config: {
        access: {
          operation: ownOperation('PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}'),
          resource: organizationIn,
          audit: 'team.add_repository',
        },
      },
      schema: {
        operationId: 'addTeamRepository',
        summary: 'Give a team a role on a repository of the organization',
        tags: ['teams'],
        params: TeamRepositoryPath,
        body: TeamRepositoryWish,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const { team_slug: slug, owner, repo: name } = request.params;
      const place = { organization: organizationOf(request), slug, owner, name, now: factsOf(request).now };
      const role = roleOfWord(request.body.permission ?? 'pull');
      await addTeamRepository(deps, request.caller, { ...place, role });
      return reply.code(204).send(null);
    },
  );
  app.delete(
    REPOSITORY,
    {
      config: {
        access: {
          operation: ownOperation('DELETE /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}'),
          resource: organizationIn,
          audit: 'team.remove_repository',
        },
      },
      schema: {
        operationId: 'removeTeamRepository',
        summary: 'Take a repository from a team',
        tags: ['teams'],
        params: TeamRepositoryPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const { team_slug: slug, owner, repo: name } = request.params;
      const place = { organization: organizationOf(request), slug, owner, name, now: factsOf(request).now };
      await removeTeamRepository(deps, request.caller, place);
      return reply.code(204).send(null);
    },
  );
}
