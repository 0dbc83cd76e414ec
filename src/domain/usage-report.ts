// What is told of the use of a token (U1): what it exercised, what of its grant it never did, and the smaller grant that would have
// done as well.

import type { Alternatives } from './exercise.ts';
import {
  hasPermissions,
  hasScopes,
  metBy,
  narrowPermissions,
  narrowScopes,
  narrowSelection,
} from './narrower-grant.ts';
import { isWithin, type PermissionMap } from './permission.ts';
import { expandScopes } from './scope.ts';
import type { RepositorySelection } from './vocabulary.ts';

/** Allowed checks that needed the same. Days are counted from 1970, UTC. */
export type CountedUse = { readonly needed: Alternatives; readonly checks: number; readonly last_day: number };
export type UsedRepository = {
  readonly id: number;
  readonly full_name: string;
  readonly checks: number;
  readonly last_day: number;
};

/** A permission with its level, or a scope. */
export type Exercised = { readonly name: string; readonly checks: number; readonly last_day: number };

/** `repositories`: those of a subset by name; null: as they are granted. */
export type NarrowerGrant = {
  readonly permissions: PermissionMap;
  readonly repository_selection: RepositorySelection;
  readonly repositories: readonly string[] | null;
};
type Common = {
  readonly last_day: number | null;
  readonly exercised: readonly Exercised[];
  readonly is_narrower: boolean;
};
export type FineGrainedUsage = Common & {
  readonly kind: 'fine_grained';
  /** Null: nothing is granted now. */
  readonly granted: { readonly permissions: PermissionMap; readonly repository_selection: RepositorySelection } | null;
  readonly unused: PermissionMap;
  /** Those that were used most, as far as they may be told. */
  readonly repositories: readonly UsedRepository[];
  readonly narrower_grant: NarrowerGrant | null;
};
export type ClassicUsage = Common & {
  readonly kind: 'classic';
  readonly scopes: readonly string[];
  readonly unused: readonly string[];
  readonly narrower_grant: { readonly scopes: readonly string[] };
};
export type TokenUsage = FineGrainedUsage | ClassicUsage;

/** Each use counts for what the smaller grant meets it by, so that both tell the same. */
function exercisedBy(uses: readonly CountedUse[], has: (members: readonly string[]) => boolean): readonly Exercised[] {
  const found = new Map<string, Exercised>();
  for (const { needed, checks, last_day } of uses) {
    for (const name of metBy(needed, has)) {
      const known = found.get(name) ?? { name, checks: 0, last_day };
      found.set(name, { name, checks: known.checks + checks, last_day: Math.max(known.last_day, last_day) });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function lastDay(uses: readonly CountedUse[]): number | null {
  return uses.length === 0 ? null : Math.max(...uses.map(({ last_day }) => last_day));
}

type FineGrainedInput = {
  readonly granted: FineGrainedUsage['granted'];
  /** How many repositories a subset holds; null where it is none. */
  readonly held_count: number | null;
  readonly uses: readonly CountedUse[];
  /** Of the resource owner, those that were used most; one more than can be told means that there are more. */
  readonly repositories: readonly UsedRepository[];
  readonly repositories_max: number;
};

/** @rule U1 */
export function fineGrainedUsage(input: FineGrainedInput): FineGrainedUsage {
  const { granted, held_count, uses, repositories, repositories_max } = input;
  const permissions = narrowPermissions(
    granted?.permissions ?? {},
    uses.map(({ needed }) => needed),
  );
  const common = {
    kind: 'fine_grained',
    last_day: lastDay(uses),
    exercised: exercisedBy(uses, hasPermissions(permissions)),
    repositories: repositories.slice(0, repositories_max),
  } as const;
  if (granted === null) return { ...common, granted, unused: {}, narrower_grant: null, is_narrower: false };
  const used_ids = repositories.map(({ id }) => id);
  const { repository_selection, repository_ids } = narrowSelection(granted.repository_selection, permissions, {
    used_ids,
    repositories_max,
  });
  const names = repository_selection === 'subset' && repository_ids !== null ? repositories : null;
  return {
    ...common,
    granted,
    unused: Object.fromEntries(
      Object.entries(granted.permissions).filter(([name]) => !Object.hasOwn(permissions, name)),
    ),
    narrower_grant: {
      permissions,
      repository_selection,
      repositories: names?.map(({ full_name }) => full_name).sort() ?? null,
    },
    is_narrower:
      !isWithin(granted.permissions, permissions) ||
      repository_selection !== granted.repository_selection ||
      (names !== null && held_count !== null && names.length < held_count),
  };
}

/** @rule U1 */
export function classicUsage(scopes: readonly string[], uses: readonly CountedUse[]): ClassicUsage {
  const narrower = narrowScopes(
    scopes,
    uses.map(({ needed }) => needed),
  );
  const kept = expandScopes(narrower);
  return {
    kind: 'classic',
    last_day: lastDay(uses),
    exercised: exercisedBy(uses, hasScopes(narrower)),
    scopes,
    unused: scopes.filter((scope) => ![...expandScopes([scope])].some((each) => kept.has(each))),
    narrower_grant: { scopes: narrower },
    is_narrower: scopes.some((scope) => !kept.has(scope)),
  };
}
