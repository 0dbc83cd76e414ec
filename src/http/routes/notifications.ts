// What a person was told of his tokens and sessions (contract 4, T2).

import { Type } from 'typebox';
import { listNotifications } from '../../use-cases/people/list-notifications.ts';
import type { AddRoutes } from '../app-type.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentNotification } from '../present/notification.ts';
import { PageQuery } from '../schemas/common.ts';
import { Notification } from '../schemas/notifications.ts';

export const addNotificationRoutes: AddRoutes = (app, deps) => {
  app.addSchema(Notification);
  app.get(
    '/user/notifications',
    {
      config: { access: { session: 'person' } },
      schema: {
        operationId: 'listNotifications',
        summary: 'What you were told: tokens that expire, were revoked or reviewed; the newest first',
        description:
          'Kept for a year. The same goes out by mail to a verified address, where the service is set up to send mail.',
        tags: ['people'],
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('Notification')) },
      },
    },
    async (request, reply) => {
      const page = await listNotifications(deps, request.caller, pageOf(request.query));
      return paginate(deps, request, reply, page).map(presentNotification);
    },
  );
};
