// The last step of the OpenAPI document, once all routes are known: examples beside the schemas, an order that does not depend
// on that of the routes, and nothing declared that no operation uses.

import { addExamples, type DocumentPaths, type Examples } from './openapi-examples.ts';

type Named = Record<string, unknown>;
type Components = { schemas?: Named; securitySchemes?: Named };
type Found = { paths?: unknown; components?: Components };

/** The same document for the same routes, whatever the order in which they were added. */
export function finishDocument<Document extends object>(document: Document, examples: Examples): Document {
  const found = document as Found; // the members that every OpenAPI document may have
  const paths = sorted((found.paths ?? {}) as DocumentPaths);
  addExamples(paths, examples);
  const components = {
    securitySchemes: usedSchemes(paths, found.components?.securitySchemes ?? {}),
    schemas: sorted(usedSchemas(paths, found.components?.schemas ?? {})),
  };
  return { ...document, components, paths } as Document; // each member in the form that it had
}

function sorted<Value>(values: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function usedSchemes(paths: DocumentPaths, schemes: Named): Named {
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const used = new Set(operations.flatMap(({ security = [] }) => security.flatMap((each) => Object.keys(each))));
  return Object.fromEntries(Object.entries(schemes).filter(([name]) => used.has(name)));
}

/** Shapes that operations refer to, and those to which these refer. */
function usedSchemas(paths: DocumentPaths, schemas: Named): Named {
  const used: Named = {};
  const open = referredTo(paths);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name in used || !(name in schemas)) continue;
    used[name] = schemas[name];
    open.push(...referredTo(schemas[name]));
  }
  return used;
}

function referredTo(part: unknown): string[] {
  return [...JSON.stringify(part).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '');
}
