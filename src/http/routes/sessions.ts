// Signing in and out (contract 4, T5). A wrong password is a bad credential of the address that it comes from, like any other (T4): who
// tries one on many logins finds an end too, and does not keep everybody else from signing in.

import { Type } from 'typebox';
import { closeSession } from '../../use-cases/people/close-session.ts';
import { openSession } from '../../use-cases/people/open-session.ts';
import { setUpPassword } from '../../use-cases/people/set-up-password.ts';
import { noStore } from '../answer-headers.ts';
import type { AddRoutes } from '../app-type.ts';
import { provenFrom } from '../bad-credentials.ts';
import { printTime } from '../present/time.ts';
import { Id, NoContent, Strict, Time } from '../schemas/common.ts';
import { NewPassword } from '../schemas/people.ts';

/** Passwords are slow to verify, a few at once; the others wait for them. */
export const SIGNING_IN_MAX = 32;

const Session = Type.Object(
  {
    token: Type.String({ description: 'Shown only here' }),
    expires_at: Time,
    user: Type.Object({ id: Id, login: Type.String() }),
  },
  { $id: 'Session' },
);

export const addSessionRoutes: AddRoutes = (app, deps) => {
  app.addSchema(Session);
  app.post(
    '/sessions',
    {
      config: { access: { open: true }, places_max: SIGNING_IN_MAX },
      schema: {
        operationId: 'openSession',
        summary: 'Sign in with login and password',
        tags: ['people'],
        body: Strict({
          login: Type.String({ minLength: 1, maxLength: 255 }),
          password: Type.String({ minLength: 1, maxLength: 1024 }),
        }),
        response: { 201: Type.Ref('Session') },
      },
    },
    async (request, reply) => {
      const { address, body } = request;
      const opened = await provenFrom(deps, address, () => openSession(deps, { ...body, address }));
      const { token, expires_at, user } = opened;
      noStore(reply);
      return reply.code(201).send({ token, expires_at: printTime(expires_at), user });
    },
  );
  app.post(
    '/sessions/setup',
    {
      config: { access: { open: true }, places_max: SIGNING_IN_MAX },
      schema: {
        operationId: 'setUpPassword',
        summary: 'Choose the first password, and sign in',
        description: 'With the `password_setup_token` that was made with the person: once, within 24 hours.',
        tags: ['people'],
        body: Strict({ token: Type.String({ minLength: 1, maxLength: 255 }), password: NewPassword }),
        response: { 201: Type.Ref('Session') },
      },
    },
    async (request, reply) => {
      const { address, caller, body } = request;
      const { token, expires_at, user } = await provenFrom(deps, address, () => setUpPassword(deps, caller, body));
      noStore(reply);
      return reply.code(201).send({ token, expires_at: printTime(expires_at), user });
    },
  );
  app.delete(
    '/session',
    {
      // Signing out is no entry of the record: sessions come and go by the thousand and change no right.
      config: { access: { session: 'person', audit: null } },
      schema: {
        operationId: 'closeSession',
        summary: 'Sign out: ends the session that calls',
        tags: ['people'],
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await closeSession(deps, request.caller);
      return reply.code(204).send(null);
    },
  );
};
