// Facts from a replica, where that is as good as the primary. What a replica shows is some earlier state; which one, its answer says by the
// number of the last commit that it contains. It counts only where that is not before the number that this node has confirmed with
// the primary within its bound: then the answer is behind by no more than one from memory may be, and it contains every change whose
// consistency token this node has waited for. All else is asked of the primary:
//
// * what has no numbered commits: sessions, and whatever is not there, which may have been made since, or is hidden from who asks;
// * while the node itself has not heard of commits for the bound;
// * while the replica is behind, gone, slow, promoted, or another server than the primary's own.

import type pg from 'pg';
import { isFollowing, isReplicaOf } from '../db/replica.ts';
import type { ReplicaOutcome } from '../metrics.ts';
import { isTold } from './flights.ts';
import type { Freshness } from './freshness.ts';
import { isShown } from './shown.ts';
import type { FactsQuestion, LoadedFacts, StrictFacts } from './source.ts';
import { collectTurns } from './turns.ts';

export type ReplicaParts = {
  readonly primary: StrictFacts;
  /** The same over the replica. */
  readonly replica: StrictFacts;
  readonly pools: { readonly primary: pg.Pool; readonly replica: pg.Pool };
  /** What this node has confirmed with the primary. */
  readonly freshness: () => Pick<Freshness, 'epoch' | 'isFresh' | 'database_ahead_ms'>;
  readonly clock: () => Date;
  readonly monotonic_ms: () => number;
  /** The longest that an answer may be behind, and for which it counts that the replica is the primary's. */
  readonly bound_ms: number;
  readonly onOutcome: (outcome: ReplicaOutcome) => void;
  /** Is told when the replica begins to be used, and why it is no longer. */
  readonly onStanding: (standing: { readonly is_used: boolean; readonly error: unknown }) => void;
};

/** Longer than that no check waits for the replica. */
const ANSWER_MS_MAX = 250;
/** So long it is not asked after it was behind, and after it failed. */
const BEHIND_REST_MS = 50;
const FAILED_REST_MS = 1000;
const NEVER = Number.NEGATIVE_INFINITY;
const SHARED = { questions_max: Number.POSITIVE_INFINITY, statements_max: 2 };

/** The facts of the primary, from the replica where that may be. */
export function createReplicatedFacts(parts: ReplicaParts): StrictFacts {
  const { primary, replica, pools, monotonic_ms, bound_ms } = parts;
  let confirmed_at = NEVER;
  let rests_until = NEVER;
  let is_confirming = false;
  let is_used = false;

  function tell(now_used: boolean, error: unknown = null): void {
    if (now_used !== is_used) parts.onStanding({ is_used: now_used, error });
    is_used = now_used;
  }

  function fail(error: unknown): void {
    rests_until = monotonic_ms() + FAILED_REST_MS;
    confirmed_at = NEVER;
    tell(false, error);
  }

  async function confirm(): Promise<void> {
    is_confirming = true;
    const began_at = monotonic_ms();
    try {
      const follows = await inTime(isReplicaOf(pools.replica, pools.primary));
      if (!follows) return fail(new Error('it does not follow the primary, or not on its timeline yet'));
      confirmed_at = began_at;
      tell(true);
    } catch (error) {
      fail(error);
    } finally {
      is_confirming = false;
    }
  }

  function mayBeAsked(): boolean {
    const now = monotonic_ms();
    if (now < rests_until) return false;
    if (now - confirmed_at >= bound_ms / 2 && !is_confirming) void confirm();
    return now - confirmed_at < bound_ms;
  }

  /** Asked after an answer has come: a server that still follows then did so before, and the answer was nothing of its own. */
  const stillFollows = collectTurns(async (asked: readonly null[]) => {
    const follows = await isFollowing(pools.replica);
    return asked.map(() => follows);
  }, SHARED);

  async function read(questions: readonly FactsQuestion[]): Promise<readonly LoadedFacts[]> {
    const answers = await replica.loadAll(questions);
    const [follows] = await stillFollows([null]);
    if (follows !== true) throw new Error('it follows no longer');
    return answers;
  }

  function outcomeOf(answers: readonly LoadedFacts[], least: number): ReplicaOutcome {
    if (answers.some(({ epoch }) => epoch < least)) return 'behind';
    return answers.every(isShown) ? 'used' : 'absent';
  }

  /** Null: the primary has to be asked. */
  async function fromReplica(questions: readonly FactsQuestion[]): Promise<readonly LoadedFacts[] | null> {
    const freshness = parts.freshness();
    if (!freshness.isFresh() || !questions.every(isTold)) return null;
    const least = freshness.epoch(); // as confirmed before the replica is asked
    if (!mayBeAsked()) return null;
    try {
      const answers = await inTime(read(questions));
      const outcome = outcomeOf(answers, least);
      parts.onOutcome(outcome);
      if (outcome === 'behind') rests_until = monotonic_ms() + BEHIND_REST_MS;
      if (outcome !== 'used') return null;
      // The replica's clock is not the primary's.
      const now_ms = parts.clock().getTime() + freshness.database_ahead_ms();
      return answers.map((answer) => ({ ...answer, now: new Date(Math.max(answer.now.getTime(), now_ms)) }));
    } catch (error) {
      parts.onOutcome('failed');
      fail(error);
      return null;
    }
  }

  return {
    load: async (question) => (await fromReplica([question]))?.[0] ?? primary.load(question),
    loadAll: async (questions) => (await fromReplica(questions)) ?? primary.loadAll(questions),
    loadClient: primary.loadClient,
  };
}

/** The same, or a failure when it takes too long. */
async function inTime<Answer>(work: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS_MAX} ms`)), ANSWER_MS_MAX);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // if it was late
  }
}
