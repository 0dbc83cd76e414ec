// By what a token was allowed something: which permission sets, or which scopes, any of which would have been enough. Counted over
// time (U1), it tells which smaller grant would have done as well: narrower-grant.ts.

import { ALLOWED, type Decision } from './decision.ts';
import type { Resource, TokenFacts } from './facts.ts';
import { hasCategory, type PermissionMap } from './permission.ts';
import type { Requirement } from './requirement.ts';
import { expandScopes, scopesForPermission } from './scope.ts';

export type Exercise = {
  readonly requirement: Requirement;
  /** Those of the requirement that a fine-grained token satisfies and its holder's role allows: each alone is enough. */
  readonly sets: readonly PermissionMap[];
  /** Whether `public_repo` was one of the scopes that count (K2). */
  readonly public_repo_counts: boolean;
};

/** So many different answers to one question are told apart by their object; what is beyond is made anew each time. */
const KNOWN_MAX = 64;

/** Answers that were given: the same has the same object, so that counting it costs a comparison. */
const KNOWN = new WeakMap<Requirement, Decision[]>();

function isSame(known: Exercise | undefined, { sets, public_repo_counts }: Exercise): boolean {
  if (known === undefined || known.public_repo_counts !== public_repo_counts) return false;
  return known.sets.length === sets.length && known.sets.every((set, index) => set === sets[index]);
}

/** The yes to a token that needed something for it. @rule U1 */
export function allowedBy(exercise: Exercise): Decision {
  const known = KNOWN.get(exercise.requirement) ?? [];
  const found = known.find((each) => isSame(each.exercise, exercise));
  if (found !== undefined) return found;
  const decision: Decision = { ...ALLOWED, exercise };
  if (known.length < KNOWN_MAX) KNOWN.set(exercise.requirement, [...known, decision]);
  return decision;
}

/** Any one of these is enough; of each, all members are needed. */
export type Alternatives = readonly (readonly string[])[];

/** Combinations of scopes beyond so many are not told apart. */
const COMBINATIONS_MAX = 256;

/** A repository is reached with some permission about repositories only, and each of them brings this one. @rule F5.4, K4 */
function ofSet(set: PermissionMap, resource: Resource): readonly string[] {
  const members = Object.entries(set).map(([permission, level]) => `${permission}:${level}`);
  return resource.type === 'repository' && !hasCategory(set, 'repository') ? [...members, 'metadata:read'] : members;
}

/** Every way to take one of each. */
function combinations(choices: readonly (readonly string[])[]): Alternatives {
  return choices.reduce<Alternatives>(
    (ways, choice) => ways.flatMap((way) => choice.map((each) => [...way, each])).slice(0, COMBINATIONS_MAX),
    [[]],
  );
}

/** The scopes of a classic token that were enough, as scopesSuffice and classicReach have it. @rule C1, C6, K2, F5.4 */
function ofScopes(token_scopes: readonly string[], exercise: Exercise, resource: Resource): Alternatives {
  const { requirement, public_repo_counts } = exercise;
  const held = expandScopes(token_scopes);
  const counting = (accepted: readonly string[]) =>
    accepted.filter((scope) => held.has(scope) && (scope !== 'public_repo' || public_repo_counts));
  // An exchanged token may lack it where the token that it was made from has it: then it was not by this that it was allowed (T3).
  const workflow = counting(['workflow']);
  const besides = requirement.workflow ? [workflow] : [];
  if (requirement.scopes !== null) return combinations([counting(requirement.scopes), ...besides]);
  if (requirement.permissionless) {
    const is_closed = resource.type === 'repository' && resource.visibility !== 'public';
    return is_closed ? [['repo']] : [[]];
  }
  return requirement.sets.flatMap((set) => {
    const members = Object.entries(set);
    const also = Object.hasOwn(set, 'workflows') ? [workflow] : besides;
    return combinations([...members.map(([name, level]) => counting(scopesForPermission(name, level))), ...also]);
  });
}

/** What the token needed of what it had: any of these. An empty alternative: nothing at all. @rule U1 */
export function alternativesOf(token: TokenFacts, exercise: Exercise, resource: Resource): Alternatives {
  if (token.kind === 'classic') return ofScopes(token.scopes, exercise, resource);
  return exercise.sets.map((set) => ofSet(set, resource));
}

/**
 * The alternatives as one text, the same for the same: `contents:read; issues:read,metadata:read`. Empty where one of them needs
 * nothing. @rule U1
 */
export function printAlternatives(alternatives: Alternatives): string {
  if (alternatives.some((each) => each.length === 0)) return '';
  const printed = alternatives.map((each) => [...new Set(each)].sort().join(','));
  return [...new Set(printed)].sort().join('; ');
}

/** What `printAlternatives` printed. */
export function readAlternatives(text: string): Alternatives {
  return text === '' ? [[]] : text.split('; ').map((each) => each.split(','));
}
