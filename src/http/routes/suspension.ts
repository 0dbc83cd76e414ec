// Suspending people, and letting them act again (contract 4, M10).

import { Type } from 'typebox';
import { suspendPerson } from '../../use-cases/administration/suspend-person.ts';
import { unsuspendPerson } from '../../use-cases/administration/unsuspend-person.ts';
import type { AddRoutes } from '../app-type.ts';
import { accountIn } from '../resources.ts';
import { NoContent, Strict } from '../schemas/common.ts';
import { UsernameParams } from '../schemas/people.ts';

const Reason = Strict(
  { reason: Type.Optional(Type.String({ maxLength: 1024, description: 'Stands in the audit log' })) },
  { title: 'Suspension' },
);

export const addSuspensionRoutes: AddRoutes = (app, deps) => {
  app.put(
    '/users/:username/suspended',
    {
      config: { access: { session: 'site_administrator', concerns: accountIn, audit: 'user.suspend' } },
      schema: {
        operationId: 'suspendPerson',
        summary: 'Suspend a person: tokens are refused, sessions end',
        description: 'Refused (422) for the last site administrator.',
        tags: ['administration'],
        params: UsernameParams,
        body: Reason,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const { reason } = request.body;
      await suspendPerson(deps, request.caller, { username: request.params.username, reason });
      return reply.code(204).send(null);
    },
  );
  app.delete(
    '/users/:username/suspended',
    {
      config: { access: { session: 'site_administrator', concerns: accountIn, audit: 'user.unsuspend' } },
      schema: {
        operationId: 'unsuspendPerson',
        summary: 'Let a person act again: tokens work, sessions do not come back',
        tags: ['administration'],
        params: UsernameParams,
        body: Reason,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const { reason } = request.body;
      await unsuspendPerson(deps, request.caller, { username: request.params.username, reason });
      return reply.code(204).send(null);
    },
  );
};
