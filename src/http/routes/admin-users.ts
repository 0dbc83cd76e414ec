// People, as site administrators make, correct and end them (contract 4).

import { Type } from 'typebox';
import { createPerson } from '../../use-cases/administration/create-person.ts';
import { deletePerson } from '../../use-cases/administration/delete-person.ts';
import { editPerson } from '../../use-cases/administration/edit-person.ts';
import { listAllPeople } from '../../use-cases/administration/list-all-people.ts';
import { revokeTokensOfPerson } from '../../use-cases/tokens/revoke-tokens-of-person.ts';
import { noStore } from '../answer-headers.ts';
import type { AddRoutes } from '../app-type.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentPerson, presentPersonWithSetup } from '../present/people.ts';
import { accountIn } from '../resources.ts';
import { Login, NoContent, Nullable, PageQuery, Strict } from '../schemas/common.ts';
import { Email, NewPassword, Person, PersonWithSetup, ProfileName, UsernameParams } from '../schemas/people.ts';

const NewPerson = Strict(
  {
    login: Login,
    email: Email,
    password: Type.Optional(NewPassword),
    email_verified: Type.Optional(Type.Boolean({ description: 'Without a verified e-mail nobody makes tokens' })),
    site_admin: Type.Optional(Type.Boolean()),
    suspended: Type.Optional(Type.Boolean()),
  },
  { title: 'User' },
);

const PersonChanges = Strict(
  {
    login: Type.Optional(Login),
    email: Type.Optional(Email),
    email_verified: Type.Optional(Type.Boolean()),
    site_admin: Type.Optional(Type.Boolean()),
    profile_name: Type.Optional(Nullable(ProfileName)),
    password: Type.Optional(
      Type.Union([NewPassword, Type.Null()], { description: 'Null: none, until the person chooses one' }),
    ),
  },
  { title: 'User' },
);

export const addAdminUserRoutes: AddRoutes = (app, deps) => {
  app.addSchema(Person);
  app.addSchema(PersonWithSetup);
  app.post(
    '/admin/users',
    {
      config: { access: { session: 'site_administrator', audit: 'user.create' } },
      schema: {
        operationId: 'createPerson',
        summary: 'Make a person',
        tags: ['administration'],
        body: NewPerson,
        response: { 201: Type.Ref('PersonWithSetup') },
      },
    },
    async (request, reply) => {
      const made = await createPerson(deps, request.caller, request.body);
      noStore(reply);
      return reply.code(201).send(presentPersonWithSetup(deps, made));
    },
  );
  app.get(
    '/admin/users',
    {
      config: { access: { session: 'site_administrator' } },
      schema: {
        operationId: 'listPeople',
        summary: 'All people, oldest first',
        tags: ['administration'],
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('Person')) },
      },
    },
    async (request, reply) => {
      const list = await listAllPeople(deps, pageOf(request.query));
      return paginate(deps, request, reply, list).map((person) => presentPerson(deps, person));
    },
  );
  app.patch(
    '/admin/users/:username',
    {
      config: { access: { session: 'site_administrator', concerns: accountIn, audit: 'user.update' } },
      schema: {
        operationId: 'editPerson',
        summary: 'Correct a person',
        description:
          'A new password, or none, ends the sessions of the person. The last site administrator cannot be demoted.',
        tags: ['administration'],
        params: UsernameParams,
        body: PersonChanges,
        response: { 200: Type.Ref('PersonWithSetup') },
      },
    },
    async (request, reply) => {
      const { username } = request.params;
      const edited = await editPerson(deps, request.caller, { username, edit: request.body });
      noStore(reply);
      return presentPersonWithSetup(deps, edited);
    },
  );
  app.delete(
    '/admin/users/:username',
    {
      config: { access: { session: 'site_administrator', concerns: accountIn, audit: 'user.delete' } },
      schema: {
        operationId: 'deletePerson',
        summary: 'Delete a person with all that is his own',
        description: 'Refused (422) for the last owner of an organization and for the last site administrator.',
        tags: ['administration'],
        params: UsernameParams,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await deletePerson(deps, request.caller, request.params.username);
      return reply.code(204).send(null);
    },
  );
  app.delete(
    '/admin/users/:username/tokens',
    {
      config: {
        access: {
          session: 'site_administrator',
          concerns: accountIn,
          audit: 'personal_access_token.credential_revoked',
        },
      },
      schema: {
        operationId: 'revokeTokensOfPerson',
        summary: 'End all tokens of a person',
        tags: ['administration'],
        params: UsernameParams,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await revokeTokensOfPerson(deps, request.caller, request.params.username);
      return reply.code(204).send(null);
    },
  );
};
