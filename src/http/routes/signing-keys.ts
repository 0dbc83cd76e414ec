// The keys by which this service signs: published for who verifies (contract 8), and rotated by site administrators.

import { type Static, Type } from 'typebox';
import { JWKS_SECONDS_MAX } from '../../domain/signing-key.ts';
import { listPublishedKeys } from '../../use-cases/signing-keys/list-published-keys.ts';
import { requestRotation } from '../../use-cases/signing-keys/request-rotation.ts';
import { withdrawSigningKey } from '../../use-cases/signing-keys/withdraw-signing-key.ts';
import type { AddRoutes } from '../app-type.ts';
import { presentSigningKey } from '../present/signing-keys.ts';
import { Conflict, NoContent } from '../schemas/common.ts';
import { Jwks, SigningKey, SigningKeyParams } from '../schemas/signing-keys.ts';

export const addSigningKeyRoutes: AddRoutes = (app, deps) => {
  for (const schema of [Jwks, SigningKey]) app.addSchema(schema);
  app.get(
    '/oauth/jwks',
    {
      config: { access: { open: true }, errors: 'oauth' },
      schema: {
        operationId: 'getKeys',
        summary: 'The public keys of what this service signs (RFC 7517)',
        description: 'A new key stands here an hour before it signs, an old one until nothing that it signed can live.',
        tags: ['discovery'],
        response: { 200: Type.Ref('Jwks') },
      },
    },
    async (_request, reply) => {
      const jwks = await deps.signer.jwks();
      reply.header('cache-control', `public, max-age=${JWKS_SECONDS_MAX}`);
      return jwks as Static<typeof Jwks>; // as signing-keys.ts made or read them
    },
  );
  app.get(
    '/admin/signing-keys',
    {
      config: { access: { session: 'site_administrator' } },
      schema: {
        operationId: 'listSigningKeys',
        summary: 'The published signing keys, in the order in which they sign',
        tags: ['administration'],
        response: { 200: Type.Array(Type.Ref('SigningKey')) },
      },
    },
    async () => (await listPublishedKeys(deps)).map(presentSigningKey),
  );
  app.post(
    '/admin/signing-keys',
    {
      config: { access: { session: 'site_administrator', audit: 'signing_key.create' } },
      schema: {
        operationId: 'rotateSigningKey',
        summary: 'Make the next signing key',
        description:
          'It is published at once and signs an hour later, so that whoever keeps a copy of the keys has it.',
        tags: ['administration'],
        response: { 201: Type.Ref('SigningKey'), 409: Conflict },
      },
    },
    async (request, reply) => {
      const key = await requestRotation(deps, request.caller);
      return reply.code(201).send(presentSigningKey(key));
    },
  );
  app.delete(
    '/admin/signing-keys/:kid',
    {
      config: { access: { session: 'site_administrator', audit: 'signing_key.delete' } },
      schema: {
        operationId: 'withdrawSigningKey',
        summary: 'Withdraw a signing key that others may have',
        description: 'What it signed does not verify any more. Another key signs at once.',
        tags: ['administration'],
        params: SigningKeyParams,
        response: { 204: NoContent, 409: Conflict },
      },
    },
    async (request, reply) => {
      await withdrawSigningKey(deps, request.caller, request.params.kid);
      return reply.code(204).send(null);
    },
  );
};
