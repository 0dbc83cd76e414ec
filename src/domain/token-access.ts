// What a fine-grained token asks of its resource owner or is granted: permissions and repositories. Ordered by inclusion:
// the meet of two is what both allow.

import { isWithin, meet, type PermissionMap } from './permission.ts';
import type { RepositorySelection } from './vocabulary.ts';

export type TokenAccess = {
  readonly permissions: PermissionMap;
  readonly repository_selection: RepositorySelection;
  /** In ascending order; empty unless the selection is `subset`. */
  readonly repository_ids: readonly number[];
};
type Selection = Omit<TokenAccess, 'permissions'>;

function isSelectionWithin(a: Selection, b: Selection): boolean {
  if (a.repository_selection === 'none' || b.repository_selection === 'all') return true;
  if (a.repository_selection === 'all' || b.repository_selection === 'none') return false;
  const allowed = new Set(b.repository_ids);
  return a.repository_ids.every((id) => allowed.has(id));
}

function meetSelection(a: Selection, b: Selection): Selection {
  if (a.repository_selection === 'all') return b;
  if (b.repository_selection === 'all') return a;
  if (a.repository_selection === 'none' || b.repository_selection === 'none') {
    return { repository_selection: 'none', repository_ids: [] };
  }
  const shared = new Set(b.repository_ids);
  return { repository_selection: 'subset', repository_ids: a.repository_ids.filter((id) => shared.has(id)) };
}

/** Whether everything in `a` is also in `b`. */
export function isAccessWithin(a: TokenAccess, b: TokenAccess): boolean {
  return isWithin(a.permissions, b.permissions) && isSelectionWithin(a, b);
}

/** What both allow. */
export function meetAccess(a: TokenAccess, b: TokenAccess): TokenAccess {
  const { repository_selection, repository_ids } = meetSelection(a, b);
  return { permissions: meet(a.permissions, b.permissions), repository_selection, repository_ids };
}

/** Whether both say the same; an empty subset and `none` are told apart. */
export function isSameAccess(a: TokenAccess, b: TokenAccess): boolean {
  if (a.repository_selection !== b.repository_selection) return false;
  return isAccessWithin(a, b) && isAccessWithin(b, a);
}
