// Members of GitHub's request bodies that mean nothing here: accepted and ignored, so that its clients work (contract 1).

import { type TOptional, type TUnknown, Type } from 'typebox';

/** These members, with whatever value. */
export function ignored<const Name extends string>(
  names: readonly Name[],
): { readonly [Each in Name]: TOptional<TUnknown> } {
  const member = Type.Optional(Type.Unknown({ description: 'Accepted and ignored' }));
  return Object.fromEntries(names.map((name) => [name, member])) as { [Each in Name]: typeof member }; // the same names
}
