// What tokens exercise, counted in memory: each use is a few comparisons and a number more. What is kept is bounded; what has no
// room is counted as left out, never guessed (U1).

import { alternativesOf, type Exercise, printAlternatives } from '../../domain/exercise.ts';
import type { Resource, TokenFacts } from '../../domain/facts.ts';
import { dayOf } from '../../domain/usage.ts';

/** Entries for all tokens together: some 30 MiB. */
const ENTRIES_MAX = 200_000;

export type ExerciseRow = {
  readonly token_id: number;
  /** Days since 1970, UTC. */
  readonly day: number;
  /** The account whose thing it was; 0: nobody's. */
  readonly owner_id: number;
  /** As printAlternatives prints it. */
  readonly needed: string;
  readonly checks: number;
};
export type RepositoryUseRow = {
  readonly token_id: number;
  readonly day: number;
  readonly repository_id: number;
  readonly checks: number;
};
export type Tallied = {
  readonly exercises: readonly ExerciseRow[];
  readonly repositories: readonly RepositoryUseRow[];
};

export type ExerciseTally = {
  /** Counts one allowed check. @rule U1 */
  readonly record: (token: TokenFacts, resource: Resource, exercise: Exercise, now: Date) => void;
  /** Everything since the last time, and how many uses had no room. */
  readonly take: () => Tallied & { readonly left_out: number };
};

/** What decides, beside the token and the exercise, which alternatives there were. */
const PLACES = { other: 0, public_repository: 1, closed_repository: 2 } as const;

type Entry = {
  readonly exercise: Exercise;
  readonly owner_id: number;
  readonly place: number;
  /** Of a classic token, as they were. */
  readonly scopes: readonly string[] | null;
  readonly needed: string;
  checks: number;
};
/** What one token did on one day. */
type Used = { readonly day: number; readonly entries: Entry[]; readonly repositories: Map<number, number> };

function placeOf(resource: Resource): number {
  if (resource.type !== 'repository') return PLACES.other;
  return resource.visibility === 'public' ? PLACES.public_repository : PLACES.closed_repository;
}

function ownerIdOf(resource: Resource): number {
  if (resource.type === 'repository') return resource.owner.id;
  if (resource.type === 'organization') return resource.organization.id;
  return resource.type === 'user' ? resource.id : 0;
}

function isSameList(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === b) return true;
  return a !== null && b !== null && a.length === b.length && a.every((each, index) => each === b[index]);
}

/** `repositories_max`: so many are told apart for each token. */
export function createExerciseTally({ repositories_max }: { readonly repositories_max: number }): ExerciseTally {
  let used = new Map<number, Used>();
  /** What tokens did on other days than the last one that is counted for them. */
  let closed: [number, Used][] = [];
  let size = 0;
  let left_out = 0;

  function usedOf(token_id: number, day: number): Used {
    const known = used.get(token_id);
    if (known?.day === day) return known;
    if (known !== undefined) closed.push([token_id, known]);
    const begun = { day, entries: [], repositories: new Map() };
    used.set(token_id, begun);
    return begun;
  }

  function countEntry(entries: Entry[], token: TokenFacts, resource: Resource, exercise: Exercise): void {
    const owner_id = ownerIdOf(resource);
    const place = placeOf(resource);
    const scopes = token.kind === 'classic' ? token.scopes : null;
    for (const each of entries) {
      const is_same = each.exercise === exercise && each.owner_id === owner_id && each.place === place;
      if (is_same && isSameList(each.scopes, scopes)) {
        each.checks += 1;
        return;
      }
    }
    const needed = printAlternatives(alternativesOf(token, exercise, resource));
    entries.push({ exercise, owner_id, place, scopes, needed, checks: 1 });
    size += 1;
  }

  function countRepository(repositories: Map<number, number>, repository_id: number): void {
    const count = repositories.get(repository_id) ?? 0;
    if (count === 0 && repositories.size >= repositories_max) return;
    if (count === 0) size += 1;
    repositories.set(repository_id, count + 1);
  }

  return {
    record: (token, resource, exercise, now) => {
      if (size >= ENTRIES_MAX) {
        left_out += 1;
        return;
      }
      const { entries, repositories } = usedOf(token.id, dayOf(now));
      countEntry(entries, token, resource, exercise);
      if (token.kind === 'fine_grained' && resource.type === 'repository') countRepository(repositories, resource.id);
    },
    take: () => {
      const all = [...closed, ...used];
      const taken = { exercises: all.flatMap(exerciseRows), repositories: all.flatMap(repositoryRows), left_out };
      used = new Map();
      closed = [];
      size = 0;
      left_out = 0;
      return taken;
    },
  };
}

/** The same need of several questions is one row. */
function exerciseRows([token_id, { day, entries }]: readonly [number, Used]): ExerciseRow[] {
  const rows = new Map<string, ExerciseRow>();
  for (const { owner_id, needed, checks } of entries) {
    if (needed === '') continue;
    const key = `${owner_id} ${needed}`;
    rows.set(key, { token_id, day, owner_id, needed, checks: checks + (rows.get(key)?.checks ?? 0) });
  }
  return [...rows.values()];
}

function repositoryRows([token_id, { day, repositories }]: readonly [number, Used]): RepositoryUseRow[] {
  return [...repositories].map(([repository_id, checks]) => ({ token_id, day, repository_id, checks }));
}
