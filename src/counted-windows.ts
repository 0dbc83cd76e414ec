// Counting by key in windows of time: so many in a quarter of an hour, so many in an hour. A window begins with the first count
// of its key and is over by the clock of the caller, so that every rule about time goes by one clock. In the memory of this
// process; keys whose window is over are forgotten.

export type Counted = {
  /** How many there were in this window, this one included. */
  readonly count: number;
  /** More than the window allows. */
  readonly is_over: boolean;
  readonly ends_in_ms: number;
};

export type CountedWindows = {
  readonly count_max: number;
  /** How long nothing more is allowed for the key; null where there is room. Counts nothing. */
  readonly fullFor: (key: string, now: Date) => number | null;
  /** Counts one more for the key. */
  readonly take: (key: string, now: Date) => Counted;
  /** Takes back one that turned out not to count. */
  readonly giveBack: (key: string) => void;
  readonly forget: (key: string) => void;
};

type Window = { count: number; readonly ends_at_ms: number };

/** Ended windows are looked for when there are twice as many keys as after the last look, and not before there are so many. */
const KEYS_BEFORE_LOOK = 1000;

/** Windows of `window_ms` in which `count_max` are allowed. */
export function countWindows({
  count_max,
  window_ms,
}: {
  readonly count_max: number;
  readonly window_ms: number;
}): CountedWindows {
  const windows = new Map<string, Window>();
  let look_at = KEYS_BEFORE_LOOK;

  function dropEnded(now_ms: number): void {
    if (windows.size < look_at) return;
    for (const [key, { ends_at_ms }] of windows) if (ends_at_ms <= now_ms) windows.delete(key);
    look_at = Math.max(KEYS_BEFORE_LOOK, 2 * windows.size);
  }

  function windowOf(key: string, now_ms: number): Window {
    const known = windows.get(key);
    if (known !== undefined && now_ms < known.ends_at_ms) return known;
    dropEnded(now_ms);
    const begun = { count: 0, ends_at_ms: now_ms + window_ms };
    windows.set(key, begun);
    return begun;
  }

  return {
    count_max,
    fullFor: (key, now) => {
      const window = windows.get(key);
      const ends_in_ms = window === undefined ? 0 : window.ends_at_ms - now.getTime();
      return window !== undefined && window.count >= count_max && ends_in_ms > 0 ? ends_in_ms : null;
    },
    take: (key, now) => {
      const window = windowOf(key, now.getTime());
      window.count += 1;
      const ends_in_ms = window.ends_at_ms - now.getTime();
      return { count: window.count, is_over: window.count > count_max, ends_in_ms };
    },
    giveBack: (key) => {
      const window = windows.get(key);
      if (window !== undefined && window.count > 0) window.count -= 1;
    },
    forget: (key) => void windows.delete(key),
  };
}
