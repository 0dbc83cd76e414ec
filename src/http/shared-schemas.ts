// The schemas that others refer to by their names. Fastify's own store of them is copied twice for every route, which was a third of
// building an application; and each schema of it once, though nothing here ever changes one.

import type { FastifyServerOptions } from 'fastify';

type Bucket = ReturnType<NonNullable<NonNullable<FastifyServerOptions['schemaController']>['bucket']>>;

/** Of a part of the application: with what the whole had when it was begun. */
export function sharedSchemas(before: unknown = {}): Bucket {
  const by_name: Record<string, unknown> = { ...(before as object) };
  return {
    add: ((schema: { readonly $id?: string }) => {
      const { $id: name } = schema;
      if (name === undefined) throw new Error('a shared schema has no `$id`');
      if (name in by_name) throw new Error(`there are two schemas named \`${name}\``);
      by_name[name] = schema;
    }) as unknown as Bucket['add'], // the framework types what it makes of this, and looks at nothing that is answered
    getSchema: (name) => by_name[name],
    getSchemas: () => by_name,
  };
}
