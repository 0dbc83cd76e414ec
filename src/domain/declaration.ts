// What one operation of a catalogue declares (C1), read from whichever members the form of the catalogue has. Nothing that
// restricts is passed over: what is not understood is a fault, and a catalogue with a fault is not loaded.

import { type DocumentPath, isObject, type Report, shown } from './document-fault.ts';
import { ambiguousParameter, namingByPath, type ResourceNaming, resourceTypeOf } from './named-resource.ts';
import type { Operation } from './operation.ts';
import { isPermissionLevel, type PermissionMap, permissionNamed } from './permission.ts';
import { readNaming } from './resource-naming.ts';
import { isScope } from './scope.ts';
import type { Level } from './vocabulary.ts';

/** What the members are called in this form. */
export type DeclarationNames = {
  readonly permission_sets: string;
  readonly classic_scopes: string;
  readonly public_read: string;
  readonly permissionless: string;
  readonly resource: string;
};

/** One operation and where it stands. */
export type DeclarationSource = {
  readonly method: string;
  readonly template: string;
  readonly members: Readonly<Record<string, unknown>>;
  readonly names: DeclarationNames;
  readonly path: DocumentPath;
};

type Reading = DeclarationSource & { readonly report: Report };

const SETS_MAX = 100;

function flag({ members, path, report }: Reading, name: string): boolean {
  const value = members[name];
  if (value === undefined || typeof value === 'boolean') return value === true;
  report([...path, name], 'must be true or false');
  return false;
}

function readSet(value: unknown, path: DocumentPath, report: Report): PermissionMap {
  if (!isObject(value)) {
    report(path, 'must be an object of permissions and levels, such as {"contents": "read"}');
    return {};
  }
  const entries = Object.entries(value);
  if (entries.length === 0) report(path, 'must name a permission: a set that says nothing is no declaration');
  const known = entries.filter((entry): entry is [string, Level] => {
    const [name, level] = entry;
    const definition = permissionNamed(name);
    if (definition === undefined) report([...path, name], `is not known: there is no permission ${shown(name)}`);
    else if (typeof level !== 'string' || !isPermissionLevel(name, level)) {
      report([...path, name], `must be a level of ${shown(name)}: ${definition.levels.join(', ')}`);
    } else return true;
    return false;
  });
  return Object.fromEntries(known);
}

function readSets({ members, names, path, report }: Reading): readonly PermissionMap[] {
  const value = members[names.permission_sets];
  const at = [...path, names.permission_sets];
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    report(at, 'must be an array of permission sets: AND inside a set, OR between sets');
    return [];
  }
  if (value.length > SETS_MAX) report(at, `must have at most ${SETS_MAX} sets`);
  return value.slice(0, SETS_MAX).map((set: unknown, index) => readSet(set, [...at, index], report));
}

/** Null where it is not said. */
function readScopes({ members, names, path, report }: Reading): readonly string[] | null {
  const value = members[names.classic_scopes] ?? null;
  const at = [...path, names.classic_scopes];
  if (value === null) return null;
  if (!Array.isArray(value)) {
    report(at, 'must be an array of scopes, of which any one is enough');
    return null;
  }
  const known = value.filter((scope: unknown, index): scope is string => {
    if (typeof scope === 'string' && isScope(scope)) return true;
    report(
      [...at, index],
      typeof scope === 'string' ? `is not known: there is no scope ${shown(scope)}` : 'must be a scope',
    );
    return false;
  });
  return [...new Set(known)];
}

function namingOf({ members, names, template, path, report }: Reading): ResourceNaming | undefined {
  const value = members[names.resource];
  if (value === undefined) return undefined;
  const naming = readNaming(value, template);
  if (typeof naming !== 'string') return naming;
  report([...path, names.resource], naming);
  return undefined;
}

/** Where the path does not say in one way only what the operation is about, the declaration has to. @rule C2, C3 */
function refuseAmbiguous({ members, names, template, path, report }: Reading): void {
  const name = members[names.resource] === undefined ? ambiguousParameter(template) : undefined;
  if (name === undefined) return;
  report([...path, names.resource], `is needed: ${shown(name)} shares its segment of the path with another parameter`);
}

/** The operation as it is declared. Faults are reported; what they are about is then missing in the answer. @rule C1, C2 */
export function readDeclaration(source: DeclarationSource, report: Report): Operation {
  const reading = { ...source, report };
  const { method, template, names, path } = source;
  const permission_sets = readSets(reading);
  const permissionless = flag(reading, names.permissionless);
  if (permissionless && permission_sets.length > 0) {
    report([...path, names.permissionless], `must not be true beside permissions in ${shown(names.permission_sets)}`);
  }
  const naming = namingOf(reading);
  if (permissionless || permission_sets.length > 0) refuseAmbiguous(reading);
  return {
    id: `${method} ${template}`,
    method,
    template,
    permission_sets,
    permissionless,
    classic_scopes: readScopes(reading),
    public_read: flag(reading, names.public_read),
    open_list: false,
    resource: resourceTypeOf(naming ?? namingByPath(template, permission_sets)),
    ...(naming !== undefined && { naming }),
  };
}

/** The same operation as if nothing were declared: denied, and hiding what is wider. @rule C1, F3 */
export function undeclared(method: string, template: string): Operation {
  return readDeclaration({ method, template, members: {}, names: NO_NAMES, path: [] }, () => undefined);
}

const NO_NAMES: DeclarationNames = {
  permission_sets: '',
  classic_scopes: '',
  public_read: '',
  permissionless: '',
  resource: '',
};
