// Who leaves an organization (A4): his places in its teams go, what it granted his tokens ends, what they ask it is cancelled,
// what he authorised by single sign-on is taken back. His memberships are gone already, so that no token is granted anything
// by them meanwhile.

import type { ImportEntry } from '../../db/import/audit.ts';
import { cancelRequests, endGrants, leaveTeams } from '../../db/import/leaving.ts';
import type { Pair } from '../../db/import/relations.ts';
import { endSingleSignOn } from '../../db/token-authorizations.ts';
import type { AuditEvent } from '../../domain/audit.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';
import { authorizationEvent } from '../../domain/single-sign-on.ts';
import { accessEvent } from '../../domain/token-audit.ts';
import { LEFT, leftAccess } from '../approval/left-access.ts';
import { tellAccessChanges } from '../approval/tell-access-changes.ts';
import { authorizedToken } from '../single-sign-on/authorized-token.ts';
import { tellHolders } from '../tokens/tell-holders.ts';
import type { Step } from './step.ts';

/** @rule A4 */
export async function leave(step: Step, pairs: readonly Pair[]): Promise<void> {
  await leaveTeams(step.db, pairs);
  const revoked = await endGrants(step.db, pairs);
  const cancelled = await cancelRequests(step.db, pairs);
  const changes = [
    ...revoked.map((each) => leftAccess('access_revoked', each)),
    ...cancelled.map((each) => leftAccess('request_cancelled', each)),
  ];
  for (const change of changes) step.record(null, entryOf(accessEvent(change)));
  await tellHolders(step.db, SYSTEM_CALLER, changes);
  await tellAccessChanges(step.db, { caller: SYSTEM_CALLER, now: step.now }, changes);
  for (const row of await endSingleSignOn(step.db, pairs)) {
    const organization = { id: row.organization_id, login: '' };
    const event = authorizationEvent('deauthorized', authorizedToken(row), organization, { explanation: LEFT });
    step.record(null, entryOf(event));
  }
}

/** The names of whom it concerns are looked up when it is written. */
function entryOf({ action, operation_type, user, org, managed_token, data = {} }: AuditEvent): ImportEntry {
  return {
    ...{ action, operation_type, data, user_id: user?.id ?? null, org_id: org?.id ?? null },
    managed_token_id: managed_token?.id ?? null,
    managed_hashed_token: managed_token?.hashed_token ?? null,
  };
}
