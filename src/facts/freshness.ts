// How a node knows that what it remembers is still so: it follows the numbered commits of the database, forgets what they
// touched, and remembers when it last heard that there was nothing more. What it remembers may be used only while that is not longer
// ago than the bound (promises P1): the worst case is the bound, not "the notification arrived".

import type { ChangeFeed, FeedEvents } from '../db/change-feed.ts';
import type { Change } from '../db/changes.ts';
import { StorageUnavailable } from '../domain/fault.ts';

export type FreshnessParts = {
  /** Opens the connection over which commits are followed, one at a time; a new one after every fault. */
  readonly open: (events: FeedEvents) => Promise<ChangeFeed>;
  readonly clock: () => Date;
  /** Milliseconds of a clock that only goes forward, also while the process is stopped. */
  readonly monotonic_ms: () => number;
  /** The longest that an answer may be behind. */
  readonly bound_ms: number;
  /** A read that takes longer is given up with its connection: the other side may be gone without a word. */
  readonly read_ms_max: number;
  readonly onFault: (error: unknown) => void;
};

export type Freshness = {
  /** The number of the last commit that is taken into account. */
  readonly epoch: () => number;
  /** Whether what is remembered may be used now. */
  readonly isFresh: () => boolean;
  /** By how much the database's clock is ahead of ours; 0 where it is behind. */
  readonly database_ahead_ms: () => number;
  /** Takes everything into account that was committed before this call, and answers its number. Faults: StorageUnavailable. */
  readonly catchUp: () => Promise<number>;
  /** What was heard until now counts no longer as confirmed. */
  readonly doubt: () => void;
  readonly stop: () => void;
};

/** How often the state is confirmed while answers are given from memory; else an eighth of the bound is enough to stay fresh. */
const CONFIRM_MS = 25;
const IDLE_PARTS = 8;
const NEVER = Number.NEGATIVE_INFINITY;

/** Follows the commits; `onChanges` is told of what was touched, in their order, before the state counts as confirmed. */
export function followChanges(parts: FreshnessParts, onChanges: (changes: readonly Change[]) => void): Freshness {
  const { bound_ms, monotonic_ms } = parts;
  let feed: ChangeFeed | null = null;
  let epoch = -1;
  let confirmed_at = NEVER;
  let doubted_at = NEVER;
  let ahead_ms = 0;
  let used_since_confirmed = false;
  let is_stopped = false;
  let under_way: Promise<number> | null = null;
  let queued: Promise<number> | null = null;

  function lose(lost: ChangeFeed | null): void {
    lost?.close();
    if (feed === lost) feed = null;
  }

  async function opened(): Promise<ChangeFeed> {
    if (is_stopped) throw new StorageUnavailable('the process ends');
    if (feed !== null) return feed;
    let mine: ChangeFeed | null = null;
    mine = await parts.open({ onWake: () => void refresh(), onLost: () => lose(mine) });
    feed = mine;
    if (is_stopped) lose(mine);
    return mine;
  }

  async function read(): Promise<number> {
    const asked_at = monotonic_ms();
    const source = await opened();
    const timer = setTimeout(() => lose(source), parts.read_ms_max);
    try {
      const since = await source.read(epoch);
      if (since.changes.length > 0) onChanges(since.changes);
      epoch = since.epoch;
      if (asked_at >= doubted_at) confirmed_at = asked_at;
      ahead_ms = Math.max(0, since.now.getTime() - parts.clock().getTime());
      used_since_confirmed = false;
      return epoch;
    } catch (error) {
      lose(source);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  function start(): Promise<number> {
    const started = read().finally(() => {
      if (under_way === started) under_way = null;
    });
    under_way = started;
    return started;
  }

  /** A read that began before the call may have seen less than was committed: then one more, which all who wait share. */
  function catchUp(): Promise<number> {
    if (under_way === null) return start();
    queued ??= under_way.then(ignore, ignore).then(() => {
      queued = null;
      return start();
    });
    return queued;
  }

  async function refresh(): Promise<void> {
    if (is_stopped) return;
    try {
      await catchUp();
    } catch (error) {
      if (!is_stopped) parts.onFault(error);
    }
  }

  let timer: NodeJS.Timeout | null = null;

  /** Begins with the first question: a process that asks none needs no connection. */
  function begin(): void {
    if (timer !== null || is_stopped) return;
    timer = setInterval(() => {
      const is_due = monotonic_ms() - confirmed_at >= bound_ms / IDLE_PARTS;
      if (under_way === null && (used_since_confirmed || is_due)) void refresh();
    }, CONFIRM_MS);
    timer.unref();
  }

  return {
    epoch: () => epoch,
    isFresh: () => {
      begin();
      used_since_confirmed = true;
      return monotonic_ms() - confirmed_at < bound_ms;
    },
    database_ahead_ms: () => ahead_ms,
    catchUp: () => {
      begin();
      return catchUp();
    },
    doubt: () => {
      doubted_at = monotonic_ms();
      confirmed_at = NEVER;
    },
    stop: () => {
      is_stopped = true;
      if (timer !== null) clearInterval(timer);
      lose(feed);
    },
  };
}

function ignore(): void {}
