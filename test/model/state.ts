// The world as the rules know it, kept by ids (F4): people, organizations of one enterprise, repositories, tokens, what was
// asked and granted. What every act does to it is in acts.ts; what may be done in it, in judge.ts. Of src only types.

import type { EnterprisePolicy, OrganizationPolicy } from '../../src/domain/policy.ts';

export type Role = 'read' | 'triage' | 'write' | 'maintain' | 'admin';
export type BasePermission = 'none' | 'read' | 'write' | 'admin';
export type Visibility = 'public' | 'internal' | 'private';
export type Permissions = Readonly<Record<string, string>>;

export type Person = { readonly id: number; login: string; suspended: boolean };

export type Organization = {
  readonly id: number;
  login: string;
  in_enterprise: boolean;
  readonly members: Map<number, 'admin' | 'member'>;
  base: BasePermission;
  has_team: boolean;
  /** One team, whose slug is `crew`. */
  readonly team: { readonly members: Set<number>; readonly repositories: Map<number, Role> };
  policy: OrganizationPolicy;
  /** Whose ID tokens it believes is known. */
  has_sso: boolean;
  sso_required: boolean;
};

export type Repository = {
  readonly id: number;
  owner_id: number;
  name: string;
  visibility: Visibility;
  archived: boolean;
  readonly collaborators: Map<number, Role>;
};

/** What is asked or granted. `repositories` counts for `subset` alone. */
export type Access = {
  readonly permissions: Permissions;
  readonly selection: 'none' | 'all' | 'subset';
  readonly repositories: ReadonlySet<number>;
};

export type Grant = Access & { readonly life_ms: number | null };

/** A text by which a token, or an exchanged one, is presented. */
export type Text = {
  readonly text: string;
  readonly token_id: number;
  /** When the text ends by itself; null: with its token. */
  ends_at: number | null;
  dead: boolean;
  /** Null: of the token itself. */
  readonly child: Child | null;
};

export type Child = {
  /** The text that it was made from, which may be a child too. */
  readonly parent: Text;
  readonly depth: number;
  readonly scopes: readonly string[] | null;
  readonly permissions: Permissions | null;
  /** Null: those of its token. */
  readonly repositories: ReadonlySet<number> | null;
};

export type Token = {
  readonly id: number;
  readonly holder_id: number;
  readonly kind: 'classic' | 'fine_grained';
  scopes: readonly string[];
  /** Of a fine-grained one; null: none, or gone. */
  owner_id: number | null;
  asked: Access;
  grant: Grant | null;
  /** The id of the request that waits; null: none does. */
  pending: number | null;
  /** Those that have ended. */
  readonly ended_requests: number[];
  issued_at: number;
  expires_at: number | null;
  revoked: boolean;
  current: Text;
  readonly sso: Set<number>;
  readonly sso_revoked: Set<number>;
};

export type State = {
  now: number;
  readonly people: Map<number, Person>;
  readonly organizations: Map<number, Organization>;
  readonly repositories: Map<number, Repository>;
  readonly tokens: Map<number, Token>;
  readonly texts: Text[];
  readonly enterprise: {
    readonly id: number;
    readonly slug: string;
    readonly admins: Set<number>;
    policy: EnterprisePolicy;
  };
  /** Names that were somebody's once, as questions put them. */
  readonly old_names: string[];
};

/** P1 to P4: where an organization's policy starts. */
export const STARTING_POLICY: OrganizationPolicy = {
  fine_grained_tokens: 'restricted',
  classic_tokens: 'allowed',
  approval: 'required',
  max_lifetime_days: { fine_grained: 366, classic: null },
  lifetime_applies_to_public_reads: false,
};

/** P5: where an enterprise's starts. */
export const STARTING_ENTERPRISE_POLICY: EnterprisePolicy = {
  fine_grained_tokens: 'no_policy',
  classic_tokens: 'no_policy',
  approval: 'no_policy',
  max_lifetime_days: { fine_grained: 'no_policy', classic: 'no_policy' },
  lifetime_applies_to_public_reads: 'no_policy',
  exempt_administrators: false,
};

const RANK = { read: 1, triage: 2, write: 3, maintain: 4, admin: 5 } as const;

/** C5: the highest of ownership, base permission, team, collaboration and enterprise. */
export function roleOn(state: State, person_id: number, repository: Repository): Role | null {
  if (repository.owner_id === person_id) return 'admin';
  const roles: (Role | undefined)[] = [repository.collaborators.get(person_id)];
  const owner = state.organizations.get(repository.owner_id);
  if (owner !== undefined) {
    const membership = owner.members.get(person_id);
    if (membership === 'admin') return 'admin';
    if (membership === 'member' && owner.base !== 'none') roles.push(owner.base);
    if (membership === 'member' && owner.team.members.has(person_id))
      roles.push(owner.team.repositories.get(repository.id));
    if (repository.visibility === 'internal' && owner.in_enterprise) {
      const inside = [...state.organizations.values()].some(
        (each) => each.in_enterprise && each.members.has(person_id),
      );
      if (inside) roles.push('read');
    }
  }
  return roles.reduce<Role | null>((best, each) => {
    if (each === undefined) return best;
    return best === null || RANK[each] > RANK[best] ? each : best;
  }, null);
}

const LEVELS = ['read', 'write', 'admin'];
const includes = (held: string | undefined, level: string): boolean =>
  held !== undefined && LEVELS.indexOf(held) >= LEVELS.indexOf(level);

/** K4: any repository permission brings metadata:read. The organization's own begin so in these histories. */
export function withMetadata(permissions: Permissions): Permissions {
  const repository = Object.keys(permissions).some((name) => !ORGANIZATION_PERMISSIONS.includes(name));
  return repository ? { metadata: 'read', ...permissions } : permissions;
}
/** Those that these histories ask for. */
export const ORGANIZATION_PERMISSIONS = ['members', 'organization_administration'];

export function meetPermissions(a: Permissions, b: Permissions): Permissions {
  const both = Object.entries(a).filter(([name]) => b[name] !== undefined);
  return Object.fromEntries(both.map(([name, level]) => [name, includes(b[name], level) ? level : (b[name] ?? level)]));
}

function within(a: Permissions, b: Permissions): boolean {
  return Object.entries(a).every(([name, level]) => includes(b[name], level));
}

function selectedWithin(a: Access, b: Access): boolean {
  if (a.selection === 'none' || b.selection === 'all') return true;
  if (b.selection === 'none') return a.selection === 'subset' && a.repositories.size === 0;
  return a.selection === 'subset' && [...a.repositories].every((id) => b.repositories.has(id));
}

export function isAccessWithin(a: Access, b: Access): boolean {
  return within(a.permissions, b.permissions) && selectedWithin(a, b);
}

export function isSameAccess(a: Access, b: Access): boolean {
  return a.selection === b.selection && isAccessWithin(a, b) && isAccessWithin(b, a);
}

export function meetAccess(a: Access, b: Access): Access {
  const permissions = meetPermissions(a.permissions, b.permissions);
  if (a.selection === 'none' || b.selection === 'none')
    return { permissions, selection: 'none', repositories: new Set() };
  if (a.selection === 'all') return { ...b, permissions };
  if (b.selection === 'all') return { ...a, permissions };
  return {
    permissions,
    selection: 'subset',
    repositories: new Set([...a.repositories].filter((id) => b.repositories.has(id))),
  };
}

/** When a text ends, by itself or with what it was made from. */
export function endOf(state: State, text: Text): number | null {
  const ends = [text.ends_at, state.tokens.get(text.token_id)?.expires_at ?? null];
  if (text.child !== null) ends.push(endOf(state, text.child.parent));
  const known = ends.filter((each) => each !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** T3, M8, M9: whether the text is alive; one exchanged dies with what made it. */
export function isAlive(state: State, text: Text): boolean {
  const token = state.tokens.get(text.token_id);
  if (token === undefined || token.revoked || text.dead) return false;
  const end = endOf(state, text);
  if (end !== null && state.now >= end) return false;
  return text.child === null || isAlive(state, text.child.parent);
}

export function hasEnded(state: State, token: Token): boolean {
  return token.revoked || (token.expires_at !== null && state.now >= token.expires_at);
}
