// A catalogue as an array of operations, in the form of GitHub's list (`{"method", "path", "permission_sets", …}`). It is
// also the form in which a catalogue is kept.

import { type DeclarationNames, readDeclaration, undeclared } from './declaration.ts';
import { isObject, type Report, shown } from './document-fault.ts';
import { templateFault } from './loaded-template.ts';
import type { Operation } from './operation.ts';
import { printNaming } from './resource-naming.ts';

const NAMES: DeclarationNames = {
  permission_sets: 'permission_sets',
  classic_scopes: 'classic_scopes',
  public_read: 'public_read',
  permissionless: 'permissionless',
  resource: 'resource',
};

/** What else a row may say; it is for readers and decides nothing. */
const NOTES: ReadonlySet<string> = new Set(['operation_id', 'sets_basis']);
const MEMBERS: ReadonlySet<string> = new Set(['method', 'path', ...Object.values(NAMES), ...NOTES]);

export const LOADED_METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function methodFault(method: unknown): string | null {
  if (method === 'HEAD') return 'must not be HEAD: it counts as GET';
  if (typeof method === 'string' && LOADED_METHODS.includes(method)) return null;
  return `must be one of ${LOADED_METHODS.join(', ')}`;
}

function readRow(row: unknown, index: number, report: Report): Operation[] {
  if (!isObject(row)) {
    report([index], 'must be an object: one operation');
    return [];
  }
  const { method, path: template } = row;
  for (const name of Object.keys(row)) {
    if (!MEMBERS.has(name)) report([index, name], `is not known here: ${shown(name)}`);
  }
  for (const name of NOTES) {
    if (row[name] !== undefined && typeof row[name] !== 'string') report([index, name], 'must be a text');
  }
  const wrong_method = methodFault(method);
  if (wrong_method !== null) report([index, 'method'], wrong_method);
  const wrong_path = typeof template === 'string' ? templateFault(template) : 'must be a path template';
  if (wrong_path !== null) report([index, 'path'], wrong_path);
  // Not every object can be printed.
  const named = {
    method: typeof method === 'string' ? method : '',
    template: wrong_path === null ? `${template}` : '/',
  };
  const operation = readDeclaration({ ...named, members: row, names: NAMES, path: [index] }, report);
  return wrong_method === null && wrong_path === null ? [operation] : [];
}

/** The operations with the place of each. @rule C2 */
export function readList(
  rows: readonly unknown[],
  report: Report,
): readonly { readonly operation: Operation; readonly path: readonly (string | number)[] }[] {
  return rows.flatMap((row, index) => readRow(row, index, report).map((operation) => ({ operation, path: [index] })));
}

/** The operations as rows of such an array. */
export function printList(operations: readonly Operation[]): readonly Readonly<Record<string, unknown>>[] {
  return operations.map(({ method, template, naming, ...declared }) => ({
    method,
    path: template,
    permission_sets: declared.permission_sets,
    permissionless: declared.permissionless,
    public_read: declared.public_read,
    ...(declared.classic_scopes !== null && { classic_scopes: declared.classic_scopes }),
    ...(naming !== undefined && { resource: printNaming(naming) }),
  }));
}

/**
 * The operations of rows that were kept. A row is not trusted, and another version may have written it: where it is not
 * understood nothing is declared, which is denied. @rule F3
 */
export function readKeptList(rows: unknown): { readonly operations: readonly Operation[]; readonly faults: number } {
  if (!Array.isArray(rows)) return { operations: [], faults: 1 };
  let faults = 0;
  const seen = new Set<string>();
  const operations = rows.flatMap((row: unknown, index): Operation[] => {
    const before = faults;
    const [operation] = readRow(row, index, () => {
      faults += 1;
    });
    if (operation === undefined || seen.has(operation.id)) return [];
    seen.add(operation.id);
    const { method, template } = operation;
    return [faults === before ? operation : { ...undeclared(method, template), not_understood: true }];
  });
  return { operations, faults };
}
