// Repositories of an import. One that gets another owner keeps its id and loses its place in every token's selection, for
// good, and its teams (M10).

import {
  insertRepositories,
  leaveOwner,
  lockRepositories,
  type RepositoryBefore,
  type RepositoryColumns,
  updateRepositories,
} from '../../db/import/repositories.ts';
import { holdOwners } from '../../db/owners.ts';
import { type ImportLine, ownersOf } from '../../domain/import-line.ts';
import { idOf, type KnownObject, repositoryClaim } from '../../domain/import-plan.ts';
import { changedMembers, GONE, type Step, sorted, type Wish } from './step.ts';

type Placed = {
  readonly line: ImportLine;
  readonly columns: RepositoryColumns;
  readonly act: 'create' | 'update';
  readonly known: KnownObject | undefined;
};
type Change = Placed & { readonly id: number };

const NAME_TAKEN = '`name` is taken by another repository of the owner';
const NO_ENTERPRISE = '`visibility`: `internal` needs an organization that belongs to an enterprise';

export async function takeRepositories(step: Step, wishes: readonly Wish<'repository'>[]): Promise<void> {
  const placed = await place(step, wishes);
  const { made, changed } = sorted(placed);
  if (changed.length > 0) await change(step, changed);
  if (made.length > 0) await make(step, made);
}

/** With its owner, who is there and may have it. @rule C5 */
async function place(step: Step, wishes: readonly Wish<'repository'>[]): Promise<Placed[]> {
  const owned = wishes.flatMap((wish) => {
    const owner_id = ownerOf(step, wish);
    return owner_id === null ? [] : [{ ...wish, owner_id }];
  });
  const owners = await holdOwners(step.db, [...new Set(owned.map(({ owner_id }) => owner_id))]);
  return owned.flatMap(({ line, content, act, known, owner_id }) => {
    const owner = owners.get(owner_id);
    const has_home = content.visibility !== 'internal' || (owner?.enterprise_id ?? null) !== null;
    if (owner === undefined || !has_home) {
      step.refuse(line, owner === undefined ? GONE : NO_ENTERPRISE);
      return [];
    }
    const { name, visibility, archived, description } = content;
    return [{ line, act, known, columns: { owner_id, name, visibility, archived, description } }];
  });
}

/** A user and an organization may have the same external id; then the line has to say which of them it means. */
function ownerOf(step: Step, { line, content }: Wish<'repository'>): number | null {
  const ids = ownersOf(content).flatMap((reference) => idOf(step.find, reference) ?? []);
  const [id, other] = ids;
  if (id !== undefined && other === undefined) return id;
  const named = `\`${content.owner}\``;
  const problem =
    id === undefined ? `there is no ${content.owner_type ?? 'user or organization'} ${named}` : 'say `owner_type`';
  step.refuse(line, `\`owner\`: ${id === undefined ? problem : `${named} is a user and an organization; ${problem}`}`);
  return null;
}

async function make(step: Step, placed: readonly Placed[]): Promise<void> {
  const ids = await insertRepositories(
    step.db,
    placed.map(({ columns }) => columns),
    step.now,
  );
  for (const { line, columns } of placed) {
    const { owner_id, visibility } = columns;
    const id = ids.get(repositoryClaim(owner_id, columns.name));
    if (id === undefined) {
      step.refuse(line, NAME_TAKEN);
      continue;
    }
    step.accept(line, { result: 'created', object_id: id, parent_id: owner_id });
    step.record(line, { action: 'repo.create', operation_type: 'create', repo_id: id, data: { visibility } });
  }
}

async function change(step: Step, placed: readonly Change[]): Promise<void> {
  const repositories = await lockRepositories(
    step.db,
    placed.map(({ id, columns }) => ({ id, owner_id: columns.owner_id, name: columns.name })),
  );
  const differing: (RepositoryColumns & { id: number })[] = [];
  const transferred: number[] = [];
  for (const { line, columns, id } of placed) {
    const before = repositories.get(id);
    if (before === undefined || before.name_taken) {
      step.refuse(line, before === undefined ? GONE : NAME_TAKEN);
      continue;
    }
    const changed = changedMembers<RepositoryColumns>(before, columns);
    if (changed.length > 0) {
      differing.push({ ...columns, id });
      recordChange(step, line, { before, changed });
    }
    if (changed.includes('owner_id')) transferred.push(id);
    step.accept(line, { result: 'updated', object_id: id, parent_id: columns.owner_id });
  }
  if (differing.length > 0) await updateRepositories(step.db, differing);
  if (transferred.length > 0) await leaveOwner(step.db, transferred);
}

function recordChange(
  step: Step,
  line: ImportLine,
  { before, changed }: { readonly before: RepositoryBefore; readonly changed: readonly string[] },
): void {
  const entry = { operation_type: 'modify', repo_id: before.id } as const;
  const old_name = changed.includes('name') ? { old_name: before.name } : {};
  if (!changed.includes('owner_id')) {
    step.record(line, { ...entry, action: 'repo.update', data: { changed, ...old_name } });
    return;
  }
  const { owner_id, owner_type } = before;
  const concerned = owner_type === 'Organization' ? { org_id: owner_id } : { user_id: owner_id };
  const data = { changed, ...old_name, old_owner_id: owner_id };
  step.record(line, { ...entry, ...concerned, action: 'repo.transfer', data });
}
