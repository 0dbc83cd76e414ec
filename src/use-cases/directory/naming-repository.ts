// Whatever gives a repository a name is one transaction, in which the name may turn out to be taken.

import type { Kysely } from 'kysely';
import { REPOSITORY_NAME_TAKEN, type RepositoryRow } from '../../db/repositories.ts';
import type { Database } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import { refuseTaken } from '../administration/refuse-taken.ts';
import { nameTaken } from './repository-form.ts';

/** Does this, and answers the repository as it then is: 422 at the member for a taken name, 404 where the repository went meanwhile. */
export async function namingRepository(
  deps: Deps,
  member: 'name' | 'new_name' | 'new_owner',
  work: (transaction: Kysely<Database>) => Promise<RepositoryRow | undefined>,
): Promise<RepositoryRow> {
  const named = await refuseTaken(REPOSITORY_NAME_TAKEN, nameTaken(member), () => inTransaction(deps.db, work));
  if (named === undefined) throw new Refusal('not_found');
  return named;
}
