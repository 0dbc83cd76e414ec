// Requests and grants of tokens as the wire has them (contract 7).

import type { Deps } from '../../deps.ts';
import type { AccessingToken } from '../../domain/accessing-token.ts';
import { groupPermissions } from '../../domain/permission.ts';
import { presentSimpleUser } from './simple-user.ts';
import { printTime, printTimeOrNull } from './time.ts';

type WithUrl = Pick<Deps, 'config'>;
type Place = { readonly organization: { readonly login: string }; readonly noun: string };

function common(deps: WithUrl, token: AccessingToken, { organization, noun }: Place) {
  const { id, holder, repository_selection, token_id, token_name, token_expired } = token;
  return {
    ...{ id, repository_selection, token_id, token_name, token_expired },
    owner: presentSimpleUser(deps, { ...holder, type: 'User' }),
    repositories_url: `${deps.config.public_url}/orgs/${organization.login}/${noun}/${id}/repositories`,
    permissions: groupPermissions(token.permissions),
    token_expires_at: printTimeOrNull(token.token_expires_at),
    token_last_used_at: printTimeOrNull(token.token_last_used_at),
  };
}

export function presentRequest(deps: WithUrl, organization: Place['organization'], token: AccessingToken) {
  const { reason } = token;
  const shown = common(deps, token, { organization, noun: 'personal-access-token-requests' });
  return { ...shown, reason, created_at: printTime(token.at) };
}

export function presentGrant(deps: WithUrl, organization: Place['organization'], token: AccessingToken) {
  const shown = common(deps, token, { organization, noun: 'personal-access-tokens' });
  return { ...shown, access_granted_at: printTime(token.at) };
}
