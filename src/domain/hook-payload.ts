// The payloads of webhooks (L3): `personal_access_token_request` in GitHub's shape, `personal_access_token` in ours (contract
// 10), `ping`. Made of what was remembered, so that every attempt sends the same bytes.

import { HIDDEN_SECRET } from './hook.ts';
import type { HookMessage, MessagePerson, PingMessage, RequestMessage, TokenMessage } from './hook-message.ts';
import { groupPermissions, type PermissionMap } from './permission.ts';
import { nodeId, simpleUser } from './simple-user.ts';

const ZEN = 'Anything added dilutes everything else.';

function person(public_url: string, shown: MessagePerson) {
  return simpleUser(public_url, { ...shown, type: 'User' });
}

function organizationOf(public_url: string, { id, login, profile_name }: TokenMessage['organization']) {
  const url = `${public_url}/orgs/${login}`;
  return {
    ...{ login, id, node_id: nodeId('Organization', id), url },
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${public_url}/${login}.png`,
    description: profile_name,
  };
}

/** What is asked and was not there before, and what was there at another level. */
function added({ permissions, permissions_before: before }: RequestMessage): PermissionMap {
  return Object.fromEntries(Object.entries(permissions).filter(([name]) => !Object.hasOwn(before, name)));
}
function upgraded({ permissions, permissions_before: before }: RequestMessage): PermissionMap {
  const is_upgraded = ([name, level]: [string, string]) => Object.hasOwn(before, name) && before[name] !== level;
  return Object.fromEntries(Object.entries(permissions).filter(is_upgraded));
}

function requestOf(public_url: string, data: RequestMessage) {
  const { request_id, token, holder, repositories, repository_selection, created_at } = data;
  return {
    id: request_id,
    owner: person(public_url, holder),
    permissions_added: groupPermissions(added(data)),
    permissions_upgraded: groupPermissions(upgraded(data)),
    permissions_result: groupPermissions(data.permissions),
    repository_selection,
    repository_count: repositories?.length ?? null,
    repositories: repositories?.map((each) => ({ node_id: nodeId('Repository', each.id), ...each })) ?? null,
    created_at,
    token_id: token.id,
    token_name: token.name,
    token_expired: token.expired,
    token_expires_at: token.expires_at,
    token_last_used_at: token.last_used_at,
  };
}

function tokenOf(public_url: string, { token, holder, days_left }: TokenMessage) {
  const { id, name, kind, expires_at } = token;
  return {
    ...{ id, name, kind, owner: person(public_url, holder), expires_at },
    ...(days_left !== undefined && { days_left }),
  };
}

function pingOf(public_url: string, { hook, organization }: PingMessage) {
  const { id, events, active, created_at, updated_at } = hook;
  const url = `${public_url}/orgs/${organization.login}/hooks/${id}`;
  const config = {
    url: hook.url,
    content_type: hook.content_type,
    insecure_ssl: hook.insecure_ssl ? '1' : '0',
    ...(hook.has_secret && { secret: HIDDEN_SECRET }),
  };
  return {
    zen: ZEN,
    hook_id: id,
    hook: {
      ...{ type: 'Organization', id, name: 'web', active, events, config, updated_at, created_at },
      ...{ url, ping_url: `${url}/pings`, deliveries_url: `${url}/deliveries` },
    },
  };
}

/** The body that is sent, before it is written as JSON. `public_url`: under which all addresses are. @rule L3 */
export function payloadOf(public_url: string, message: HookMessage): Readonly<Record<string, unknown>> {
  const organization = organizationOf(public_url, message.data.organization);
  const sender = person(public_url, message.data.sender);
  const { event, action } = message;
  switch (event) {
    case 'ping':
      return { ...pingOf(public_url, message.data), organization, sender };
    case 'personal_access_token':
      return { action, personal_access_token: tokenOf(public_url, message.data), organization, sender };
    case 'personal_access_token_request': {
      const { id } = message.data.organization;
      // GitHub's shape has an app's installation in all but the first; here it is the organization's own.
      const installation = action === 'created' ? {} : { installation: { id, node_id: nodeId('Installation', id) } };
      const request = requestOf(public_url, message.data);
      return { action, personal_access_token_request: request, organization, sender, ...installation };
    }
  }
}
