// Deploy keys of a repository (contract 5, M9).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { addDeployKey } from '../../use-cases/directory/add-deploy-key.ts';
import { listDeployKeys } from '../../use-cases/directory/list-deploy-keys.ts';
import { removeDeployKey } from '../../use-cases/directory/remove-deploy-key.ts';
import { showDeployKey } from '../../use-cases/directory/show-deploy-key.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { personOf, repositoryOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentDeployKey } from '../present/deploy-key.ts';
import { repositoryIn } from '../resources.ts';
import { DeployKey, DeployKeyPath, NewDeployKey } from '../schemas/collaborators.ts';
import { NoContent, PageQuery } from '../schemas/common.ts';
import { RepositoryPath } from '../schemas/repositories.ts';

const KEYS = '/repos/:owner/:repo/keys';

export const addDeployKeyRoutes: AddRoutes = (app, deps) => {
  app.addSchema(DeployKey);
  addReading(app, deps);
  addWriting(app, deps);
};

function addReading(app: App, deps: Deps): void {
  app.get(
    KEYS,
    {
      config: { access: { operation: ownOperation('GET /repos/{owner}/{repo}/keys'), resource: repositoryIn } },
      schema: {
        operationId: 'listDeployKeys',
        summary: 'List the deploy keys of a repository',
        tags: ['deploy keys'],
        params: RepositoryPath,
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('DeployKey')) },
      },
    },
    async (request, reply) => {
      const repository = repositoryOf(request);
      const page = await listDeployKeys(deps, { repository_id: repository.id, ...pageOf(request.query) });
      return paginate(deps, request, reply, page).map((each) => presentDeployKey(deps, repository, each));
    },
  );
  app.get(
    `${KEYS}/:key_id`,
    {
      config: {
        access: { operation: ownOperation('GET /repos/{owner}/{repo}/keys/{key_id}'), resource: repositoryIn },
      },
      schema: {
        operationId: 'getDeployKey',
        summary: 'Get a deploy key',
        tags: ['deploy keys'],
        params: DeployKeyPath,
        response: { 200: Type.Ref('DeployKey') },
      },
    },
    async (request) => {
      const repository = repositoryOf(request);
      const key = await showDeployKey(deps, { repository_id: repository.id, id: request.params.key_id });
      return presentDeployKey(deps, repository, key);
    },
  );
}

function addWriting(app: App, deps: Deps): void {
  app.post(
    KEYS,
    {
      config: {
        access: {
          operation: ownOperation('POST /repos/{owner}/{repo}/keys'),
          resource: repositoryIn,
          audit: 'public_key.create',
        },
      },
      schema: {
        operationId: 'addDeployKey',
        summary: 'Add a deploy key; one that a token adds dies with the token',
        tags: ['deploy keys'],
        params: RepositoryPath,
        body: NewDeployKey,
        response: { 201: Type.Ref('DeployKey') },
      },
    },
    async (request, reply) => {
      const repository = repositoryOf(request);
      const input = { repository, person: personOf(request), wish: request.body };
      const made = await addDeployKey(deps, request.caller, input);
      return reply.code(201).send(presentDeployKey(deps, repository, made));
    },
  );
  app.delete(
    `${KEYS}/:key_id`,
    {
      config: {
        access: {
          operation: ownOperation('DELETE /repos/{owner}/{repo}/keys/{key_id}'),
          resource: repositoryIn,
          audit: 'public_key.delete',
        },
      },
      schema: {
        operationId: 'removeDeployKey',
        summary: 'Remove a deploy key',
        tags: ['deploy keys'],
        params: DeployKeyPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const input = { repository: repositoryOf(request), id: request.params.key_id };
      await removeDeployKey(deps, request.caller, input);
      return reply.code(204).send(null);
    },
  );
}
