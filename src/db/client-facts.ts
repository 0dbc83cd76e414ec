// Backend services: finding them by their secrets, any number in one round trip.

import type { Pool } from 'pg';
import { LENIENT_TYPES } from './lenient-types.ts';
import { toFault } from './sqlstate.ts';

export type ClientFactsParameters = { readonly client_id: string; readonly digest: string };

/** One row for each question that names a client and one of its secrets. `n`: the place of the question, from 1. */
export type ClientFactsRow = {
  readonly n: number;
  readonly now: Date;
  readonly epoch: number;
  readonly id: number;
  readonly client_id: string;
  readonly capabilities: readonly string[];
  readonly audiences: readonly string[];
  readonly strip_prefixes: readonly string[];
  readonly organizations: unknown;
  readonly organization_ids: readonly number[];
  readonly secret_expires_at: Date | null;
};

const STATEMENT = `
select q.n::int as n, clock_timestamp() as now, (select current.epoch from change_epoch current) as epoch, found.*
from unnest((select $1::text[]), (select $2::text[])) with ordinality as q (client_id, digest, n)
cross join lateral (
  select client.id, client.client_id, client.capabilities, client.audiences, client.strip_prefixes,
    client.organizations,
    array(select bound.organization_id from client_organizations bound where bound.client_id = client.id)
      as organization_ids,
    secret.expires_at as secret_expires_at
  from client_secrets secret
  join clients client on client.id = secret.client_id
  where secret.digest = q.digest and client.client_id = q.client_id
  offset 0
) found`;

/** The rows of these questions; none for a question without an answer. Faults: StorageUnavailable. */
export async function loadClientFactsRows(
  pool: Pick<Pool, 'query'>,
  keys: readonly ClientFactsParameters[],
  { keeps_plans }: { readonly keeps_plans: boolean },
): Promise<readonly ClientFactsRow[]> {
  try {
    const values = [keys.map((key) => key.client_id), keys.map((key) => key.digest)];
    const statement = { ...(keeps_plans && { name: 'clients' }), text: STATEMENT };
    const result = await pool.query<ClientFactsRow>({ ...statement, values, types: LENIENT_TYPES });
    return result.rows;
  } catch (error) {
    throw toFault(error);
  }
}
