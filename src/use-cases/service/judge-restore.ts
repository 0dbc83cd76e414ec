// Whether the database is the one that this service knew, or was restored, set back or promoted (faults F24).

import { hash } from 'node:crypto';
import { findLineage, readLineage } from '../../db/lineage.ts';
import type { Deps } from '../../deps.ts';
import { judgeLineage, type KeptEpoch, type LineageState, type LineageVerdict } from '../../domain/lineage.ts';
import { readEpochFile } from '../../epoch-file.ts';

export type RestoreJudgement = LineageVerdict & {
  readonly state: LineageState;
  readonly kept: KeptEpoch | null;
  /** By which this very restore is accepted, and no other one. */
  readonly acceptance: string;
};

const ACCEPTANCE_CHARACTERS = 12;

/** Changes nothing. Faults: StorageUnavailable. */
export async function judgeRestore({ db, config }: Pick<Deps, 'db' | 'config'>): Promise<RestoreJudgement> {
  const kept = config.epoch_file === null ? null : await readEpochFile(config.epoch_file);
  const found = await findLineage(db);
  const state = await readLineage(db, found, kept);
  const { recorded, set_back_at } = state;
  const told = JSON.stringify({ recorded, found, set_back_at, kept });
  const acceptance = hash('sha256', told, 'hex').slice(0, ACCEPTANCE_CHARACTERS);
  return { ...judgeLineage(state, kept), state, kept, acceptance };
}
