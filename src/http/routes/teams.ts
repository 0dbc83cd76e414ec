// Teams of an organization (contract 5). Who and what is in them: team-relations.ts.

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { createTeam } from '../../use-cases/directory/create-team.ts';
import { deleteTeam } from '../../use-cases/directory/delete-team.ts';
import { listTeams } from '../../use-cases/directory/list-teams.ts';
import { showTeam } from '../../use-cases/directory/show-team.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf, organizationOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentTeam, presentTeamProfile } from '../present/team.ts';
import { organizationIn } from '../resources.ts';
import { NoContent, PageQuery } from '../schemas/common.ts';
import { OrganizationPath } from '../schemas/organizations.ts';
import { NewTeam, Team, TeamPath, TeamProfile } from '../schemas/teams.ts';

const TEAMS = '/orgs/:org/teams';
const TEAM = `${TEAMS}/:team_slug`;

export const addTeamRoutes: AddRoutes = (app, deps) => {
  app.addSchema(Team);
  app.addSchema(TeamProfile);
  addReading(app, deps);
  addWriting(app, deps);
};

function addReading(app: App, deps: Deps): void {
  app.get(
    TEAMS,
    {
      config: { access: { operation: ownOperation('GET /orgs/{org}/teams'), resource: organizationIn } },
      schema: {
        operationId: 'listTeams',
        summary: 'List the teams of an organization',
        tags: ['teams'],
        params: OrganizationPath,
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('Team')) },
      },
    },
    async (request, reply) => {
      const organization = organizationOf(request);
      const page = await listTeams(deps, { organization_id: organization.id, ...pageOf(request.query) });
      return paginate(deps, request, reply, page).map((each) => presentTeam(deps, organization, each));
    },
  );
  app.get(
    TEAM,
    {
      config: { access: { operation: ownOperation('GET /orgs/{org}/teams/{team_slug}'), resource: organizationIn } },
      schema: {
        operationId: 'getTeam',
        summary: 'Get a team',
        tags: ['teams'],
        params: TeamPath,
        response: { 200: Type.Ref('TeamProfile') },
      },
    },
    async (request) => {
      const organization = organizationOf(request);
      const team = await showTeam(deps, { organization_id: organization.id, slug: request.params.team_slug });
      return presentTeamProfile(deps, organization, team);
    },
  );
}

function addWriting(app: App, deps: Deps): void {
  app.post(
    TEAMS,
    {
      config: {
        access: { operation: ownOperation('POST /orgs/{org}/teams'), resource: organizationIn, audit: 'team.create' },
      },
      schema: {
        operationId: 'createTeam',
        summary: 'Make a team, perhaps with its first members and repositories',
        tags: ['teams'],
        params: OrganizationPath,
        body: NewTeam,
        response: { 201: Type.Ref('TeamProfile') },
      },
    },
    async (request, reply) => {
      const organization = organizationOf(request);
      const place = { organization, wish: request.body, now: factsOf(request).now };
      const made = await createTeam(deps, request.caller, place);
      return reply.code(201).send(presentTeamProfile(deps, organization, made));
    },
  );
  app.delete(
    TEAM,
    {
      config: {
        access: {
          operation: ownOperation('DELETE /orgs/{org}/teams/{team_slug}'),
          resource: organizationIn,
          audit: 'team.destroy',
        },
      },
      schema: {
        operationId: 'deleteTeam',
        summary: 'Delete a team; its members lose what it gave them',
        tags: ['teams'],
        params: TeamPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const input = { organization: organizationOf(request), slug: request.params.team_slug };
      await deleteTeam(deps, request.caller, input);
      return reply.code(204).send(null);
    },
  );
}
