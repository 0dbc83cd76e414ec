// The tokens that ask for, or have, access to an organization, as its reviewers see them: the two lists differ only in
// where their rows stand. SQL only; never a text of a token.

import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { RepositoryRow } from './repositories.ts';
import type { Database } from './schema.ts';

/** Columns are `unknown` where the rules do not trust the database to hold only what they know. */
export type AccessRow = {
  readonly id: number;
  /** When it was asked, or granted. */
  readonly at: Date;
  /** Of a request. */
  readonly reason: string | null;
  readonly holder_id: number;
  readonly holder: string;
  readonly holder_site_admin: boolean;
  readonly permissions: unknown;
  readonly repository_selection: string;
  readonly token_id: number;
  readonly token_name: string;
  readonly token_expires_at: Date | null;
  readonly token_last_used_at: Date | null;
};

/** Null: any. */
export type AccessFilter = {
  /** Lower case. */
  readonly owner_keys: readonly string[] | null;
  /** The name in lower case: it is asked for by name, or with all. */
  readonly repository_key: string | null;
  readonly permission: { readonly name: string; readonly level: string } | null;
  readonly token_ids: readonly number[] | null;
  readonly last_used_before: Date | null;
  readonly last_used_after: Date | null;
};
export type AccessQuery = AccessFilter & {
  readonly organization_id: number;
  readonly direction: 'asc' | 'desc';
  readonly limit: number;
  readonly offset: number;
};

/** Where rows of this kind are, which of them count, and where their repositories are. */
type Source = {
  readonly rows: RawBuilder<unknown>;
  readonly at: RawBuilder<Date>;
  readonly reason: RawBuilder<string | null>;
  readonly counts: RawBuilder<SqlBool>;
  /** Which of them can be looked at. */
  readonly is_there: RawBuilder<SqlBool>;
  readonly repository_ids: RawBuilder<unknown>;
};

const REQUESTS: Source = {
  rows: sql`grant_requests`,
  at: sql`each.created_at`,
  reason: sql`each.reason`,
  counts: sql`each.state = 'pending'`,
  is_there: sql`true`,
  repository_ids: sql`select chosen.repository_id from grant_request_repositories chosen where chosen.request_id = each.id`,
};
const GRANTS: Source = {
  rows: sql`grants`,
  at: sql`each.granted_at`,
  reason: sql`null::text`,
  counts: sql`token.resource_owner_id = each.resource_owner_id`,
  is_there: sql`token.resource_owner_id = each.resource_owner_id and token.revoked_at is null`,
  repository_ids: sql`select chosen.repository_id from grant_repositories chosen where chosen.grant_id = each.id`,
};

function hasRepository({ repository_ids }: Source, organization_id: number, key: string): RawBuilder<SqlBool> {
  return sql`exists (
    select 1 from repositories wanted
    where wanted.owner_id = ${organization_id} and wanted.name_key = ${key}
      and (each.repository_selection = 'all' or wanted.id in (${repository_ids})))`;
}

function conditions(source: Source, query: AccessQuery): RawBuilder<SqlBool>[] {
  const { organization_id, owner_keys, repository_key, permission, token_ids } = query;
  const found: RawBuilder<SqlBool>[] = [
    sql`each.resource_owner_id = ${organization_id}`,
    source.counts,
    sql`token.revoked_at is null`,
  ];
  if (owner_keys !== null) found.push(sql`holder.login_key = any(${[...owner_keys]}::text[])`);
  if (repository_key !== null) found.push(hasRepository(source, organization_id, repository_key));
  if (permission !== null) found.push(sql`each.permissions ->> ${permission.name} = ${permission.level}`);
  if (token_ids !== null) found.push(sql`each.token_id = any(${[...token_ids]}::bigint[])`);
  if (query.last_used_before !== null) found.push(sql`token.last_used_at < ${query.last_used_before}`);
  if (query.last_used_after !== null) found.push(sql`token.last_used_at > ${query.last_used_after}`);
  return found;
}

/** Which rows are of the page is said by the index of their order and the tokens; only those are then read with all that is shown. */
async function list(db: Kysely<Database>, source: Source, query: AccessQuery): Promise<AccessRow[]> {
  const direction = query.direction === 'asc' ? sql`asc` : sql`desc`;
  const order = sql`order by ${source.at} ${direction}, each.id ${direction}`;
  const holders = query.owner_keys === null ? sql`` : sql`join accounts holder on holder.id = token.user_id`;
  const { rows } = await sql<AccessRow>`
    select each.id, ${source.at} as at, ${source.reason} as reason, each.permissions, each.repository_selection,
      holder.id as holder_id, holder.login as holder, person.site_admin as holder_site_admin,
      token.id as token_id, token.name as token_name, token.expires_at as token_expires_at,
      token.last_used_at as token_last_used_at
    from (
      select each.id from ${source.rows} each
      join tokens token on token.id = each.token_id ${holders}
      where ${sql.join(conditions(source, query), sql` and `)}
      ${order} limit ${query.limit + 1} offset ${query.offset}
    ) page
    join ${source.rows} each on each.id = page.id
    join tokens token on token.id = each.token_id
    join accounts holder on holder.id = token.user_id
    join users person on person.id = holder.id
    ${order}`.execute(db);
  return rows;
}

/** The pending requests of an organization, and one row more where there are more. */
export function listPendingRequests(db: Kysely<Database>, query: AccessQuery): Promise<AccessRow[]> {
  return list(db, REQUESTS, query);
}

/** What the organization has granted, and one row more where there are more. */
export function listGrants(db: Kysely<Database>, query: AccessQuery): Promise<AccessRow[]> {
  return list(db, GRANTS, query);
}

export type AccessRepositoriesQuery = {
  readonly organization_id: number;
  readonly id: number;
  readonly limit: number;
  readonly offset: number;
};

/** The repositories of a subset, by name, and one row more where there are more. Undefined: there is no such row. */
async function listRepositories(
  db: Kysely<Database>,
  source: Source,
  query: AccessRepositoriesQuery,
): Promise<RepositoryRow[] | undefined> {
  const { organization_id, id, limit, offset } = query;
  const found = await sql`
    select 1 from ${source.rows} each join tokens token on token.id = each.token_id
    where each.id = ${id} and each.resource_owner_id = ${organization_id} and ${source.is_there}`.execute(db);
  if (found.rows.length === 0) return undefined;
  const { rows } = await sql<RepositoryRow>`
    select repository.id, repository.name, repository.visibility, repository.archived, repository.description,
      repository.created_at, repository.owner_id, owner.login as owner_login, owner.type as owner_type
    from ${source.rows} each
    join repositories repository on repository.id in (${source.repository_ids})
    join accounts owner on owner.id = repository.owner_id
    where each.id = ${id} and each.repository_selection = 'subset'
    order by repository.name_key
    limit ${limit + 1} offset ${offset}`.execute(db);
  return rows;
}

/** Of a request in whatever state. */
export function listRequestedRepositories(db: Kysely<Database>, query: AccessRepositoriesQuery) {
  return listRepositories(db, REQUESTS, query);
}

export function listGrantedRepositories(db: Kysely<Database>, query: AccessRepositoriesQuery) {
  return listRepositories(db, GRANTS, query);
}
