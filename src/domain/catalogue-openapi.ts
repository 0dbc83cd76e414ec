// A catalogue as an OpenAPI 3.x document: its operations say by `x-` members what they need (C2). The rest of the document is
// of no concern here, and is not checked.

import { LOADED_METHODS } from './catalogue-list.ts';
import { type DeclarationNames, readDeclaration } from './declaration.ts';
import { type DocumentPath, isObject, type Report, shown } from './document-fault.ts';
import { templateFault } from './loaded-template.ts';
import type { Operation } from './operation.ts';

const NAMES: DeclarationNames = {
  permission_sets: 'x-required-permissions',
  classic_scopes: 'x-accepted-scopes',
  public_read: 'x-public-read',
  permissionless: 'x-permissionless',
  resource: 'x-resource',
};
const DECLARING: readonly string[] = Object.values(NAMES);

const VERSION = /^3\.\d+(?:\.\d+)?(?:-.*)?$/;
/** Methods that OpenAPI has and a catalogue has not: HEAD counts as GET, the others are never allowed. */
const OTHER_METHODS = ['head', 'options', 'trace', 'query'];

type Members = Readonly<Record<string, unknown>>;
type Placed = { readonly operation: Operation; readonly path: DocumentPath };

/** What differs in letter case, hyphens or a last `s` only is the same to who writes it. */
function inLetters(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace(/s$/, '');
}

const BY_LETTERS: ReadonlyMap<string, string> = new Map(DECLARING.map((name) => [inLetters(name), name]));

/** A restriction that is misspelt must not be passed over as somebody else's member: without it more would be allowed. */
function refuseMisspelt(members: Members, path: DocumentPath, report: Report): void {
  for (const name of Object.keys(members)) {
    const meant = BY_LETTERS.get(inLetters(name));
    if (meant !== undefined && meant !== name) report([...path, name], `is not known here: ${shown(meant)} is`);
  }
}

/** What stands where it would not count must not look as if it did. */
function refuseDeclarations(members: Members, path: DocumentPath, report: Report): void {
  for (const name of DECLARING) {
    if (Object.hasOwn(members, name)) report([...path, name], 'does not count here: it belongs into an operation');
  }
}

function refuseOtherMethods(item: Members, path: DocumentPath, report: Report): void {
  if (item.additionalOperations !== undefined) {
    report([...path, 'additionalOperations'], `must not be there: the methods are ${LOADED_METHODS.join(', ')}`);
  }
  for (const method of OTHER_METHODS) {
    const operation = item[method];
    const declares = isObject(operation) && DECLARING.some((name) => Object.hasOwn(operation, name));
    if (!declares) continue;
    const reason = method === 'head' ? 'HEAD counts as GET' : `the methods are ${LOADED_METHODS.join(', ')}`;
    report([...path, method], `must not declare anything: ${reason}`);
  }
}

function readItem(template: string, item: unknown, report: Report): Placed[] {
  const path = ['paths', template];
  if (!isObject(item)) {
    report(path, 'must be an object of operations');
    return [];
  }
  if (item.$ref !== undefined) report([...path, '$ref'], 'is not followed: the operations must stand here');
  refuseDeclarations(item, path, report);
  refuseOtherMethods(item, path, report);
  const wrong_path = templateFault(template);
  if (wrong_path !== null) report(path, `${wrong_path}`);
  return LOADED_METHODS.flatMap((method): Placed[] => {
    const name = method.toLowerCase();
    const members = item[name];
    const at = [...path, name];
    if (members === undefined) return [];
    if (isObject(members)) {
      refuseMisspelt(members, at, report);
      const operation = readDeclaration({ method, template, members, names: NAMES, path: at }, report);
      return wrong_path === null ? [{ operation, path: at }] : [];
    }
    report(at, 'must be an object: one operation');
    return [];
  });
}

/** The operations with the place of each; those that declare nothing too. @rule C2 */
export function readOpenapi(document: Members, report: Report): readonly Placed[] {
  const { openapi, paths } = document;
  if (typeof openapi !== 'string' || !VERSION.test(openapi)) {
    report(openapi === undefined ? [] : ['openapi'], 'must be an OpenAPI 3.x document, or an array of operations');
    return [];
  }
  refuseDeclarations(document, [], report);
  if (!isObject(paths)) {
    report(paths === undefined ? [] : ['paths'], 'must have an object of paths');
    return [];
  }
  refuseDeclarations(paths, ['paths'], report);
  return Object.entries(paths)
    .filter(([template]) => !template.startsWith('x-'))
    .flatMap(([template, item]) => readItem(template, item, report));
}
