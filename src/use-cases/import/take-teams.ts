// Teams of an import. A team stays in its organization: one that is to be in another is another team.

import { insertTeams, lockTeams, type TeamBefore, updateTeams } from '../../db/import/teams.ts';
import { teamClaim } from '../../domain/import-plan.ts';
import { changedMembers, GONE, resolve, type Step, sorted, type Wish } from './step.ts';

type Placed = Wish<'team'> & { readonly organization_id: number };

const SLUG_TAKEN = 'its `slug` is taken by another team of the organization';
const OTHER_ORGANIZATION = '`organization`: a team stays in its organization';

export async function takeTeams(step: Step, wishes: readonly Wish<'team'>[]): Promise<void> {
  const placed = wishes.flatMap((wish) => {
    const reference = { type: 'organization', external_id: wish.content.organization, member: 'organization' } as const;
    const organization_id = resolve(step, wish.line, reference);
    return organization_id === null ? [] : [{ ...wish, organization_id }];
  });
  const { made, changed } = sorted(placed);
  if (changed.length > 0) await change(step, changed);
  if (made.length > 0) await make(step, made);
}

async function make(step: Step, wishes: readonly Placed[]): Promise<void> {
  const teams = wishes.map(({ content, organization_id }) => ({ ...content, organization_id }));
  const ids = await insertTeams(step.db, teams, step.now);
  for (const { line, content, organization_id } of wishes) {
    const id = ids.get(teamClaim(organization_id, content.slug));
    if (id === undefined) {
      step.refuse(line, SLUG_TAKEN);
      continue;
    }
    step.accept(line, { result: 'created', object_id: id, parent_id: organization_id });
    step.record(line, { action: 'team.create', operation_type: 'create', team_id: id });
  }
}

function problemOf(before: TeamBefore | undefined, organization_id: number): string | null {
  if (before === undefined) return GONE;
  if (before.organization_id !== organization_id) return OTHER_ORGANIZATION;
  return before.slug_taken ? SLUG_TAKEN : null;
}

async function change(step: Step, wishes: readonly (Placed & { readonly id: number })[]): Promise<void> {
  const teams = await lockTeams(
    step.db,
    wishes.map(({ id, content }) => ({ id, slug: content.slug })),
  );
  const differing: { id: number; name: string; slug: string }[] = [];
  for (const { line, content, id, organization_id } of wishes) {
    const before = teams.get(id);
    const problem = problemOf(before, organization_id);
    if (before === undefined || problem !== null) {
      step.refuse(line, problem ?? GONE);
      continue;
    }
    const { name, slug } = content;
    const changed = changedMembers({ name: before.name, slug: before.slug }, { name, slug });
    if (changed.length > 0) {
      differing.push({ id, name, slug });
      step.record(line, { action: 'team.update', operation_type: 'modify', team_id: id, data: { changed } });
    }
    step.accept(line, { result: 'updated', object_id: id, parent_id: before.organization_id });
  }
  if (differing.length > 0) await updateTeams(step.db, differing);
}
