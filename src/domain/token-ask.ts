// What a holder asks for: the name, the scopes or permissions, and the repositories of a token, read from a body that has
// the right shape. Everything that is wrong at once is told at once; nothing is dropped, since a dropped restriction is a
// wider token.

import { foldedName } from './folded-name.ts';
import { normalisePermissions, type PermissionMap, permissionNamed } from './permission.ts';
import { type FieldError, Refusal } from './refusal.ts';
import { isScope, normaliseScopes } from './scope.ts';
import { invalidToken, tokenError } from './token-refusal.ts';
import type { Level, PermissionCategory, RepositorySelection, TokenKind } from './vocabulary.ts';

const NAME_LENGTH_MAX = { fine_grained: 40, classic: 255 } as const;

/** The name without white space around it. Refuses: 422. @rule M2 */
export function readTokenName(kind: TokenKind, text: string): string {
  const name = text.trim();
  const length_max = NAME_LENGTH_MAX[kind];
  const length = [...name].length; // characters, as the database counts them
  if (length >= 1 && length <= length_max) return name;
  throw invalidToken('name', 'invalid', `must have 1 to ${length_max} characters`);
}

/** Known scopes in their normal form. Refuses: 422 for each that does not exist. @rule K5 */
export function readScopes(names: readonly string[]): readonly string[] {
  const errors = names.flatMap((name, index): FieldError[] =>
    isScope(name) ? [] : [tokenError(`scopes.${index}`, 'invalid', 'there is no such scope')],
  );
  refuseAny(errors);
  return normaliseScopes(names);
}

/** Why a permission of this category cannot be had. @rule K4 */
function misplaced(
  category: PermissionCategory,
  owner_type: 'User' | 'Organization',
  selection: RepositorySelection,
): string | null {
  if (category === 'account' && owner_type !== 'User') return 'needs oneself as resource owner';
  if (category === 'organization' && owner_type !== 'Organization') return 'needs an organization as resource owner';
  if (category === 'repository' && selection === 'none') return 'needs repositories: `repository_selection` is `none`';
  return null;
}

function judgePermission(
  name: string,
  level: string,
  place: { owner_type: 'User' | 'Organization'; selection: RepositorySelection },
): FieldError[] {
  const field = `permissions.${name.slice(0, 100)}`;
  const definition = permissionNamed(name);
  if (definition === undefined) return [tokenError(field, 'unknown_field', 'there is no such permission')];
  if (!definition.levels.some((each) => each === level)) {
    return [tokenError(field, 'invalid', `must be one of: ${definition.levels.join(', ')}`)];
  }
  const problem = misplaced(definition.category, place.owner_type, place.selection);
  return problem === null ? [] : [tokenError(field, 'invalid', problem)];
}

/** Known permissions at levels that they have, for this kind of owner, with `metadata`. Refuses: 422. @rule K4, K5 */
export function readPermissions(
  given: Readonly<Record<string, string>>,
  owner_type: 'User' | 'Organization',
  selection: RepositorySelection,
): PermissionMap {
  const entries = Object.entries(given);
  refuseAny(entries.flatMap(([name, level]) => judgePermission(name, level, { owner_type, selection })));
  return normalisePermissions(Object.fromEntries(entries.map(([name, level]) => [name, level as Level]))); // judged above
}

/** Refuses a list of repositories without `subset`, and `subset` without one: 422. @rule M6 */
export function judgeSelection(selection: RepositorySelection, repositories: readonly string[] | undefined): void {
  if (selection === 'subset' && repositories === undefined) {
    throw invalidToken('repositories', 'missing_field', 'is required where `repository_selection` is `subset`');
  }
  if (selection !== 'subset' && repositories !== undefined) {
    throw invalidToken('repositories', 'invalid', 'goes only with `repository_selection` `subset`');
  }
}

export type NamedRepository = {
  /** Lower case, without the owner; null where it names one of another owner. */
  readonly key: string | null;
  /** Its first place in the list. */
  readonly index: number;
};

/** The names of a subset, each once. Refuses: 422 where there are none, or more than the limit. @rule M6 */
export function readRepositoryNames(
  names: readonly string[],
  owner_login: string,
  count_max: number,
): NamedRepository[] {
  const prefix = `${foldedName(owner_login)}/`;
  const first = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const lower = foldedName(name);
    const full = lower.includes('/') ? lower : `${prefix}${lower}`;
    if (!first.has(full)) first.set(full, index);
  }
  if (first.size === 0) throw invalidToken('repositories', 'invalid', 'must name at least one repository');
  if (first.size > count_max) {
    throw invalidToken('repositories', 'unprocessable', `must not name more than ${count_max} repositories`);
  }
  return [...first].map(([full, index]) => ({
    key: full.startsWith(prefix) ? full.slice(prefix.length) : null,
    index,
  }));
}

function refuseAny(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw new Refusal('validation_failed', { errors });
}
