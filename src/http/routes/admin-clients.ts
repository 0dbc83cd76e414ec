// Backend services and gateways, as site administrators make them known (contract 4).

import { Type } from 'typebox';
import { OVERLAP_SECONDS_MAX } from '../../domain/lifetime.ts';
import { createClient } from '../../use-cases/administration/create-client.ts';
import { listAllClients } from '../../use-cases/administration/list-all-clients.ts';
import { regenerateClientSecret } from '../../use-cases/administration/regenerate-client-secret.ts';
import { removeClient } from '../../use-cases/administration/remove-client.ts';
import { setClientCertificates } from '../../use-cases/administration/set-client-certificates.ts';
import { noStore } from '../answer-headers.ts';
import type { AddRoutes } from '../app-type.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentClient } from '../present/clients.ts';
import { printTimeOrNull } from '../present/time.ts';
import {
  Client,
  ClientCertificates,
  ClientParams,
  ClientSecret,
  ClientWithSecret,
  NewClient,
} from '../schemas/clients.ts';
import { NoContent, PageQuery, Strict } from '../schemas/common.ts';

const Overlap = Strict(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: OVERLAP_SECONDS_MAX, description: 'How long the secret before still works' }),
    ),
  },
  { title: 'ClientSecret' },
);

export const addAdminClientRoutes: AddRoutes = (app, deps) => {
  for (const schema of [Client, ClientWithSecret, ClientSecret]) app.addSchema(schema);
  app.post(
    '/admin/clients',
    {
      config: { access: { session: 'site_administrator', audit: 'client.create' } },
      schema: {
        operationId: 'createClient',
        summary: 'Make a backend service known',
        tags: ['administration'],
        body: NewClient,
        response: { 201: Type.Ref('ClientWithSecret') },
      },
    },
    async (request, reply) => {
      const { client, client_secret } = await createClient(deps, request.caller, request.body);
      noStore(reply);
      return reply.code(201).send({ ...presentClient(client), client_secret });
    },
  );
  app.get(
    '/admin/clients',
    {
      config: { access: { session: 'site_administrator' } },
      schema: {
        operationId: 'listClients',
        summary: 'All backend services, oldest first',
        tags: ['administration'],
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('Client')) },
      },
    },
    async (request, reply) => {
      const list = await listAllClients(deps, pageOf(request.query));
      return paginate(deps, request, reply, list).map(presentClient);
    },
  );
  app.delete(
    '/admin/clients/:client_id',
    {
      config: { access: { session: 'site_administrator', audit: 'client.delete' } },
      schema: {
        operationId: 'deleteClient',
        summary: 'Delete a backend service',
        tags: ['administration'],
        params: ClientParams,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await removeClient(deps, request.caller, request.params.client_id);
      return reply.code(204).send(null);
    },
  );
  app.put(
    '/admin/clients/:client_id/certificates',
    {
      config: { access: { session: 'site_administrator', audit: 'client.certificates_set' } },
      schema: {
        operationId: 'setClientCertificates',
        summary: 'Say by which certificates a backend service may present itself',
        description:
          'Mutual TLS (RFC 8705): where the service speaks TLS with `TLS_CLIENT_CA_FILE`, a connection with one of these ' +
          'certificates presents the client, on calls without any other credential. The list replaces the one before.',
        tags: ['administration'],
        params: ClientParams,
        body: ClientCertificates,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const { certificates } = request.body;
      await setClientCertificates(deps, request.caller, { client_id: request.params.client_id, certificates });
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/admin/clients/:client_id/secret',
    {
      config: { access: { session: 'site_administrator', audit: 'client.secret_regenerated' } },
      schema: {
        operationId: 'regenerateClientSecret',
        summary: 'Give a backend service a new secret',
        tags: ['administration'],
        params: ClientParams,
        body: Overlap,
        response: { 201: Type.Ref('ClientSecret') },
      },
    },
    async (request, reply) => {
      const { overlap_seconds = 0 } = request.body;
      const { client_id } = request.params;
      const made = await regenerateClientSecret(deps, request.caller, { client_id, overlap_seconds });
      noStore(reply);
      const previous_secret_expires_at = printTimeOrNull(made.previous_secret_expires_at);
      return reply.code(201).send({ ...made, previous_secret_expires_at });
    },
  );
};
