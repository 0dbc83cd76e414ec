// A job: the last commit is written down outside of the database (EPOCH_FILE), so that a restore can be told from what was.

import { findLineage, readLineage, recordLineage, recordSetBack } from '../../db/lineage.ts';
import type { Deps } from '../../deps.ts';
import { judgeLineage, lacksKept } from '../../domain/lineage.ts';
import { readEpochFile, writeEpochFile } from '../../epoch-file.ts';

/** So much of what was answered may be missing in the file after a crash. */
export const KEEP_EPOCH_SECONDS = 1;

/** Does nothing where no file is set. What the file knows and the database lacks is told to every node, and stays in the file. */
export async function keepEpoch({
  db,
  config,
  clock,
  log,
}: Pick<Deps, 'db' | 'config' | 'clock' | 'log'>): Promise<void> {
  const file = config.epoch_file;
  if (file === null) return;
  const kept = await readEpochFile(file);
  const state = await readLineage(db, await findLineage(db), kept);
  if (kept !== null && lacksKept(state, kept)) {
    if (state.set_back_at === null)
      log.error({ kept, epoch: state.epoch }, 'the database lacks a commit that EPOCH_FILE knows');
    await recordSetBack(db, clock());
    return;
  }
  if (judgeLineage(state, kept).is_confirmed_promotion) await recordLineage(db, state.found);
  const { epoch, mark } = state;
  if (kept === null || epoch > kept.epoch || mark !== kept.mark) await writeEpochFile(file, { epoch, mark });
}
