// Saying that an e-mail address is one's own (contract 4).

import { Type } from 'typebox';
import { askEmailVerification } from '../../use-cases/people/ask-email-verification.ts';
import { verifyEmail } from '../../use-cases/people/verify-email.ts';
import type { AddRoutes } from '../app-type.ts';
import { printTime } from '../present/time.ts';
import { Conflict, NoContent, Time } from '../schemas/common.ts';
import { Email } from '../schemas/people.ts';

const EmailVerification = Type.Object(
  { email: Email, expires_at: Type.Union([Time], { description: 'Until when the code works' }) },
  { $id: 'EmailVerification' },
);

export const addEmailVerificationRoutes: AddRoutes = (app, deps) => {
  app.addSchema(EmailVerification);
  app.post(
    '/user/email/verification',
    {
      // Asking is no entry of the record: it changes nothing yet.
      config: { access: { session: 'person', audit: null } },
      schema: {
        operationId: 'askEmailVerification',
        summary: 'Have a code sent to your e-mail address',
        description:
          'The code works once, within 24 hours; a newer one takes its place. At most five an hour. Where the service is not set ' +
          'up to send mail (`SMTP_URL`), or the address is verified already: 409.',
        tags: ['people'],
        response: { 201: Type.Ref('EmailVerification'), 409: Conflict },
      },
    },
    async (request, reply) => {
      const { email, expires_at } = await askEmailVerification(deps, request.caller);
      return reply.code(201).send({ email, expires_at: printTime(expires_at) });
    },
  );
  app.put(
    '/user/email/verification/:code',
    {
      config: { access: { session: 'person', audit: 'user.update' } },
      schema: {
        operationId: 'verifyEmail',
        summary: 'Show that you have read the mail: your e-mail address is verified',
        tags: ['people'],
        params: Type.Object({ code: Type.String({ pattern: '^[0-9A-Za-z]{32}$' }) }),
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await verifyEmail(deps, request.caller, request.params.code);
      return reply.code(204).send(null);
    },
  );
};
