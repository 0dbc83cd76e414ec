// The operations that questions may name: this service's own and Git's, which are built in (C2). One place, so that
// evaluation, gateways and the list of operations can never have different ideas of what exists.

import { GIT_OPERATIONS } from './git.ts';
import type { Operation } from './operation.ts';
import { OWN_OPERATIONS } from './own-operations.ts';
import { matchesTemplate, moreSpecificFirst, type RequestPath } from './path.ts';
import { covers, levelOf } from './permission.ts';
import type { Level } from './vocabulary.ts';

export const BUILT_IN_OPERATIONS: readonly Operation[] = [...OWN_OPERATIONS, ...GIT_OPERATIONS];

const BY_ID: ReadonlyMap<string, Operation> = new Map(BUILT_IN_OPERATIONS.map((each) => [each.id, each]));

const GIT_SUFFIX = '/{owner}/{repo}.git/';

/** HEAD counts as GET (C3); Git's paths are the same with `.git` (C4). */
function canonical(name: string): string {
  const method_known = name.startsWith('HEAD /') ? `GET ${name.slice('HEAD '.length)}` : name;
  return method_known.replace(` ${GIT_SUFFIX}`, ' /{owner}/{repo}/');
}

/** The operation with this name, `METHOD /template`, or null. @rule C1, C4, F3 */
export function operationNamed(name: string): Operation | null {
  return BY_ID.get(canonical(name)) ?? null;
}

/** For each method, of the operations whose template matches the path the most specific one. @rule C3 */
export function operationsAt(path: RequestPath): readonly Operation[] {
  const found = new Map<string, Operation>();
  const matching = BUILT_IN_OPERATIONS.filter((each) => matchesTemplate(each.template, path));
  for (const operation of matching.toSorted((a, b) => moreSpecificFirst(a.template, b.template))) {
    if (!found.has(operation.method)) found.set(operation.method, operation);
  }
  return [...found.values()];
}

/** Whether holding the permission at this level satisfies a part of what the operation asks. */
export function takesPartIn(operation: Operation, permission: string, level: Level): boolean {
  return operation.permission_sets.some((set) => {
    const needed = levelOf(set, permission);
    return needed !== undefined && covers(level, needed);
  });
}
