// PATCH /repos/{owner}/{repo}: name, description, visibility, archived; each by itself or together, as one act.

import type { Kysely } from 'kysely';
import { writeAudit } from '../../db/audit.ts';
import { holdOwner } from '../../db/owners.ts';
import {
  findRepository,
  type LockedRepository,
  lockRepository,
  type RepositoryChange,
  updateRepository,
} from '../../db/repositories.ts';
import type { Database } from '../../db/schema.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { concernedBy } from '../../domain/concerned.ts';
import type { RepositoryFacts } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { VisibilityWish } from '../../domain/repository-wish.ts';
import { namingRepository } from './naming-repository.ts';
import { requireHome, requireVisibility } from './repository-form.ts';
import type { ShownRepository } from './repository-page.ts';
import { type JudgedRepository, shownTo } from './show-repository.ts';

export type RepositoryEdit = VisibilityWish & {
  readonly name?: string;
  readonly description?: string | null;
  readonly archived?: boolean;
};

function changeOf(edit: RepositoryEdit): RepositoryChange {
  const visibility = requireVisibility(edit);
  return {
    ...(edit.name !== undefined && { name: edit.name }),
    ...(edit.description !== undefined && { description: edit.description }),
    ...(edit.archived !== undefined && { archived: edit.archived }),
    ...(visibility !== undefined && { visibility }),
  };
}

/** The members that become another value, each with both. */
function differences(
  before: LockedRepository,
  change: RepositoryChange,
): Record<string, { from: unknown; to: unknown }> {
  const changed = Object.entries(change).map(([name, to]) => {
    const from = before[name as keyof LockedRepository]; // the members of a change but owner_id, which an edit has not
    return [name, { from, to }] as const;
  });
  return Object.fromEntries(changed.filter(([, { from, to }]) => from !== to));
}

async function edit(
  transaction: Kysely<Database>,
  caller: Caller,
  { repository, change }: { readonly repository: RepositoryFacts; readonly change: RepositoryChange },
) {
  const owner = await holdOwner(transaction, repository.owner.id);
  const before = await lockRepository(transaction, { id: repository.id, owner_id: repository.owner.id });
  if (owner === undefined || before === undefined) throw new Refusal('not_found');
  if (change.visibility !== undefined) requireHome(owner, change.visibility);
  const changed = differences(before, change);
  if (Object.keys(changed).length > 0) await updateRepository(transaction, repository.id, change);
  await writeAudit(transaction, caller, {
    action: 'repo.update',
    operation_type: 'modify',
    ...concernedBy({ ...repository, name: change.name ?? before.name }),
    data: changed,
  });
  return findRepository(transaction, repository.id);
}

/** Edits the repository. It stays reachable under its new name only (F4, F6); what it was to be is in force at once (M10). */
export async function editRepository(
  deps: Deps,
  caller: Caller,
  input: JudgedRepository & { readonly edit: RepositoryEdit },
): Promise<ShownRepository> {
  const { repository, now } = input;
  const change = changeOf(input.edit);
  const row = await namingRepository(deps, 'name', (transaction) => edit(transaction, caller, { repository, change }));
  const visibility = change.visibility ?? repository.visibility;
  return shownTo(caller.principal, row, { repository: { ...repository, visibility }, now });
}
