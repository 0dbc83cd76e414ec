// What can be granted and what can be asked: permissions, scopes, operations.

import { type Static, Type } from 'typebox';
import { LEVELS, PERMISSION_CATEGORIES } from '../../domain/vocabulary.ts';
import { Nullable, PAGE_QUERY, Url } from './common.ts';

export const Permission = Type.Object(
  {
    name: Type.String(),
    title: Type.String(),
    category: Type.Enum([...PERMISSION_CATEGORIES]),
    levels: Type.Array(Type.Enum([...LEVELS])),
    operations_urls: Type.Record(Type.String(), Url, {
      description: 'For each level, where the operations stand of which it opens a part',
    }),
  },
  { $id: 'Permission' },
);

export const Scope = Type.Object(
  { name: Type.String(), includes: Type.Array(Type.String(), { description: 'Every scope that this one contains' }) },
  { $id: 'Scope' },
);

export const OperationShape = Type.Object(
  {
    method: Type.String(),
    path: Type.String({ description: "The path's template" }),
    permission_sets: Type.Array(Type.Record(Type.String(), Type.String()), {
      description: 'AND inside a set, OR between sets',
    }),
    permissionless: Type.Boolean(),
    public_read: Type.Boolean(),
    classic_scopes: Nullable(
      Type.Array(Type.String(), {
        description: 'Declared scopes, of which any one is enough; null: those of the permissions of one set',
      }),
    ),
    accepted_scopes: Type.Array(Type.String(), { description: 'Every scope that can count' }),
    resource: Type.Enum(['repository', 'organization', 'user', 'enterprise', 'none']),
  },
  { $id: 'Operation' },
);
export type OperationShape = Static<typeof OperationShape>;

export const OperationQuery = Type.Object({
  ...PAGE_QUERY,
  method: Type.Optional(Type.String({ pattern: '^[A-Za-z]{0,20}$' })),
  path: Type.Optional(
    Type.String({
      pattern: '^(?:/|$)',
      maxLength: 2048,
      description: 'A template, or a path that the most specific template matches',
    }),
  ),
  permission: Type.Optional(
    Type.String({
      pattern: '^(?:[a-z_]+:(?:read|write|admin))?$',
      maxLength: 100,
      description: 'Operations of which this satisfies a part',
    }),
  ),
});
export type OperationQuery = Static<typeof OperationQuery>;
