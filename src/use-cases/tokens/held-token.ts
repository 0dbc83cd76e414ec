// The token that a holder is about to change: locked, his own, and not ended.

import type { Kysely } from 'kysely';
import { findTriedToken, type HeldTokenRow, lockToken } from '../../db/held-tokens.ts';
import type { Database } from '../../db/schema.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { ResourceOwner } from '../../domain/resource-owner.ts';
import type { TokenAccess } from '../../domain/token-access.ts';
import type { AuditedToken } from '../../domain/token-audit.ts';
import { hasEnded, tokenState } from '../../domain/token-state.ts';
import { REPOSITORY_SELECTIONS, type RepositorySelection, type TokenKind } from '../../domain/vocabulary.ts';
import { decodePermissions } from '../../facts/decode-values.ts';
import type { Holder } from '../people/holding-session.ts';
import { holdOrganizationAsOwner } from './resolve-resource-owner.ts';

export type HeldGrant = {
  readonly id: number;
  readonly access: TokenAccess;
  /** Of the life that was approved; null: without end. */
  readonly lifetime_seconds: number | null;
};

export type HeldToken = {
  readonly id: number;
  readonly kind: TokenKind;
  readonly name: string;
  readonly description: string | null;
  readonly secret_issued_at: Date;
  readonly expires_at: Date | null;
  readonly hashed_token: string;
  readonly scopes: readonly string[];
  /** What a fine-grained token asked last. */
  readonly asked: TokenAccess;
  /** The login of its resource owner; null for a classic one, and when the owner is gone. */
  readonly owner: { readonly id: number; readonly type: 'User' | 'Organization'; readonly login: string } | null;
  readonly grant: HeldGrant | null;
  readonly request: { readonly id: number; readonly reason: string | null } | null;
};

function accessOf(permissions: unknown, selection: string | null, repository_ids: readonly number[]): TokenAccess {
  const known: RepositorySelection = REPOSITORY_SELECTIONS.find((each) => each === selection) ?? 'none';
  const ids = known === 'subset' ? repository_ids : [];
  return { permissions: decodePermissions(permissions), repository_selection: known, repository_ids: ids };
}

function ownerOf({ owner_id, owner_type, owner_login }: HeldTokenRow): HeldToken['owner'] {
  if (owner_id === null || owner_login === null) return null;
  if (owner_type !== 'User' && owner_type !== 'Organization') return null;
  return { id: owner_id, type: owner_type, login: owner_login };
}

function grantOf(row: HeldTokenRow): HeldGrant | null {
  if (row.grant_id === null) return null;
  const access = accessOf(row.grant_permissions, row.grant_selection, row.grant_repository_ids);
  return { id: row.grant_id, access, lifetime_seconds: row.grant_lifetime_seconds };
}

function toHeldToken(row: HeldTokenRow): HeldToken {
  const { id, name, description, secret_issued_at, expires_at } = row;
  return {
    ...{ id, name, description, secret_issued_at, expires_at },
    kind: row.kind === 'classic' ? 'classic' : 'fine_grained',
    hashed_token: row.hashed_token ?? '',
    scopes: row.scopes ?? [],
    asked: accessOf(row.permissions, row.repository_selection, row.repository_ids),
    owner: ownerOf(row),
    grant: grantOf(row),
    request: row.request_id === null ? null : { id: row.request_id, reason: row.request_reason },
  };
}

/** The holder's token, locked. Refuses: 404 where it is not his or not there. */
export async function lockHeldToken(
  db: Kysely<Database>,
  holder: Holder,
  id: number,
): Promise<{ readonly token: HeldToken; readonly ended: boolean }> {
  const row = await lockToken(db, { id, user_id: holder.id });
  if (row === undefined) throw new Refusal('not_found', { tried_token: await findTriedToken(db, id) });
  const token = toHeldToken(row);
  const standing = { ...row, kind: token.kind, granted: token.grant !== null, request_pending: token.request !== null };
  return { token, ended: hasEnded(tokenState(standing, holder.now)) };
}

/** The holder's token, locked and alive. Refuses: 404, and 409 for one that has expired or was revoked. @rule M8, M9 */
export async function lockLiveToken(db: Kysely<Database>, holder: Holder, id: number): Promise<HeldToken> {
  const { token, ended } = await lockHeldToken(db, holder, id);
  if (!ended) return token;
  throw new Refusal('conflict', { message: 'The token has expired or was revoked, and never comes back' });
}

/** The resource owner of the token as the holder stands to him now; null where the holder has left or the owner is gone. @rule A4 */
export async function ownerOfToken(
  db: Kysely<Database>,
  holder: Holder,
  token: HeldToken,
): Promise<ResourceOwner | null> {
  if (token.owner === null) return null;
  const { id, type, login } = token.owner;
  if (type === 'User') return id === holder.id ? { type, id, login } : null;
  return holdOrganizationAsOwner(db, holder, { id });
}

/** What the record says of the token. */
export function auditedToken(holder: Holder, token: HeldToken): AuditedToken {
  const { id, kind, name, hashed_token } = token;
  const repository_selection = kind === 'classic' ? null : token.asked.repository_selection;
  return { id, kind, name, hashed_token, repository_selection, holder };
}
