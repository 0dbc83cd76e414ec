// One repository: read, edited, transferred, deleted (contract 5).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { type VisibilityWish, wishedVisibility } from '../../domain/repository-wish.ts';
import type { Visibility } from '../../domain/vocabulary.ts';
import { deleteRepository } from '../../use-cases/directory/delete-repository.ts';
import { editRepository } from '../../use-cases/directory/edit-repository.ts';
import { showRepository } from '../../use-cases/directory/show-repository.ts';
import { transferRepository } from '../../use-cases/directory/transfer-repository.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf, repositoryOf } from '../caller-of.ts';
import { presentRepository } from '../present/repository.ts';
import { repositoryIn } from '../resources.ts';
import { NoContent } from '../schemas/common.ts';
import { RepositoryPatch, RepositoryPath, Transfer } from '../schemas/repositories.ts';

const REPOSITORY = '/repos/:owner/:repo';

/** What an edit makes of it, undefined where it does not say. The body has been validated. @rule K2 */
function becomes(body: unknown): Visibility | undefined {
  return wishedVisibility(body as VisibilityWish) ?? undefined;
}

export const addRepositoryRoutes: AddRoutes = (app, deps) => {
  addReading(app, deps);
  addEditing(app, deps);
  addEnding(app, deps);
};

function addReading(app: App, deps: Deps): void {
  app.get(
    REPOSITORY,
    {
      config: { access: { operation: ownOperation('GET /repos/{owner}/{repo}'), resource: repositoryIn } },
      schema: {
        operationId: 'getRepository',
        summary: 'Get a repository',
        tags: ['repositories'],
        params: RepositoryPath,
        response: { 200: Type.Ref('Repository') },
      },
    },
    async (request) => {
      const judged = { repository: repositoryOf(request), now: factsOf(request).now };
      return presentRepository(deps, await showRepository(deps, request.caller, judged));
    },
  );
}

function addEditing(app: App, deps: Deps): void {
  app.patch(
    REPOSITORY,
    {
      config: {
        access: {
          operation: ownOperation('PATCH /repos/{owner}/{repo}'),
          resource: repositoryIn,
          becomes,
          audit: 'repo.update',
        },
      },
      schema: {
        operationId: 'editRepository',
        summary: 'Rename a repository, change who sees it, archive it',
        tags: ['repositories'],
        params: RepositoryPath,
        body: RepositoryPatch,
        response: { 200: Type.Ref('Repository') },
      },
    },
    async (request) => {
      const judged = { repository: repositoryOf(request), now: factsOf(request).now };
      const edited = await editRepository(deps, request.caller, { ...judged, edit: request.body });
      return presentRepository(deps, edited);
    },
  );
}

function addEnding(app: App, deps: Deps): void {
  app.delete(
    REPOSITORY,
    {
      config: {
        access: {
          operation: ownOperation('DELETE /repos/{owner}/{repo}'),
          resource: repositoryIn,
          audit: 'repo.destroy',
        },
      },
      schema: {
        operationId: 'deleteRepository',
        summary: 'Delete a repository',
        tags: ['repositories'],
        params: RepositoryPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await deleteRepository(deps, request.caller, repositoryOf(request));
      return reply.code(204).send(null);
    },
  );
  app.post(
    `${REPOSITORY}/transfer`,
    {
      config: {
        access: {
          operation: ownOperation('POST /repos/{owner}/{repo}/transfer'),
          resource: repositoryIn,
          audit: 'repo.transfer',
        },
        urgency: 'ending',
      },
      schema: {
        operationId: 'transferRepository',
        summary: 'Give a repository to an organization that you own, or take it to yourself',
        description:
          'At once. Collaborators and deploy keys go with it; teams do not, and it leaves the selection of every token. ' +
          'What is internal becomes private outside its enterprise.',
        tags: ['repositories'],
        params: RepositoryPath,
        body: Transfer,
        response: { 202: Type.Ref('Repository') },
      },
    },
    async (request, reply) => {
      const judged = { repository: repositoryOf(request), now: factsOf(request).now };
      const moved = await transferRepository(deps, request.caller, { ...judged, wish: request.body });
      return reply.code(202).send(presentRepository(deps, moved));
    },
  );
}
