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
  /** Said by the index of the list alone: what lies before a page is skipped without reading a row. */
  readonly counts: RawBuilder<SqlBool>;
  /** Which of them can be looked at. */
  readonly is_there: RawBuilder<SqlBool>;
  /** The table of the chosen repositories, and its column of this kind's id. */
  readonly chosen: RawBuilder<unknown>;
  readonly chosen_by: RawBuilder<number>;
};

const REQUESTS: Source = {
  rows: sql`grant_requests`,
  at: sql`each.created_at`,
  reason: sql`each.reason`,
  // Whatever ends a token cancels what it asks for.
  counts: sql`each.state = 'pending'`,
  is_there: sql`true`,
  chosen: sql`grant_request_repositories chosen`,
  chosen_by: sql`chosen.request_id`,
};
const GRANTS: Source = {
  rows: sql`grants`,
  at: sql`each.granted_at`,
  reason: sql`null::text`,
  counts: sql`not each.token_revoked`,
  is_there: sql`token.resource_owner_id = each.resource_owner_id and token.revoked_at is null`,
  chosen: sql`grant_repositories chosen`,
  chosen_by: sql`chosen.grant_id`,
};

/** What is looked for beside the repository. */
function conditions(source: Source, query: AccessQuery): RawBuilder<SqlBool>[] {
  const { organization_id, owner_keys, permission, token_ids } = query;
  const found: RawBuilder<SqlBool>[] = [sql`each.resource_owner_id = ${organization_id}`, source.counts];
  if (owner_keys !== null) found.push(sql`holder.login_key = any(${[...owner_keys]}::text[])`);
  if (permission !== null) found.push(sql`each.permissions ->> ${permission.name} = ${permission.level}`);
  if (token_ids !== null) found.push(sql`each.token_id = any(${[...token_ids]}::bigint[])`);
  if (query.last_used_before !== null) found.push(sql`token.last_used_at < ${query.last_used_before}`);
  if (query.last_used_after !== null) found.push(sql`token.last_used_at > ${query.last_used_after}`);
  return found;
}

/** Only the tables at which a filter looks. */
function beside({ owner_keys, last_used_before, last_used_after }: AccessFilter): RawBuilder<unknown> {
  if (owner_keys === null && last_used_before === null && last_used_after === null) return sql``;
  const holders = owner_keys === null ? sql`` : sql`join accounts holder on holder.id = token.user_id`;
  return sql`join tokens token on token.id = each.token_id ${holders}`;
}

/** Rows in the order of the list, from its beginning, so many. */
function inOrder(source: Source, query: AccessQuery, more: RawBuilder<unknown>): RawBuilder<unknown> {
  const direction = query.direction === 'asc' ? sql`asc` : sql`desc`;
  return sql`
    select each.id, ${source.at} as at from ${source.rows} each ${beside(query)}
    where ${sql.join(conditions(source, query), sql` and `)} ${more}
    order by ${source.at} ${direction}, each.id ${direction}`;
}

/**
 * Those that ask for the repository with all, and those that name it: each found by an index of its own, and put together in their
 * order. A name that the organization does not have is asked for by nobody.
 */
function withRepository(source: Source, query: AccessQuery, key: string): RawBuilder<unknown> {
  const wanted = sql`(
    select wanted.id from repositories wanted where wanted.owner_id = ${query.organization_id} and wanted.name_key = ${key})`;
  const limit = sql`limit ${query.limit + 1 + query.offset}`;
  const by_all = sql`and each.repository_selection = 'all' and ${wanted} is not null`;
  const by_name = sql`and each.repository_selection <> 'all'
    and each.id in (select ${source.chosen_by} from ${source.chosen} where chosen.repository_id = ${wanted})`;
  const direction = query.direction === 'asc' ? sql`asc` : sql`desc`;
  return sql`
    select each.id, each.at from (
      (${inOrder(source, query, by_all)} ${limit}) union all (${inOrder(source, query, by_name)} ${limit})
    ) each
    order by each.at ${direction}, each.id ${direction}`;
}

/**
 * Which rows are of the page is said by the index of their order, as far as no filter looks at more; only those of the page are then
 * read with all that is shown.
 */
async function list(db: Kysely<Database>, source: Source, query: AccessQuery): Promise<AccessRow[]> {
  const direction = query.direction === 'asc' ? sql`asc` : sql`desc`;
  const { repository_key } = query;
  const all = repository_key === null ? inOrder(source, query, sql``) : withRepository(source, query, repository_key);
  const { rows } = await sql<AccessRow>`
    select each.id, ${source.at} as at, ${source.reason} as reason, each.permissions, each.repository_selection,
      holder.id as holder_id, holder.login as holder, person.site_admin as holder_site_admin,
      token.id as token_id, token.name as token_name, token.expires_at as token_expires_at,
      token.last_used_at as token_last_used_at
    from (${all} limit ${query.limit + 1} offset ${query.offset}) page
    join ${source.rows} each on each.id = page.id
    join tokens token on token.id = each.token_id
    join accounts holder on holder.id = token.user_id
    join users person on person.id = holder.id
    order by ${source.at} ${direction}, each.id ${direction}`.execute(db);
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
    join ${source.chosen} on ${source.chosen_by} = each.id
    join repositories repository on repository.id = chosen.repository_id
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
