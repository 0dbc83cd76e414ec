// POST /repos/{owner}/{repo}/transfer: to oneself or to an organization that one owns, at once and without asking anybody.
// What goes with it: collaborators, deploy keys, archive. What does not: teams, which are the old owner's, and the place in
// every token's selection, for good (M10). Internal it stays only inside the same enterprise, or it would be shown to
// people who could not see it before; elsewhere it becomes private.

import type { Kysely } from 'kysely';
import { writeAudit } from '../../db/audit.ts';
import { deleteCollaborator } from '../../db/collaborators.ts';
import { holdOwners } from '../../db/owners.ts';
import {
  deleteFromTeams,
  findRepository,
  lockRepository,
  type RepositoryRow,
  updateRepository,
} from '../../db/repositories.ts';
import type { Database } from '../../db/schema.ts';
import { deleteFromSelections } from '../../db/selections.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { concernedBy } from '../../domain/concerned.ts';
import { decide } from '../../domain/decide.ts';
import type { RepositoryFacts, Resource } from '../../domain/facts.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import type { Visibility } from '../../domain/vocabulary.ts';
import { loadResources } from '../checks/load-resources.ts';
import { personIdOf, principalSubject } from '../checks/principal-subject.ts';
import { refusalOf } from '../checks/refusal-of.ts';
import { namingRepository } from './naming-repository.ts';
import type { ShownRepository } from './repository-page.ts';
import type { JudgedRepository } from './show-repository.ts';

export type TransferWish = { readonly new_owner: string; readonly new_name?: string };
type Taker = Extract<Resource, { type: 'organization' | 'user' }>;

const CREATE_FOR = {
  organization: ownOperation('POST /orgs/{org}/repos'),
  user: ownOperation('POST /user/repos'),
} as const;

/** The account that may take it; 422 for all that never can. */
async function findTaker(deps: Deps, caller: Caller, login: string): Promise<Taker> {
  const [found] = await loadResources(deps, caller.principal, [{ type: 'account', login }]);
  if (found?.type === 'organization') return found;
  if (found?.type === 'user' && found.id === personIdOf(caller.principal)) return found;
  throw invalid('Repository', 'new_owner', 'invalid', 'must be yourself or an organization that you own');
}

function idOf(taker: Taker): number {
  return taker.type === 'organization' ? taker.organization.id : taker.id;
}

function visibilityAt(taker: Taker, { visibility, owner }: RepositoryFacts): Visibility {
  if (visibility !== 'internal') return visibility ?? 'private';
  const enterprise_id = owner.type === 'Organization' ? owner.enterprise?.id : undefined;
  const stays = taker.type === 'organization' && taker.organization.enterprise?.id === enterprise_id;
  return stays ? 'internal' : 'private';
}

/** The credential must be able to make such a repository there: no token spans owners unless it reaches both. @rule K6, F1 */
function judgeTaker(deps: Deps, caller: Caller, taker: Taker, { repository, now }: JudgedRepository): void {
  const subject = principalSubject(caller.principal);
  const ask = { type: 'operation', operation: CREATE_FOR[taker.type] } as const;
  const decision = decide({ subject, resource: taker }, { ask, becomes: visibilityAt(taker, repository) }, now);
  if (decision.effect !== 'allow') {
    const { code, details } = refusalOf(deps, decision);
    throw new Refusal(code, taker.type === 'organization' ? { ...details, organization: taker.organization } : details);
  }
  if (idOf(taker) === repository.owner.id) {
    throw invalid('Repository', 'new_owner', 'unprocessable', 'owns the repository already');
  }
}

/** Both owners, and whether they belong to one enterprise, now and until the transaction ends. */
async function holdBoth(transaction: Kysely<Database>, from_id: number, taker_id: number) {
  const owners = await holdOwners(transaction, [from_id, taker_id]);
  const [from, taker] = [owners.get(from_id), owners.get(taker_id)];
  if (from === undefined || taker === undefined) throw new Refusal('not_found');
  return { taker, share_enterprise: from.enterprise_id !== null && from.enterprise_id === taker.enterprise_id };
}

async function hand(
  transaction: Kysely<Database>,
  caller: Caller,
  { repository, taker_id, new_name }: { repository: RepositoryFacts; taker_id: number; new_name: string | undefined },
): Promise<RepositoryRow | undefined> {
  const { taker, share_enterprise } = await holdBoth(transaction, repository.owner.id, taker_id);
  const before = await lockRepository(transaction, { id: repository.id, owner_id: repository.owner.id });
  if (before === undefined) throw new Refusal('not_found');
  const name = new_name ?? before.name;
  const turns_private = before.visibility === 'internal' && !share_enterprise;
  const change = { owner_id: taker.id, name, ...(turns_private && { visibility: 'private' as const }) };
  await updateRepository(transaction, repository.id, change);
  await deleteFromSelections(transaction, [repository.id]);
  await deleteFromTeams(transaction, repository.id);
  await deleteCollaborator(transaction, { repository_id: repository.id, user_id: taker.id });
  const concerned = { id: taker.id, name: taker.login };
  await writeAudit(transaction, caller, {
    action: 'repo.transfer',
    operation_type: 'modify',
    ...(taker.type === 'Organization' ? { org: concerned } : { user: concerned }),
    ...concernedBy(repository),
    others: [{ type: taker.type === 'Organization' ? 'organization' : 'user', ...concerned }],
    data: {
      old_owner: repository.owner.login,
      old_owner_id: repository.owner.id,
      new_owner: taker.login,
      new_owner_id: taker.id,
      new_name: name,
    },
  });
  return findRepository(transaction, repository.id);
}

/** Gives the repository to another owner. 403 where the caller could not make one there, 422 for a taken name. */
export async function transferRepository(
  deps: Deps,
  caller: Caller,
  input: JudgedRepository & { readonly wish: TransferWish },
): Promise<ShownRepository> {
  const { repository, wish } = input;
  const taker = await findTaker(deps, caller, wish.new_owner);
  judgeTaker(deps, caller, taker, input);
  const member = wish.new_name === undefined ? 'new_owner' : 'new_name';
  const row = await namingRepository(deps, member, (transaction) =>
    hand(transaction, caller, { repository, taker_id: idOf(taker), new_name: wish.new_name }),
  );
  return { ...row, role: 'admin' };
}
