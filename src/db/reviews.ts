// Reviewing requests and revoking grants of an organization, any number at once. SQL only; the tokens are locked before
// (review-locks.ts), so that of two reviewers one comes first.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

type Named = { readonly organization_id: number; readonly ids: readonly number[] };

/** A token whose request or grant is named, as the record speaks of it. */
type ConcernedToken = {
  readonly token_id: number;
  readonly token_name: string;
  readonly hashed_token: string;
  readonly holder_id: number;
  readonly holder: string;
  /** What it asked last. */
  readonly repository_selection: string | null;
};
export type NamedRequest = ConcernedToken & {
  readonly id: number;
  readonly state: string;
  readonly secret_issued_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
};
export type NamedGrant = ConcernedToken & { readonly id: number };

const CONCERNED = sql`
  token.id as token_id, token.name as token_name, token.user_id as holder_id, holder.login as holder,
  token.repository_selection, coalesce((
    select secret.digest from token_secrets secret where secret.token_id = token.id and secret.is_current), '')
    as hashed_token`;

/** The organization's requests of these ids, in whatever state, by id; those that are not its own are left out. */
export async function findNamedRequests(db: Kysely<Database>, named: Named): Promise<readonly NamedRequest[]> {
  const { rows } = await sql<NamedRequest>`
    select request.id, request.state, token.secret_issued_at, token.expires_at, token.revoked_at, ${CONCERNED}
    from grant_requests request
    join tokens token on token.id = request.token_id
    join accounts holder on holder.id = token.user_id
    where request.id = any(${[...named.ids]}::bigint[]) and request.resource_owner_id = ${named.organization_id}
    order by request.id`.execute(db);
  return rows;
}

/** How many of these ids were requests of the organization, of tokens that are gone. */
export async function countEndedRequests(db: Kysely<Database>, named: Named): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from ended_requests
    where organization_id = ${named.organization_id} and request_id = any(${[...named.ids]}::bigint[])`.execute(db);
  return rows[0]?.count ?? 0;
}

/** The organization's grants of these ids, by id; those that are not its own, or of a revoked token, are left out. */
export async function findNamedGrants(db: Kysely<Database>, named: Named): Promise<readonly NamedGrant[]> {
  const { rows } = await sql<NamedGrant>`
    select held.id, ${CONCERNED}
    from grants held
    join tokens token on token.id = held.token_id and token.resource_owner_id = held.resource_owner_id
    join accounts holder on holder.id = token.user_id
    where held.id = any(${[...named.ids]}::bigint[]) and held.resource_owner_id = ${named.organization_id}
      and token.revoked_at is null
    order by held.id`.execute(db);
  return rows;
}

export type Review = {
  readonly state: 'approved' | 'denied';
  readonly reason: string | null;
  readonly reviewed_by: number;
  readonly reviewed_at: Date;
};

/** Ends these requests by a review. */
export async function endRequests(db: Kysely<Database>, ids: readonly number[], review: Review): Promise<void> {
  const { state, reason, reviewed_by, reviewed_at } = review;
  await sql`
    update grant_requests
    set state = ${state}, review_reason = ${reason}, reviewed_by = ${reviewed_by}, reviewed_at = ${reviewed_at}
    where id = any(${[...ids]}::bigint[])`.execute(db);
}

/** The pending requests of these tokens. */
export async function findPendingRequests(
  db: Kysely<Database>,
  token_ids: readonly number[],
): Promise<readonly { readonly id: number; readonly token_id: number }[]> {
  const { rows } = await sql<{ id: number; token_id: number }>`
    select id, token_id from grant_requests
    where token_id = any(${[...token_ids]}::bigint[]) and state = 'pending' order by id`.execute(db);
  return rows;
}

/** A request that is approved with the life that its token has. */
export type Approved = { readonly request_id: number; readonly lifetime_seconds: number | null };

/** Makes what each request asks, exactly, the grant of its token, in place of the one that it may have. @rule M7, M8 */
export async function grantRequested(
  db: Kysely<Database>,
  approved: readonly Approved[],
  granted_at: Date,
): Promise<void> {
  const ids = approved.map((each) => each.request_id);
  const seconds = approved.map((each) => each.lifetime_seconds);
  await sql`
    insert into grants
      (token_id, resource_owner_id, permissions, repository_selection, granted_at, lifetime_seconds)
    select request.token_id, request.resource_owner_id, request.permissions, request.repository_selection,
      ${granted_at}::timestamptz, approved.lifetime_seconds
    from unnest(${ids}::bigint[], ${seconds}::bigint[]) as approved (request_id, lifetime_seconds)
    join grant_requests request on request.id = approved.request_id
    on conflict (token_id) do update set
      resource_owner_id = excluded.resource_owner_id, permissions = excluded.permissions,
      repository_selection = excluded.repository_selection, granted_at = excluded.granted_at,
      lifetime_seconds = excluded.lifetime_seconds`.execute(db);
  await sql`
    delete from grant_repositories each using grants held, grant_requests request
    where request.id = any(${ids}::bigint[]) and held.token_id = request.token_id and each.grant_id = held.id`.execute(
    db,
  );
  await sql`
    insert into grant_repositories (grant_id, repository_id)
    select held.id, each.repository_id
    from grant_requests request
    join grants held on held.token_id = request.token_id
    join grant_request_repositories each on each.request_id = request.id
    where request.id = any(${ids}::bigint[])`.execute(db);
}

/** Takes these grants away. */
export async function deleteGrants(db: Kysely<Database>, ids: readonly number[]): Promise<void> {
  await sql`delete from grants where id = any(${[...ids]}::bigint[])`.execute(db);
}
