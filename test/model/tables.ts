// The tables of the reference decision: C5's roles, C6's scopes, the hierarchy of the scopes, F2's list, typed
// in from the rules and not taken from the engine. Only the list of permissions (name, category, levels: data) is src's.

import { PERMISSIONS, SCOPES } from '../../src/domain/vocabulary.ts';

export const CATEGORY = new Map(PERMISSIONS.map((each) => [each.name, each.category as string]));
export const OFFERED = new Set(PERMISSIONS.flatMap((each) => each.levels.map((level) => `${each.name}:${level}`)));

export const SCOPE_NAMES: ReadonlySet<string> = new Set(SCOPES.map((scope) => scope.name));

export const LEVEL: Record<string, number> = { __proto__: null as never, read: 1, write: 2, admin: 3 };
export const ROLE: Record<string, number> = {
  __proto__: null as never,
  read: 1,
  triage: 2,
  write: 3,
  maintain: 4,
  admin: 5,
};
export const rank = (ranks: Record<string, number>, word: string | null): number => ranks[String(word)] ?? 0;
/** K4: admin contains write contains read; an unknown level neither covers nor is covered. */
export const covers = (held: string | undefined, wanted: string): boolean =>
  rank(LEVEL, wanted) > 0 && rank(LEVEL, held ?? '') >= rank(LEVEL, wanted);

// F2: what a stranger may ask of a public repository.
export const STRANGER = 'metadata contents issues pull_requests discussions actions deployments statuses'.split(' ');
// C5, repositories: the roles that the read and the write level need, where they are not read and write.
export const ROLES_NEEDED = table(`
admin,admin: administration repository_hooks environments secrets actions_variables dependabot_secrets
admin,admin: codespaces_secrets agent_secrets agent_variables copilot_agent_settings
read,admin: repository_custom_properties
write,write: security_events secret_scanning_alerts vulnerability_alerts repository_advisories code_quality
read,triage: issues discussions pull_requests
read,maintain: pages`);

// C5, organizations: any member may at the read level.
export const MEMBERS_READ = ['members', 'organization_events', 'organization_plan', 'organization_projects'].concat(
  'organization_custom_properties',
);

// K5: the hierarchy of the scopes: a scope, and what it contains.
export const CONTAINED_IN = table(`
repo: repo:status repo_deployment public_repo repo:invite security_events
write:packages: read:packages
admin:org: write:org read:org manage_runners:org
write:org: read:org
admin:public_key: write:public_key read:public_key
write:public_key: read:public_key
admin:repo_hook: write:repo_hook read:repo_hook
write:repo_hook: read:repo_hook
user: read:user user:email user:follow
write:discussion: read:discussion
admin:enterprise: manage_runners:enterprise manage_billing:enterprise read:enterprise scim:enterprise
audit_log: read:audit_log
codespace: codespace:secrets
copilot: manage_billing:copilot
write:network_configurations: read:network_configurations
project: read:project
admin:gpg_key: write:gpg_key read:gpg_key
write:gpg_key: read:gpg_key
admin:ssh_signing_key: write:ssh_signing_key read:ssh_signing_key
write:ssh_signing_key: read:ssh_signing_key`);

// C6: scope, highest level that it gives, to which permissions; beside `repo` and `public_repo` for repository
// permissions and `admin:org` for organization permissions.
export const GIVEN_BY = table(`
security_events,admin: security_events secret_scanning_alerts vulnerability_alerts
repo:status,admin: statuses
repo_deployment,admin: deployments
admin:repo_hook,admin: repository_hooks
write:repo_hook,admin: repository_hooks
read:repo_hook,read: repository_hooks
read:org,read: members
write:org,write: organization_projects
admin:org_hook,admin: organization_hooks
manage_runners:org,admin: organization_self_hosted_runners
user,admin: profile emails followers plan blocking interaction_limits
read:user,read: profile emails followers plan blocking interaction_limits
user:email,read: emails
user:follow,admin: followers
gist,admin: gists
admin:public_key,admin: keys
write:public_key,admin: keys
read:public_key,read: keys
admin:gpg_key,admin: gpg_keys
write:gpg_key,admin: gpg_keys
read:gpg_key,read: gpg_keys
admin:ssh_signing_key,admin: git_signing_ssh_public_keys
write:ssh_signing_key,admin: git_signing_ssh_public_keys
read:ssh_signing_key,read: git_signing_ssh_public_keys
codespace:secrets,admin: codespaces_user_secrets
notifications,admin: watching
repo,admin: starring
public_repo,admin: starring`);

// C6: what `public_repo` does not give on a public repository: administration, hooks, secrets-like, alerts. C6 does not
// list the secrets-like ones: variables are taken for such and `environments` is not, as the engine does.
export const NOT_BY_PUBLIC_REPO = table(`
: administration repository_hooks secrets dependabot_secrets codespaces_secrets agent_secrets actions_variables
: agent_variables security_events secret_scanning_alerts vulnerability_alerts`);

/** Lines of `head: name name`; answers the heads of a name. */
function table(text: string): ReadonlyMap<string, readonly string[]> {
  const heads = new Map<string, string[]>();
  for (const line of text.trim().split('\n')) {
    const cut = line.lastIndexOf(': ');
    const head = line.slice(0, cut);
    for (const name of line.slice(cut + 2).split(' ')) heads.set(name, [...(heads.get(name) ?? []), head]);
  }
  return heads;
}
