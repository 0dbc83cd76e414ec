// The facts of any number of questions, from one statement (facts-statement.ts).

import type { Pool } from 'pg';
import type { PackedRow } from './facts-columns.ts';
import { type FactsParameters, formOf, type Kind } from './facts-form.ts';
import type { FactsRow } from './facts-row.ts';
import { factsStatement } from './facts-statement.ts';
import { LENIENT_TYPES } from './lenient-types.ts';
import { toFault } from './sqlstate.ts';

export type HowToAsk = {
  /** Whether a connection may keep the plan of a statement; not where a pooler gives another connection each time. */
  readonly keeps_plans: boolean;
  /** Not the leanest: one that answers these questions too. */
  readonly kind?: Kind;
  /** What this service is called by who says for whom an exchanged text is; none is for it where that is not said. */
  readonly own_audience?: string;
};

/** The rows of these questions, in their order, all of one snapshot. Faults: StorageUnavailable. */
export async function loadFactsRows(
  pool: Pick<Pool, 'query'>,
  questions: readonly FactsParameters[],
  { keeps_plans, kind, own_audience = '' }: HowToAsk,
): Promise<readonly FactsRow[]> {
  const form = formOf(questions);
  const { name, text, values, unpack } = factsStatement({ ...form, kind: kind ?? form.kind });
  try {
    const result = await pool.query<[PackedRow]>({
      ...(keeps_plans && { name }),
      text,
      types: LENIENT_TYPES,
      values: values(questions, own_audience),
      rowMode: 'array',
    });
    const rows: FactsRow[] = [];
    for (const [packed] of result.rows) {
      const row = unpack(packed);
      rows[row.n - 1] = row;
    }
    return rows;
  } catch (error) {
    throw toFault(error);
  }
}
