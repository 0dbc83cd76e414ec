// What one of the holder's tokens exercised, all of it.

import type { UsedRepositoryRow } from '../../db/usage-reports.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { dayOf, firstDayOfUsage } from '../../domain/usage.ts';
import { classicUsage, fineGrainedUsage, type TokenUsage } from '../../domain/usage-report.ts';
import { loadResources } from '../checks/load-resources.ts';
import { holderIdOf } from '../people/holding-session.ts';
import { readTokenRecord } from '../tokens/token-record.ts';
import { readUsage, usedRepository } from './read-usage.ts';

export type ReportedUsage = { readonly token_id: number; readonly since_day: number; readonly usage: TokenUsage };

/** Those that the holder sees now; one that has changed hands or names meanwhile is left out. @rule F6 */
async function seen(deps: Deps, caller: Caller, rows: readonly UsedRepositoryRow[]) {
  const keys = rows.map(({ owner_login, name }) => ({ type: 'repository', owner: owner_login, name }) as const);
  const resources = await loadResources(deps, caller.principal, keys);
  return rows.filter(({ id }, index) => {
    const resource = resources[index];
    if (resource?.type !== 'repository' || resource.id !== id) return false;
    return resource.visibility === 'public' || resource.role !== null;
  });
}

/** Refuses: 404 where the token is another's or none. @rule U1 */
export async function reportTokenUsage(
  deps: Deps,
  caller: Caller,
  { id, now }: { readonly id: number; readonly now: Date },
): Promise<ReportedUsage> {
  const record = await readTokenRecord(deps.db, { id, user_id: holderIdOf(caller) }, now);
  const first_day = firstDayOfUsage(now);
  const repositories_max = deps.config.selected_repositories_max;
  const query = { token_ids: [id], owner_id: null, first_day, repositories_max };
  const { usesOf, repositoriesOf, heldCountOf } = await readUsage(deps.db, query);
  const reported = { token_id: id, since_day: Math.max(first_day, dayOf(record.created_at)) };
  const uses = usesOf(id);
  if (record.kind === 'classic') return { ...reported, usage: classicUsage(record.scopes, uses) };
  const rows = await seen(deps, caller, repositoriesOf(id));
  const repositories = rows.map(usedRepository);
  const held = { granted: record.granted, held_count: heldCountOf(id) };
  return { ...reported, usage: fineGrainedUsage({ ...held, uses, repositories, repositories_max }) };
}
