// Permissions and their levels (K4, K5): which exist, what covers what, what a token may carry for its resource owner.

import { onceFor } from './once.ts';
import { LEVELS, type Level, PERMISSIONS, type PermissionCategory, type PermissionDefinition } from './vocabulary.ts';

/** What a token carries or a set asks: permission name → level. */
export type PermissionMap = Readonly<Record<string, Level>>;

const BY_NAME: ReadonlyMap<string, PermissionDefinition> = new Map(PERMISSIONS.map((each) => [each.name, each]));

/** The definition of a permission, or undefined for an unknown name. */
export function permissionNamed(name: string): PermissionDefinition | undefined {
  return BY_NAME.get(name);
}

/** Whether this permission exists and has this level. @rule K5, F3 */
export function isPermissionLevel(name: string, level: string): level is Level {
  return BY_NAME.get(name)?.levels.some((each) => each === level) ?? false;
}

/** Whether holding `held` is enough where `needed` is asked: admin ⊇ write ⊇ read; anything unknown covers nothing. @rule K4 */
export function covers(held: Level | undefined, needed: Level): boolean {
  if (held === undefined) return false;
  const needed_rank = LEVELS.indexOf(needed);
  return needed_rank >= 0 && LEVELS.indexOf(held) >= needed_rank;
}

/** The level that the map gives for a permission; inherited object members are never permissions. */
export function levelOf(map: PermissionMap, permission: string): Level | undefined {
  return Object.hasOwn(map, permission) ? map[permission] : undefined;
}

/** Whether the map satisfies every member of the set; an empty set is satisfied by any map. @rule C1 */
export function satisfies(map: PermissionMap, set: PermissionMap): boolean {
  return Object.entries(set).every(([permission, level]) => covers(levelOf(map, permission), level));
}

/** Whether the map has any permission of this category. */
export function hasCategory(map: PermissionMap, category: PermissionCategory): boolean {
  return Object.keys(map).some((name) => BY_NAME.get(name)?.category === category);
}

/** The map with `metadata: read` added where any repository permission brings it, names in order. @rule K4 */
export function normalisePermissions(map: PermissionMap): PermissionMap {
  const entries = Object.entries(map);
  if (hasCategory(map, 'repository') && !Object.hasOwn(map, 'metadata')) entries.push(['metadata', 'read']);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The lower of two maps, member by member: what both allow. */
export function meet(a: PermissionMap, b: PermissionMap): PermissionMap {
  const lower = Object.entries(a).flatMap(([name, level]): [string, Level][] => {
    const other = levelOf(b, name);
    if (other === undefined) return [];
    return [[name, covers(level, other) ? other : level]];
  });
  return Object.fromEntries(lower);
}

/** Whether everything in `a` is also in `b`: `a` asks nothing that `b` does not have. */
export function isWithin(a: PermissionMap, b: PermissionMap): boolean {
  return satisfies(b, a);
}

/** Levels of `map` as introspection prints them, by name: `contents:write issues:read`. */
export const printPermissions: (map: PermissionMap) => string = onceFor((map) =>
  Object.entries(map)
    .map(([name, level]) => `${name}:${level}`)
    .sort()
    .join(' '),
);

/** Permissions by category, as GitHub tells an organization of them; a category without any is left out. */
export function groupPermissions(permissions: PermissionMap): Readonly<Record<string, PermissionMap>> {
  const of = (category: PermissionCategory) => {
    const found = Object.entries(permissions).filter(([name]) => BY_NAME.get(name)?.category === category);
    return found.length === 0 ? {} : { [category]: Object.fromEntries(found) };
  };
  return { ...of('organization'), ...of('repository') };
}
