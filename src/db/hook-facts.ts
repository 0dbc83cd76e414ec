// What messages to hooks say of tokens and requests, read in the transaction of the event. SQL only; never a text of a token.

import { type Kysely, sql } from 'kysely';
import { clockAhead } from './clock-ahead.ts';
import type { Database } from './schema.ts';

type TokenColumns = {
  readonly organization_id: number;
  readonly organization: string;
  readonly profile_name: string | null;
  readonly token_id: number;
  readonly kind: string;
  readonly name: string;
  readonly expires_at: Date | null;
  readonly holder_id: number;
  readonly holder: string;
  readonly holder_site_admin: boolean;
};

const TOKEN = sql`
  organization.id as organization_id, organization.login as organization, organization.profile_name,
  token.id as token_id, token.kind, token.name, token.expires_at,
  holder.id as holder_id, holder.login as holder, person.site_admin as holder_site_admin`;

/** Those of these tokens whose resource owner is an organization that has hooks, in the order of their ids. */
export async function findToldTokens(
  transaction: Kysely<Database>,
  ids: readonly number[],
): Promise<readonly TokenColumns[]> {
  const { rows } = await sql<TokenColumns>`
    select ${TOKEN}
    from tokens token
    join accounts organization on organization.id = token.resource_owner_id and organization.type = 'Organization'
    join accounts holder on holder.id = token.user_id
    join users person on person.id = holder.id
    where token.id = any(${[...ids]}::bigint[])
      and exists (select from organization_hooks hook where hook.organization_id = organization.id and hook.active)
    order by token.id`.execute(transaction);
  return rows;
}

export type TokenOfPerson = {
  readonly token_id: number;
  readonly token_name: string;
  readonly hashed_token: string;
  readonly repository_selection: string | null;
  readonly holder_id: number;
  readonly holder: string;
  readonly organization_id: number;
  readonly organization: string;
  /** What it has asked, pending. */
  readonly request_id: number | null;
  /** Its end has come, and may not have been noted yet. */
  readonly has_ended: boolean;
};

/** The tokens of these people that have not ended, or still ask for something, and whose resource owner is an organization. */
export async function findTokensOfPeople(
  transaction: Kysely<Database>,
  user_ids: readonly number[],
  now: Date,
): Promise<readonly TokenOfPerson[]> {
  const has_ended = sql`(token.revoked_at is not null
    or coalesce(token.expires_at <= ${clockAhead(now)}, false))`;
  const { rows } = await sql<TokenOfPerson>`
    select token.id as token_id, token.name as token_name, secret.digest as hashed_token, token.repository_selection,
      holder.id as holder_id, holder.login as holder, organization.id as organization_id,
      organization.login as organization, request.id as request_id, ${has_ended} as has_ended
    from tokens token
    join token_secrets secret on secret.token_id = token.id and secret.is_current
    join accounts holder on holder.id = token.user_id
    join accounts organization on organization.id = token.resource_owner_id and organization.type = 'Organization'
    left join grant_requests request on request.token_id = token.id and request.state = 'pending'
    where token.user_id = any(${[...user_ids]}::bigint[]) and (request.id is not null or not ${has_ended})
    order by token.id`.execute(transaction);
  return rows;
}

/** What is asked about: a request, or (null) the grant that the token has. */
export type ToldAccess = {
  readonly organization_id: number;
  readonly token_id: number;
  readonly request_id: number | null;
};

export type ToldRequest = TokenColumns & {
  /** Of the list that was asked about. */
  readonly place: number;
  readonly expired: boolean;
  readonly last_used_at: Date | null;
  readonly permissions: unknown;
  readonly permissions_before: unknown;
  readonly repository_selection: string;
  readonly created_at: Date;
  readonly repositories: readonly { id: number; name: string; full_name: string; private: boolean }[];
};

/** Each of these that is there, in the order of the list. */
export async function findToldRequests(
  transaction: Kysely<Database>,
  asked: readonly ToldAccess[],
  now: Date,
): Promise<readonly ToldRequest[]> {
  const { rows } = await sql<ToldRequest>`
    select asked.place, ${TOKEN}, token.last_used_at, 
      coalesce(token.expires_at <= ${clockAhead(now)}, false) as expired,
      coalesce(request.permissions, held.permissions) as permissions, request.permissions_before,
      coalesce(request.repository_selection, held.repository_selection) as repository_selection,
      coalesce(request.created_at, held.granted_at) as created_at,
      array(
        select json_build_object('id', repository.id, 'name', repository.name,
          'full_name', owner.login || '/' || repository.name, 'private', repository.visibility <> 'public')
        from repositories repository join accounts owner on owner.id = repository.owner_id
        where repository.id in (
          select chosen.repository_id from grant_request_repositories chosen where chosen.request_id = request.id
          union all
          select chosen.repository_id from grant_repositories chosen
          where chosen.grant_id = held.id and request.id is null)
        order by repository.id
      ) as repositories
    from unnest(
      ${asked.map((each) => each.organization_id)}::bigint[],
      ${asked.map((each) => each.token_id)}::bigint[],
      ${asked.map((each) => each.request_id)}::bigint[]
    ) with ordinality as asked (organization_id, token_id, request_id, place)
    join accounts organization on organization.id = asked.organization_id
    join tokens token on token.id = asked.token_id
    join accounts holder on holder.id = token.user_id
    join users person on person.id = holder.id
    left join grant_requests request on request.id = asked.request_id
    left join grants held on held.token_id = token.id and asked.request_id is null
    where coalesce(request.id, held.id) is not null
    order by asked.place`.execute(transaction);
  return rows;
}
