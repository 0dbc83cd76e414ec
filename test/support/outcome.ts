// What a run of tests has come to, read from its TAP.

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, each with its explanation, as lines. */
  readonly failures: readonly string[];
}

export const NOTHING: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] };

const EXPLAINED_LINES_MAX = 40;

/**
 * The last summary is that of the whole: `# { total: 24, pass: 19, fail: 3, todo: 1, skip: 1 }`. Without one, or where it hides
 * that the process did not end well, that is one failure.
 */
export function readOutcome(text: string, status: number | null): Outcome {
  const summary = text.match(/^# \{[^}]*total: [0-9]+[^}]*\}$/gm)?.at(-1);
  const count = (name: string): number => Number(summary?.match(new RegExp(`\\b${name}: ([0-9]+)`))?.[1] ?? 0);
  const has_crashed = summary === undefined || (status !== 0 && count('fail') === 0);
  return {
    passed: count('pass'),
    failed: has_crashed ? 1 : count('fail'),
    skipped: count('skip') + count('todo'),
    failures: has_crashed
      ? [`the process ended with ${status}`, ...failuresOf(text), ...text.split('\n').slice(-20)]
      : failuresOf(text),
  };
}

export function addOutcomes(one: Outcome, other: Outcome): Outcome {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    failures: [...one.failures, ...other.failures],
  };
}

/** Every `not ok` with the lines that explain it, but for the source, which is in the repository. */
function failuresOf(text: string): readonly string[] {
  return [
    ...text.matchAll(/^( *)not ok \d+(?!.*# (?:TODO|SKIP)).*\n(?:\1 {2}---\n[\s\S]*?\n\1 {2}\.\.\.$)?/gm),
  ].flatMap(([failure]) =>
    failure
      .replace(/\n *source: [\s\S]*/, '')
      .trimEnd()
      .split('\n')
      .slice(0, EXPLAINED_LINES_MAX),
  );
}
