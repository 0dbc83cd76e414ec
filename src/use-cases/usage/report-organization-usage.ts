// What tokens exercised of an organization, for who owns it: of each only what concerns the organization, which a classic token's use
// elsewhere does not.

import { listReportedTokens, type ReportedTokenRow } from '../../db/usage-reports.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import { dayOf, firstDayOfUsage } from '../../domain/usage.ts';
import { classicUsage, fineGrainedUsage } from '../../domain/usage-report.ts';
import { REPOSITORY_SELECTIONS } from '../../domain/vocabulary.ts';
import { decodePermissions } from '../../facts/decode-values.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';
import { readUsage, type Uses, usedRepository } from './read-usage.ts';
import type { ReportedUsage } from './report-token-usage.ts';

export type ReportedToken = ReportedUsage & {
  readonly token_name: string;
  /** Null: a classic token, which nobody granted anything. */
  readonly grant_id: number | null;
  readonly holder: { readonly id: number; readonly login: string; readonly site_admin: boolean };
};
type Judged = { readonly organization_id: number; readonly now: Date };

function grantedOf({ permissions, repository_selection }: ReportedTokenRow) {
  const known = REPOSITORY_SELECTIONS.find((each) => each === repository_selection) ?? 'none';
  return { permissions: decodePermissions(permissions), repository_selection: known };
}

function reported(
  row: ReportedTokenRow,
  { usesOf, repositoriesOf, heldCountOf }: Uses,
  first_day: number,
  repositories_max: number,
): ReportedToken {
  const uses = usesOf(row.id);
  const repositories = repositoriesOf(row.id).map(usedRepository);
  const held_count = heldCountOf(row.id);
  const usage =
    row.kind === 'classic'
      ? classicUsage(row.scopes ?? [], uses)
      : fineGrainedUsage({ granted: grantedOf(row), held_count, uses, repositories, repositories_max });
  return {
    token_id: row.id,
    token_name: row.name,
    grant_id: row.grant_id,
    holder: { id: row.holder_id, login: row.holder, site_admin: row.holder_site_admin },
    since_day: Math.max(first_day, dayOf(row.created_at)),
    usage,
  };
}

async function pageOf(
  deps: Deps,
  { organization_id, now }: Judged,
  { grant_id, limit, offset }: { readonly grant_id: number | null; readonly limit: number; readonly offset: number },
): Promise<RowPage<ReportedToken>> {
  const first_day = firstDayOfUsage(now);
  const repositories_max = deps.config.selected_repositories_max;
  const query = { organization_id, first_day, grant_id, limit, offset };
  const { rows, has_more } = rowPage(await listReportedTokens(deps.db, query), limit);
  const token_ids = rows.map(({ id }) => id);
  const uses = await readUsage(deps.db, { token_ids, owner_id: organization_id, first_day, repositories_max });
  return { rows: rows.map((row) => reported(row, uses, first_day, repositories_max)), has_more };
}

/** A page of all tokens that the organization lets in or that used something of it, newest first. @rule U1 */
export function listOrganizationUsage(
  deps: Deps,
  judged: Judged,
  page: { readonly limit: number; readonly offset: number },
): Promise<RowPage<ReportedToken>> {
  return pageOf(deps, judged, { ...page, grant_id: null });
}

/** Of the token of one grant. Refuses: 404 where the organization has no such grant. @rule U1 */
export async function reportGrantUsage(deps: Deps, judged: Judged, grant_id: number): Promise<ReportedToken> {
  const { rows } = await pageOf(deps, judged, { grant_id, limit: 1, offset: 0 });
  const [found] = rows;
  if (found === undefined) throw new Refusal('not_found');
  return found;
}
