// What a repository may be, whether it is made, edited or taken over: the 422s that these have in common.

import type { OwnerRow } from '../../db/owners.ts';
import { invalid, type Refusal } from '../../domain/refusal.ts';
import { type VisibilityWish, wishedVisibility } from '../../domain/repository-wish.ts';
import type { Visibility } from '../../domain/vocabulary.ts';

/** The refusal of a name that another repository of the owner has, in whatever case. `field`: where it was asked for. */
export function nameTaken(field: string): Refusal {
  return invalid('Repository', field, 'already_exists', 'name already exists on this account');
}

/** The visibility that is asked for, undefined where none is; 422 where `private` and `visibility` differ. */
export function requireVisibility(wish: VisibilityWish): Visibility | undefined {
  const wished = wishedVisibility(wish);
  if (wished === null) throw invalid('Repository', 'private', 'invalid', 'differs from `visibility`');
  return wished;
}

/** Whether the owner can have internal repositories. @rule C5 */
export function isHomeOfInternal(owner: OwnerRow): boolean {
  return owner.enterprise_id !== null;
}

/** Internal is for organizations of an enterprise: 422 elsewhere. @rule C5 */
export function requireHome(owner: OwnerRow, visibility: Visibility): void {
  if (visibility !== 'internal' || isHomeOfInternal(owner)) return;
  const message = '`internal` needs an organization that belongs to an enterprise';
  throw invalid('Repository', 'visibility', 'unprocessable', message);
}
