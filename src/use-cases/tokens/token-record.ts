// From a row to the record of a token. What is not understood is shown as nothing, as it is judged (F3).

import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { findTokenRecord, type TokenRecordRow } from '../../db/token-records.ts';
import { endOfText, isPast } from '../../domain/lifetime.ts';
import { Refusal } from '../../domain/refusal.ts';
import { type Approval, type Granted, REQUEST_STATES, type TokenRecord } from '../../domain/token-record.ts';
import { hasEnded, tokenState } from '../../domain/token-state.ts';
import { REPOSITORY_SELECTIONS, type RepositorySelection, type TokenState } from '../../domain/vocabulary.ts';
import { decodePermissions } from '../../facts/decode-values.ts';

function selectionOf(value: string | null): RepositorySelection {
  return REPOSITORY_SELECTIONS.find((each) => each === value) ?? 'none';
}

function grantedOf(row: TokenRecordRow): Granted | null {
  if (row.grant_id === null) return null;
  return {
    permissions: decodePermissions(row.grant_permissions),
    repository_selection: selectionOf(row.grant_selection),
  };
}

/** Whether the owner has given something since the request was made or reviewed: nobody had to be asked for that. */
function isGrantedSince({ granted_at, reviewed_at, requested_at, request_state }: TokenRecordRow): boolean {
  const ended_at = reviewed_at ?? requested_at;
  if (request_state === 'pending' || granted_at === null || ended_at === null) return false;
  return granted_at.getTime() > ended_at.getTime();
}

/** The last request, as far as what holds came from it or was there before it: else it would deny what is granted. */
function approvalOf(row: TokenRecordRow): Approval | null {
  const state = REQUEST_STATES.find((each) => each === row.request_state);
  if (row.request_id === null || state === undefined || isGrantedSince(row)) return null;
  const { request_id, request_reason: reason, review_reason, reviewed_by, reviewed_at } = row;
  return { request_id, state, reason, review_reason, reviewed_by, reviewed_at };
}

/** The end of the text before the present one, which its token takes with it; null where none lives. @rule M8 */
function endOfPrevious(row: TokenRecordRow, state: TokenState, now: Date): Date | null {
  const { expires_at, previous_secret_expires_at: overlap } = row;
  if (overlap === null || isPast(overlap, now) || hasEnded(state)) return null;
  return endOfText({ expires_at, secret_expires_at: overlap });
}

/** The record at this moment. */
export function toTokenRecord(row: TokenRecordRow, now: Date): TokenRecord {
  const { id, name, description, created_at, secret_issued_at, expires_at, last_used_at, token_last_eight } = row;
  const kind = row.kind === 'classic' ? 'classic' : 'fine_grained';
  const request_pending = row.request_state === 'pending';
  const state = tokenState({ ...row, kind, granted: row.grant_id !== null, request_pending }, now);
  const common = {
    ...{ id, name, description, created_at, secret_issued_at, expires_at, last_used_at, token_last_eight, state },
    hashed_token: row.hashed_token ?? '',
    previous_secret_expires_at: endOfPrevious(row, state, now),
  };
  if (kind === 'classic') {
    const sso = row.sso_organizations.flatMap((org, index) => {
      const authorized_at = row.sso_authorized_at[index];
      return authorized_at === undefined ? [] : [{ org, authorized_at }];
    });
    return { ...common, kind, scopes: row.scopes ?? [], sso };
  }
  const type = row.resource_owner_type === 'Organization' ? 'Organization' : 'User';
  return {
    ...common,
    kind,
    resource_owner: row.resource_owner === null ? null : { login: row.resource_owner, type },
    resource_owner_id: row.resource_owner_id ?? 0,
    permissions: decodePermissions(row.permissions),
    repository_selection: selectionOf(row.repository_selection),
    granted: grantedOf(row),
    approval: approvalOf(row),
  };
}

/** The record of this person's token. Refuses: 404 where it is not his or not there. */
export async function readTokenRecord(
  db: Kysely<Database>,
  key: { readonly id: number; readonly user_id: number },
  now: Date,
): Promise<TokenRecord> {
  const row = await findTokenRecord(db, key);
  if (row === undefined) throw new Refusal('not_found');
  return toTokenRecord(row, now);
}
