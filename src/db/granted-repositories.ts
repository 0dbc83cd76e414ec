// The repositories that grants list, for any number of grants in one round trip: what introspection prints of a token with
// the selection `subset`. Both joins from a grant are by primary key.

import type { Pool } from 'pg';
import { toFault } from './sqlstate.ts';

/** One row a repository of a grant; `n` is the place of the grant in the question, from 1. */
export type GrantedRepositoryRow = { readonly n: number; readonly id: number; readonly full_name: string };

const STATEMENT = `
select q.n::int as n, found.id, found.full_name
from unnest((select $1::bigint[])) with ordinality as q (grant_id, n)
cross join lateral (
  select repository.id, owner.login || '/' || repository.name as full_name
  from grant_repositories granted
  join repositories repository on repository.id = granted.repository_id
  join accounts owner on owner.id = repository.owner_id
  where granted.grant_id = q.grant_id
  offset 0
) found
order by q.n, found.id`;

/** The rows of these grants, ordered by grant and id. Faults: StorageUnavailable. */
export async function loadGrantedRepositoryRows(
  pool: Pool,
  grant_ids: readonly number[],
): Promise<readonly GrantedRepositoryRow[]> {
  try {
    const result = await pool.query<GrantedRepositoryRow>({
      name: 'granted_repositories',
      text: STATEMENT,
      values: [grant_ids],
    });
    return result.rows;
  } catch (error) {
    throw toFault(error);
  }
}
