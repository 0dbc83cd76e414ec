// How far long work is: one line on standard error that is written over, on a terminal only. Who reads it with a program gets nothing
// of it, and standard output is never touched.

import type { Terminal } from './terminal.ts';

const BAR_CELLS = 24;
/** Of the machine: more often is not seen, and costs. */
const REDRAW_MS = 100;
const ERASE_LINE = '\r\u001b[K';

export type Progress = {
  /** So many are done, of how many where that is known. */
  readonly at: (done: number, total: number | null) => void;
  readonly end: () => void;
};

const NO_PROGRESS: Progress = { at: () => undefined, end: () => undefined };

export function showProgress(terminal: Terminal, title: string): Progress {
  if (terminal.stderr.isTTY !== true) return NO_PROGRESS;
  let drawn_at = Number.NEGATIVE_INFINITY;
  return {
    at: (done, total) => {
      const now = performance.now();
      if (now - drawn_at < REDRAW_MS && done !== total) return;
      drawn_at = now;
      terminal.stderr.write(`${ERASE_LINE}${progressLine(title, done, total)}`);
    },
    end: () => terminal.stderr.write(ERASE_LINE),
  };
}

/** `Migrations [#####...................] 5/26`; without a total only the count. */
export function progressLine(title: string, done: number, total: number | null): string {
  if (total === null || total <= 0) return `${title} ${done}`;
  const filled = Math.round((Math.min(done, total) / total) * BAR_CELLS);
  return `${title} [${'#'.repeat(filled)}${'.'.repeat(BAR_CELLS - filled)}] ${done}/${total}`;
}
