// Webhooks of an organization (contract 7, L3).

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { createHook } from '../../use-cases/webhooks/create-hook.ts';
import { editHook } from '../../use-cases/webhooks/edit-hook.ts';
import { listHooks } from '../../use-cases/webhooks/list-hooks.ts';
import { pingHook } from '../../use-cases/webhooks/ping-hook.ts';
import { removeHook } from '../../use-cases/webhooks/remove-hook.ts';
import { showHook } from '../../use-cases/webhooks/show-hook.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { organizationOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentHook } from '../present/hook.ts';
import { organizationIn } from '../resources.ts';
import { NoContent, PageQuery } from '../schemas/common.ts';
import { Hook, HookPatch, HookPath, HooksPath, NewHook } from '../schemas/hooks.ts';

const HOOKS = '/orgs/:org/hooks';
const HOOK = `${HOOKS}/:hook_id`;
const TAGS = ['webhooks'];

export const addHookRoutes: AddRoutes = (app, deps) => {
  app.addSchema(Hook);
  addReading(app, deps);
  addMaking(app, deps);
  addChanging(app, deps);
};

function addReading(app: App, deps: Deps): void {
  app.get(
    HOOKS,
    {
      config: { access: { operation: ownOperation('GET /orgs/{org}/hooks'), resource: organizationIn } },
      schema: {
        operationId: 'listOrganizationHooks',
        summary: 'List the webhooks of an organization',
        tags: TAGS,
        params: HooksPath,
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('Hook')) },
      },
    },
    async (request, reply) => {
      const organization = organizationOf(request);
      const page = await listHooks(deps, { organization_id: organization.id, ...pageOf(request.query) });
      return paginate(deps, request, reply, page).map((each) => presentHook(deps, organization, each));
    },
  );
  app.get(
    HOOK,
    {
      config: { access: { operation: ownOperation('GET /orgs/{org}/hooks/{hook_id}'), resource: organizationIn } },
      schema: {
        operationId: 'getOrganizationHook',
        summary: 'Get a webhook',
        tags: TAGS,
        params: HookPath,
        response: { 200: Type.Ref('Hook') },
      },
    },
    async (request) => {
      const organization = organizationOf(request);
      const hook = await showHook(deps, { organization_id: organization.id, id: request.params.hook_id });
      return presentHook(deps, organization, hook);
    },
  );
}

function addMaking(app: App, deps: Deps): void {
  app.post(
    HOOKS,
    {
      config: {
        access: {
          operation: ownOperation('POST /orgs/{org}/hooks'),
          resource: organizationIn,
          audit: 'hook.create',
        },
      },
      schema: {
        operationId: 'createOrganizationHook',
        summary: 'Make a webhook; it gets a `ping`',
        tags: TAGS,
        params: HooksPath,
        body: NewHook,
        response: { 201: Type.Ref('Hook') },
      },
    },
    async (request, reply) => {
      const organization = organizationOf(request);
      const hook = await createHook(deps, request.caller, { organization, ask: request.body });
      return reply.code(201).send(presentHook(deps, organization, hook));
    },
  );
  app.post(
    `${HOOK}/pings`,
    {
      config: {
        access: {
          operation: ownOperation('POST /orgs/{org}/hooks/{hook_id}/pings'),
          resource: organizationIn,
          // Nothing is changed; that it was sent stands among the deliveries.
          audit: null,
        },
      },
      schema: {
        operationId: 'pingOrganizationHook',
        summary: 'Have a `ping` delivered',
        tags: TAGS,
        params: HookPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await pingHook(deps, request.caller, { organization: organizationOf(request), id: request.params.hook_id });
      return reply.code(204).send(null);
    },
  );
}

function addChanging(app: App, deps: Deps): void {
  app.patch(
    HOOK,
    {
      config: {
        access: {
          operation: ownOperation('PATCH /orgs/{org}/hooks/{hook_id}'),
          resource: organizationIn,
          audit: 'hook.update',
        },
      },
      schema: {
        operationId: 'editOrganizationHook',
        summary: 'Change a webhook',
        description:
          'A `config` that is sent replaces the whole configuration: without its secret there is none any more.',
        tags: TAGS,
        params: HookPath,
        body: HookPatch,
        response: { 200: Type.Ref('Hook') },
      },
    },
    async (request) => {
      const organization = organizationOf(request);
      const input = { organization, id: request.params.hook_id, patch: request.body };
      return presentHook(deps, organization, await editHook(deps, request.caller, input));
    },
  );
  app.delete(
    HOOK,
    {
      config: {
        access: {
          operation: ownOperation('DELETE /orgs/{org}/hooks/{hook_id}'),
          resource: organizationIn,
          audit: 'hook.destroy',
        },
      },
      schema: {
        operationId: 'removeOrganizationHook',
        summary: 'Remove a webhook, with its deliveries',
        tags: TAGS,
        params: HookPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const input = { organization: organizationOf(request), id: request.params.hook_id };
      await removeHook(deps, request.caller, input);
      return reply.code(204).send(null);
    },
  );
}
