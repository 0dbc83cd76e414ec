// The operations that questions may name and paths may mean: this service's own and Git's, which are built in, and those that
// were loaded (C2). One value, so that evaluation, gateways and the list of operations can never have different ideas of what
// there is. Where both declare an operation the loaded declaration counts; this service's own routes keep theirs.

import { GIT_OPERATIONS } from './git.ts';
import type { Operation } from './operation.ts';
import { OWN_OPERATIONS } from './own-operations.ts';
import type { RequestPath } from './path.ts';
import { covers, levelOf } from './permission.ts';
import { compileRouter, type Match, type Router } from './router.ts';
import { shapeOf } from './template.ts';
import type { Level } from './vocabulary.ts';

export type OperationMatch = {
  readonly operation: Operation;
  /** The value of each parameter of the template, decoded. */
  readonly params: Readonly<Record<string, string>>;
};

export type Catalogue = {
  /** 0: nothing was ever loaded. */
  readonly version: number;
  /** Every operation that is declared. */
  readonly operations: readonly Operation[];
  /** The operation with this name, `METHOD /template`, or null. @rule C1, C3, C4, F3 */
  readonly named: (name: string) => Operation | null;
  /** For each method, of the operations whose template matches the path the most specific one. @rule C3 */
  readonly at: (path: RequestPath) => readonly Operation[];
  /** What a request is for: of the method's operations the most specific one. HEAD counts as GET. @rule C3, C4 */
  readonly match: (method: string, path: RequestPath) => OperationMatch | null;
};

const BUILT_IN: readonly Operation[] = [...OWN_OPERATIONS, ...GIT_OPERATIONS];
const GIT_IDS: ReadonlySet<string> = new Set(GIT_OPERATIONS.map(({ id }) => id));
const GIT_SUFFIX = '/{owner}/{repo}.git/';

/** HEAD counts as GET (C3). */
function methodOf(method: string): string {
  return method === 'HEAD' ? 'GET' : method;
}

/** Git's paths are the same with `.git` (C4). */
function canonical(name: string): string {
  const [method = '', template = ''] = name.split(' ', 2);
  const plain = template.startsWith(GIT_SUFFIX) ? template.replace(GIT_SUFFIX, '/{owner}/{repo}/') : template;
  return name === `${method} ${template}` ? `${methodOf(method)} ${plain}` : '';
}

function keyOf({ method, template }: Operation): string {
  return `${method} ${shapeOf(template)}`;
}

/** An undeclared operation is there to hide a wider template, not to be listed. @rule C1 */
export function isDeclared(operation: Operation): boolean {
  return operation.permissionless || operation.permission_sets.some((set) => Object.keys(set).length > 0);
}

/** Whether it counts in the place of one that is built in. What is not understood does: it may have allowed less. @rule C2, F3 */
function countsBefore(loaded: Operation): boolean {
  return isDeclared(loaded) || loaded.not_understood === true;
}

function routersOf(operations: readonly Operation[]): ReadonlyMap<string, Router<Operation>> {
  const methods = [...new Set(operations.map(({ method }) => method))];
  return new Map(
    methods.map((method) => {
      const routes = operations.filter((each) => each.method === method);
      return [method, compileRouter(routes.map((target) => ({ template: target.template, target })))];
    }),
  );
}

/** A repository's name never ends in `.git`; Git's addresses may (C4). */
function matched({ target, params }: Match<Operation>): OperationMatch {
  if (!GIT_IDS.has(target.id)) return { operation: target, params };
  return { operation: target, params: { ...params, repo: (params.repo ?? '').replace(/\.git$/, '') } };
}

/** The catalogue of these operations beside those that are built in. No two loaded ones have the same method and shape. @rule C2 */
export function compileCatalogue(loaded: readonly Operation[], version: number): Catalogue {
  const loaded_by_key = new Map(loaded.map((each) => [keyOf(each), each]));
  const in_force = BUILT_IN.map((each): readonly [string, Operation] => {
    const other = loaded_by_key.get(keyOf(each));
    return [each.id, other !== undefined && countsBefore(other) ? other : each];
  });
  const overridden = new Set(BUILT_IN.map(keyOf));
  const added = loaded.filter((each) => !overridden.has(keyOf(each)));
  const all = [...in_force.map(([, operation]) => operation), ...added];
  // The name of a built-in operation stays known where the loaded one calls its parameters otherwise.
  const by_name = new Map([...in_force, ...all.map((each): [string, Operation] => [each.id, each])]);
  const routers = routersOf(all);
  return {
    version,
    operations: all.filter(isDeclared),
    named: (name) => by_name.get(canonical(name)) ?? null,
    at: (path) => [...routers.values()].flatMap((route) => route(path)?.target ?? []).filter(isDeclared),
    match: (method, path) => {
      const found = routers.get(methodOf(method))?.(path) ?? null;
      return found === null ? null : matched(found);
    },
  };
}

/** What there is where nothing was loaded. */
export const BUILT_IN_CATALOGUE: Catalogue = compileCatalogue([], 0);

/** Whether holding the permission at this level satisfies a part of what the operation asks. */
export function takesPartIn(operation: Operation, permission: string, level: Level): boolean {
  return operation.permission_sets.some((set) => {
    const needed = levelOf(set, permission);
    return needed !== undefined && covers(level, needed);
  });
}
