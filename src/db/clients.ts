// Backend services: finding one by its secret.

import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { ClientFacts } from '../domain/caller.ts';
import { CAPABILITIES } from '../domain/vocabulary.ts';
import type { Database } from './schema.ts';

/** The client with this id and this live secret, or null. Unknown capabilities of a row count for nothing (F3). */
export async function findClient(
  db: Kysely<Database>,
  key: { readonly client_id: string; readonly digest: string },
  now: Date,
): Promise<ClientFacts | null> {
  const row = await db
    .selectFrom('client_secrets as secret')
    .innerJoin('clients as client', 'client.id', 'secret.client_id')
    .select(['client.id', 'client.client_id', 'client.capabilities', 'client.audiences', 'client.organizations'])
    .select(
      sql<number[]>`array(select c.organization_id from client_organizations c where c.client_id = client.id)`.as(
        'organization_ids',
      ),
    )
    .where('secret.digest', '=', key.digest)
    .where('client.client_id', '=', key.client_id)
    .where((where) =>
      where.or([
        where('secret.expires_at', 'is', null),
        where('secret.expires_at', '>', sql<Date>`greatest(${now}, now())`),
      ]),
    )
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    client_id: row.client_id,
    capabilities: CAPABILITIES.filter((each) => row.capabilities.includes(each)),
    audiences: row.audiences,
    organization_ids: row.organizations === 'all' ? null : row.organization_ids,
  };
}
