// GET /orgs/{org}/teams/{team_slug}.

import { findTeam, type TeamProfileRow } from '../../db/teams.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';

export type TeamProfile = TeamProfileRow;

/** A team of this organization; 404 where it has none of that slug. */
export async function showTeam(
  deps: Deps,
  key: { readonly organization_id: number; readonly slug: string },
): Promise<TeamProfile> {
  const found = await findTeam(deps.db, key);
  if (found === undefined) throw new Refusal('not_found');
  return found;
}
