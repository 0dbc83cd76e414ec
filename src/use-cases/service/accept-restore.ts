// A database that was restored or set back is accepted as the one that counts: numbers of commits go on beyond any that was given out, and
// what may have come back to life with it is ended, as far as that is wished. Entry of the record: database.restore_accepted.

import { writeAudit } from '../../db/audit.ts';
import { endTokens, listTokenTexts } from '../../db/ended-tokens.ts';
import { lockHoldersOfTexts } from '../../db/holders.ts';
import { acceptLineage, lockLineage, readLineage } from '../../db/lineage.ts';
import { deleteAllSessions } from '../../db/sessions.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';
import { judgeLineage, type LineageFault } from '../../domain/lineage.ts';
import { recordRevocations } from '../tokens/record-ends.ts';
import type { RestoreJudgement } from './judge-restore.ts';

/** Which tokens end: those whose present text is from this moment on or later, all of them, or those with one of these digests. */
export type TokensToEnd =
  | { readonly which: 'none' }
  | { readonly which: 'all' }
  | { readonly which: 'issued_since'; readonly moment: Date }
  | { readonly which: 'listed'; readonly digests: readonly string[] };

export type Acceptance = {
  readonly fault: LineageFault;
  readonly epoch_before: number;
  readonly epoch_after: number;
  readonly tokens_revoked: number;
  readonly sessions_ended: number;
};

type Wish = { readonly tokens: TokensToEnd; readonly keeps_sessions: boolean };

const BATCH_SIZE = 500;
const REASON = 'by_administrator';

/** Answers null where there is nothing to accept, any more. Tokens end first: an interruption leaves the database unaccepted. */
export async function acceptRestore(
  deps: Pick<Deps, 'db' | 'clock'>,
  { state: { found }, kept }: RestoreJudgement,
  { tokens, keeps_sessions }: Wish,
): Promise<Acceptance | null> {
  const tokens_revoked = await endChosenTokens(deps, tokens);
  return inTransaction(deps.db, async (transaction) => {
    await lockLineage(transaction);
    const state = await readLineage(transaction, found, kept);
    const { fault, why } = judgeLineage(state, kept);
    if (fault === null) return null;
    const epoch_after = await acceptLineage(transaction, { ...state, kept });
    const sessions_ended = keeps_sessions ? 0 : await deleteAllSessions(transaction);
    const accepted = { fault, epoch_before: state.epoch, epoch_after, tokens_revoked, sessions_ended };
    await writeAudit(transaction, SYSTEM_CALLER, {
      action: 'database.restore_accepted',
      operation_type: 'modify',
      data: { ...accepted, why, tokens: tokens.which },
    });
    return accepted;
  });
}

async function endChosenTokens({ db, clock }: Pick<Deps, 'db' | 'clock'>, tokens: TokensToEnd): Promise<number> {
  if (tokens.which === 'none') return 0;
  if (tokens.which === 'listed') return endInBatches({ db, clock }, tokens.digests);
  const issued_since = tokens.which === 'all' ? null : tokens.moment;
  let ended = 0;
  let after_id = 0;
  for (;;) {
    const found = await listTokenTexts(db, { after_id, issued_since, limit: BATCH_SIZE });
    if (found.length === 0) return ended;
    ended += await endInBatches(
      { db, clock },
      found.map(({ digest }) => digest),
    );
    after_id = found.at(-1)?.id ?? after_id;
  }
}

async function endInBatches({ db, clock }: Pick<Deps, 'db' | 'clock'>, digests: readonly string[]): Promise<number> {
  let ended_count = 0;
  for (let from = 0; from < digests.length; from += BATCH_SIZE) {
    const batch = digests.slice(from, from + BATCH_SIZE);
    ended_count += await inTransaction(db, async (transaction) => {
      await lockHoldersOfTexts(transaction, batch);
      const at = clock();
      const ended = await endTokens(transaction, { digests: batch }, { at, reason: REASON });
      await recordRevocations(transaction, SYSTEM_CALLER, { ended, reason: REASON, at });
      return ended.length;
    });
  }
  return ended_count;
}
