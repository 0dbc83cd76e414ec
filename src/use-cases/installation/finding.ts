// What `gatehouse doctor` can find: something of this installation that is unsafe or slow, with what it means and what to do. A check is
// one row of a table; it sees facts and answers what it found, in words, or nothing.

/** `severe`: a promise of this service does not hold. `warning`: it may not tomorrow, or it is slow. `hint`: worth knowing. */
export const SEVERITIES = ['severe', 'warning', 'hint'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type Finding = {
  /** Stable, for programs. */
  readonly id: string;
  readonly severity: Severity;
  readonly found: string;
  readonly means: string;
  readonly advice: string;
};

export type Check<Facts> = {
  readonly id: string;
  readonly severity: Severity;
  /** What is there, in one sentence without an end; null: nothing to say. */
  readonly find: (facts: Facts) => string | null;
  readonly means: string;
  readonly advice: string;
};

/** What the checks find. */
export function judge<Facts>(checks: readonly Check<Facts>[], facts: Facts): readonly Finding[] {
  return checks.flatMap(({ id, severity, find, means, advice }) => {
    const found = find(facts);
    return found === null ? [] : [{ id, severity, found, means, advice }];
  });
}

/** The most severe first, else as they were found. */
export function sorted(findings: readonly Finding[]): readonly Finding[] {
  const rank = ({ severity }: Finding) => SEVERITIES.indexOf(severity);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}
