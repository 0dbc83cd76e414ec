// What ajv found wrong, as the `errors[]` of a 422 (contract 1): the member's path with dots and a code of the closed list.

import type { ErrorObject } from 'ajv';
import type { FieldCode, FieldError } from '../domain/refusal.ts';

const ERRORS_MAX = 100;
const FIELD_CHARACTERS_MAX = 200;
const LISTED_VALUES_MAX = 12;

/** Keywords whose error says only that one of the subschemas failed, which has errors of its own. */
const WRAPPERS: ReadonlySet<string> = new Set(['if', 'then', 'else', 'propertyNames']);
const UNIONS: ReadonlySet<string> = new Set(['anyOf', 'oneOf']);

/** One error for each member that is wrong. `resource` names the whole: the title of the body's schema, or `Query`. */
export function fieldErrors(resource: string, found: readonly ErrorObject[]): FieldError[] {
  const byField = new Map<string, FieldError>();
  for (const error of withoutOtherBranches(found)) {
    const field = fieldOf(error).slice(0, FIELD_CHARACTERS_MAX);
    const code = codeOf(error);
    if (!byField.has(field)) byField.set(field, { resource, field, code, message: messageOf(error, code) });
    if (byField.size === ERRORS_MAX) break;
  }
  return [...byField.values()];
}

/**
 * Of a union only the branch that was most probably meant is told of: one whose type and constants fit. Where none does,
 * the union's own error stands for all.
 */
function withoutOtherBranches(found: readonly ErrorObject[]): ErrorObject[] {
  let errors = [...found];
  for (const union of found.filter((error) => UNIONS.has(error.keyword)).sort(deepestFirst)) {
    if (!errors.includes(union)) continue;
    const prefix = `${union.schemaPath}/`;
    const isInside = (error: ErrorObject): boolean =>
      error.schemaPath.startsWith(prefix) && error.instancePath.startsWith(union.instancePath);
    const inside = errors.filter(isInside);
    const told = [...meantBranch(union, inside)];
    if (told.length === 0) told.push(...wrongTag(union, inside));
    errors = errors.filter((error) => !isInside(error) && (error !== union || told.length === 0));
    errors.push(...told);
  }
  return errors.filter((error) => !WRAPPERS.has(error.keyword) || error.propertyName !== undefined);
}

/** The errors of each branch of the union. */
function branchesOf(union: ErrorObject, inside: readonly ErrorObject[]): readonly ErrorObject[][] {
  const branches = new Map<string, ErrorObject[]>();
  for (const error of inside) {
    const branch = error.schemaPath.slice(union.schemaPath.length + 1).split('/', 1)[0] ?? '';
    branches.set(branch, [...(branches.get(branch) ?? []), error]);
  }
  return [...branches.values()];
}

/** A constant that every branch wants alike: it is wrong, but tells nothing of which branch was meant. */
function isWantedByAll(error: ErrorObject, branches: readonly ErrorObject[][]): boolean {
  const isSame = (each: ErrorObject): boolean =>
    each.keyword === 'const' &&
    each.instancePath === error.instancePath &&
    each.params.allowedValue === error.params.allowedValue;
  return branches.every((errors) => errors.some(isSame));
}

/** Where one member tells the branches apart by constants, and is none of them: that member is wrong, not the whole. */
function wrongTag(union: ErrorObject, inside: readonly ErrorObject[]): readonly ErrorObject[] {
  const branches = branchesOf(union, inside);
  const tags = inside.filter((error) => error.keyword === 'const' && !isWantedByAll(error, branches));
  const [tag] = tags;
  if (tag === undefined || tags.length !== branches.length) return [];
  if (tags.some((error) => error.instancePath !== tag.instancePath)) return [];
  const allowedValues = tags.map((error) => (error.params as { allowedValue?: unknown }).allowedValue);
  return [{ ...tag, keyword: 'enum', params: { allowedValues } }];
}

function meantBranch(union: ErrorObject, inside: readonly ErrorObject[]): readonly ErrorObject[] {
  const branches = branchesOf(union, inside);
  const misses = (error: ErrorObject): boolean => missesBranch(union, error) && !isWantedByAll(error, branches);
  const fitting = branches.filter((errors) => !errors.some(misses));
  return fitting.sort((a, b) => a.length - b.length)[0] ?? [];
}

/** An error that says that another branch was meant: the value is of another type, or a constant differs. */
function missesBranch(union: ErrorObject, error: ErrorObject): boolean {
  if (error.keyword === 'const') return true;
  return error.instancePath === union.instancePath && (error.keyword === 'type' || error.keyword === 'enum');
}

function deepestFirst(a: ErrorObject, b: ErrorObject): number {
  return b.schemaPath.length - a.schemaPath.length;
}

function codeOf(error: ErrorObject): FieldCode {
  if (error.propertyName !== undefined) return 'unknown_field';
  switch (error.keyword) {
    case 'required':
    case 'dependentRequired':
      return 'missing_field';
    case 'additionalProperties':
    case 'unevaluatedProperties':
    case 'false schema':
      return 'unknown_field';
    default:
      return 'invalid';
  }
}

function fieldOf(error: ErrorObject): string {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { missingProperty, additionalProperty, unevaluatedProperty } = error.params as Record<string, unknown>;
  const member = error.propertyName ?? missingProperty ?? additionalProperty ?? unevaluatedProperty;
  if (typeof member === 'string') path.push(member);
  return path.join('.');
}

function messageOf(error: ErrorObject, code: FieldCode): string {
  if (code === 'missing_field') return 'is required';
  if (code === 'unknown_field') return 'is not known here';
  if (UNIONS.has(error.keyword)) return 'is not of a form that is accepted here';
  const { allowedValues, allowedValue } = error.params as Record<string, unknown>;
  const values = Array.isArray(allowedValues) ? allowedValues : [];
  if (values.length > 0 && values.length <= LISTED_VALUES_MAX) return `must be one of: ${values.join(', ')}`;
  if (allowedValue !== undefined) return `must be ${JSON.stringify(allowedValue)}`;
  return error.message ?? 'is not valid';
}
