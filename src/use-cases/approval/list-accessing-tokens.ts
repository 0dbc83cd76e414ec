// The two lists of an organization's reviewers: what tokens ask for, and what they were granted.

import {
  type AccessFilter,
  type AccessQuery,
  type AccessRow,
  listGrants as listGrantRows,
  listPendingRequests as listRequestRows,
} from '../../db/accessing-tokens.ts';
import type { Deps } from '../../deps.ts';
import { type AccessingToken, readPermissionFilter } from '../../domain/accessing-token.ts';
import { foldedName } from '../../domain/folded-name.ts';
import { isPast } from '../../domain/lifetime.ts';
import { parseMoment } from '../../domain/moment.ts';
import { invalid } from '../../domain/refusal.ts';
import { REPOSITORY_SELECTIONS } from '../../domain/vocabulary.ts';
import { decodePermissions } from '../../facts/decode-values.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';

/** As it was asked; what is absent does not count. */
export type AskedFilter = {
  /** Logins of holders. */
  readonly owner?: readonly string[];
  readonly repository?: string;
  /** `issues_read`: that permission at exactly that level. */
  readonly permission?: string;
  readonly token_id?: readonly number[];
  readonly last_used_before?: string;
  readonly last_used_after?: string;
};
export type ListInput = {
  readonly organization_id: number;
  readonly filter: AskedFilter;
  readonly direction: 'asc' | 'desc';
  readonly page: { readonly limit: number; readonly offset: number };
  readonly now: Date;
};

function momentOf(field: 'last_used_before' | 'last_used_after', text: string | undefined): Date | null {
  if (text === undefined) return null;
  const moment = parseMoment(text);
  if (moment === null) throw invalid('Query', field, 'invalid', 'must be a moment or a date');
  return moment;
}

function filterOf(asked: AskedFilter): AccessFilter {
  const { owner, repository, permission, token_id } = asked;
  return {
    owner_keys: owner?.map((login) => foldedName(login)) ?? null,
    repository_key: repository === undefined ? null : foldedName(repository),
    permission: permission === undefined ? null : readPermissionFilter(permission),
    token_ids: token_id ?? null,
    last_used_before: momentOf('last_used_before', asked.last_used_before),
    last_used_after: momentOf('last_used_after', asked.last_used_after),
  };
}

function toAccessingToken(row: AccessRow, now: Date): AccessingToken {
  const { id, at, reason, token_id, token_name, token_expires_at, token_last_used_at } = row;
  return {
    ...{ id, at, reason, token_id, token_name, token_expires_at, token_last_used_at },
    holder: { id: row.holder_id, login: row.holder, site_admin: row.holder_site_admin },
    permissions: decodePermissions(row.permissions),
    repository_selection: REPOSITORY_SELECTIONS.find((each) => each === row.repository_selection) ?? 'none',
    token_expired: token_expires_at !== null && isPast(token_expires_at, now),
  };
}

async function pageOf(
  { organization_id, filter, direction, page, now }: ListInput,
  list: (query: AccessQuery) => Promise<AccessRow[]>,
): Promise<RowPage<AccessingToken>> {
  const { rows, has_more } = rowPage(
    await list({ organization_id, direction, ...filterOf(filter), ...page }),
    page.limit,
  );
  return { rows: rows.map((row) => toAccessingToken(row, now)), has_more };
}

/** A page of what waits for a review. Refuses: 422 for a filter that cannot be read. */
export function listRequests(deps: Deps, input: ListInput): Promise<RowPage<AccessingToken>> {
  return pageOf(input, (query) => listRequestRows(deps.db, query));
}

/** A page of what is granted; of tokens that have expired too, not of revoked ones. Refuses: 422. */
export function listGrants(deps: Deps, input: ListInput): Promise<RowPage<AccessingToken>> {
  return pageOf(input, (query) => listGrantRows(deps.db, query));
}
