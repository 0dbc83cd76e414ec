// Relations of an import: memberships, team members, teams' repositories, collaborators. A line whose pair has become another
// takes the old pair away and makes the new one. A pair that was made by the API, or by another line, is never taken over;
// only the owner that an organization's own line named is, by his membership's line.

import { holdersOf } from '../../db/import/objects.ts';
import { deletePairs, insertPairs, type PairWithRole, possiblePairs, putPairs } from '../../db/import/relations.ts';
import type { AuditAction } from '../../domain/audit.ts';
import { type ImportLine, pairOf, RELATIONS, type RelationType } from '../../domain/import-line.ts';
import { type KnownObject, type Planned, pairClaim } from '../../domain/import-plan.ts';
import { leave } from './leave.ts';
import { resolve, type Step, type Wish, wishesOf } from './step.ts';

type Bound = PairWithRole & {
  readonly line: ImportLine;
  readonly known: KnownObject | undefined;
  readonly act: 'create' | 'update';
};
type Pair = { readonly first: number; readonly second: number };
type Gone = Pair & { readonly line: ImportLine };

const IMPOSSIBLE: Readonly<Record<RelationType, string>> = {
  membership: '',
  team_member: '`user`: is no member of the organization of the team',
  team_repository: '`repository`: does not belong to the organization of the team',
  collaborator: '`user`: owns the repository',
};
const ACTIONS: Readonly<Record<RelationType, readonly [add: AuditAction, update: AuditAction, remove: AuditAction]>> = {
  membership: ['org.add_member', 'org.update_member', 'org.remove_member'],
  team_member: ['team.add_member', 'team.add_member', 'team.remove_member'],
  team_repository: ['team.add_repository', 'team.add_repository', 'team.remove_repository'],
  collaborator: ['repo.add_member', 'repo.update_member', 'repo.remove_member'],
};

export async function takeRelations(step: Step, type: RelationType, planned: readonly Planned[]): Promise<void> {
  const bound = wishesOf(planned, type).flatMap((wish) => bind(step, type, wish));
  const possible = new Set(await possiblePairs(step.db, type, bound));
  for (const each of bound) {
    if (!possible.has(each)) step.refuse(each.line, IMPOSSIBLE[type]);
  }
  const same = [...possible].filter(staysSame);
  const other = [...possible].filter((each) => !staysSame(each));
  const moved = other.filter(({ act }) => act === 'update').flatMap(oldPair);
  await remove(step, type, [...moved, ...deleted(step, type, planned)]);
  if (same.length > 0) await put(step, type, same);
  if (other.length > 0) await make(step, type, other);
}

function bind(step: Step, type: RelationType, { line, content, known, act }: Wish<RelationType>): Bound[] {
  const [first, second] = pairOf(type, content).map((reference) =>
    resolve(step, line, { ...reference, member: reference.type }),
  );
  if (typeof first !== 'number' || typeof second !== 'number') return [];
  return [{ line, first, second, role: content.role, known, act }];
}

function staysSame({ act, first, second, known }: Bound): boolean {
  return act === 'update' && first === known?.object_id && second === known.second_id;
}

function oldPair({ line, known }: Pick<Planned, 'line' | 'known'>): Gone[] {
  const { object_id: first, second_id: second } = known ?? {};
  return first && second ? [{ line, first, second }] : [];
}

function deleted(step: Step, type: RelationType, planned: readonly Planned[]): Gone[] {
  const gone = planned.filter(({ line, act }) => line.type === type && act === 'delete');
  for (const { line } of gone) step.accept(line, { result: 'updated', object_id: null });
  return gone.flatMap(oldPair);
}

function concerned(type: RelationType, { first, second }: Pair) {
  const columns = { organization: 'org_id', team: 'team_id', repository: 'repo_id', user: 'user_id' } as const;
  return { [columns[RELATIONS[type].first]]: first, [columns[RELATIONS[type].second]]: second };
}

async function remove(step: Step, type: RelationType, pairs: readonly Gone[]): Promise<void> {
  if (pairs.length === 0) return;
  const lines = new Map(pairs.map((each) => [pairClaim(type, each.first, each.second), each.line]));
  const removed = await deletePairs(step.db, type, pairs);
  for (const pair of removed) {
    const line = lines.get(pairClaim(type, pair.first, pair.second)) ?? null;
    const data = pair.role === null ? {} : { role: pair.role };
    step.record(line, { action: ACTIONS[type][2], operation_type: 'remove', ...concerned(type, pair), data });
  }
  if (type === 'membership') await leave(step, pairs);
}

/** The same pair as before, with the role that it is to have. */
async function put(step: Step, type: RelationType, pairs: readonly Bound[]): Promise<void> {
  const changed = await putPairs(step.db, type, pairs);
  const made = new Map(changed.map((each) => [pairClaim(type, each.first, each.second), each.made]));
  for (const pair of pairs) {
    const is_made = made.get(pairClaim(type, pair.first, pair.second));
    if (is_made !== undefined) recordPut(step, type, { pair, is_made });
    accept(step, pair);
  }
}

function recordPut(
  step: Step,
  type: RelationType,
  { pair, is_made }: { readonly pair: Bound; readonly is_made: boolean },
): void {
  const [add, update] = ACTIONS[type];
  step.record(pair.line, {
    action: is_made ? add : update,
    operation_type: is_made ? 'create' : 'modify',
    ...concerned(type, pair),
    ...(pair.role !== null && { data: { role: pair.role } }),
  });
}

function accept(step: Step, { line, act, first, second }: Bound): void {
  step.accept(line, { result: act === 'create' ? 'created' : 'updated', object_id: first, second_id: second });
}

/** Pairs that are to be there from now on, where they are not taken. */
async function make(step: Step, type: RelationType, pairs: readonly Bound[]): Promise<void> {
  const made = new Set(
    (await insertPairs(step.db, type, pairs)).map((each) => pairClaim(type, each.first, each.second)),
  );
  const taken: Bound[] = [];
  for (const pair of pairs) {
    if (!made.has(pairClaim(type, pair.first, pair.second))) {
      taken.push(pair);
      continue;
    }
    recordPut(step, type, { pair, is_made: true });
    accept(step, pair);
  }
  if (taken.length > 0) await takeOver(step, type, taken);
}

/** What is there already: refused, unless it is the owner whom the organization's line named. */
async function takeOver(step: Step, type: RelationType, pairs: readonly Bound[]): Promise<void> {
  const holders = await holdersOf(
    step.db,
    type,
    pairs.map(({ first, second }) => [first, second] as const),
  );
  const free: Bound[] = [];
  for (const pair of pairs) {
    const holder = holders.get(pairClaim(type, pair.first, pair.second));
    if (holder?.type === 'organization') free.push(pair);
    else if (holder === undefined) step.refuse(pair.line, 'is there already and was made by the API');
    else step.refuse(pair.line, `is there already and was imported as \`${holder.external_id}\``);
  }
  if (free.length > 0) await put(step, type, free);
}
