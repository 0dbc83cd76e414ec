// The operations of this service's own API: what each of its routes declares (contract 5 and 7). It is the first platform
// that this service protects. Routes refer to a row by its id; a row that no route has, or a route without a row, is found
// by a test.

import { isWriteMethod, type Operation, type ResourceType } from './operation.ts';
import type { PermissionMap } from './permission.ts';

type Declared = {
  readonly sets?: readonly PermissionMap[];
  readonly scopes?: readonly string[];
  readonly public_read?: true;
  readonly open_list?: true;
  readonly session_only?: true;
  readonly no_fine_grained?: true;
};

function row(id: string, resource: ResourceType, declared: Declared = {}): Operation {
  const [method = '', template = ''] = id.split(' ');
  const sets = declared.sets ?? [];
  if (declared.public_read && isWriteMethod(method)) throw new Error(`\`${id}\` writes and cannot be a public read`);
  return {
    id,
    method,
    template,
    permission_sets: sets,
    permissionless: sets.length === 0,
    classic_scopes: declared.scopes ?? null,
    public_read: declared.public_read ?? false,
    open_list: declared.open_list ?? false,
    ...(declared.session_only && { session_only: true }),
    ...(declared.no_fine_grained && { no_fine_grained: true }),
    resource,
  };
}

const METADATA_READ = [{ metadata: 'read' }] as const;
const ADMINISTRATION_READ = [{ administration: 'read' }] as const;
const ADMINISTRATION_WRITE = [{ administration: 'write' }] as const;
const MEMBERS_READ = [{ members: 'read' }] as const;
const MEMBERS_WRITE = [{ members: 'write' }] as const;
const TEAM_REPOSITORY = [{ members: 'read', administration: 'write' }] as const;
const ORGANIZATION_READ = [{ organization_administration: 'read' }] as const;
const ORGANIZATION_WRITE = [{ organization_administration: 'write' }] as const;
const HOOKS_READ = { sets: [{ organization_hooks: 'read' }] } as const;
const HOOKS_WRITE = { sets: [{ organization_hooks: 'write' }] } as const;
/** The permission and the endpoints have the same name (contract 7). Classic: `admin:org`, as C6 has it. */
const REQUESTS_READ = [{ organization_personal_access_token_requests: 'read' }] as const;
const REQUESTS_WRITE = [{ organization_personal_access_token_requests: 'write' }] as const;
const GRANTS_READ = [{ organization_personal_access_tokens: 'read' }] as const;
const GRANTS_WRITE = [{ organization_personal_access_tokens: 'write' }] as const;
const MAKES_REPOSITORY = { sets: ADMINISTRATION_WRITE, scopes: ['public_repo', 'repo'] } as const;
/** Fine-grained tokens never get there (K6); of classic ones, beside C6's, the scopes of enterprises (C5). */
const READS_ENTERPRISE = { sets: ORGANIZATION_READ, scopes: ['read:enterprise', 'admin:org'] } as const;
const WRITES_ENTERPRISE = { sets: ORGANIZATION_WRITE, scopes: ['admin:enterprise'], session_only: true } as const;
const WRITES_SSO = { sets: ORGANIZATION_WRITE, session_only: true } as const;
const READS_LOG = { sets: ORGANIZATION_READ, scopes: ['read:audit_log'] } as const;

export const OWN_OPERATIONS: readonly Operation[] = [
  row('GET /user', 'user'),
  row('GET /users/{username}', 'user', { public_read: true }),
  row('GET /user/orgs', 'user', { open_list: true }),
  row('GET /user/security-log', 'user', { scopes: ['read:audit_log'], no_fine_grained: true }),
  row('GET /user/repos', 'user', { sets: METADATA_READ, open_list: true }),
  row('POST /user/repos', 'user', MAKES_REPOSITORY),

  row('GET /orgs/{org}', 'organization', { scopes: ['admin:org'], public_read: true }),
  row('PATCH /orgs/{org}', 'organization', { sets: ORGANIZATION_WRITE }),
  row('DELETE /orgs/{org}', 'organization', { sets: ORGANIZATION_WRITE }),
  row('GET /orgs/{org}/repos', 'organization', { sets: METADATA_READ, public_read: true, open_list: true }),
  row('POST /orgs/{org}/repos', 'organization', MAKES_REPOSITORY),
  row('GET /orgs/{org}/members', 'organization', { sets: MEMBERS_READ, public_read: true, open_list: true }),
  row('GET /orgs/{org}/memberships/{username}', 'organization', { sets: MEMBERS_READ }),
  row('PUT /orgs/{org}/memberships/{username}', 'organization', { sets: MEMBERS_WRITE }),
  row('DELETE /orgs/{org}/memberships/{username}', 'organization', { sets: MEMBERS_WRITE }),
  row('GET /orgs/{org}/teams', 'organization', { sets: MEMBERS_READ }),
  row('POST /orgs/{org}/teams', 'organization', { sets: MEMBERS_WRITE }),
  row('GET /orgs/{org}/teams/{team_slug}', 'organization', { sets: MEMBERS_READ }),
  row('DELETE /orgs/{org}/teams/{team_slug}', 'organization', { sets: MEMBERS_WRITE }),
  row('PUT /orgs/{org}/teams/{team_slug}/memberships/{username}', 'organization', { sets: MEMBERS_WRITE }),
  row('DELETE /orgs/{org}/teams/{team_slug}/memberships/{username}', 'organization', { sets: MEMBERS_WRITE }),
  row('PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}', 'organization', { sets: TEAM_REPOSITORY }),
  row('DELETE /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}', 'organization', { sets: TEAM_REPOSITORY }),
  row('GET /orgs/{org}/settings/personal-access-tokens', 'organization', { sets: ORGANIZATION_READ }),
  row('PATCH /orgs/{org}/settings/personal-access-tokens', 'organization', {
    sets: ORGANIZATION_WRITE,
    session_only: true,
  }),
  row('GET /orgs/{org}/settings/personal-access-tokens/effective', 'organization', { sets: ORGANIZATION_READ }),
  row('POST /orgs/{org}/settings/personal-access-tokens/preview', 'organization', {
    sets: ORGANIZATION_WRITE,
    session_only: true,
  }),
  row('GET /enterprises/{enterprise}/settings/personal-access-tokens', 'enterprise', READS_ENTERPRISE),
  row('PATCH /enterprises/{enterprise}/settings/personal-access-tokens', 'enterprise', WRITES_ENTERPRISE),
  row('GET /enterprises/{enterprise}/settings/personal-access-tokens/effective', 'enterprise', READS_ENTERPRISE),
  row('POST /enterprises/{enterprise}/settings/personal-access-tokens/preview', 'enterprise', WRITES_ENTERPRISE),

  row('GET /orgs/{org}/personal-access-token-requests', 'organization', { sets: REQUESTS_READ }),
  row('POST /orgs/{org}/personal-access-token-requests', 'organization', { sets: REQUESTS_WRITE }),
  row('POST /orgs/{org}/personal-access-token-requests/{pat_request_id}', 'organization', { sets: REQUESTS_WRITE }),
  row('GET /orgs/{org}/personal-access-token-requests/{pat_request_id}/repositories', 'organization', {
    sets: REQUESTS_READ,
  }),
  row('GET /orgs/{org}/personal-access-tokens', 'organization', { sets: GRANTS_READ }),
  row('POST /orgs/{org}/personal-access-tokens', 'organization', { sets: GRANTS_WRITE }),
  row('POST /orgs/{org}/personal-access-tokens/{pat_id}', 'organization', { sets: GRANTS_WRITE }),
  row('GET /orgs/{org}/personal-access-tokens/{pat_id}/repositories', 'organization', { sets: GRANTS_READ }),
  row('GET /orgs/{org}/personal-access-tokens/{pat_id}/usage', 'organization', { sets: GRANTS_READ }),
  row('GET /orgs/{org}/personal-access-token-usage', 'organization', { sets: ORGANIZATION_READ }),
  row('GET /orgs/{org}/token-reviewers', 'organization', { sets: ORGANIZATION_READ }),
  row('PUT /orgs/{org}/token-reviewers/{username}', 'organization', { sets: ORGANIZATION_WRITE }),
  row('DELETE /orgs/{org}/token-reviewers/{username}', 'organization', { sets: ORGANIZATION_WRITE }),
  row('GET /orgs/{org}/sso', 'organization', { sets: ORGANIZATION_READ }),
  row('PUT /orgs/{org}/sso', 'organization', WRITES_SSO),
  row('DELETE /orgs/{org}/sso', 'organization', WRITES_SSO),
  row('GET /orgs/{org}/sso/identities', 'organization', { sets: ORGANIZATION_READ }),
  row('DELETE /orgs/{org}/sso/identities/{username}', 'organization', WRITES_SSO),
  row('GET /orgs/{org}/credential-authorizations', 'organization', { sets: ORGANIZATION_READ, scopes: ['read:org'] }),
  row('DELETE /orgs/{org}/credential-authorizations/{credential_id}', 'organization', { sets: ORGANIZATION_WRITE }),
  row('GET /orgs/{org}/audit-log', 'organization', READS_LOG),
  row('GET /enterprises/{enterprise}/audit-log', 'enterprise', READS_LOG),

  row('GET /orgs/{org}/hooks', 'organization', HOOKS_READ),
  row('POST /orgs/{org}/hooks', 'organization', HOOKS_WRITE),
  row('GET /orgs/{org}/hooks/{hook_id}', 'organization', HOOKS_READ),
  row('PATCH /orgs/{org}/hooks/{hook_id}', 'organization', HOOKS_WRITE),
  row('DELETE /orgs/{org}/hooks/{hook_id}', 'organization', HOOKS_WRITE),
  row('POST /orgs/{org}/hooks/{hook_id}/pings', 'organization', HOOKS_WRITE),
  row('GET /orgs/{org}/hooks/{hook_id}/deliveries', 'organization', HOOKS_READ),
  row('GET /orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}', 'organization', HOOKS_READ),
  row('POST /orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}/attempts', 'organization', HOOKS_WRITE),

  row('GET /repos/{owner}/{repo}', 'repository', { sets: METADATA_READ, public_read: true }),
  row('PATCH /repos/{owner}/{repo}', 'repository', { sets: ADMINISTRATION_WRITE }),
  row('DELETE /repos/{owner}/{repo}', 'repository', { sets: ADMINISTRATION_WRITE, scopes: ['delete_repo'] }),
  row('POST /repos/{owner}/{repo}/transfer', 'repository', { sets: ADMINISTRATION_WRITE }),
  row('GET /repos/{owner}/{repo}/collaborators', 'repository', { sets: METADATA_READ }),
  row('PUT /repos/{owner}/{repo}/collaborators/{username}', 'repository', { sets: ADMINISTRATION_WRITE }),
  row('DELETE /repos/{owner}/{repo}/collaborators/{username}', 'repository', { sets: ADMINISTRATION_WRITE }),
  row('GET /repos/{owner}/{repo}/collaborators/{username}/permission', 'repository', { sets: METADATA_READ }),
  row('GET /repos/{owner}/{repo}/keys', 'repository', { sets: ADMINISTRATION_READ }),
  row('POST /repos/{owner}/{repo}/keys', 'repository', { sets: ADMINISTRATION_WRITE }),
  row('GET /repos/{owner}/{repo}/keys/{key_id}', 'repository', { sets: ADMINISTRATION_READ }),
  row('DELETE /repos/{owner}/{repo}/keys/{key_id}', 'repository', { sets: ADMINISTRATION_WRITE }),
];

const BY_ID: ReadonlyMap<string, Operation> = new Map(OWN_OPERATIONS.map((each) => [each.id, each]));

/** The row with this id; a route that names another stops the boot. */
export function ownOperation(id: string): Operation {
  const found = BY_ID.get(id);
  if (found === undefined) throw new Error(`\`${id}\` is not declared in own-operations.ts`);
  return found;
}
