// Editing a token (M7): name, description and life of either kind, scopes of a classic one, access of a fine-grained one.

import type { Kysely } from 'kysely';
import { writeAudit } from '../../db/audit.ts';
import { type TokenChanges, updateToken } from '../../db/held-tokens.ts';
import type { Database } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { type FieldError, Refusal } from '../../domain/refusal.ts';
import { narrowedExpiry } from '../../domain/requested-expiry.ts';
import { readScopes, readTokenName } from '../../domain/token-ask.ts';
import { tokenEvent } from '../../domain/token-audit.ts';
import type { TokenRecord } from '../../domain/token-record.ts';
import { tokenError } from '../../domain/token-refusal.ts';
import type { RepositorySelection, TokenKind } from '../../domain/vocabulary.ts';
import { type Holder, lockHoldingSession } from '../people/holding-session.ts';
import { type AccessPlan, applyAccessEdit, planAccessEdit } from './edit-token-access.ts';
import { auditedToken, type HeldToken, lockLiveToken } from './held-token.ts';
import { refuseTakenName } from './refuse-taken-name.ts';
import { readTokenRecord } from './token-record.ts';

export type TokenPatch = {
  readonly name?: string;
  readonly description?: string | null;
  readonly expires_at?: string | null;
  readonly scopes?: readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly repository_selection?: RepositorySelection;
  readonly repositories?: readonly string[];
};

const MEMBERS_OF_OTHER_KIND: Readonly<Record<TokenKind, readonly (keyof TokenPatch)[]>> = {
  classic: ['permissions', 'repository_selection', 'repositories'],
  fine_grained: ['scopes'],
};

function refuseOtherKind(kind: TokenKind, patch: TokenPatch): void {
  const errors = MEMBERS_OF_OTHER_KIND[kind]
    .filter((member) => patch[member] !== undefined)
    .map((member): FieldError => tokenError(member, 'unknown_field', 'is not of this kind of token'));
  if (errors.length > 0) throw new Refusal('validation_failed', { errors });
}

function isSameMoment(a: Date | null, b: Date | null): boolean {
  return a?.getTime() === b?.getTime();
}

/** What changes in the row itself; a member that says what is so already changes nothing. @rule M2, M7, K5 */
async function planChanges(
  db: Kysely<Database>,
  holder: Holder,
  { token, patch }: { readonly token: HeldToken; readonly patch: TokenPatch },
): Promise<TokenChanges> {
  const changes: { -readonly [Member in keyof TokenChanges]: TokenChanges[Member] } = {};
  const name = patch.name === undefined ? token.name : readTokenName(token.kind, patch.name);
  if (name !== token.name) {
    await refuseTakenName(db, { user_id: holder.id, name, except_id: token.id }, holder.now);
    changes.name = name;
  }
  if (patch.description !== undefined && patch.description !== token.description) {
    changes.description = patch.description;
  }
  if (patch.expires_at !== undefined) {
    const expires_at = narrowedExpiry(patch.expires_at, token.expires_at, holder.now);
    if (!isSameMoment(expires_at, token.expires_at)) changes.expires_at = expires_at;
  }
  if (patch.scopes !== undefined) {
    const scopes = readScopes(patch.scopes);
    if (scopes.join(' ') !== token.scopes.join(' ')) changes.scopes = [...scopes];
  }
  return changes;
}

/** The names of what the edit changes, for the entry. */
function changedMembers(changes: TokenChanges, access: AccessPlan | null): readonly string[] {
  return [...Object.keys(changes), ...(access === null ? [] : ['permissions_or_repositories'])];
}

/**
 * Edits the token; answers its record. An edit that changes nothing writes nothing. Refuses: 404; 409 for an ended token;
 * 422 for what is asked wrongly, and for a longer life. @rule M2, M6, M7, L1
 */
export async function editToken(
  deps: Deps,
  caller: Caller,
  input: { readonly id: number; readonly patch: TokenPatch; readonly now: Date },
): Promise<TokenRecord> {
  const { id, patch, now } = input;
  return inTransaction(deps.db, async (db) => {
    const holder = await lockHoldingSession(db, caller, now);
    const token = await lockLiveToken(db, holder, id);
    refuseOtherKind(token.kind, patch);
    const changes = await planChanges(db, holder, { token, patch });
    const access = await planAccessEdit(db, holder, { token, patch, count_max: deps.config.selected_repositories_max });
    const changed = changedMembers(changes, access);
    if (changed.length > 0) {
      if (Object.keys(changes).length > 0) await updateToken(db, id, changes);
      const after = { ...token, name: changes.name ?? token.name, asked: access?.edit.asked ?? token.asked };
      const audited = auditedToken(holder, after);
      await writeAudit(db, caller, tokenEvent('update', audited, { changed }));
      if (access !== null) await applyAccessEdit(db, caller, { plan: access, token, audited, changes, now });
    }
    return readTokenRecord(db, { id, user_id: holder.id }, now);
  });
}
