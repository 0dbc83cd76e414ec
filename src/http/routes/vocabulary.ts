// What can be granted and asked (contract 6): permissions and scopes are open to all, operations to any live credential.

import { Type } from 'typebox';
import { PERMISSIONS, SCOPES } from '../../domain/vocabulary.ts';
import { findOperations } from '../../use-cases/catalogue/find-operations.ts';
import type { AddRoutes } from '../app-type.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentOperation } from '../present/operation.ts';
import { OperationQuery, OperationShape, Permission, Scope } from '../schemas/vocabulary.ts';

const PRINTED_SCOPES = SCOPES.map((each) => ({ ...each, includes: [...each.includes] }));

/** The permissions, each with where the operations are published that it opens. @rule C2 */
function printedPermissions(public_url: string) {
  return PERMISSIONS.map((each) => {
    const urls = each.levels.map((level) => [level, `${public_url}/operations?permission=${each.name}:${level}`]);
    return { ...each, levels: [...each.levels], operations_urls: Object.fromEntries(urls) };
  });
}

export const addVocabularyRoutes: AddRoutes = (app, deps) => {
  const permissions = printedPermissions(deps.config.public_url);
  for (const schema of [Permission, Scope, OperationShape]) app.addSchema(schema);
  app.get(
    '/permissions',
    {
      config: { access: { open: true } },
      schema: {
        operationId: 'listPermissions',
        summary: 'The permissions that a fine-grained token can have',
        tags: ['vocabulary'],
        response: { 200: Type.Array(Type.Ref('Permission')) },
      },
    },
    () => permissions,
  );
  app.get(
    '/scopes',
    {
      config: { access: { open: true } },
      schema: {
        operationId: 'listScopes',
        summary: 'The scopes that a classic token can have',
        tags: ['vocabulary'],
        response: { 200: Type.Array(Type.Ref('Scope')) },
      },
    },
    () => PRINTED_SCOPES,
  );
  app.get(
    '/operations',
    {
      // Any live credential, whatever it may do: the list is of no person and no resource (F7).
      config: { access: { self: true } },
      schema: {
        operationId: 'listOperations',
        summary: 'The operations that can be asked about, and what each of them needs',
        tags: ['vocabulary'],
        querystring: OperationQuery,
        response: { 200: Type.Array(Type.Ref('Operation')) },
      },
    },
    async (request, reply) => {
      const found = await findOperations(deps, request.query);
      const { limit, offset } = pageOf(request.query);
      const rows = found.slice(offset, offset + limit).map(presentOperation);
      return paginate(deps, request, reply, { rows, has_more: offset + limit < found.length, total: found.length });
    },
  );
};
