// From rows to what tokens exercised, for whoever is told of it.

import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import {
  countHeldRepositories,
  readUsedRepositories,
  readUses,
  type UsedRepositoryRow,
} from '../../db/usage-reports.ts';
import { readAlternatives } from '../../domain/exercise.ts';
import type { CountedUse } from '../../domain/usage-report.ts';

export type Uses = {
  readonly usesOf: (token_id: number) => readonly CountedUse[];
  readonly repositoriesOf: (token_id: number) => readonly UsedRepositoryRow[];
  /** Of a subset; null where it is none. */
  readonly heldCountOf: (token_id: number) => number | null;
};

function byToken<Row extends { readonly token_id: number }>(
  rows: readonly Row[],
): (token_id: number) => readonly Row[] {
  const found = Map.groupBy(rows, ({ token_id }) => token_id);
  return (token_id) => found.get(token_id) ?? [];
}

/** The uses of these tokens; with an owner, only those of his things. One repository more than a subset can list says: more. */
export async function readUsage(
  db: Kysely<Database>,
  query: {
    readonly token_ids: readonly number[];
    readonly owner_id: number | null;
    readonly first_day: number;
    readonly repositories_max: number;
  },
): Promise<Uses> {
  const uses = byToken(await readUses(db, query));
  const repositoriesOf = byToken(await readUsedRepositories(db, { ...query, limit: query.repositories_max + 1 }));
  const usesOf = (token_id: number): readonly CountedUse[] =>
    uses(token_id).map(({ needed, checks, last_day }) => ({ needed: readAlternatives(needed), checks, last_day }));
  const held = byToken(await countHeldRepositories(db, query.token_ids));
  return { usesOf, repositoriesOf, heldCountOf: (token_id) => held(token_id)[0]?.count ?? null };
}

/** The row as it is told. */
export function usedRepository({ id, name, owner_login, checks, last_day }: UsedRepositoryRow) {
  return { id, full_name: `${owner_login}/${name}`, checks, last_day };
}
