// The closed lists of the domain: kinds, levels, roles, the 90 permissions and the 52 scopes (K5). Wire enums and SQL
// check constraints repeat them; a test compares.

export const TOKEN_KINDS = ['classic', 'fine_grained'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

export const TOKEN_STATES = ['active', 'pending', 'denied', 'expired', 'revoked'] as const;
export type TokenState = (typeof TOKEN_STATES)[number];

export const VISIBILITIES = ['public', 'internal', 'private'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export const REPOSITORY_SELECTIONS = ['none', 'all', 'subset'] as const;
export type RepositorySelection = (typeof REPOSITORY_SELECTIONS)[number];

/** Ascending: each includes the ones before it (K4). */
export const LEVELS = ['read', 'write', 'admin'] as const;
export type Level = (typeof LEVELS)[number];

/** Ascending: the highest that a person has on a repository counts (C5). */
export const ROLES = ['read', 'triage', 'write', 'maintain', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const MEMBERSHIP_ROLES = ['admin', 'member'] as const;
export type MembershipRole = (typeof MEMBERSHIP_ROLES)[number];

export const CAPABILITIES = ['introspect', 'evaluate', 'gateway', 'exchange', 'revoke', 'directory'] as const;
export type Capability = (typeof CAPABILITIES)[number];

export const PERMISSION_CATEGORIES = ['repository', 'organization', 'account'] as const;
export type PermissionCategory = (typeof PERMISSION_CATEGORIES)[number];

export type PermissionDefinition = {
  readonly name: string;
  readonly title: string;
  readonly category: PermissionCategory;
  readonly levels: readonly Level[];
};

export const PERMISSIONS: readonly PermissionDefinition[] = [
  { name: 'actions', title: 'Actions', category: 'repository', levels: ['read', 'write'] },
  { name: 'actions_variables', title: 'Variables', category: 'repository', levels: ['read', 'write'] },
  { name: 'administration', title: 'Administration', category: 'repository', levels: ['read', 'write'] },
  { name: 'agent_secrets', title: 'Agent secrets', category: 'repository', levels: ['read', 'write'] },
  { name: 'agent_variables', title: 'Agent variables', category: 'repository', levels: ['read', 'write'] },
  { name: 'artifact_metadata', title: 'Artifact metadata', category: 'repository', levels: ['read', 'write'] },
  { name: 'attestations', title: 'Attestations', category: 'repository', levels: ['read', 'write'] },
  { name: 'code_quality', title: 'Code quality', category: 'repository', levels: ['read', 'write'] },
  { name: 'codespaces', title: 'Codespaces', category: 'repository', levels: ['read', 'write'] },
  {
    name: 'codespaces_lifecycle_admin',
    title: 'Codespaces lifecycle admin',
    category: 'repository',
    levels: ['read', 'write'],
  },
  { name: 'codespaces_metadata', title: 'Codespaces metadata', category: 'repository', levels: ['read'] },
  { name: 'codespaces_secrets', title: 'Codespaces secrets', category: 'repository', levels: ['write'] },
  { name: 'contents', title: 'Contents', category: 'repository', levels: ['read', 'write'] },
  { name: 'copilot_agent_settings', title: 'Copilot agent settings', category: 'repository', levels: ['read'] },
  { name: 'dependabot_secrets', title: 'Dependabot secrets', category: 'repository', levels: ['read', 'write'] },
  { name: 'deployments', title: 'Deployments', category: 'repository', levels: ['read', 'write'] },
  { name: 'discussions', title: 'Discussions', category: 'repository', levels: ['read', 'write'] },
  { name: 'environments', title: 'Environments', category: 'repository', levels: ['read', 'write'] },
  { name: 'issues', title: 'Issues', category: 'repository', levels: ['read', 'write'] },
  { name: 'merge_queues', title: 'Merge queues', category: 'repository', levels: ['read', 'write'] },
  { name: 'metadata', title: 'Metadata', category: 'repository', levels: ['read'] },
  { name: 'pages', title: 'Pages', category: 'repository', levels: ['read', 'write'] },
  { name: 'pull_requests', title: 'Pull requests', category: 'repository', levels: ['read', 'write'] },
  {
    name: 'repository_advisories',
    title: 'Repository security advisories',
    category: 'repository',
    levels: ['read', 'write'],
  },
  {
    name: 'repository_custom_properties',
    title: 'Custom properties',
    category: 'repository',
    levels: ['read', 'write'],
  },
  { name: 'repository_hooks', title: 'Webhooks', category: 'repository', levels: ['read', 'write'] },
  {
    name: 'secret_scanning_alerts',
    title: 'Secret scanning alerts',
    category: 'repository',
    levels: ['read', 'write'],
  },
  { name: 'secrets', title: 'Secrets', category: 'repository', levels: ['read', 'write'] },
  { name: 'security_events', title: 'Code scanning alerts', category: 'repository', levels: ['read', 'write'] },
  { name: 'statuses', title: 'Commit statuses', category: 'repository', levels: ['read', 'write'] },
  { name: 'vulnerability_alerts', title: 'Dependabot alerts', category: 'repository', levels: ['read', 'write'] },
  { name: 'workflows', title: 'Workflows', category: 'repository', levels: ['write'] },
  { name: 'issue_fields', title: 'Issue Fields', category: 'organization', levels: ['read', 'write'] },
  { name: 'issue_types', title: 'Issue Types', category: 'organization', levels: ['read', 'write'] },
  { name: 'members', title: 'Members', category: 'organization', levels: ['read', 'write'] },
  {
    name: 'org_copilot_content_exclusion',
    title: 'Copilot content exclusion',
    category: 'organization',
    levels: ['read', 'write'],
  },
  { name: 'organization_actions_variables', title: 'Variables', category: 'organization', levels: ['read', 'write'] },
  { name: 'organization_administration', title: 'Administration', category: 'organization', levels: ['read', 'write'] },
  { name: 'organization_agent_secrets', title: 'Agent secrets', category: 'organization', levels: ['read', 'write'] },
  {
    name: 'organization_agent_variables',
    title: 'Agent variables',
    category: 'organization',
    levels: ['read', 'write'],
  },
  {
    name: 'organization_announcement_banners',
    title: 'Organization announcement banners',
    category: 'organization',
    levels: ['read', 'write'],
  },
  { name: 'organization_api_insights', title: 'API Insights', category: 'organization', levels: ['read'] },
  { name: 'organization_campaigns', title: 'Campaigns', category: 'organization', levels: ['read', 'write'] },
  {
    name: 'organization_code_scanning_dismissal_requests',
    title: 'Organization dismissal requests for code scanning',
    category: 'organization',
    levels: ['read', 'write'],
  },
  {
    name: 'organization_codespaces',
    title: 'Organization codespaces',
    category: 'organization',
    levels: ['read', 'write'],
  },
  {
    name: 'organization_codespaces_secrets',
    title: 'Organization codespaces secrets',
    category: 'organization',
    levels: ['read', 'write'],
  },
  {
    name: 'organization_codespaces_settings',
    title: 'Organization codespaces settings',
    category: 'organization',
    levels: ['read', 'write'],
  },
  {
    name: 'organization_copilot_agent_settings',
    title: 'Copilot agent settings',
    category: 'organization',
    levels: ['read', 'write'],
  },
  {
    name: 'organization_copilot_metrics',
    title: 'Organization Copilot metrics',
    category: 'organization',
    levels: ['read'],
  },
  {
    name: 'organization_copilot_seat_management',
    title: 'GitHub Copilot Business',
    category: 'organization',
    levels: ['read', 'write'],
  },
  { name: 'organization_copilot_spaces', title: 'Copilot Spaces', category: 'organization', levels: ['read', 'write'] },
  {
    name: 'organization_custom_org_roles',
    title: 'Custom organization roles',
    category: 'organization',
    levels: ['read', 'write'],
  },
  {
    name: 'organization_custom_properties',
    title: 'Custom properties',
    category: 'organization',
    levels: ['read', 'write', 'admin'],
  },
  {
    name: 'organization_custom_roles',
    title: 'Custom repository roles',
    category: 'organization',
    levels: ['read', 'write'],
  },
  {
    name: 'organization_dependabot_secrets',
    title: 'Organization dependabot secrets',
    category: 'organization',
    levels: ['read', 'write'],
  },
  { name: 'organization_events', title: 'Events', category: 'organization', levels: ['read'] },
  { name: 'organization_hooks', title: 'Webhooks', category: 'organization', levels: ['read', 'write'] },
  {
    name: 'organization_knowledge_bases',
    title: 'Knowledge bases',
    category: 'organization',
    levels: ['read', 'write'],
  },
  { name: 'organization_models', title: 'Models', category: 'organization', levels: ['read'] },
  {
    name: 'organization_network_configurations',
    title: 'Network configurations',
    category: 'organization',
    levels: ['read', 'write'],
  },
  {
    name: 'organization_personal_access_token_requests',
    title: 'Personal access token requests',
    category: 'organization',
    levels: ['read', 'write'],
  },
  {
    name: 'organization_personal_access_tokens',
    title: 'Personal access tokens',
    category: 'organization',
    levels: ['read', 'write'],
  },
  { name: 'organization_plan', title: 'Plan', category: 'organization', levels: ['read'] },
  {
    name: 'organization_private_registries',
    title: 'Organization private registries',
    category: 'organization',
    levels: ['read', 'write'],
  },
  { name: 'organization_projects', title: 'Projects', category: 'organization', levels: ['read', 'write', 'admin'] },
  {
    name: 'organization_runner_custom_images',
    title: 'Hosted runner custom images',
    category: 'organization',
    levels: ['read', 'write'],
  },
  { name: 'organization_secrets', title: 'Secrets', category: 'organization', levels: ['read', 'write'] },
  {
    name: 'organization_self_hosted_runners',
    title: 'Self-hosted runners',
    category: 'organization',
    levels: ['read', 'write'],
  },
  { name: 'organization_user_blocking', title: 'Blocking users', category: 'organization', levels: ['read', 'write'] },
  { name: 'team_discussions', title: 'Team discussions', category: 'organization', levels: ['read', 'write'] },
  { name: 'blocking', title: 'Block another user', category: 'account', levels: ['read', 'write'] },
  { name: 'codespaces_user_secrets', title: 'Codespaces user secrets', category: 'account', levels: ['read', 'write'] },
  { name: 'copilot_editor_context', title: 'Copilot Editor Context', category: 'account', levels: ['read'] },
  { name: 'copilot_messages', title: 'Copilot Chat', category: 'account', levels: ['read'] },
  { name: 'copilot_requests', title: 'Copilot requests', category: 'account', levels: ['write'] },
  { name: 'emails', title: 'Email addresses', category: 'account', levels: ['read', 'write'] },
  { name: 'followers', title: 'Followers', category: 'account', levels: ['read', 'write'] },
  { name: 'gists', title: 'Gists', category: 'account', levels: ['write'] },
  { name: 'git_signing_ssh_public_keys', title: 'SSH signing keys', category: 'account', levels: ['read', 'write'] },
  { name: 'gpg_keys', title: 'GPG keys', category: 'account', levels: ['read', 'write'] },
  { name: 'interaction_limits', title: 'Interaction limits', category: 'account', levels: ['read', 'write'] },
  { name: 'keys', title: 'Git SSH keys', category: 'account', levels: ['read', 'write'] },
  { name: 'knowledge_bases', title: 'Knowledge bases', category: 'account', levels: ['read', 'write'] },
  { name: 'plan', title: 'Plan', category: 'account', levels: ['read'] },
  {
    name: 'private_repository_invitations',
    title: 'Private repository invitations',
    category: 'account',
    levels: ['read'],
  },
  { name: 'profile', title: 'Profile', category: 'account', levels: ['write'] },
  { name: 'starring', title: 'Starring', category: 'account', levels: ['read', 'write'] },
  { name: 'user_events', title: 'Events', category: 'account', levels: ['read'] },
  { name: 'user_models', title: 'Models', category: 'account', levels: ['read'] },
  { name: 'watching', title: 'Watching', category: 'account', levels: ['read', 'write'] },
];

export type ScopeDefinition = {
  readonly name: string;
  /** Every scope that this one contains, also through others. */
  readonly includes: readonly string[];
};

export const SCOPES: readonly ScopeDefinition[] = [
  { name: 'repo', includes: ['repo:status', 'repo_deployment', 'public_repo', 'repo:invite', 'security_events'] },
  { name: 'repo:status', includes: [] },
  { name: 'repo_deployment', includes: [] },
  { name: 'public_repo', includes: [] },
  { name: 'repo:invite', includes: [] },
  { name: 'security_events', includes: [] },
  { name: 'workflow', includes: [] },
  { name: 'write:packages', includes: ['read:packages'] },
  { name: 'read:packages', includes: [] },
  { name: 'delete:packages', includes: [] },
  { name: 'admin:org', includes: ['write:org', 'read:org', 'manage_runners:org'] },
  { name: 'write:org', includes: ['read:org'] },
  { name: 'read:org', includes: [] },
  { name: 'manage_runners:org', includes: [] },
  { name: 'admin:public_key', includes: ['write:public_key', 'read:public_key'] },
  { name: 'write:public_key', includes: ['read:public_key'] },
  { name: 'read:public_key', includes: [] },
  { name: 'admin:repo_hook', includes: ['write:repo_hook', 'read:repo_hook'] },
  { name: 'write:repo_hook', includes: ['read:repo_hook'] },
  { name: 'read:repo_hook', includes: [] },
  { name: 'admin:org_hook', includes: [] },
  { name: 'gist', includes: [] },
  { name: 'notifications', includes: [] },
  { name: 'user', includes: ['read:user', 'user:email', 'user:follow'] },
  { name: 'read:user', includes: [] },
  { name: 'user:email', includes: [] },
  { name: 'user:follow', includes: [] },
  { name: 'delete_repo', includes: [] },
  { name: 'write:discussion', includes: ['read:discussion'] },
  { name: 'read:discussion', includes: [] },
  {
    name: 'admin:enterprise',
    includes: ['manage_runners:enterprise', 'manage_billing:enterprise', 'read:enterprise', 'scim:enterprise'],
  },
  { name: 'manage_runners:enterprise', includes: [] },
  { name: 'manage_billing:enterprise', includes: [] },
  { name: 'read:enterprise', includes: [] },
  { name: 'scim:enterprise', includes: [] },
  { name: 'audit_log', includes: ['read:audit_log'] },
  { name: 'read:audit_log', includes: [] },
  { name: 'codespace', includes: ['codespace:secrets'] },
  { name: 'codespace:secrets', includes: [] },
  { name: 'copilot', includes: ['manage_billing:copilot'] },
  { name: 'manage_billing:copilot', includes: [] },
  { name: 'write:network_configurations', includes: ['read:network_configurations'] },
  { name: 'read:network_configurations', includes: [] },
  { name: 'project', includes: ['read:project'] },
  { name: 'read:project', includes: [] },
  { name: 'admin:gpg_key', includes: ['write:gpg_key', 'read:gpg_key'] },
  { name: 'write:gpg_key', includes: ['read:gpg_key'] },
  { name: 'read:gpg_key', includes: [] },
  { name: 'admin:ssh_signing_key', includes: ['write:ssh_signing_key', 'read:ssh_signing_key'] },
  { name: 'write:ssh_signing_key', includes: ['read:ssh_signing_key'] },
  { name: 'read:ssh_signing_key', includes: [] },
  { name: 'site_admin', includes: [] },
];
