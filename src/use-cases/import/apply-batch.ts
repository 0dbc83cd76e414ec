// A batch of an import: one transaction, a few statements. Where the database refuses a group, it is taken in halves, until
// only the lines that it refuses are errors.

import type { Kysely } from 'kysely';
import { loadKnown } from '../../db/import/objects.ts';
import { asPart } from '../../db/savepoint.ts';
import type { Database } from '../../db/schema.ts';
import { isRefusedData } from '../../db/sqlstate.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Caller } from '../../domain/caller.ts';
import { type ImportLine, keyOf, type LineResult, type Reference, referencesOf } from '../../domain/import-line.ts';
import { type FindKnown, type KnownObject, type Planned, takeGroup } from '../../domain/import-plan.ts';
import { applyGroup } from './apply-group.ts';

export type BatchInput = { readonly caller: Caller; readonly now: Date; readonly lines: readonly ImportLine[] };

type Progress = {
  readonly db: Kysely<Database>;
  readonly caller: Caller;
  readonly now: Date;
  readonly known: Map<string, KnownObject>;
  readonly results: Map<number, LineResult>;
};

const REFUSED = 'it cannot be beside what is there already';

/** What became of each line, by its number. All of it is in force, or nothing. */
export function applyBatch(db: Kysely<Database>, { caller, now, lines }: BatchInput): Promise<Map<number, LineResult>> {
  return inTransaction(db, async (transaction) => {
    const progress = { db: transaction, caller, now, known: new Map<string, KnownObject>(), results: new Map() };
    await load(progress, lines);
    const find: FindKnown = (reference) => progress.known.get(keyOf(reference));
    for (let from = 0; from < lines.length; ) {
      const { planned, settled, next } = takeGroup(lines, from, find);
      for (const { line, ...result } of settled) {
        progress.results.set(line.line, { line: line.line, external_id: line.external_id, ...result });
      }
      await attempt(progress, planned);
      // What is deleted takes other things with it: look again at what the lines to come are about.
      if (planned.some(({ act }) => act === 'delete')) await load(progress, lines.slice(next));
      from = next;
    }
    return progress.results;
  });
}

async function load({ db, known }: Progress, lines: readonly ImportLine[]): Promise<void> {
  if (lines.length === 0) return;
  const references = new Map<string, Reference>();
  for (const line of lines) {
    for (const each of [line, ...referencesOf(line)]) references.set(keyOf(each), each);
  }
  known.clear();
  for (const [key, state] of await loadKnown(db, [...references.values()])) known.set(key, state);
}

/** Takes the group, or, where the database refuses it, its halves one after the other. */
async function attempt(progress: Progress, planned: readonly Planned[]): Promise<void> {
  if (planned.length === 0) return;
  const { db, caller, now, known, results } = progress;
  try {
    const outcome = await asPart(db, (part) => applyGroup(part, { caller, now, planned, known }));
    for (const [line, result] of outcome.results) results.set(line, result);
    for (const [key, state] of outcome.known) known.set(key, state);
    return;
  } catch (error) {
    if (!isRefusedData(error)) throw error;
  }
  await attemptHalves(progress, planned);
}

async function attemptHalves(progress: Progress, planned: readonly Planned[]): Promise<void> {
  const [first, ...others] = planned;
  if (first !== undefined && others.length === 0) {
    const { line, external_id } = first.line;
    progress.results.set(line, { line, external_id, result: 'error', message: REFUSED });
    return;
  }
  const middle = Math.ceil(planned.length / 2);
  await attempt(progress, planned.slice(0, middle));
  await attempt(progress, planned.slice(middle));
}
