// POST /orgs/{org}/teams: a team, perhaps with its first members and repositories. Each of these is an act of its own (L1).

import type { Kysely } from 'kysely';
import { holdPerson } from '../../db/accounts.ts';
import { writeAudits } from '../../db/audit.ts';
import { isFull } from '../../db/count-caps.ts';
import { holdMembershipRole } from '../../db/memberships.ts';
import { holdOwner } from '../../db/owners.ts';
import { lockRepository } from '../../db/repositories.ts';
import type { Database } from '../../db/schema.ts';
import { insertTeam, putTeamMember, putTeamRepository, TEAM_SLUG_TAKEN, type TeamProfileRow } from '../../db/teams.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { AuditEvent } from '../../domain/audit.ts';
import type { Caller } from '../../domain/caller.ts';
import { concernedBy } from '../../domain/concerned.ts';
import { TEAMS_MAX } from '../../domain/count-caps.ts';
import type { OrganizationFacts, RepositoryFacts } from '../../domain/facts.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { type RoleWord, roleOfWord } from '../../domain/role-words.ts';
import { teamSlug } from '../../domain/team-slug.ts';
import type { Role } from '../../domain/vocabulary.ts';
import { refuseTaken } from '../administration/refuse-taken.ts';
import { loadResources } from '../checks/load-resources.ts';
import { requireAdministered, seesRepository } from './team-repository.ts';

export type NewTeamWish = {
  readonly name: string;
  /** Logins of members of the organization. */
  readonly maintainers?: readonly string[];
  /** Repositories of the organization as `owner/name`. */
  readonly repo_names?: readonly string[];
  /** What it gets on these. */
  readonly permission?: RoleWord;
};
type NewTeamPlace = { readonly organization: OrganizationFacts; readonly wish: NewTeamWish; readonly now: Date };
type MadeTeam = { readonly team_id: number; readonly team: string };

/** The repositories that are named, by id; 422 for what the caller does not see and for other owners' alike. @rule F6, K3 */
async function findRepositories(
  deps: Deps,
  caller: Caller,
  { organization, wish, now }: NewTeamPlace,
): Promise<readonly RepositoryFacts[]> {
  const keys = (wish.repo_names ?? []).map((full_name) => {
    const [owner = '', name = ''] = full_name.split('/');
    return { type: 'repository', owner, name } as const;
  });
  const found = (await loadResources(deps, caller.principal, keys)).map((resource, index) => {
    if (seesRepository(caller, resource, now) && resource.owner.id === organization.id) return resource;
    throw invalid('Team', `repo_names.${index}`, 'invalid', 'is no repository of the organization');
  });
  for (const each of found) requireAdministered(deps, caller, each, now);
  return [...new Map(found.map((each) => [each.id, each])).values()].sort((a, b) => a.id - b.id);
}

/** Puts the first members in the team; 422 for who is no member of the organization. */
async function addMembers(
  transaction: Kysely<Database>,
  { organization, wish }: NewTeamPlace,
  { team_id, team }: MadeTeam,
): Promise<AuditEvent[]> {
  const added = new Map<number, AuditEvent>();
  for (const [index, login] of (wish.maintainers ?? []).entries()) {
    const user = await holdPerson(transaction, login);
    const pair = user && { organization_id: organization.id, user_id: user.id };
    if (user === undefined || pair === undefined || (await holdMembershipRole(transaction, pair)) === undefined) {
      throw invalid('Team', `maintainers.${index}`, 'invalid', 'is no member of the organization');
    }
    await putTeamMember(transaction, { team_id, user_id: user.id });
    added.set(user.id, {
      action: 'team.add_member',
      operation_type: 'create',
      user: { id: user.id, name: user.login },
      org: { id: organization.id, name: organization.login },
      data: { team, team_id },
    });
  }
  return [...added.values()];
}

/** Gives the team its first repositories. */
async function addRepositories(
  transaction: Kysely<Database>,
  given: { readonly repositories: readonly RepositoryFacts[]; readonly role: Role },
  { team_id, team }: MadeTeam,
): Promise<AuditEvent[]> {
  const { repositories, role } = given;
  for (const { id, owner } of repositories) {
    const found = await lockRepository(transaction, { id, owner_id: owner.id });
    if (found === undefined) throw new Refusal('not_found');
    await putTeamRepository(transaction, { team_id, repository_id: id }, role);
  }
  return repositories.map((each) => ({
    action: 'team.add_repository',
    operation_type: 'create',
    ...concernedBy(each),
    data: { team, team_id, role },
  }));
}

/** Makes a team; 422 where its slug is taken, its name gives none, or what is to be in it is not the organization's. */
export async function createTeam(deps: Deps, caller: Caller, place: NewTeamPlace): Promise<TeamProfileRow> {
  const { organization, wish } = place;
  const slug = teamSlug(wish.name);
  if (slug === null) throw invalid('Team', 'name', 'invalid', 'needs a letter or a digit');
  const repositories = await findRepositories(deps, caller, place);
  const given = { repositories, role: roleOfWord(wish.permission ?? 'pull') };
  const taken = invalid('Team', 'name', 'already_exists', 'a team with this slug exists in the organization');
  const team = { organization_id: organization.id, name: wish.name, slug, created_at: deps.clock() };
  return refuseTaken(TEAM_SLUG_TAKEN, taken, () =>
    inTransaction(deps.db, async (transaction) => {
      const owner = await holdOwner(transaction, organization.id);
      if (owner === undefined) throw new Refusal('not_found');
      if (await isFull(transaction, 'teams', organization.id, TEAMS_MAX)) {
        throw invalid('Team', 'name', 'unprocessable', `an organization has at most ${TEAMS_MAX} teams`);
      }
      const id = await insertTeam(transaction, team);
      const made = { team_id: id, team: slug };
      const org = { id: owner.id, name: owner.login };
      const members = await addMembers(transaction, place, made);
      const given_entries = await addRepositories(transaction, given, made);
      const created: AuditEvent = { action: 'team.create', operation_type: 'create', org, data: made };
      await writeAudits(transaction, caller, [created, ...members, ...given_entries]);
      const { name, created_at } = team;
      return { id, name, slug, created_at, members_count: members.length, repos_count: repositories.length };
    }),
  );
}
