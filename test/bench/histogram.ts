// How long requests took, counted: percentiles of any number of them in a bounded place, and those of several processes together.

const STEP_US = 10;
const STEPS = 200_000;

/** How many requests took so many steps: `[step, count]`, ascending. */
export type Counted = readonly (readonly [number, number])[];

export function countDurations() {
  const counts = new Uint32Array(STEPS);
  return {
    add: (ms: number): void => {
      const step = Math.min(STEPS - 1, Math.max(0, Math.floor((ms * 1000) / STEP_US)));
      counts[step] = (counts[step] ?? 0) + 1;
    },
    counted: (): Counted => [...counts.entries()].filter(([, count]) => count > 0),
  };
}

/** The time within which this share of the requests was answered. */
export function percentileMs(all: readonly Counted[], share: number): number {
  const steps = all.flat().sort(([a], [b]) => a - b);
  const total = steps.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [step, count] of steps) {
    seen += count;
    if (seen >= total * share) return ((step + 1) * STEP_US) / 1000;
  }
  return Number.NaN;
}
