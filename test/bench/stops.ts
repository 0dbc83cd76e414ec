// When a process was ready to run and no core was given to it: Linux adds up for each thread how long it has waited for one (`schedstat`).
// Who looks again and again knows when that was. What the machine below a virtual one takes from all of them is not in it.

import { closeSync, openSync, readSync } from 'node:fs';

/** Each look costs some microseconds. */
const LOOK_MS = 0.25;
/** Of JavaScript: the first thread has the number of its process. */
const pathOf = (pid: number): string => `/proc/${pid}/task/${pid}/schedstat`;
const BYTES = Buffer.alloc(128);

export type Stops = {
  /** To be called as often as can be. */
  readonly look: () => void;
  /** How long one of the processes had no core, of the time from there until now; by `performance.now()`. */
  readonly since: (from_ms: number) => number;
  readonly close: () => void;
};

type Watched = { readonly file: number; waited_ms: number };

/** Time used, time waited for a core, and how often: nanoseconds. */
function waitedMs(file: number): number {
  const text = BYTES.toString('latin1', 0, readSync(file, BYTES, 0, BYTES.length, 0));
  return Number(text.split(' ')[1]) / 1e6;
}

function watch(pid: number): Watched[] {
  try {
    const file = openSync(pathOf(pid), 'r');
    return [{ file, waited_ms: waitedMs(file) }];
  } catch {
    return []; // no Linux: nothing is known of it
  }
}

export function watchStops(pids: readonly number[]): Stops {
  const watched = pids.flatMap(watch);
  /** One after the other. */
  const stops: { readonly from: number; readonly to: number }[] = [];
  let looked_at = 0;

  function lookNow(now: number): void {
    looked_at = now;
    for (const each of watched) {
      const waited_ms = waitedMs(each.file);
      const from = Math.max(now - (waited_ms - each.waited_ms), stops.at(-1)?.to ?? 0);
      each.waited_ms = waited_ms;
      if (from < now) stops.push({ from, to: now });
    }
  }

  return {
    look: () => {
      const now = performance.now();
      if (now - looked_at >= LOOK_MS) lookNow(now);
    },
    since: (from_ms) => {
      lookNow(performance.now());
      let ms = 0;
      for (let index = stops.length - 1; index >= 0; index -= 1) {
        const { from, to } = stops[index] ?? { from: 0, to: 0 };
        if (to <= from_ms) break;
        ms += to - Math.max(from, from_ms);
      }
      return ms;
    },
    close: () => {
      for (const { file } of watched) closeSync(file);
    },
  };
}
