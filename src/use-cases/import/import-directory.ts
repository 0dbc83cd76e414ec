// POST /directory/import: lines in, what became of each out, in their order and as it happens. One import at a time; each
// batch is in force when its results are told.

import { type ImportConnection, openImportConnection } from '../../db/import/connection.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import {
  type BrokenLine,
  IMPORT_RESULTS,
  type ImportLine,
  type ImportResult,
  type LineResult,
} from '../../domain/import-line.ts';
import { Refusal } from '../../domain/refusal.ts';
import { applyBatch } from './apply-batch.ts';

export type ImportCounts = Readonly<Record<ImportResult, number>>;
export type ImportProgress = { readonly results: readonly LineResult[] } | { readonly counts: ImportCounts };
type Batch = readonly (ImportLine | BrokenLine)[];

/** Who imports at this moment in this process: a second one is refused without a connection of its own. */
const RUNNING = new WeakSet<Deps>();

/**
 * Imports the lines; the counts come last, and only when every line was read. 403 for a client that is bound to organizations,
 * 409 while another import runs. Whoever stops reading ends it after the batch that is under way. @rule S4 of threats.md, F4
 */
export async function* importDirectory(
  deps: Deps,
  caller: Caller,
  batches: AsyncIterable<Batch>,
): AsyncGenerator<ImportProgress> {
  requireWholeDirectory(caller);
  const connection = await begin(deps);
  const counts = Object.fromEntries(IMPORT_RESULTS.map((result) => [result, 0])) as Record<ImportResult, number>;
  try {
    for await (const batch of batches) {
      const results = await importBatch(deps, connection, { caller, batch });
      for (const { result } of results) counts[result] += 1;
      yield { results };
    }
    yield { counts };
  } finally {
    // However the connection ends, the next import may begin.
    await connection.close().finally(() => RUNNING.delete(deps));
  }
}

/** The connection of the one import that may run, in this process and on every other node. */
async function begin(deps: Deps): Promise<ImportConnection> {
  const running = new Refusal('conflict', { message: 'Another import is running' });
  if (RUNNING.has(deps)) throw running;
  RUNNING.add(deps);
  try {
    const connection = await openImportConnection(deps.openImportDatabase());
    if (connection === null) throw running;
    return connection;
  } catch (error) {
    RUNNING.delete(deps);
    throw error;
  }
}

/** The directory is one: what is imported is not of this or that organization. @rule T6 */
function requireWholeDirectory({ principal }: Caller): void {
  if (principal.type === 'client' && principal.client.organization_ids === null) return;
  throw new Refusal('capability_missing', { message: 'An import needs a client of all organizations' });
}

async function importBatch(
  deps: Deps,
  { db }: ImportConnection,
  { caller, batch }: { readonly caller: Caller; readonly batch: Batch },
): Promise<readonly LineResult[]> {
  const lines = batch.filter((each): each is ImportLine => 'type' in each);
  const results = await applyBatch(db, { caller, now: deps.clock(), lines });
  return batch.map((each) => {
    if (!('type' in each)) return brokenResult(each);
    const result = results.get(each.line);
    if (result === undefined) throw new Error('a line of an import has no result');
    return result;
  });
}

function brokenResult({ line, external_id, problem }: BrokenLine): LineResult {
  return { line, external_id, result: 'error', message: problem };
}
