// The lines of one group of an import, in the caller's transaction: what goes first, then type by type in the order in which
// they refer to each other, then what is known of them now, and the record.

import type { Kysely } from 'kysely';
import { writeImportEntries } from '../../db/import/audit.ts';
import { saveKnown } from '../../db/import/objects.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import { IMPORT_TYPES, type ImportType, keyOf, RELATIONS, type RelationType } from '../../domain/import-line.ts';
import type { KnownObject, Planned } from '../../domain/import-plan.ts';
import { deleteObjects } from './delete-objects.ts';
import { beginStep, type Step, type StepOutcome, wishesOf } from './step.ts';
import { takeEnterprises } from './take-enterprises.ts';
import { takeOrganizations } from './take-organizations.ts';
import { takeRelations } from './take-relations.ts';
import { takeRepositories } from './take-repositories.ts';
import { takeTeams } from './take-teams.ts';
import { takeUsers } from './take-users.ts';

export type GroupInput = {
  readonly caller: Caller;
  readonly now: Date;
  readonly planned: readonly Planned[];
  readonly known: ReadonlyMap<string, KnownObject>;
};

export async function applyGroup(
  transaction: Kysely<Database>,
  { caller, now, planned, known }: GroupInput,
): Promise<StepOutcome> {
  const outcome = beginStep(transaction, now, known);
  const { step } = outcome;
  for (const { line, act } of planned) {
    if (act === 'bury') step.accept(line, { result: 'unchanged', object_id: null });
  }
  await deleteObjects(outcome, caller, planned);
  const present = new Set(planned.map(({ line }) => line.type));
  await save(outcome);
  for (const type of IMPORT_TYPES) {
    if (!present.has(type)) continue;
    await take(step, type, planned);
    await save(outcome); // a membership looks there who was made an owner by the line of his organization
  }
  await writeImportEntries(transaction, caller, outcome.entries.splice(0));
  return outcome;
}

async function take(step: Step, type: ImportType, planned: readonly Planned[]): Promise<void> {
  if (isRelationType(type)) return takeRelations(step, type, planned);
  switch (type) {
    case 'user':
      return takeUsers(step, wishesOf(planned, type));
    case 'enterprise':
      return takeEnterprises(step, wishesOf(planned, type));
    case 'organization':
      return takeOrganizations(step, wishesOf(planned, type));
    case 'team':
      return takeTeams(step, wishesOf(planned, type));
    case 'repository':
      return takeRepositories(step, wishesOf(planned, type));
  }
}

function isRelationType(type: ImportType): type is RelationType {
  return type in RELATIONS;
}

/** Remembers what is known of the lines that were taken since the last time. */
async function save({ step, known, unsaved }: StepOutcome): Promise<void> {
  const records = unsaved.splice(0).flatMap(({ type, external_id }) => {
    const state = known.get(keyOf({ type, external_id }));
    return state === undefined ? [] : [{ ...state, type, external_id }];
  });
  if (records.length > 0) await saveKnown(step.db, records);
}
