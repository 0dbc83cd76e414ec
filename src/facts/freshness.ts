// How a node knows that what it remembers is still so: it follows the numbered commits of the database, forgets what they
// touched, and remembers when it last heard that there was nothing more. What it remembers may be used only while that is not longer
// ago than the bound (promises P1): the worst case is the bound, not "the notification arrived".

import type { ChangeFeed, FeedEvents } from '../db/change-feed.ts';
import { type Change, NOTHING_HEARD } from '../db/changes.ts';
import { StorageUnavailable } from '../domain/fault.ts';
import { type Random, spread } from '../spread.ts';

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
  readonly random?: Random;
  /** Is told of the first fault of several in a row. */
  readonly onFault: (error: unknown) => void;
};

/** Is told of what was touched, in the order of the commits, before the state counts as confirmed. */
export type ChangeListener = (changes: readonly Change[]) => void;

export type Freshness = {
  /** The number of the last commit that is taken into account. */
  readonly epoch: () => number;
  /** Whether what is remembered may be used now. */
  readonly isFresh: () => boolean;
  /** How long ago the database was asked what had changed; infinite where that is not known. */
  readonly age_ms: () => number;
  /** How long the last commit of another moment took to be heard of; 0 before the first. */
  readonly lag_ms: () => number;
  /** By how much the database's clock is ahead of ours; 0 where it is behind. */
  readonly database_ahead_ms: () => number;
  /** The same for who watches both clocks: less than 0 where the database's is behind; half of how long the question took is left out. */
  readonly skew_ms: () => number;
  /** Whether there is a connection over which commits are followed. */
  readonly is_connected: () => boolean;
  /** Takes everything into account that was committed before this call, and answers its number. Faults: StorageUnavailable. */
  readonly catchUp: () => Promise<number>;
  /** What was heard until now counts no longer as confirmed. */
  readonly doubt: () => void;
  /** From now on this one is told too. */
  readonly listen: (listener: ChangeListener) => void;
  /** Nothing that is remembered is used any more; ends when others need not wait for this node either. Never fails. */
  readonly stop: () => Promise<void>;
};

/** How often the state is confirmed while answers are given from memory; else an eighth of the bound is enough to stay fresh. */
const CONFIRM_MS = 25;
const IDLE_PARTS = 8;
/** Who has not been asked for so long asks the database nothing either; the next question is answered by the database. */
const UNUSED_MS = 10_000;
/** After a fault, at most so long, then twice as long each time, until the next attempt: all nodes lose their connections at once. */
const RETRY_MS = 50;
const RETRY_MS_MAX = 800;
const LEAVE_MS_MAX = 500;
const NEVER = Number.NEGATIVE_INFINITY;

/** Follows the commits. */
export function followChanges(parts: FreshnessParts, onChanges: ChangeListener = ignore): Freshness {
  const { bound_ms, monotonic_ms } = parts;
  const listeners = [onChanges];
  let feed: ChangeFeed | null = null;
  let position = NOTHING_HEARD;
  let confirmed = { at: NEVER, wall: NEVER };
  let doubted_at = NEVER;
  let ahead_ms = 0;
  let skew_ms = 0;
  let lag_ms = 0;
  let used_at = NEVER;
  let used_since_confirmed = false;
  let is_stopped = false;
  let was_opened = false;
  let faults = 0;
  let retry_at = NEVER;
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
    mine = await parts.open({ onWake: () => void wake(), onLost: () => lose(mine) });
    feed = mine;
    was_opened = true;
    if (is_stopped) lose(mine);
    return mine;
  }

  async function read(): Promise<number> {
    const source = await opened();
    const asked = { at: monotonic_ms(), wall: parts.clock().getTime() };
    const timer = setTimeout(() => lose(source), parts.read_ms_max);
    try {
      const { changes, now, oldest, is_awaited, ...heard } = await source.read(position);
      if (changes.length > 0) for (const listener of listeners) listener(changes);
      position = heard.position;
      if (asked.at >= doubted_at && !is_stopped) confirmed = asked;
      const wall = parts.clock().getTime();
      ahead_ms = Math.max(0, now.getTime() - wall);
      skew_ms = now.getTime() - (asked.wall + wall) / 2;
      if (oldest !== null) lag_ms = Math.max(0, now.getTime() - oldest.getTime());
      if (used_since_confirmed) used_at = asked.at;
      used_since_confirmed = false;
      if (is_awaited) setImmediate(wake);
      return position.epoch;
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
      faults = 0;
    } catch (error) {
      retry_at = monotonic_ms() + spread(Math.min(RETRY_MS * 2 ** faults, RETRY_MS_MAX), parts.random);
      faults += 1;
      if (faults === 1 && !is_stopped) parts.onFault(error);
    }
  }

  function isUsed(): boolean {
    if (used_since_confirmed) used_at = monotonic_ms();
    return monotonic_ms() - used_at < UNUSED_MS;
  }

  function wake(): void {
    if (isUsed()) void refresh();
  }

  /** By whichever clock says more: one of them may not have gone on while the machine slept. */
  function age_ms(): number {
    return Math.max(monotonic_ms() - confirmed.at, parts.clock().getTime() - confirmed.wall);
  }

  let timer: NodeJS.Timeout | null = null;

  /** Begins with the first question: a process that asks none needs no connection. */
  function begin(): void {
    if (timer !== null || is_stopped) return;
    timer = setInterval(() => {
      const is_due = isUsed() && (used_since_confirmed || age_ms() >= bound_ms / IDLE_PARTS);
      // A connection is kept up also by who is not asked: others may be woken by it (WORKERS).
      const is_wanted = is_due || (was_opened && feed === null);
      if (under_way === null && is_wanted && monotonic_ms() >= retry_at) void refresh();
    }, CONFIRM_MS);
    timer.unref();
  }

  return {
    epoch: () => position.epoch,
    isFresh: () => {
      begin();
      used_since_confirmed = true;
      return age_ms() < bound_ms;
    },
    age_ms,
    lag_ms: () => lag_ms,
    database_ahead_ms: () => ahead_ms,
    skew_ms: () => skew_ms,
    is_connected: () => feed !== null,
    catchUp: () => {
      begin();
      return catchUp();
    },
    doubt: () => {
      doubted_at = monotonic_ms();
      confirmed = { at: NEVER, wall: NEVER };
    },
    listen: (listener) => {
      listeners.push(listener);
    },
    stop: async () => {
      is_stopped = true;
      confirmed = { at: NEVER, wall: NEVER };
      if (timer !== null) clearInterval(timer);
      if (feed === null) return;
      const [leaving, patience] = [feed, setTimeout(() => lose(feed), LEAVE_MS_MAX)];
      await under_way?.catch(ignore);
      await leaving.leave();
      clearTimeout(patience);
      feed = null;
    },
  };
}

function ignore(): void {}
