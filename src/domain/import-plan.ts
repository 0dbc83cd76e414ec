// The plan of an import: what a line does to what is known of its object, and which lines can be taken together. Pure.
//
// Lines are taken in the order of the body. To take many with few statements, a group of neighbouring lines is taken type by
// type, which must come to the same as one after the other; where it might not, the group ends and the next one begins:
// * a line writes an object that an earlier line of the group writes or refers to;
// * two lines claim one name (a login, a slug, a pair), be it to take it or to give it up;
// * a membership comes after a place in a team that would have needed it;
// * one of them takes something away that others may stand on (deletion, leaving, transfer), the other does not.

import {
  type ImportLine,
  type ImportType,
  isOf,
  isRelation,
  keyOf,
  ownersOf,
  pairOf,
  type Reference,
  type RelationContent,
  referencesOf,
} from './import-line.ts';

/** What is known of an object that was imported before. */
export type KnownObject = {
  readonly version: number;
  readonly deleted: boolean;
  readonly fingerprint: string;
  /** Of a relation, the first of its pair; null of what is deleted. */
  readonly object_id: number | null;
  /** Of a relation, the second of its pair; of an organization, the user that its line made its owner. */
  readonly second_id: number | null;
  /** False: the object went away by another way than the import. */
  readonly present: boolean;
  /** Of a repository its owner, of a team its organization, of an organization its enterprise. */
  readonly parent_id: number | null;
  /** The names that it has, as claims. */
  readonly names: readonly string[];
  /** Of a user: the import suspended him, so it may lift that again. */
  readonly suspended: boolean;
};

export type FindKnown = (reference: Reference) => KnownObject | undefined;

/** What is to be done: make it, change it, take it away, or only remember that it is not to be. */
export type Act = 'create' | 'update' | 'delete' | 'bury';

export type Planned = { readonly line: ImportLine; readonly act: Act; readonly known: KnownObject | undefined };
/** A line that changes nothing. */
export type Settled = {
  readonly line: ImportLine;
  readonly result: 'unchanged' | 'stale' | 'error';
  readonly message?: string;
};

/** The id of the object that is meant, or null where it is not there. */
export function idOf(find: FindKnown, reference: Reference): number | null {
  const known = find(reference);
  return known === undefined || known.deleted || !known.present ? null : known.object_id;
}

/** What a line does, by its version and content alone. @rule S4 of threats.md, F4 */
export function planLine(line: ImportLine, known: KnownObject | undefined): Planned | Settled {
  const deletes = line.content === null;
  if (known === undefined) return { line, known, act: deletes ? 'bury' : 'create' };
  if (line.version < known.version) return { line, result: 'stale' };
  if (line.version === known.version) {
    if (deletes === known.deleted && line.fingerprint === known.fingerprint) return { line, result: 'unchanged' };
    const message = `\`version\` ${line.version} was imported with another content`;
    return { line, result: 'error', message };
  }
  const is_there = !known.deleted && known.present;
  if (deletes) return { line, known, act: is_there ? 'delete' : 'bury' };
  return { line, known, act: is_there ? 'update' : 'create' };
}

/** Two ends of a pair, or an owner and a name: ids where they are known, for the ends may go by more than one external id. */
function claim(type: string, ...parts: readonly (string | number)[]): string {
  return [type, ...parts].join(' ');
}

export function pairClaim(type: ImportType, first: number | string, second: number | string): string {
  return claim(type, first, second);
}
export const loginClaim = (login: string): string => claim('login', login.toLowerCase());
export const emailClaim = (email: string): string => claim('email', email.toLowerCase());
export const slugClaim = (slug: string): string => claim('slug', slug.toLowerCase());
export const teamClaim = (organization: number | string, slug: string): string => claim('in', organization, slug);
export const repositoryClaim = (owner: number | string, name: string): string => claim('of', owner, name.toLowerCase());

/** The names that the object has when the line is taken. */
export function namesOf(line: ImportLine, find: FindKnown): readonly string[] {
  if (line.content === null) return [];
  const place = (reference: Reference): number | string => idOf(find, reference) ?? keyOf(reference);
  if (isRelation(line)) {
    const [first, second] = pairOf(line.type, line.content as RelationContent); // isRelation says so
    return [pairClaim(line.type, place(first), place(second))];
  }
  if (isOf(line, 'user') && line.content) return [loginClaim(line.content.login), emailClaim(line.content.email)];
  if (isOf(line, 'organization') && line.content) return [loginClaim(line.content.login)];
  if (isOf(line, 'enterprise') && line.content) return [slugClaim(line.content.slug)];
  if (isOf(line, 'team') && line.content) {
    const organization = { type: 'organization', external_id: line.content.organization } as const;
    return [teamClaim(place(organization), line.content.slug)];
  }
  if (isOf(line, 'repository') && line.content) {
    const { name } = line.content;
    return ownersOf(line.content).map((owner) => repositoryClaim(place(owner), name));
  }
  return [];
}

/** Lines of different kinds are never taken together; a kind of its own is whatever takes away what others may stand on. */
function kindOf({ line, act, known }: Planned, find: FindKnown): string {
  if (act === 'delete') return isRelation(line) && line.type !== 'membership' ? '' : `delete ${line.type}`;
  if (act !== 'update' || known === undefined) return '';
  return moves(line, known, find) ? `move ${line.type}` : '';
}

function moves(line: ImportLine, known: KnownObject, find: FindKnown): boolean {
  if (isOf(line, 'membership') && line.content) {
    const [first, second] = pairOf(line.type, line.content).map((each) => idOf(find, each));
    return first !== known.object_id || second !== known.second_id;
  }
  if (isOf(line, 'repository') && line.content) {
    return !ownersOf(line.content).some((owner) => idOf(find, owner) === known.parent_id);
  }
  if (isOf(line, 'organization') && line.content) {
    const { enterprise } = line.content;
    const id = enterprise === null ? null : idOf(find, { type: 'enterprise', external_id: enterprise });
    return id !== known.parent_id || (enterprise !== null && id === null);
  }
  return false;
}

export type Group = {
  readonly planned: readonly Planned[];
  readonly settled: readonly Settled[];
  readonly next: number;
};

/** What the lines of a group have to do with. */
type Touched = {
  readonly written: Set<string>;
  readonly read: Set<string>;
  readonly named: Set<string>;
  /** Memberships on which places in teams depend. */
  readonly needed: Set<string>;
  /** The organizations of the group's own teams. */
  readonly homes: Map<string, number | string>;
};

/** The membership that a place in a team depends on, as its claim. */
function membershipOf(line: ImportLine, find: FindKnown, homes: Touched['homes']): string | null {
  if (!isOf(line, 'team_member') || line.content === null) return null;
  const [team, user] = pairOf(line.type, line.content);
  const home = homes.get(keyOf(team)) ?? find(team)?.parent_id;
  return home === undefined || home === null ? null : pairClaim('membership', home, idOf(find, user) ?? keyOf(user));
}

function touch(
  touched: Touched,
  line: ImportLine,
  { names, find }: { names: readonly string[]; find: FindKnown },
): void {
  touched.written.add(keyOf(line));
  for (const reference of referencesOf(line)) touched.read.add(keyOf(reference));
  for (const name of names) touched.named.add(name);
  if (isOf(line, 'team') && line.content) {
    const organization = { type: 'organization', external_id: line.content.organization } as const;
    touched.homes.set(keyOf(line), idOf(find, organization) ?? keyOf(organization));
  }
  const membership = membershipOf(line, find, touched.homes);
  if (membership !== null) touched.needed.add(membership);
}

/** The longest group that begins at `from`, and where the one after it begins. Never empty where there are lines. */
export function takeGroup(lines: readonly ImportLine[], from: number, find: FindKnown): Group {
  const planned: Planned[] = [];
  const settled: Settled[] = [];
  const touched: Touched = {
    written: new Set(),
    read: new Set(),
    named: new Set(),
    needed: new Set(),
    homes: new Map(),
  };
  let kind: string | undefined;
  let next = from;
  for (; next < lines.length; next += 1) {
    const line = lines[next];
    if (line === undefined || touched.written.has(keyOf(line))) break; // what is known of it changes in this group
    const known = find(line);
    const plan = planLine(line, known);
    if ('result' in plan) {
      settled.push(plan);
      continue;
    }
    const names = [...new Set([...namesOf(line, find), ...(known?.names ?? [])])];
    const own_kind = kindOf(plan, find);
    kind ??= own_kind;
    const is_in_the_way = names.some((name) => touched.named.has(name) || touched.needed.has(name));
    if (own_kind !== kind || touched.read.has(keyOf(line)) || is_in_the_way) break;
    planned.push(plan);
    touch(touched, line, { names, find });
  }
  return { planned, settled, next };
}
