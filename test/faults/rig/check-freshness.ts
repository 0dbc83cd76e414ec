// Safety (promises P1, P2, P3): nobody is let in who was asked about after the end was acknowledged and the bound was over.

import type { Check, History } from './history.ts';

export type Late = Pick<Check, 'node' | 'token_id'> & { readonly late_ms: number };

/** The answers that let somebody in, so many ms after his end was acknowledged, with the bound taken off. */
export function lateAllows({ checks, taken }: Pick<History, 'checks' | 'taken'>, bound_ms: number): readonly Late[] {
  const ended = new Map(taken.map(({ token_id, acknowledged_at }) => [token_id, acknowledged_at]));
  return checks.flatMap(({ node, token_id, sent_at, decision }) => {
    const late_ms = sent_at - (ended.get(token_id) ?? Number.POSITIVE_INFINITY) - bound_ms;
    return decision === true && late_ms > 0 ? [{ node, token_id, late_ms }] : [];
  });
}

/** How long after its end was acknowledged each token was let in last, by node; in ms, 0: never. */
export function lastAllows({ checks, taken }: Pick<History, 'checks' | 'taken'>, node: string): readonly number[] {
  return taken.map(({ token_id, acknowledged_at }) =>
    checks
      .filter((each) => each.node === node && each.token_id === token_id && each.decision === true)
      .reduce((last, { sent_at }) => Math.max(last, sent_at - acknowledged_at), 0),
  );
}

/** Answers of the service itself that say that it has failed, but where that was to be expected. */
export function unexpectedFailures(
  { checks }: Pick<History, 'checks'>,
  isExpected: (check: Check) => boolean = () => false,
): readonly Check[] {
  return checks.filter((each) => (each.status === null || each.status >= 500) && !isExpected(each));
}
