// What ends when people leave organizations (A4): their places in its teams, and what its grants and requests gave their
// tokens. Many at once. SQL only.

import { type Kysely, sql } from 'kysely';
import { setBackToGranted } from '../granted-access.ts';
import type { Database } from '../schema.ts';
import type { Pair } from './relations.ts';

export type EndedToken = {
  readonly organization_id: number;
  readonly organization: string;
  readonly user_id: number;
  readonly holder: string;
  readonly token_id: number;
  readonly hashed_token: string | null;
  readonly name: string;
};

const TOKEN = sql`leaving.organization_id, token.id as token_id, token.user_id, token.name,
  (select login from accounts where id = leaving.organization_id) as organization,
  (select login from accounts where id = token.user_id) as holder,
  (select secret.digest from token_secrets secret where secret.token_id = token.id and secret.is_current) as hashed_token`;

function pairsOf(pairs: readonly Pair[]) {
  return sql`
    unnest(${pairs.map((each) => each.first)}::bigint[], ${pairs.map((each) => each.second)}::bigint[])
    as leaving (organization_id, user_id)`;
}

/** Takes these people (second) from the teams of these organizations (first). */
export async function leaveTeams(db: Kysely<Database>, pairs: readonly Pair[]): Promise<void> {
  await sql`
    delete from team_members place using teams team, ${pairsOf(pairs)}
    where team.organization_id = leaving.organization_id and place.team_id = team.id
      and place.user_id = leaving.user_id`.execute(db);
}

/** What tokens of these people have asked of these organizations beyond what they are granted is no longer asked. */
async function setBackWidenings(db: Kysely<Database>, pairs: readonly Pair[]): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select token.id
    from ${pairsOf(pairs)}
    join tokens token on token.user_id = leaving.user_id
    join grant_requests request on request.token_id = token.id and request.state = 'pending'
    where request.resource_owner_id = leaving.organization_id
    order by token.id`.execute(db);
  if (rows.length === 0) return;
  await setBackToGranted(
    db,
    rows.map(({ id }) => id),
  );
}

/** Ends the grants of these organizations to tokens of these people, and sets back what they were to be widened to. @rule A2, A4 */
export async function endGrants(db: Kysely<Database>, pairs: readonly Pair[]): Promise<readonly EndedToken[]> {
  await setBackWidenings(db, pairs);
  const { rows } = await sql<EndedToken>`
    delete from grants held using tokens token, ${pairsOf(pairs)}
    where token.user_id = leaving.user_id and held.token_id = token.id
      and held.resource_owner_id = leaving.organization_id
    returning ${TOKEN}`.execute(db);
  return rows;
}

/** Cancels what tokens of these people have asked of these organizations. @rule A2, A4 */
export async function cancelRequests(
  db: Kysely<Database>,
  pairs: readonly Pair[],
): Promise<readonly (EndedToken & { readonly request_id: number })[]> {
  const { rows } = await sql<EndedToken & { request_id: number }>`
    update grant_requests request set state = 'cancelled'
    from tokens token, ${pairsOf(pairs)}
    where token.user_id = leaving.user_id and request.token_id = token.id and request.state = 'pending'
      and request.resource_owner_id = leaving.organization_id
    returning request.id as request_id, ${TOKEN}`.execute(db);
  return rows;
}
