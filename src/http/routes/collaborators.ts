// Who may do what on a repository (contract 5, C5).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { roleOfWord } from '../../domain/role-words.ts';
import { addCollaborator } from '../../use-cases/directory/add-collaborator.ts';
import { listCollaborators } from '../../use-cases/directory/list-collaborators.ts';
import { removeCollaborator } from '../../use-cases/directory/remove-collaborator.ts';
import { showCollaboratorPermission } from '../../use-cases/directory/show-collaborator-permission.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { repositoryOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentCollaborator, presentCollaboratorPermission } from '../present/collaborator.ts';
import { repositoryIn } from '../resources.ts';
import {
  Collaborator,
  CollaboratorPath,
  CollaboratorPermission,
  CollaboratorsQuery,
  CollaboratorWish,
} from '../schemas/collaborators.ts';
import { NoContent } from '../schemas/common.ts';
import { RepositoryPath } from '../schemas/repositories.ts';

const COLLABORATORS = '/repos/:owner/:repo/collaborators';

export const addCollaboratorRoutes: AddRoutes = (app, deps) => {
  app.addSchema(Collaborator);
  app.addSchema(CollaboratorPermission);
  addReading(app, deps);
  addWriting(app, deps);
};

function addReading(app: App, deps: Deps): void {
  app.get(
    COLLABORATORS,
    {
      config: {
        access: { operation: ownOperation('GET /repos/{owner}/{repo}/collaborators'), resource: repositoryIn },
      },
      schema: {
        operationId: 'listCollaborators',
        summary: 'List everybody with a role on a repository, each with his highest',
        tags: ['collaborators'],
        params: RepositoryPath,
        querystring: CollaboratorsQuery,
        response: { 200: Type.Array(Type.Ref('Collaborator')) },
      },
    },
    async (request, reply) => {
      const { affiliation = 'all', permission = 'pull' } = request.query;
      const filter = { repository_id: repositoryOf(request).id, affiliation, role_min: roleOfWord(permission) };
      const page = await listCollaborators(deps, { ...filter, ...pageOf(request.query) });
      return paginate(deps, request, reply, page).map((each) => presentCollaborator(deps, each));
    },
  );
  app.get(
    `${COLLABORATORS}/:username/permission`,
    {
      config: {
        access: {
          operation: ownOperation('GET /repos/{owner}/{repo}/collaborators/{username}/permission'),
          resource: repositoryIn,
        },
      },
      schema: {
        operationId: 'getCollaboratorPermission',
        summary: 'Get the role of a person on a repository; needs the role write',
        tags: ['collaborators'],
        params: CollaboratorPath,
        response: { 200: Type.Ref('CollaboratorPermission') },
      },
    },
    async (request) => {
      const input = { repository: repositoryOf(request), login: request.params.username };
      return presentCollaboratorPermission(deps, await showCollaboratorPermission(deps, input));
    },
  );
}

function addWriting(app: App, deps: Deps): void {
  app.put(
    `${COLLABORATORS}/:username`,
    {
      config: {
        access: {
          operation: ownOperation('PUT /repos/{owner}/{repo}/collaborators/{username}'),
          resource: repositoryIn,
          audit: 'repo.add_member',
        },
      },
      schema: {
        operationId: 'addCollaborator',
        summary: 'Give a person a role on a repository, at once and without an invitation',
        tags: ['collaborators'],
        params: CollaboratorPath,
        body: CollaboratorWish,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const role = roleOfWord(request.body.permission ?? 'push');
      const input = { repository: repositoryOf(request), login: request.params.username, role };
      await addCollaborator(deps, request.caller, input);
      return reply.code(204).send(null);
    },
  );
  app.delete(
    `${COLLABORATORS}/:username`,
    {
      config: {
        access: {
          operation: ownOperation('DELETE /repos/{owner}/{repo}/collaborators/{username}'),
          resource: repositoryIn,
          audit: 'repo.remove_member',
        },
      },
      schema: {
        operationId: 'removeCollaborator',
        summary: 'End a collaboration; what the person has by other ways stays',
        tags: ['collaborators'],
        params: CollaboratorPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const input = { repository: repositoryOf(request), login: request.params.username };
      await removeCollaborator(deps, request.caller, input);
      return reply.code(204).send(null);
    },
  );
}
