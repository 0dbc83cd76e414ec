// GET /orgs/{org}/teams.

import { listTeams as list, type TeamRow } from '../../db/teams.ts';
import type { Deps } from '../../deps.ts';
import { type RowPage, rowPage } from './row-page.ts';

export type Team = TeamRow;

/** A page of the organization's teams, by slug. */
export async function listTeams(
  deps: Deps,
  input: { readonly organization_id: number; readonly limit: number; readonly offset: number },
): Promise<RowPage<Team>> {
  return rowPage(await list(deps.db, input), input.limit);
}
