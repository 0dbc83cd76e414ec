// Ending all tokens of a person by the administrator's hand (M9), set-based. One by its text: revoked-tokens.ts. SQL only.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

export type EndedToken = {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  /** The digest of its current text. */
  readonly hashed_token: string;
  /** The organization that was its resource owner. */
  readonly organization_id: number | null;
  readonly organization_login: string | null;
};

/**
 * Revokes every token of the person that has not ended, with the deploy keys that these made and what they asked for;
 * answers them by id. The caller has locked the person, so that none is made meanwhile. Each statement sees what others
 * committed while the one before it waited for rows. @rule M9, A2
 */
export async function revokeTokensByAdministrator(
  transaction: Kysely<Database>,
  user_id: number,
  now: Date,
): Promise<readonly EndedToken[]> {
  const { rows } = await sql<EndedToken>`
    with ended as (
      update tokens set revoked_at = ${now}::timestamptz, revoked_reason = 'by_administrator'
      where user_id = ${user_id} and revoked_at is null
        and (expires_at is null or expires_at > greatest(${now}::timestamptz, now()))
      returning id, kind, name, resource_owner_id
    )
    select ended.id, ended.kind, ended.name, secret.digest as hashed_token,
      organization.id as organization_id, organization.login as organization_login
    from ended
    join token_secrets secret on secret.token_id = ended.id and secret.is_current
    left join accounts organization on organization.id = ended.resource_owner_id and organization.type = 'Organization'
    order by ended.id`.execute(transaction);
  if (rows.length === 0) return rows;
  const ids = rows.map((row) => row.id);
  await transaction.deleteFrom('deploy_keys').where('token_id', '=', sql<number>`any(${ids}::bigint[])`).execute();
  await transaction
    .updateTable('grant_requests')
    .set({ state: 'cancelled' })
    .where('token_id', '=', sql<number>`any(${ids}::bigint[])`)
    .where('state', '=', 'pending')
    .execute();
  return rows;
}
