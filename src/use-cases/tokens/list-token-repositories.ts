// The repositories that a token of the holder was last asked for, as far as he sees them now (contract 6, F8).

import type { RepositoryRow } from '../../db/repositories.ts';
import { listTokenRepositories as listRows } from '../../db/token-repositories.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OwnerFacts, Resource } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { FineGrainedTokenRecord } from '../../domain/token-record.ts';
import { loadResources } from '../checks/load-resources.ts';
import { type RepositoryPage, repositoryPage, type ShownRepository } from '../directory/repository-page.ts';
import { holderIdOf } from '../people/holding-session.ts';
import { readTokenRecord } from './token-record.ts';

type Page = { readonly limit: number; readonly offset: number };

/** The row with the holder's role if he sees the repository; one that has changed hands or names meanwhile is left out. */
function shownToHolder(row: RepositoryRow, resource: Resource | undefined): ShownRepository | null {
  if (resource?.type !== 'repository' || resource.id !== row.id) return null;
  return resource.visibility === 'public' || resource.role !== null ? { ...row, role: resource.role } : null;
}

async function subset(deps: Deps, caller: Caller, token_id: number, page: Page): Promise<RepositoryPage> {
  const rows = await listRows(deps.db, token_id);
  const keys = rows.map((row) => ({ type: 'repository', owner: row.owner_login, name: row.name }) as const);
  const resources = await loadResources(deps, caller.principal, keys);
  const shown = rows.flatMap((row, index) => shownToHolder(row, resources[index]) ?? []);
  const end = page.offset + page.limit;
  return { rows: shown.slice(page.offset, end), has_more: shown.length > end, sso_missing: [] };
}

async function ownerFacts(deps: Deps, caller: Caller, record: FineGrainedTokenRecord): Promise<OwnerFacts | null> {
  const { resource_owner: owner, resource_owner_id: id } = record;
  if (owner === null) return null;
  if (owner.type === 'User') return { type: 'User', id, login: owner.login };
  const [resource] = await loadResources(deps, caller.principal, [{ type: 'organization', login: owner.login }]);
  return resource?.type === 'organization' && resource.organization.id === id ? resource.organization : null;
}

async function ofOwner(deps: Deps, caller: Caller, owner: OwnerFacts, at: Page & { readonly now: Date }) {
  const order = { visibility: 'all', sort: 'full_name', descending: false } as const;
  const filter = { ...order, only_with_role: false, affiliations: [], limit: at.limit, offset: at.offset };
  return repositoryPage(deps, caller, { owners: [owner], filter, now: at.now });
}

/**
 * A page of the repositories: of a subset those that were named, of `all` the resource owner's, of `none` nothing. Refuses:
 * 404 where the token is not the holder's, not there, or classic, which names no repositories. @rule F8, M6
 */
export async function listTokenRepositories(
  deps: Deps,
  caller: Caller,
  input: { readonly id: number; readonly page: Page; readonly now: Date },
): Promise<RepositoryPage> {
  const { id, page, now } = input;
  const record = await readTokenRecord(deps.db, { id, user_id: holderIdOf(caller) }, now);
  if (record.kind === 'classic') throw new Refusal('not_found');
  if (record.repository_selection === 'subset') return subset(deps, caller, id, page);
  const owner = record.repository_selection === 'all' ? await ownerFacts(deps, caller, record) : null;
  return owner === null
    ? { rows: [], has_more: false, sso_missing: [] }
    : ofOwner(deps, caller, owner, { ...page, now });
}
