// Which operations there are, and what each of them asks.

import type { Deps } from '../../deps.ts';
import { type Catalogue, takesPartIn } from '../../domain/catalogue.ts';
import type { Operation } from '../../domain/operation.ts';
import { readPath } from '../../domain/path.ts';
import { isPermissionLevel } from '../../domain/permission.ts';
import { Refusal } from '../../domain/refusal.ts';

/** An empty member asks for nothing, like an absent one. */
export type OperationFilter = {
  readonly method?: string | undefined;
  /** A template, or a path of a request. */
  readonly path?: string | undefined;
  /** `permission:level` */
  readonly permission?: string | undefined;
};

/** A template names its operations; a path has, for each method, the one of its most specific template. @rule C3 */
function atPath(catalogue: Catalogue, text: string): readonly Operation[] {
  const named = catalogue.operations.filter((each) => each.template === text);
  if (named.length > 0 || text.includes('{')) return named;
  const path = readPath(text);
  if (path === null) throw new Refusal('path_refused');
  return catalogue.at(path);
}

/** The operations that the filter leaves. Refuses an ambiguous path. Faults: StorageUnavailable. */
export async function findOperations(deps: Deps, filter: OperationFilter): Promise<readonly Operation[]> {
  const { method = '', path = '', permission = '' } = filter;
  const catalogue = await deps.catalogue.current();
  const found = path === '' ? catalogue.operations : atPath(catalogue, path);
  const asked_method = method.toUpperCase() === 'HEAD' ? 'GET' : method.toUpperCase();
  const [name = '', level = ''] = permission.split(':');
  return found.filter((each) => {
    if (asked_method !== '' && each.method !== asked_method) return false;
    return permission === '' || (isPermissionLevel(name, level) && takesPartIn(each, name, level));
  });
}
