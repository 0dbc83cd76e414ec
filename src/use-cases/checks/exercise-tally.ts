// What tokens exercise, counted in memory: each use is a number more at a place of a table. What is kept is bounded; what has no room
// is counted as left out, never guessed (U1).

import { alternativesOf, type Exercise, printAlternatives } from '../../domain/exercise.ts';
import type { Resource, TokenFacts } from '../../domain/facts.ts';
import { dayOf } from '../../domain/usage.ts';
import { createNumberTable, type NumberTable } from '../../number-table.ts';

/** Entries of a table, of which there are three: at most 16 MiB each. */
const ENTRIES_MAX = 200_000;
/** So many different needs are known by a number; then all of them are learned anew. */
const NEEDS_MAX = 20_000;
/** Of one exercise so many are looked through; what is beyond is worked out each time. */
const LOOKED_THROUGH_MAX = 256;

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

/** What was counted on one day, to be read in parts. */
export type DayTally = {
  readonly size: number;
  /** The next rows, at most so many of each kind; null: that was all. */
  readonly next: (limit: number) => Tallied | null;
  /** The rows of the last `next` are to come again. */
  readonly again: () => void;
};

export type ExerciseTally = {
  /** Counts one allowed check. @rule U1 */
  readonly record: (token: TokenFacts, resource: Resource, exercise: Exercise, now: Date) => void;
  /** Whether it is time to take what is there. */
  readonly isHalfFull: () => boolean;
  /** Everything since the last time, by day, and how many uses had no room. */
  readonly take: () => { readonly days: readonly DayTally[]; readonly left_out: number };
};

type Tables = {
  readonly day: number;
  /** By token, owner and need. */
  readonly exercises: NumberTable;
  /** By token and repository. */
  readonly repositories: NumberTable;
  /** How many repositories are told apart, by token. */
  readonly told_apart: NumberTable;
};

function ownerIdOf(resource: Resource): number {
  if (resource.type === 'repository') return resource.owner.id;
  if (resource.type === 'organization') return resource.organization.id;
  return resource.type === 'user' ? resource.id : 0;
}

/** `repositories_max`: so many are told apart for each token. */
export function createExerciseTally({
  repositories_max,
  entries_max = ENTRIES_MAX,
}: {
  readonly repositories_max: number;
  readonly entries_max?: number;
}): ExerciseTally {
  let needs = knowNeeds();
  let tables: Tables | null = null;
  let closed: DayTally[] = [];
  let expected = 0;
  let left_out = 0;

  function begin(day: number): Tables {
    if (tables !== null) closed.push(readDay(tables, needs.texts));
    const table = () => createNumberTable({ size_max: entries_max, expected });
    tables = { day, exercises: table(), repositories: table(), told_apart: table() };
    return tables;
  }

  function countRepository({ repositories, told_apart }: Tables, token_id: number, repository_id: number): void {
    if (repositories.addOneIfThere(token_id, repository_id, 0) || repositories.size() >= entries_max) return;
    if (told_apart.add(token_id, 0, 0, 1) <= repositories_max) repositories.add(token_id, repository_id, 0, 1);
  }

  return {
    record: (token, resource, exercise, now) => {
      const need = needs.numberOf(token, resource, exercise);
      if (need === 0) return;
      const day = dayOf(now);
      const counting = tables !== null && tables.day === day ? tables : begin(day);
      if (counting.exercises.add(token.id, ownerIdOf(resource), need, 1) === 0) left_out += 1;
      if (token.kind === 'fine_grained' && resource.type === 'repository') {
        countRepository(counting, token.id, resource.id);
      }
    },
    isHalfFull: () =>
      tables !== null && 2 * Math.max(tables.exercises.size(), tables.repositories.size()) > entries_max,
    take: () => {
      const days = tables === null ? closed : [...closed, readDay(tables, needs.texts)];
      const taken = { days, left_out };
      expected = tables?.exercises.size() ?? 0;
      if (needs.texts.length > NEEDS_MAX) needs = knowNeeds();
      tables = null;
      closed = [];
      left_out = 0;
      return taken;
    },
  };
}

/** Of an exercise: the number of its need at a place, and of a classic token with which scopes. */
type KnownNeed = { readonly place: number; readonly scopes: readonly string[] | null; readonly number: number };

const PLACES = { other: 0, public_repository: 1, closed_repository: 2 } as const;

/** What decides, beside the token and the exercise, which alternatives there were. */
function placeOf(resource: Resource): number {
  if (resource.type !== 'repository') return PLACES.other;
  return resource.visibility === 'public' ? PLACES.public_repository : PLACES.closed_repository;
}

function isSameList(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === b) return true;
  if (a === null || b === null || a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

/** Needs by number, so that the same one is not printed with each use. 0: nothing was needed. */
function knowNeeds() {
  const texts = [''];
  const numbers = new Map<string, number>([['', 0]]);
  const known = new WeakMap<Exercise, KnownNeed[]>();

  function numberOfText(text: string): number {
    const found = numbers.get(text);
    if (found !== undefined) return found;
    texts.push(text);
    numbers.set(text, texts.length - 1);
    return texts.length - 1;
  }

  function learn(token: TokenFacts, resource: Resource, exercise: Exercise): number {
    const number = numberOfText(printAlternatives(alternativesOf(token, exercise, resource)));
    const scopes = token.kind === 'classic' ? token.scopes : null;
    const list = known.get(exercise) ?? [];
    if (list.length < LOOKED_THROUGH_MAX) list.push({ place: placeOf(resource), scopes, number });
    known.set(exercise, list);
    return number;
  }

  return {
    texts,
    numberOf: (token: TokenFacts, resource: Resource, exercise: Exercise): number => {
      const place = placeOf(resource);
      const scopes = token.kind === 'classic' ? token.scopes : null;
      const list = known.get(exercise);
      if (list !== undefined) {
        for (const each of list) if (each.place === place && isSameList(each.scopes, scopes)) return each.number;
      }
      return learn(token, resource, exercise);
    },
  };
}

function readDay({ day, exercises, repositories }: Tables, texts: readonly string[]): DayTally {
  let at: readonly [number | null, number | null] = [0, 0];
  let before = at;
  return {
    size: exercises.size() + repositories.size(),
    next: (limit) => {
      before = at;
      if (at[0] === null && at[1] === null) return null;
      const rows: { exercises: ExerciseRow[]; repositories: RepositoryUseRow[] } = { exercises: [], repositories: [] };
      const exercises_at =
        at[0] === null
          ? null
          : exercises.walk(at[0], limit, (token_id, owner_id, need, checks) => {
              rows.exercises.push({ token_id, day, owner_id, needed: texts[need] ?? '', checks });
            });
      const repositories_at =
        at[1] === null
          ? null
          : repositories.walk(at[1], limit, (token_id, repository_id, _nothing, checks) => {
              rows.repositories.push({ token_id, day, repository_id, checks });
            });
      at = [exercises_at, repositories_at];
      return rows;
    },
    again: () => {
      at = before;
    },
  };
}
