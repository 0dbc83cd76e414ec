// At the start: a database that was restored, set back or promoted is refused until somebody has accepted it (faults F24).

import { recordLineage } from '../../db/lineage.ts';
import type { Deps } from '../../deps.ts';
import type { LineageFault } from '../../domain/lineage.ts';
import { startRefusal } from '../../start-refusal.ts';
import { acceptRestore } from './accept-restore.ts';
import { judgeRestore } from './judge-restore.ts';

const WHAT: Readonly<Record<LineageFault, string>> = {
  database_restored: 'The database was restored or copied',
  database_set_back: 'The database was set back to an earlier state',
  database_promoted: 'The database was promoted, or recovered to a point in time',
};

/** Refuses the start, or remembers what the database is. Any number of nodes may do this at once. Faults: StorageUnavailable. */
export async function refuseRestored(deps: Pick<Deps, 'db' | 'clock' | 'config' | 'log'>): Promise<void> {
  const { db, config, log } = deps;
  const judgement = await judgeRestore(deps);
  const { fault, why, state, acceptance } = judgement;
  if (fault === null) {
    await recordLineage(db, state.found);
    if (judgement.is_confirmed_promotion)
      log.info({ timeline: state.found.timeline }, 'the database was promoted, and lost nothing');
    return;
  }
  if (config.accept_restore !== acceptance) {
    throw startRefusal(
      `${WHAT[fault]}: ${why}. What was revoked since may be valid in it. See docs/runbooks/restore.md; ` +
        `accept it by \`npm run restore:accept\`, or start with \`ACCEPT_RESTORE=${acceptance}\` [${fault}].`,
    );
  }
  const accepted = await acceptRestore(deps, judgement, { tokens: { which: 'none' }, keeps_sessions: false });
  if (accepted !== null) log.warn(accepted, 'the restored database was accepted by ACCEPT_RESTORE');
}
