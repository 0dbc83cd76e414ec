// Objects that an import takes away. What stays is their tombstone; the same external id at a newer version is another object,
// which inherits nothing (F4).

import { deleteAccounts, lockAccountsToDelete, lockRowsToDelete } from '../../db/deletions.ts';
import { writeImportEntries } from '../../db/import/audit.ts';
import { deleteEnterprises, lockOrganizationsOf } from '../../db/import/enterprises.ts';
import { makeInternalPrivate } from '../../db/import/organizations.ts';
import { lockPeople, membershipsOf } from '../../db/import/people.ts';
import { deleteRepositories } from '../../db/import/repositories.ts';
import { deleteTeams } from '../../db/import/teams.ts';
import type { AuditAction } from '../../domain/audit.ts';
import type { Caller } from '../../domain/caller.ts';
import { type ImportLine, isRelation, type ObjectType } from '../../domain/import-line.ts';
import type { Planned } from '../../domain/import-plan.ts';
import { tellPeopleGone } from '../directory/tell-people-gone.ts';
import type { Step, StepOutcome } from './step.ts';

type Gone = {
  readonly line: ImportLine;
  readonly id: number;
  /** Of an organization, its enterprise. */
  readonly business_id: number | null;
};

type Removal = {
  readonly action: AuditAction;
  readonly column: 'user_id' | 'org_id' | 'business_id' | 'team_id' | 'repo_id';
  /** Which of them are there still. */
  readonly lock: (db: Step['db'], ids: readonly number[]) => Promise<readonly number[]>;
  /** Those that may go; the others are refused. */
  readonly prepare?: (step: Step, gone: readonly Gone[], caller: Caller) => Promise<readonly Gone[]>;
  readonly remove: (db: Step['db'], ids: readonly number[]) => Promise<void>;
};

const lockOf =
  (table: Parameters<typeof lockRowsToDelete>[1]): Removal['lock'] =>
  (db, ids) =>
    lockRowsToDelete(db, table, ids);

const ACCOUNTS = { lock: lockAccountsToDelete, remove: deleteAccounts } as const;
const REMOVALS: Readonly<Record<ObjectType, Removal>> = {
  user: { action: 'user.delete', column: 'user_id', prepare: prepareUsers, ...ACCOUNTS },
  organization: { action: 'org.delete', column: 'org_id', ...ACCOUNTS },
  enterprise: {
    action: 'business.delete',
    column: 'business_id',
    lock: lockOf('enterprises'),
    prepare: prepareEnterprises,
    remove: deleteEnterprises,
  },
  team: { action: 'team.destroy', column: 'team_id', lock: lockOf('teams'), remove: deleteTeams },
  repository: {
    action: 'repo.destroy',
    column: 'repo_id',
    lock: lockOf('repositories'),
    remove: deleteRepositories,
  },
};

/** Takes away the objects of the lines that say so. The record is written first, while their names can be looked up. */
export async function deleteObjects(
  { step, entries }: StepOutcome,
  caller: Caller,
  planned: readonly Planned[],
): Promise<void> {
  const gone = planned.flatMap(({ line, act, known }) => {
    const id = known?.object_id;
    const business_id = line.type === 'organization' ? (known?.parent_id ?? null) : null;
    return act === 'delete' && !isRelation(line) && id ? [{ line, id, business_id }] : [];
  });
  const type = gone[0]?.line.type as ObjectType | undefined; // a group that deletes has lines of one type
  if (type === undefined) return;
  const { action, column, lock, prepare, remove } = REMOVALS[type];
  const there = new Set(await lock(step.db, idsOf(gone)));
  for (const { line, id } of gone) {
    // Taken away by somebody else since it was looked at.
    if (!there.has(id)) step.accept(line, { result: 'unchanged', object_id: null });
  }
  const found = gone.filter(({ id }) => there.has(id));
  const going = prepare === undefined ? found : await prepare(step, found, caller);
  for (const { line, id, business_id } of going) {
    step.record(line, { action, operation_type: 'remove', business_id, [column]: id });
    step.accept(line, { result: 'updated', object_id: null });
  }
  await writeImportEntries(step.db, caller, entries.splice(0));
  await remove(step.db, idsOf(going));
}

function idsOf(gone: readonly Gone[]): readonly number[] {
  return gone.map(({ id }) => id);
}

/** Every organization that loses somebody gets its own entry. Who administers this service is not taken away by an import. */
async function prepareUsers(step: Step, gone: readonly Gone[], caller: Caller): Promise<readonly Gone[]> {
  const people = await lockPeople(
    step.db,
    gone.map(({ id }) => ({ id, login: '', email: '' })),
  );
  const administers = ({ id }: Gone): boolean => people.get(id)?.site_admin === true;
  for (const { line } of gone.filter(administers)) {
    step.refuse(line, 'is a site administrator: an import does not delete him');
  }
  const going = gone.filter((each) => !administers(each));
  const lines = new Map(going.map(({ id, line }) => [id, line]));
  for (const { organization_id, user_id } of await membershipsOf(step.db, [...lines.keys()])) {
    const data = { explanation: 'the person was deleted' };
    const entry = { action: 'org.remove_member', operation_type: 'remove', data } as const;
    step.record(lines.get(user_id) ?? null, { ...entry, org_id: organization_id, user_id });
  }
  await tellPeopleGone(step.db, caller, { user_ids: [...lines.keys()], now: step.now });
  return going;
}

/** Their organizations leave them. @rule C5 */
async function prepareEnterprises(step: Step, gone: readonly Gone[]): Promise<readonly Gone[]> {
  const lines = new Map(gone.map(({ id, line }) => [id, line]));
  const left = await lockOrganizationsOf(step.db, [...lines.keys()]);
  for (const { id, enterprise_id } of left) {
    const entry = { action: 'business.remove_organization', operation_type: 'modify' } as const;
    step.record(lines.get(enterprise_id) ?? null, { ...entry, org_id: id, business_id: enterprise_id });
  }
  await makeInternalPrivate(
    step.db,
    left.map(({ id }) => id),
  );
  return gone;
}
