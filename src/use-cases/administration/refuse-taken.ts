// Names are unique by a constraint, never by asking first: two calls at once would both find the name free.

import { isUniqueViolation } from '../../db/sqlstate.ts';
import type { Refusal } from '../../domain/refusal.ts';

/** Does the work; throws the refusal where it violates the constraint. The work is a whole transaction. */
export async function refuseTaken<Result>(
  constraint: string,
  refusal: Refusal,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isUniqueViolation(error, constraint)) throw refusal;
    throw error;
  }
}
