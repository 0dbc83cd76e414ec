// Counting by key in windows of time: so many in a quarter of an hour, so many in an hour. A window begins with the first count
// of its key and is over by the clock of the caller, so that every rule about time goes by one clock. In the memory of this
// process, which counts-over-nodes.ts shares with others; keys whose window is over are forgotten, and so are the oldest where there
// are too many.

/** Numbers where the keys are ids: they are found sooner than their texts. Of one kind of windows all keys are of one type. */
export type WindowKey = string | number;

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
  readonly fullFor: (key: WindowKey, now: Date) => number | null;
  /** Counts one more for the key. */
  readonly take: (key: WindowKey, now: Date) => Counted;
  /** Takes back one that turned out not to count. */
  readonly giveBack: (key: WindowKey) => void;
  readonly forget: (key: WindowKey) => void;
};

/** How much was counted here and nobody else knows yet. */
export type CountedHere = {
  readonly key: WindowKey;
  readonly more: number;
  readonly ends_at_ms: number;
  /** The key was forgotten: what others know of it does not count any more. */
  readonly replaces: boolean;
};
/** How much was counted everywhere. */
export type CountedEverywhere = { readonly count: number; readonly ends_at_ms: number };

/** The side of the windows that is turned to others. */
export type Sharing = {
  /** Takes what was counted here since the last time, at most so much; everything: also less than is worth telling. */
  readonly takeNews: (limit: number, everything: boolean) => readonly CountedHere[];
  /** Puts back what could not be told. */
  readonly putBack: (news: readonly CountedHere[]) => void;
  /** What was counted everywhere, with all that `takeNews` took before. */
  readonly hear: (key: WindowKey, everywhere: CountedEverywhere) => void;
};

export type WindowLimits = {
  readonly count_max: number;
  readonly window_ms: number;
  /** What others have counted for a key that is new here, as far as it is known. */
  readonly knownElsewhere?: (key: WindowKey) => CountedEverywhere | null;
};

type Window = { count: number; untold: number; ends_at_ms: number };

/** Ended windows are looked for when there are twice as many keys as after the last look, and not before there are so many. */
const KEYS_BEFORE_LOOK = 1000;
const KEYS_MAX = 100_000;
/** Of a large number less than this part is not worth telling. */
const PART_WORTH_TELLING = 100;

/** Windows of `window_ms` in which `count_max` are allowed. */
export function countWindows({
  count_max,
  window_ms,
  knownElsewhere = () => null,
}: WindowLimits): CountedWindows & Sharing {
  const windows = new Map<WindowKey, Window>();
  const news = new Map<WindowKey, Window>();
  const forgotten = new Set<WindowKey>();
  const worth_telling = Math.max(1, Math.floor(count_max / PART_WORTH_TELLING));
  let look_at = KEYS_BEFORE_LOOK;

  function dropEnded(now_ms: number): void {
    if (windows.size < look_at) return;
    for (const [key, { ends_at_ms }] of windows) if (ends_at_ms <= now_ms) windows.delete(key);
    look_at = Math.min(KEYS_MAX, Math.max(KEYS_BEFORE_LOOK, 2 * windows.size));
    if (windows.size < KEYS_MAX) return;
    // The older half: what was told of them comes back when they are heard of again.
    for (const key of [...windows.keys()].slice(0, KEYS_MAX / 2)) windows.delete(key);
  }

  function live(key: WindowKey, now_ms: number): Window | undefined {
    const known = windows.get(key);
    const elsewhere = knownElsewhere(key);
    if (elsewhere === null || elsewhere.ends_at_ms <= now_ms) return known;
    if (known === undefined) return begin(key, now_ms, { ...elsewhere, untold: 0 });
    if (elsewhere.count > known.count) Object.assign(known, elsewhere, { count: elsewhere.count + known.untold });
    return known;
  }

  function begin(key: WindowKey, now_ms: number, window: Window): Window {
    dropEnded(now_ms);
    windows.set(key, window);
    return window;
  }

  function windowOf(key: WindowKey, now_ms: number): Window {
    const known = live(key, now_ms);
    if (known !== undefined && now_ms < known.ends_at_ms) return known;
    return begin(key, now_ms, { count: 0, untold: 0, ends_at_ms: now_ms + window_ms });
  }

  function add(key: WindowKey, window: Window, more: number): void {
    window.count += more;
    window.untold += more;
    if (Math.abs(window.untold) >= worth_telling && news.size < KEYS_MAX) news.set(key, window);
  }

  function newsOf(key: WindowKey, window: Window): CountedHere {
    const more = window.untold;
    window.untold = 0;
    return { key, more, ends_at_ms: window.ends_at_ms, replaces: forgotten.delete(key) };
  }

  return {
    count_max,
    fullFor: (key, now) => {
      const now_ms = now.getTime();
      const window = live(key, now_ms);
      const ends_in_ms = window === undefined ? 0 : window.ends_at_ms - now_ms;
      return window !== undefined && window.count >= count_max && ends_in_ms > 0 ? ends_in_ms : null;
    },
    take: (key, now) => {
      const window = windowOf(key, now.getTime());
      add(key, window, 1);
      const ends_in_ms = window.ends_at_ms - now.getTime();
      return { count: window.count, is_over: window.count > count_max, ends_in_ms };
    },
    giveBack: (key) => {
      const window = windows.get(key);
      if (window !== undefined && window.count > 0) add(key, window, -1);
    },
    forget: (key) => {
      const window = windows.get(key);
      windows.delete(key);
      if (window === undefined || news.size >= KEYS_MAX) return;
      forgotten.add(key);
      news.set(key, { count: 0, untold: 0, ends_at_ms: window.ends_at_ms });
    },
    takeNews: (limit, everything) => {
      if (everything) for (const [key, window] of windows) if (window.untold !== 0) news.set(key, window);
      const taken: CountedHere[] = [];
      for (const [key, window] of news) {
        if (taken.length >= limit) break;
        news.delete(key);
        if (window.untold !== 0 || forgotten.has(key)) taken.push(newsOf(key, window));
      }
      return taken;
    },
    putBack: (taken) => {
      for (const { key, more, ends_at_ms, replaces } of taken) {
        const window = windows.get(key) ?? { count: 0, untold: 0, ends_at_ms };
        window.untold += more;
        if (replaces) forgotten.add(key);
        if (news.size < KEYS_MAX) news.set(key, window);
      }
    },
    hear: (key, { count, ends_at_ms }) => {
      const window = windows.get(key);
      if (window === undefined) return;
      window.count = Math.max(0, count) + window.untold;
      window.ends_at_ms = ends_at_ms;
    },
  };
}
