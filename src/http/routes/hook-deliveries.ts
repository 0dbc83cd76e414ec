// Deliveries of webhooks (contract 7, promises P21): what was tried, and trying again.

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { listHookDeliveries } from '../../use-cases/webhooks/list-hook-deliveries.ts';
import { redeliver } from '../../use-cases/webhooks/redeliver.ts';
import { showHookDelivery } from '../../use-cases/webhooks/show-hook-delivery.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { organizationOf } from '../caller-of.ts';
import { pageOf, setLinks } from '../pages.ts';
import { presentDelivery, presentDeliveryItem } from '../present/hook.ts';
import { organizationIn } from '../resources.ts';
import { Accepted, DeliveriesQuery, DeliveryPath, HookDelivery, HookDeliveryItem, HookPath } from '../schemas/hooks.ts';

const DELIVERIES = '/orgs/:org/hooks/:hook_id/deliveries';
const TAGS = ['webhooks'];

export const addHookDeliveryRoutes: AddRoutes = (app, deps) => {
  app.addSchema(HookDeliveryItem);
  app.addSchema(HookDelivery);
  addReading(app, deps);
  addAttempts(app, deps);
};

function addReading(app: App, deps: Deps): void {
  app.get(
    DELIVERIES,
    {
      config: {
        access: { operation: ownOperation('GET /orgs/{org}/hooks/{hook_id}/deliveries'), resource: organizationIn },
      },
      schema: {
        operationId: 'listOrganizationHookDeliveries',
        summary: 'List the attempts to deliver to a webhook, newest first',
        tags: TAGS,
        params: HookPath,
        querystring: DeliveriesQuery,
        response: { 200: Type.Array(Type.Ref('HookDeliveryItem')) },
      },
    },
    async (request, reply) => {
      const hook = { organization_id: organizationOf(request).id, id: request.params.hook_id };
      const { limit } = pageOf(request.query);
      const page = await listHookDeliveries(deps, { hook, cursor: request.query.cursor, limit });
      if (page.next_cursor !== null) setLinks(deps, request, reply, { next: { cursor: page.next_cursor } });
      return page.rows.map(presentDeliveryItem);
    },
  );
  app.get(
    `${DELIVERIES}/:delivery_id`,
    {
      config: {
        access: {
          operation: ownOperation('GET /orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}'),
          resource: organizationIn,
        },
      },
      schema: {
        operationId: 'getOrganizationHookDelivery',
        summary: 'Get an attempt to deliver: what was sent, and what was answered',
        tags: TAGS,
        params: DeliveryPath,
        response: { 200: Type.Ref('HookDelivery') },
      },
    },
    async (request) => {
      const { hook_id, delivery_id: id } = request.params;
      return presentDelivery(
        await showHookDelivery(deps, { organization_id: organizationOf(request).id, hook_id, id }),
      );
    },
  );
}

function addAttempts(app: App, deps: Deps): void {
  app.post(
    `${DELIVERIES}/:delivery_id/attempts`,
    {
      config: {
        access: {
          operation: ownOperation('POST /orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}/attempts'),
          resource: organizationIn,
          // Nothing is changed; that it was sent stands among the deliveries.
          audit: null,
        },
      },
      schema: {
        operationId: 'redeliverOrganizationHookDelivery',
        summary: 'Deliver once more, with the same id',
        tags: TAGS,
        params: DeliveryPath,
        response: { 202: Accepted },
      },
    },
    async (request, reply) => {
      const { hook_id, delivery_id: id } = request.params;
      await redeliver(deps, { organization_id: organizationOf(request).id, hook_id, id });
      return reply.code(202).send({});
    },
  );
}
