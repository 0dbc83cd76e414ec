// A line of the bulk import (contract 5): what it says about which object of the directory. Objects are known by the
// external ids of the system that they come from, type by type; names and our own ids never identify one (F4).

import type { Visibility } from './vocabulary.ts';

/** In the order in which lines that belong together are taken: what others refer to comes first. */
export const IMPORT_TYPES = [
  'user',
  'enterprise',
  'organization',
  'membership',
  'team',
  'repository',
  'team_member',
  'team_repository',
  'collaborator',
] as const;
export type ImportType = (typeof IMPORT_TYPES)[number];

/** The relations: two objects, by the types of the lines that they come from, and a role or none. */
export const RELATIONS = {
  membership: { first: 'organization', second: 'user' },
  team_member: { first: 'team', second: 'user' },
  team_repository: { first: 'team', second: 'repository' },
  collaborator: { first: 'repository', second: 'user' },
} as const;
export type RelationType = keyof typeof RELATIONS;
/** All others are objects with an id of their own. */
export type ObjectType = Exclude<ImportType, RelationType>;

export const IMPORT_RESULTS = ['created', 'updated', 'unchanged', 'stale', 'error'] as const;
export type ImportResult = (typeof IMPORT_RESULTS)[number];

export type UserContent = {
  readonly login: string;
  readonly email: string;
  /** Null: what is known of this address stays. */
  readonly email_verified: boolean | null;
  readonly profile_name: string | null;
  readonly suspended: boolean;
};

export type EnterpriseContent = {
  readonly slug: string;
  readonly name: string;
  /** The users who administer it, all of them; null: they stay as they are. */
  readonly administrators: readonly string[] | null;
  /** The user who administers it from its making on. */
  readonly admin: string | null;
};

export type OrganizationContent = {
  readonly login: string;
  readonly profile_name: string | null;
  readonly enterprise: string | null;
  readonly default_repository_permission: string;
  /** The user who owns it from its making on, until a membership line of his says something else. */
  readonly admin: string | null;
};

export type TeamContent = { readonly organization: string; readonly name: string; readonly slug: string };

export type RepositoryContent = {
  readonly owner: string;
  /** Null: whichever of the two has this external id. */
  readonly owner_type: 'user' | 'organization' | null;
  readonly name: string;
  readonly visibility: Visibility;
  readonly archived: boolean;
  readonly description: string | null;
};

export type RelationContent = { readonly first: string; readonly second: string; readonly role: string | null };

type Contents = {
  readonly user: UserContent;
  readonly enterprise: EnterpriseContent;
  readonly organization: OrganizationContent;
  readonly team: TeamContent;
  readonly repository: RepositoryContent;
} & { readonly [Type in RelationType]: RelationContent };

/** What a line of this type says; a text named after a type is an external id of that type. */
export type ImportContent<Type extends ImportType = ImportType> = Contents[Type];

/** A line that was understood. */
export type ImportLine<Type extends ImportType = ImportType> = {
  /** Its number in the body, from 1. */
  readonly line: number;
  readonly type: Type;
  readonly external_id: string;
  readonly version: number;
  /** Null: the object is deleted at this version. */
  readonly content: ImportContent<Type> | null;
  /** Equal for lines that say the same, whatever their version. */
  readonly fingerprint: string;
};

/** A line that was not understood. */
export type BrokenLine = { readonly line: number; readonly external_id: string | null; readonly problem: string };

/** What became of a line. */
export type LineResult = {
  readonly line: number;
  readonly external_id: string | null;
  readonly result: ImportResult;
  readonly message?: string;
};

/** An object as a line names it. */
export type Reference = { readonly type: ImportType; readonly external_id: string };

/** The key of an object among those of all types. */
export function keyOf({ type, external_id }: Reference): string {
  return `${type} ${external_id}`;
}

export function isRelation(line: ImportLine): line is ImportLine<RelationType> {
  return line.type in RELATIONS;
}

/** Whether the line is of this type; the type of its content follows. */
export function isOf<Type extends ImportType>(line: ImportLine, type: Type): line is ImportLine<Type> {
  return line.type === type;
}

function reference(type: ImportType, external_id: string | null): readonly Reference[] {
  return external_id === null ? [] : [{ type, external_id }];
}

/** The two objects that a relation binds. */
export function pairOf(type: RelationType, content: RelationContent): readonly [Reference, Reference] {
  const { first, second } = RELATIONS[type];
  return [
    { type: first, external_id: content.first },
    { type: second, external_id: content.second },
  ];
}

/** Who may be meant by a repository's owner. */
export function ownersOf({ owner, owner_type }: RepositoryContent): readonly Reference[] {
  const types = owner_type === null ? (['user', 'organization'] as const) : [owner_type];
  return types.map((type) => ({ type, external_id: owner }));
}

/** Every object that the line refers to. */
export function referencesOf(line: ImportLine): readonly Reference[] {
  const { content } = line;
  if (content === null) return [];
  if (isRelation(line)) return pairOf(line.type, content as RelationContent); // isRelation says so
  return referencesOfObject(line);
}

function referencesOfObject(line: ImportLine): readonly Reference[] {
  if (isOf(line, 'organization') && line.content) {
    return [...reference('enterprise', line.content.enterprise), ...reference('user', line.content.admin)];
  }
  if (isOf(line, 'enterprise') && line.content) {
    const administrators = line.content.administrators ?? [];
    return [...administrators, line.content.admin].flatMap((each) => reference('user', each));
  }
  if (isOf(line, 'team') && line.content) return reference('organization', line.content.organization);
  if (isOf(line, 'repository') && line.content) return ownersOf(line.content);
  return [];
}
