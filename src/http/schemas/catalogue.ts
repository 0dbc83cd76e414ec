// The catalogue of operations (contract 8): the documents that are taken, and what is told of the one in force.

import { Type } from 'typebox';
import { LOADED_METHODS } from '../../domain/catalogue-list.ts';

export const CatalogueState = Type.Object(
  {
    version: Type.Integer({ minimum: 0, description: 'One more with every change; 0: nothing was ever loaded' }),
    operations: Type.Integer({ minimum: 0, description: 'How many operations were loaded that declare something' }),
  },
  { $id: 'CatalogueState' },
);

const EXAMPLE_ROW = { method: 'GET', path: '/repos/{owner}/{repo}/issues', permission_sets: [{ issues: 'read' }] };

/** For readers: what is wrong with a document is said by the use-case, for all of it and by JSON pointer. */
export const CatalogueDocument = Type.Unsafe<unknown>({
  oneOf: [
    {
      type: 'array',
      description: 'Operations',
      items: {
        type: 'object',
        properties: {
          method: { type: 'string', enum: [...LOADED_METHODS] },
          path: { type: 'string', description: "The path's template" },
          permission_sets: {
            type: 'array',
            description: 'AND inside a set, OR between sets',
            items: { type: 'object' },
          },
          permissionless: { type: 'boolean' },
          public_read: { type: 'boolean' },
          classic_scopes: { type: 'array', items: { type: 'string' } },
          resource: { description: 'What the operation is about, where the path does not say it' },
          operation_id: { type: 'string' },
          sets_basis: { type: 'string' },
        },
        required: ['method', 'path'],
      },
      examples: [[EXAMPLE_ROW]],
    },
    { type: 'object', description: 'An OpenAPI 3.x document' },
  ],
});
