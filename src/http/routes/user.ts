// The person who calls, and the profiles of everybody (contract 4 and 5).

import { Type } from 'typebox';
import { ownOperation } from '../../domain/own-operations.ts';
import { changeOwnAccount } from '../../use-cases/people/change-own-account.ts';
import { showOwnAccount } from '../../use-cases/people/show-own-account.ts';
import { showProfile } from '../../use-cases/people/show-profile.ts';
import type { AddRoutes } from '../app-type.ts';
import { factsOf } from '../caller-of.ts';
import { presentOwnAccount, presentProfile } from '../present/people.ts';
import { Nullable, Strict } from '../schemas/common.ts';
import { ignored } from '../schemas/ignored.ts';
import { Email, NewPassword, OwnAccount, Profile, ProfileName, UsernameParams } from '../schemas/people.ts';

const OwnAccountChanges = Strict(
  {
    email: Type.Optional(Email),
    name: Type.Optional(Nullable(ProfileName)),
    password: Type.Optional(NewPassword),
    current_password: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1024, description: 'Needed to change the password' }),
    ),
    ...ignored(['blog', 'twitter_username', 'company', 'location', 'hireable', 'bio']),
  },
  { title: 'User' },
);

export const addUserRoutes: AddRoutes = (app, deps) => {
  app.addSchema(OwnAccount);
  app.addSchema(Profile);
  app.get(
    '/user',
    {
      config: { access: { operation: ownOperation('GET /user'), resource: () => ({ type: 'holder' }) } },
      schema: {
        operationId: 'getOwnAccount',
        summary: 'Whose credential this is',
        tags: ['people'],
        response: { 200: Type.Ref('OwnAccount') },
      },
    },
    async (request) => {
      const { person, shows_email } = await showOwnAccount(deps, request.caller, factsOf(request).now);
      return presentOwnAccount(deps, person, shows_email);
    },
  );
  app.patch(
    '/user',
    {
      config: { access: { session: 'person', audit: 'user.update' } },
      schema: {
        operationId: 'changeOwnAccount',
        summary: 'Change your e-mail, name or password',
        description: 'A new password ends your other sessions. A new e-mail address is unverified.',
        tags: ['people'],
        body: OwnAccountChanges,
        response: { 200: Type.Ref('OwnAccount') },
      },
    },
    async (request) => {
      const { email, name, password, current_password } = request.body;
      const wish = { email, profile_name: name, password, current_password };
      return presentOwnAccount(deps, await changeOwnAccount(deps, request.caller, wish), true);
    },
  );
  app.get(
    '/users/:username',
    {
      config: {
        access: {
          operation: ownOperation('GET /users/{username}'),
          resource: ({ username = '' }) => ({ type: 'account', login: username }),
        },
      },
      schema: {
        operationId: 'getProfile',
        summary: 'The profile of a person or an organization',
        tags: ['people'],
        params: UsernameParams,
        response: { 200: Type.Ref('Profile') },
      },
    },
    async (request) => {
      const { resource } = factsOf(request);
      const type = resource.type === 'organization' ? 'Organization' : 'User';
      return presentProfile(deps, await showProfile(deps, resource), type);
    },
  );
};
