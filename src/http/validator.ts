// Validation of what a request carries, by the schemas of its route. Nothing is removed, filled in or converted in a body;
// only path and query, which are always texts, are read as the declared types (query-array.ts). A body that is not as
// declared is 422, a query too, a path is one that does not exist, a header is malformed (contract 1 and 10).

import { Ajv2020, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import { type FieldError, Refusal } from '../domain/refusal.ts';
import { readTexts } from './query-array.ts';
import { fieldErrors } from './validation-errors.ts';

/** In a body with more values than this only the first error is looked for: an error for each would be a way to exhaust us. */
const VALUES_MAX_FOR_ALL_ERRORS = 1000;

type Checked = { value: unknown } | { error: Refusal };
type Check = (data: unknown) => Checked;

/** One of each for a process, however many applications it has; made when something is first checked. */
let first: Ajv2020 | undefined;
let all: Ajv2020 | undefined;

/** The validator compiler of the application. A schema is compiled at its first use: compiling all would slow the start. */
export const compileValidator: FastifySchemaCompiler<AnySchemaObject> = ({ schema, httpPart }): Check => {
  let compiledAll: ValidateFunction | undefined; // needed at the first failure only; most routes never need it
  const { check, errors } = checkOf(schema);
  const errorsOf: ErrorsOf = (resource, data) => {
    if (!isSmall(data)) return fieldErrors(resource, errors());
    all ??= newAjv({ allErrors: true });
    compiledAll ??= all.compile(schema);
    compiledAll(data);
    return fieldErrors(resource, compiledAll.errors ?? []);
  };
  if (httpPart === 'body') return checkBody(schema, check, errorsOf);
  return checkTexts(schema, httpPart, check, errorsOf);
};

type IsValid = (data: unknown) => boolean;
type ErrorsOf = (resource: string, data: unknown) => FieldError[];

/** Whether data is as this schema says, compiled at the first use; and what was wrong with the last that was not. */
export function checkOf(schema: AnySchemaObject): { readonly check: IsValid; readonly errors: () => ErrorObject[] } {
  let compiled: ValidateFunction | undefined;
  return {
    check: (data) => {
      first ??= newAjv({ allErrors: false });
      compiled ??= first.compile(schema);
      return compiled(data);
    },
    errors: () => compiled?.errors ?? [],
  };
}

/** An absent body counts as `{}`: where every member is optional, none has to be sent. */
function checkBody(schema: AnySchemaObject, check: IsValid, errorsOf: ErrorsOf): Check {
  const resource = String(schema.title ?? 'Body');
  return (data) => {
    const value = data ?? {};
    if (check(value)) return { value };
    return { error: new Refusal('validation_failed', { errors: errorsOf(resource, value) }) };
  };
}

function checkTexts(schema: AnySchemaObject, part: string | undefined, check: IsValid, errorsOf: ErrorsOf): Check {
  const read =
    part === 'headers'
      ? (data: unknown) => data
      : readTexts(schema as { properties?: Record<string, { type?: string }> });
  return (data) => {
    const value = read((data ?? {}) as Record<string, unknown>); // texts by name, from the router or the query parser
    if (check(value) && !hasNul(value)) return { value };
    if (part === 'params') return { error: new Refusal('not_found') };
    if (part === 'headers') return { error: new Refusal('malformed_request', { message: 'A header is malformed' }) };
    const errors = errorsOf('Query', value);
    return { error: new Refusal('validation_failed', errors.length > 0 ? { errors } : {}) };
  };
}

function newAjv(options: { allErrors: boolean }): Ajv2020 {
  const ajv = new Ajv2020({
    ...options,
    coerceTypes: false,
    removeAdditional: false,
    useDefaults: false,
    discriminator: true,
    ownProperties: true,
    allowUnionTypes: true,
    strictRequired: false,
    strictTypes: false,
    addUsedSchema: false,
    validateFormats: true,
  });
  addFormats.default(ajv);
  ajv.addVocabulary(['example']);
  return ajv;
}

/** PostgreSQL has no NUL in text, and no name or filter has one either. */
function hasNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasNul);
}

function isSmall(data: unknown): boolean {
  let left = VALUES_MAX_FOR_ALL_ERRORS;
  const count = (value: unknown): void => {
    left--;
    if (typeof value !== 'object' || value === null) return;
    for (const name in value) {
      if (left <= 0) return;
      count((value as Record<string, unknown>)[name]);
    }
  };
  count(data);
  return left > 0;
}
