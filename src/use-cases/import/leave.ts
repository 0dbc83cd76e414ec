// Who leaves an organization (A4): his places in its teams go, what it granted his tokens ends, what they ask it is cancelled,
// what he authorised by single sign-on is taken back. His memberships are gone already, so that no token is granted anything
// by them meanwhile.

import type { ImportEntry } from '../../db/import/audit.ts';
import { cancelRequests, type EndedToken, endGrants, leaveTeams } from '../../db/import/leaving.ts';
import type { Pair } from '../../db/import/relations.ts';
import { endSingleSignOn } from '../../db/token-authorizations.ts';
import type { AuditAction } from '../../domain/audit.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';
import { authorizationData } from '../../domain/single-sign-on.ts';
import { authorizedToken } from '../authorized-token.ts';
import { tellAccessChanges } from '../tell-access-changes.ts';
import type { Step } from './step.ts';

/** @rule A4 */
export async function leave(step: Step, pairs: readonly Pair[]): Promise<void> {
  await leaveTeams(step.db, pairs);
  for (const token of await endGrants(step.db, pairs)) {
    step.record(null, entryOf('personal_access_token.access_revoked', token));
  }
  const cancelled = await cancelRequests(step.db, pairs);
  for (const { request_id, ...token } of cancelled) {
    const data = { user_programmatic_access_request_id: request_id };
    step.record(null, entryOf('personal_access_token.request_cancelled', token, data));
  }
  const changes = cancelled.map(({ request_id, token_id, organization_id }) => {
    const act = 'request_cancelled' as const;
    return { act, request_id, token: { id: token_id }, organization: { id: organization_id } };
  });
  await tellAccessChanges(step.db, SYSTEM_CALLER, changes);
  for (const row of await endSingleSignOn(step.db, pairs)) {
    const data = authorizationData(authorizedToken(row));
    step.record(null, entryOf('org_credential_authorization.deauthorized', row, data));
  }
}

function entryOf(action: AuditAction, token: EndedToken, data: Record<string, unknown> = {}): ImportEntry {
  return {
    action,
    operation_type: 'remove',
    org_id: token.organization_id,
    user_id: token.user_id,
    managed_token_id: token.token_id,
    managed_hashed_token: token.hashed_token,
    data: { user_programmatic_access_name: token.name, ...data, explanation: 'the holder left the organization' },
  };
}
