// Classic scopes: the hierarchy and normal form (K5), and the fixed table that says which scopes are enough for a
// permission that is asked directly (C6).

import { onceFor } from './once.ts';
import { covers, permissionNamed } from './permission.ts';
import { type Level, SCOPES } from './vocabulary.ts';

const INCLUDES: ReadonlyMap<string, readonly string[]> = new Map(SCOPES.map((each) => [each.name, each.includes]));

/** Whether a scope of this name exists. */
export function isScope(name: string): boolean {
  return INCLUDES.has(name);
}

/** Every scope that the given ones hold, themselves and what they include; unknown names hold nothing. @rule K5, F3 */
export const expandScopes: (scopes: readonly string[]) => ReadonlySet<string> = onceFor((scopes) => {
  const held = new Set<string>();
  for (const scope of scopes) {
    const included = INCLUDES.get(scope);
    if (included === undefined) continue;
    held.add(scope);
    for (const each of included) held.add(each);
  }
  return held;
});

/** The same scopes without repetition and without those that another one implies, in the order of the vocabulary. @rule K5 */
export function normaliseScopes(scopes: readonly string[]): readonly string[] {
  const given = new Set(scopes);
  const implied = new Set(scopes.flatMap((scope) => INCLUDES.get(scope) ?? []));
  return SCOPES.map((each) => each.name).filter((name) => given.has(name) && !implied.has(name));
}

/** What both allow, in normal form. @rule K5, T3 */
export function meetScopes(a: readonly string[], b: readonly string[]): readonly string[] {
  const held = expandScopes(b);
  return normaliseScopes([...expandScopes(a)].filter((scope) => held.has(scope)));
}

/** Repository permissions for which `public_repo` is not enough, not even on a public repository. @rule C6 */
const NOT_FOR_PUBLIC_REPO: ReadonlySet<string> = new Set([
  'administration',
  'repository_hooks',
  'secrets',
  'actions_variables',
  'dependabot_secrets',
  'codespaces_secrets',
  'agent_secrets',
  'agent_variables',
  'security_events',
  'secret_scanning_alerts',
  'vulnerability_alerts',
]);

type ScopeGrant = { readonly scope: string; readonly level: Level };

/** Besides `repo` and `public_repo`: narrow scopes for single repository permissions. Without a level of its own: any. */
const REPOSITORY_SCOPES: Readonly<Record<string, readonly ScopeGrant[]>> = {
  security_events: [{ scope: 'security_events', level: 'admin' }],
  secret_scanning_alerts: [{ scope: 'security_events', level: 'admin' }],
  vulnerability_alerts: [{ scope: 'security_events', level: 'admin' }],
  statuses: [{ scope: 'repo:status', level: 'admin' }],
  deployments: [{ scope: 'repo_deployment', level: 'admin' }],
  repository_hooks: [
    { scope: 'admin:repo_hook', level: 'admin' },
    { scope: 'write:repo_hook', level: 'write' },
    { scope: 'read:repo_hook', level: 'read' },
  ],
};

/** `admin:org` is enough for every organization permission; these are enough for one. */
const ORGANIZATION_SCOPES: Readonly<Record<string, readonly ScopeGrant[]>> = {
  members: [{ scope: 'read:org', level: 'read' }],
  organization_projects: [{ scope: 'write:org', level: 'write' }],
  organization_hooks: [{ scope: 'admin:org_hook', level: 'admin' }],
  organization_self_hosted_runners: [{ scope: 'manage_runners:org', level: 'admin' }],
};

const USER_READ: readonly ScopeGrant[] = [
  { scope: 'user', level: 'admin' },
  { scope: 'read:user', level: 'read' },
];
const REPO_OR_PUBLIC: readonly ScopeGrant[] = [
  { scope: 'repo', level: 'admin' },
  { scope: 'public_repo', level: 'admin' },
];

/** `admin:x` ⊇ `write:x` ⊇ `read:x`; admin and write are enough for the write level. */
function keyScopes(suffix: string): readonly ScopeGrant[] {
  return [
    { scope: `admin:${suffix}`, level: 'admin' },
    { scope: `write:${suffix}`, level: 'write' },
    { scope: `read:${suffix}`, level: 'read' },
  ];
}

const ACCOUNT_SCOPES: Readonly<Record<string, readonly ScopeGrant[]>> = {
  profile: USER_READ,
  emails: [...USER_READ, { scope: 'user:email', level: 'read' }],
  followers: [...USER_READ, { scope: 'user:follow', level: 'admin' }],
  plan: USER_READ,
  blocking: USER_READ,
  interaction_limits: USER_READ,
  gists: [{ scope: 'gist', level: 'admin' }],
  keys: keyScopes('public_key'),
  gpg_keys: keyScopes('gpg_key'),
  git_signing_ssh_public_keys: keyScopes('ssh_signing_key'),
  codespaces_user_secrets: [{ scope: 'codespace:secrets', level: 'admin' }],
  watching: [{ scope: 'notifications', level: 'admin' }],
  starring: REPO_OR_PUBLIC,
};

function atLevel(grants: readonly ScopeGrant[] | undefined, level: Level): readonly string[] {
  return (grants ?? []).filter((each) => covers(each.level, level)).map((each) => each.scope);
}

function forRepositoryPermission(permission: string, level: Level): readonly string[] {
  const wide = NOT_FOR_PUBLIC_REPO.has(permission) ? ['repo'] : ['repo', 'public_repo'];
  return [...wide, ...atLevel(REPOSITORY_SCOPES[permission], level)];
}

/**
 * The scopes of which any one is enough for this permission at this level when it is asked directly; `public_repo` among
 * them counts only on what is public. Empty: no scope is. `workflows` needs the scope `workflow` besides, which
 * requirement.ts adds. @rule C6
 */
export function scopesForPermission(permission: string, level: Level): readonly string[] {
  const definition = permissionNamed(permission);
  if (definition === undefined || !definition.levels.includes(level)) return [];
  switch (definition.category) {
    case 'repository':
      return forRepositoryPermission(permission, level);
    case 'organization':
      return ['admin:org', ...atLevel(ORGANIZATION_SCOPES[permission], level)];
    case 'account':
      return atLevel(ACCOUNT_SCOPES[permission], level);
  }
}
