// From the names of a subset to the ids of repositories, each of the resource owner and visible to the holder.

import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { lockNamedRepositories, type SelectableRepositoryRow } from '../../db/selectable-repositories.ts';
import { highestRole } from '../../domain/ceiling.ts';
import { readRepositoryNames } from '../../domain/token-ask.ts';
import { repositoriesNotFound } from '../../domain/token-refusal.ts';
import { MEMBERSHIP_ROLES } from '../../domain/vocabulary.ts';

type Holder = { readonly id: number };
type Owner = { readonly id: number; readonly login: string };

function isVisible(row: SelectableRepositoryRow, holder: Holder, owner: Owner): boolean {
  if (row.visibility === 'public') return true;
  const role = highestRole({
    owns: row.owner_type === 'User' && owner.id === holder.id,
    membership: MEMBERSHIP_ROLES.find((each) => each === row.membership_role) ?? null,
    base_permission: row.base_permission,
    team_roles: row.team_roles,
    collaborator_role: row.collaborator_role,
    internal_to_person: row.internal_to_person,
  });
  return role !== null;
}

/** The ids in ascending order. Refuses each name that is absent, hidden or of another owner, all in the same words. @rule M6, F6 */
export async function resolveRepositories(
  db: Kysely<Database>,
  who: { readonly holder: Holder; readonly owner: Owner },
  asked: { readonly names: readonly string[]; readonly count_max: number },
): Promise<readonly number[]> {
  const { holder, owner } = who;
  const named = readRepositoryNames(asked.names, owner.login, asked.count_max);
  const name_keys = named.flatMap(({ key }) => (key === null ? [] : [key]));
  const rows =
    name_keys.length === 0
      ? []
      : await lockNamedRepositories(db, { owner_id: owner.id, user_id: holder.id, name_keys });
  const visible = new Map(rows.filter((row) => isVisible(row, holder, owner)).map((row) => [row.name_key, row.id]));
  const missing = named.filter(({ key }) => key === null || !visible.has(key)).map(({ index }) => index);
  if (missing.length > 0) throw repositoriesNotFound(missing);
  return [...visible.values()].sort((a, b) => a - b);
}
