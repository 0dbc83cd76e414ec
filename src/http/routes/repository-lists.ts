// Lists of repositories, and making one where the list is (contract 5).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { type VisibilityWish, wishedVisibility } from '../../domain/repository-wish.ts';
import type { Visibility } from '../../domain/vocabulary.ts';
import { createRepository } from '../../use-cases/directory/create-repository.ts';
import { listOrganizationRepositories } from '../../use-cases/directory/list-organization-repositories.ts';
import { listOwnRepositories } from '../../use-cases/directory/list-own-repositories.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { factsOf, organizationOf, personOf } from '../caller-of.ts';
import { paginate } from '../pages.ts';
import { setPartialResults } from '../partial-results.ts';
import { presentRepository } from '../present/repository.ts';
import { organizationRepositoriesFilter, ownRepositoriesFilter } from '../repository-query.ts';
import { organizationIn, theHolder } from '../resources.ts';
import { Account } from '../schemas/account.ts';
import { OrganizationPath } from '../schemas/organizations.ts';
import {
  NewRepository,
  OrganizationRepositoriesQuery,
  OwnRepositoriesQuery,
  Repository,
} from '../schemas/repositories.ts';

/** Without a word it is private. The body has been validated. @rule K2 */
function becomes(body: unknown): Visibility {
  return wishedVisibility(body as VisibilityWish) ?? 'private';
}

export const addRepositoryListRoutes: AddRoutes = (app, deps) => {
  app.addSchema(Account);
  app.addSchema(Repository);
  addOwn(app, deps);
  addOfOrganization(app, deps);
};

function addOwn(app: App, deps: Deps): void {
  app.get(
    '/user/repos',
    {
      config: { access: { operation: ownOperation('GET /user/repos'), resource: theHolder } },
      schema: {
        operationId: 'listOwnRepositories',
        summary: 'List the repositories on which you have a role, as far as the credential reads them',
        tags: ['repositories'],
        querystring: OwnRepositoriesQuery,
        response: { 200: Type.Array(Type.Ref('Repository')) },
      },
    },
    async (request, reply) => {
      const filter = ownRepositoriesFilter(request.query);
      const input = { person: personOf(request), filter, now: factsOf(request).now };
      const page = await listOwnRepositories(deps, request.caller, input);
      setPartialResults(reply, page.sso_missing);
      return paginate(deps, request, reply, page).map((each) => presentRepository(deps, each));
    },
  );
  app.post(
    '/user/repos',
    {
      config: {
        access: { operation: ownOperation('POST /user/repos'), resource: theHolder, becomes, audit: 'repo.create' },
      },
      schema: {
        operationId: 'createOwnRepository',
        summary: 'Make a repository of your own',
        tags: ['repositories'],
        body: NewRepository,
        response: { 201: Type.Ref('Repository') },
      },
    },
    async (request, reply) => {
      const input = { owner_id: personOf(request).id, wish: request.body };
      const made = await createRepository(deps, request.caller, input);
      return reply.code(201).send(presentRepository(deps, made));
    },
  );
}

function addOfOrganization(app: App, deps: Deps): void {
  app.get(
    '/orgs/:org/repos',
    {
      config: { access: { operation: ownOperation('GET /orgs/{org}/repos'), resource: organizationIn } },
      schema: {
        operationId: 'listOrganizationRepositories',
        summary: "List an organization's repositories, as far as the credential reads them",
        tags: ['repositories'],
        params: OrganizationPath,
        querystring: OrganizationRepositoriesQuery,
        response: { 200: Type.Array(Type.Ref('Repository')) },
      },
    },
    async (request, reply) => {
      const filter = organizationRepositoriesFilter(request.query);
      const input = { organization: organizationOf(request), filter, now: factsOf(request).now };
      const page = await listOrganizationRepositories(deps, request.caller, input);
      setPartialResults(reply, page.sso_missing);
      return paginate(deps, request, reply, page).map((each) => presentRepository(deps, each));
    },
  );
  app.post(
    '/orgs/:org/repos',
    {
      config: {
        access: {
          operation: ownOperation('POST /orgs/{org}/repos'),
          resource: organizationIn,
          becomes,
          audit: 'repo.create',
        },
      },
      schema: {
        operationId: 'createOrganizationRepository',
        summary: 'Make a repository in an organization that you own',
        tags: ['repositories'],
        params: OrganizationPath,
        body: NewRepository,
        response: { 201: Type.Ref('Repository') },
      },
    },
    async (request, reply) => {
      const input = { owner_id: organizationOf(request).id, wish: request.body };
      const made = await createRepository(deps, request.caller, input);
      return reply.code(201).send(presentRepository(deps, made));
    },
  );
}
