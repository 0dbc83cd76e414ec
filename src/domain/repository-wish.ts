// What a body says about the visibility of a repository that is made or edited (contract 1, K2).

import type { Visibility } from './vocabulary.ts';

export type VisibilityWish = { readonly private?: boolean; readonly visibility?: Visibility };

/** The visibility that is asked for, undefined where none is, null where the two members contradict each other. */
export function wishedVisibility(wish: VisibilityWish): Visibility | null | undefined {
  if (wish.private === undefined) return wish.visibility;
  const by_flag = wish.private ? 'private' : 'public';
  return wish.visibility === undefined || wish.visibility === by_flag ? by_flag : null;
}
