// Asking the resource owner for what a token shall do: granted at once, or a request that waits for a reviewer.

import type { Kysely } from 'kysely';
import { insertGrantRequest, putGrant } from '../../db/grants.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import type { PermissionMap } from '../../domain/permission.ts';
import { needsApproval, type ResourceOwner } from '../../domain/resource-owner.ts';
import type { TokenAccess } from '../../domain/token-access.ts';
import type { AuditedToken } from '../../domain/token-audit.ts';
import { recordAccess } from '../approval/record-access.ts';

type NamedOwner = { readonly id: number; readonly login: string };

export type AskedOfOwner = {
  readonly token: AuditedToken;
  readonly owner: ResourceOwner;
  readonly access: TokenAccess;
  readonly reason: string | null;
  /** What the token has been granted so far; absent: nothing. */
  readonly permissions_before?: PermissionMap | undefined;
  /** Of the token's life; what is approved with it (M8). Null: without end. */
  readonly lifetime_seconds: number | null;
};

/** Makes a request that waits for a reviewer; answers its id. @rule M5, L1 */
export async function requestAccess(
  db: Kysely<Database>,
  caller: Caller,
  { token, owner, access, reason }: Pick<AskedOfOwner, 'token' | 'access' | 'reason'> & { readonly owner: NamedOwner },
  now: Date,
): Promise<number> {
  const asked = { token_id: token.id, resource_owner_id: owner.id, access, reason, created_at: now };
  const request_id = await insertGrantRequest(db, asked);
  await recordAccess(db, { caller, now }, [{ act: 'request_created', token, organization: owner, request_id }]);
  return request_id;
}

/**
 * Grants, or makes a request, in the caller's transaction; a pending request must have ended before. An organization's log
 * has the grant or the request; one's own account gives nothing, and nothing is written for it. Answers the id of the
 * request, null where it is granted. @rule M5, L1
 */
export async function askResourceOwner(
  db: Kysely<Database>,
  caller: Caller,
  asked: AskedOfOwner,
  now: Date,
): Promise<number | null> {
  const { token, owner, access, lifetime_seconds, permissions_before = {} } = asked;
  if (needsApproval(owner)) return requestAccess(db, caller, asked, now);
  await putGrant(db, { token_id: token.id, resource_owner_id: owner.id, access, granted_at: now, lifetime_seconds });
  if (owner.type === 'User') return null;
  await recordAccess(db, { caller, now }, [
    { act: 'access_granted', token, organization: owner, request_id: null, permissions_before },
  ]);
  return null;
}
