// A job: tokens that nobody has used for a year end (M9).

import type { Kysely } from 'kysely';
import { endTokens, findUnusedTokens, OLDEST, type PlaceByAge } from '../../db/ended-tokens.ts';
import { lockFreeHolders } from '../../db/holders.ts';
import type { Database } from '../../db/schema.ts';
import type { Deps } from '../../deps.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';
import { unusedSince } from '../../domain/token-end.ts';
import { BATCH_SIZE, runInBatches } from '../service/run-in-batches.ts';
import { recordRevocations } from './record-ends.ts';

/** Of one statement: a few dozen milliseconds at the most, where nearly all are old and in use. */
const LOOKED_AT_MAX = 10_000;
/** Of one turn. Where more tokens are old, the next turn goes on behind them, and begins anew at the end. */
const STEPS_MAX = 10;

/** How far this process has come: each has its own round, and one that is begun anew loses nothing but time. */
const PLACES = new WeakMap<Deps, PlaceByAge>();

/** Revokes them, with the deploy keys that they made. Uses that this process knows of are written first. @rule M9, L1 */
export async function sweepUnusedTokens(deps: Deps, stopping: AbortSignal): Promise<void> {
  await deps.last_use.flush();
  const now = deps.clock();
  let steps = 0;
  await runInBatches(deps, { name: 'sweep unused tokens', stopping }, async (transaction) => {
    const { count, next } = await sweepFrom(transaction, PLACES.get(deps) ?? OLDEST, now);
    if (next === null) PLACES.delete(deps);
    else PLACES.set(deps, next);
    if (count < BATCH_SIZE) steps += 1;
    return next === null || steps === STEPS_MAX ? 0 : BATCH_SIZE;
  });
}

/** Ends the unused ones of the tokens from this place on, but those whose holder somebody else has locked: how many, and where to go on. */
async function sweepFrom(transaction: Kysely<Database>, after: PlaceByAge, now: Date) {
  const unused_since = unusedSince(now);
  const looked_at = { now, after, looked_at_max: LOOKED_AT_MAX, limit: BATCH_SIZE };
  const { tokens, next } = await findUnusedTokens(transaction, unused_since, looked_at);
  if (tokens.length === 0) return { count: 0, next };
  const free = new Set(
    await lockFreeHolders(
      transaction,
      tokens.map((each) => each.user_id),
    ),
  );
  const token_ids = tokens.filter((each) => free.has(each.user_id)).map((each) => each.id);
  const ended = await endTokens(transaction, { token_ids, unused_since }, { at: now, reason: 'unused' });
  await recordRevocations(transaction, SYSTEM_CALLER, { ended, reason: 'unused', at: now });
  return { count: tokens.length, next };
}
