// The smaller grant that would have done as well: what a token was given, less all that none of its uses needed (U1). Uses are what
// exercise.ts tells of them. INVARIANT: every use that the token as it is now could repeat, the smaller one can too; one
// permission, one level or one scope less, and some use cannot be repeated.

import type { Alternatives } from './exercise.ts';
import { hasCategory, normalisePermissions, type PermissionMap, permissionNamed, satisfies } from './permission.ts';
import { expandScopes, normaliseScopes } from './scope.ts';
import { LEVELS, type Level, type RepositorySelection, SCOPES } from './vocabulary.ts';

const isLevel = (word: string | undefined): word is Level => LEVELS.some((each) => each === word);

/** `contents:read` as a set of one. */
function setOf(members: readonly string[]): PermissionMap | null {
  const set: Record<string, Level> = {};
  for (const each of members) {
    const [permission = '', level] = each.split(':');
    if (!isLevel(level)) return null;
    set[permission] = level;
  }
  return set;
}

function permissionsSuffice(permissions: PermissionMap, needed: Alternatives): boolean {
  const held = normalisePermissions(permissions);
  return needed.some((members) => {
    const set = setOf(members);
    return set !== null && satisfies(held, set);
  });
}

/** The lower levels that the permission has, lowest first; null is none of it. */
function lowerLevels(permission: string, level: Level): readonly (Level | null)[] {
  const below = permissionNamed(permission)?.levels ?? [];
  return [null, ...below.filter((each) => LEVELS.indexOf(each) < LEVELS.indexOf(level))];
}

function withLevel(map: PermissionMap, permission: string, level: Level | null): PermissionMap {
  const { [permission]: _former, ...others } = map;
  return level === null ? others : { ...others, [permission]: level };
}

/**
 * The permissions at the least levels that suffice for all of these uses; what the given ones do not allow does not count. One
 * pass is enough: what could not be lowered while others were higher cannot be when they are lower. @rule U1
 */
export function narrowPermissions(granted: PermissionMap, uses: readonly Alternatives[]): PermissionMap {
  const counting = uses.filter((needed) => permissionsSuffice(granted, needed));
  const byWeight = Object.entries(granted).sort(
    ([a, one], [b, other]) => LEVELS.indexOf(other) - LEVELS.indexOf(one) || (a < b ? -1 : 1),
  );
  // `metadata` comes with every other one about repositories: it is asked last whether it is needed for itself.
  const ordered = [
    ...byWeight.filter(([name]) => name !== 'metadata'),
    ...byWeight.filter(([name]) => name === 'metadata'),
  ];
  let narrowed: PermissionMap = granted;
  for (const [permission, level] of ordered) {
    const enough = lowerLevels(permission, level).find((lower) => {
      const candidate = withLevel(narrowed, permission, lower);
      return counting.every((needed) => permissionsSuffice(candidate, needed));
    });
    if (enough !== undefined) narrowed = withLevel(narrowed, permission, enough);
  }
  return normalisePermissions(narrowed);
}

function scopesSuffice(held: ReadonlySet<string>, needed: Alternatives): boolean {
  return needed.some((members) => members.every((scope) => held.has(scope)));
}

/** The scopes that suffice for all of these uses, the widest given up first. @rule U1, K5 */
export function narrowScopes(scopes: readonly string[], uses: readonly Alternatives[]): readonly string[] {
  const held = new Set(expandScopes(scopes));
  const counting = uses.filter((needed) => scopesSuffice(held, needed));
  const widest_first = [...held].sort((a, b) => expandScopes([b]).size - expandScopes([a]).size);
  for (const scope of widest_first) {
    const is_implied = SCOPES.some(({ name, includes }) => held.has(name) && includes.includes(scope));
    if (is_implied) continue;
    held.delete(scope);
    if (!counting.every((needed) => scopesSuffice(held, needed))) held.add(scope);
  }
  return normaliseScopes([...held]);
}

/** Which members of a use the grant met it by: of the first alternative that it has, or the first of all. @rule U1 */
export function metBy(needed: Alternatives, has: (members: readonly string[]) => boolean): readonly string[] {
  return needed.find(has) ?? needed[0] ?? [];
}

/** Whether the permissions have all of these. */
export function hasPermissions(permissions: PermissionMap): (members: readonly string[]) => boolean {
  return (members) => permissionsSuffice(permissions, [members]);
}

/** Whether the scopes have all of these. */
export function hasScopes(scopes: readonly string[]): (members: readonly string[]) => boolean {
  const held = expandScopes(scopes);
  return (members) => scopesSuffice(held, [members]);
}

export type NarrowedSelection = {
  readonly repository_selection: RepositorySelection;
  /** Null: as they are granted. */
  readonly repository_ids: readonly number[] | null;
};

/**
 * The repositories that were used, where a subset can list them; none where no permission about repositories is left. Where such
 * a permission was used on none (to make one, say), the selection stays, because a grant has to have one. @rule U1, K4, M6
 */
export function narrowSelection(
  granted: RepositorySelection,
  permissions: PermissionMap,
  { used_ids, repositories_max }: { readonly used_ids: readonly number[]; readonly repositories_max: number },
): NarrowedSelection {
  if (!hasCategory(permissions, 'repository')) return { repository_selection: 'none', repository_ids: [] };
  if (used_ids.length === 0 || used_ids.length > repositories_max) {
    return { repository_selection: granted, repository_ids: null };
  }
  return { repository_selection: 'subset', repository_ids: used_ids };
}
