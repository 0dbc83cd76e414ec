// Members whom an owner gave the right to review requests and grants (A1). SQL only; the row goes with the membership.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

type Pair = { readonly organization_id: number; readonly user_id: number };

/** Gives the right; false where it was there. The caller holds the membership. */
export async function putReviewer(db: Kysely<Database>, pair: Pair): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('token_reviewers')
    .values(pair)
    .onConflict((conflict) => conflict.columns(['organization_id', 'user_id']).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Takes the right away; false where it was not there. */
export async function deleteReviewer(db: Kysely<Database>, pair: Pair): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('token_reviewers')
    .where('organization_id', '=', pair.organization_id)
    .where('user_id', '=', pair.user_id)
    .executeTakeFirstOrThrow();
  return numDeletedRows === 1n;
}

/** A page of the reviewers, by id, and one row more where there are more. */
export function listReviewers(
  db: Kysely<Database>,
  query: { readonly organization_id: number; readonly limit: number; readonly offset: number },
): Promise<{ readonly id: number; readonly login: string }[]> {
  return db
    .selectFrom('token_reviewers as reviewer')
    .innerJoin('accounts as account', 'account.id', 'reviewer.user_id')
    .select(['account.id', 'account.login'])
    .where('reviewer.organization_id', '=', query.organization_id)
    .orderBy('reviewer.user_id')
    .limit(query.limit + 1)
    .offset(query.offset)
    .execute();
}
