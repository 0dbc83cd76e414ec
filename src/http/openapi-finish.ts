// The last step of the OpenAPI document, once all routes are known: examples beside the schemas, an order that does not depend
// on that of the routes, and nothing declared that no operation uses.

import { CONTENT_TYPES } from './body.ts';
import { shareErrors } from './openapi-errors.ts';
import {
  addExamples,
  type DocumentContent,
  type DocumentOperation,
  type DocumentPaths,
  type Examples,
} from './openapi-examples.ts';
import { addHeaders } from './openapi-headers.ts';

type Named = Record<string, unknown>;
type Components = { schemas?: Named; securitySchemes?: Named };
type Found = { paths?: unknown; components?: Components };

/** The same document for the same routes, whatever the order in which they were added. */
export function finishDocument<Document extends object>(document: Document, examples: Examples): Document {
  const found = document as Found; // the members that every OpenAPI document may have
  const paths = sorted((found.paths ?? {}) as DocumentPaths);
  addExamples(paths, examples);
  for (const operation of operationsOf(paths)) {
    markOptionalBody(operation);
    for (const content of [operation.requestBody, ...Object.values(operation.responses ?? {})]) wrapLines(content);
  }
  const headers = addHeaders(paths);
  const responses = sorted(shareErrors(operationsOf(paths), examples.errors));
  const components = {
    securitySchemes: usedSchemes(paths, found.components?.securitySchemes ?? {}),
    schemas: sorted(usedSchemas({ paths, responses }, found.components?.schemas ?? {})),
    responses,
    headers,
  };
  return { ...document, components, paths } as Document; // each member in the form that it had
}

function sorted<Value>(values: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function operationsOf(paths: DocumentPaths): DocumentOperation[] {
  return Object.values(paths).flatMap((methods) => Object.values(methods));
}

/** An empty body is `{}` where every member is optional (contract 10). */
function markOptionalBody({ requestBody }: DocumentOperation): void {
  const schemas = Object.values(requestBody?.content ?? {}).map(({ schema }) => schema);
  const isOptional = schemas.every((schema) => schema?.type === 'object' && (schema.required ?? []).length === 0);
  if (requestBody !== undefined && isOptional) requestBody.required = false;
}

/** What stands at newline-delimited JSON is the schema of a line; the whole is a text of such lines. */
function wrapLines(place: DocumentContent | undefined): void {
  const media = place?.content?.[CONTENT_TYPES.lines];
  if (media === undefined) return;
  media.schema = { type: 'string', contentMediaType: CONTENT_TYPES.lines, contentSchema: media.schema };
}

function usedSchemes(paths: DocumentPaths, schemes: Named): Named {
  const used = new Set(
    operationsOf(paths).flatMap(({ security = [] }) => security.flatMap((each) => Object.keys(each))),
  );
  return Object.fromEntries(Object.entries(schemes).filter(([name]) => used.has(name)));
}

/** Shapes that operations refer to, and those to which these refer. */
function usedSchemas(from: object, schemas: Named): Named {
  const used: Named = {};
  const open = referredTo(from);
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
