// What a scenario is given: how long it goes on, and a place to say what it has seen.

import type { Test } from 'tap';

export type Effort = 'quick' | 'whole';

export type Scenario = {
  /** As in the plan of faults: `F5`. */
  readonly ids: readonly string[];
  readonly title: string;
  readonly run: (t: Test, effort: Effort) => Promise<void>;
};

/** A figure that was seen, among the lines of the test. */
export function tell(t: Test, line: string): void {
  t.comment(line);
}

/** The value below which this share of them lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
