// The part of an edit that concerns the resource owner: permissions and repositories of a fine-grained token.

import type { Kysely } from 'kysely';
import { cancelGrantRequest, narrowGrant } from '../../db/grants.ts';
import { updateAskedAccess } from '../../db/held-tokens.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { lifeSeconds } from '../../domain/requested-expiry.ts';
import { ineligibility, needsApproval, type ResourceOwner } from '../../domain/resource-owner.ts';
import type { TokenAccess } from '../../domain/token-access.ts';
import { judgeSelection, readPermissions } from '../../domain/token-ask.ts';
import type { AuditedToken } from '../../domain/token-audit.ts';
import { type AccessEdit, editAccess } from '../../domain/token-edit.ts';
import { ownerNotFound } from '../../domain/token-refusal.ts';
import type { RepositorySelection } from '../../domain/vocabulary.ts';
import { type Acting, recordAccess } from '../approval/record-access.ts';
import type { Holder } from '../people/holding-session.ts';
import { askResourceOwner } from './ask-resource-owner.ts';
import { type HeldToken, ownerOfToken } from './held-token.ts';
import { resolveRepositories } from './resolve-repositories.ts';

type AccessPatch = {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly repository_selection?: RepositorySelection;
  readonly repositories?: readonly string[];
};
type Asked = { readonly token: HeldToken; readonly patch: AccessPatch; readonly count_max: number };

/** What an edit does to a token's access. `owner`: null where nothing more can be asked. */
export type AccessPlan = { readonly edit: AccessEdit; readonly owner: ResourceOwner | null };

/** All that is wanted after the edit; what the patch does not speak of stays as it was asked. @rule K4, M6 */
async function wantedAccess(
  db: Kysely<Database>,
  holder: Holder,
  { token, patch, count_max }: Asked,
): Promise<TokenAccess> {
  const { asked, owner } = token;
  if (owner === null) throw new Refusal('conflict', { message: 'The resource owner of this token is gone' });
  const repository_selection = patch.repository_selection ?? asked.repository_selection;
  const stays = repository_selection === 'subset' && asked.repository_selection === 'subset';
  const keeps = stays && patch.repositories === undefined;
  if (!keeps) judgeSelection(repository_selection, patch.repositories);
  const permissions = readPermissions(patch.permissions ?? asked.permissions, owner.type, repository_selection);
  if (keeps) return { permissions, repository_selection, repository_ids: asked.repository_ids };
  const named = { names: patch.repositories ?? [], count_max };
  const repository_ids =
    repository_selection === 'subset' ? await resolveRepositories(db, { holder, owner }, named) : [];
  return { permissions, repository_selection, repository_ids };
}

/** Asking an organization for more is judged as making a token of it is; asking for less is not judged. @rule M4, M7, A4 */
function refuseIneligible(token: HeldToken, { edit, owner }: AccessPlan): void {
  if (!edit.makes_request && edit.grant_change !== 'given') return;
  if (owner === null || ineligibility(owner) !== null) throw ownerNotFound(token.owner?.login ?? '');
}

/** What the patch does to the access; null where it does not speak of it or changes nothing. Refuses: 422. @rule M4, M6, M7 */
export async function planAccessEdit(db: Kysely<Database>, holder: Holder, asked: Asked): Promise<AccessPlan | null> {
  const { token, patch } = asked;
  const { permissions, repository_selection, repositories } = patch;
  if (permissions === undefined && repository_selection === undefined && repositories === undefined) return null;
  const wanted = await wantedAccess(db, holder, asked);
  const owner = await ownerOfToken(db, holder, token);
  const before = { asked: token.asked, grant: token.grant?.access ?? null, request_pending: token.request !== null };
  const edit = editAccess(before, wanted, owner === null || needsApproval(owner));
  if (edit.asked === token.asked) return null;
  const plan = { edit, owner };
  refuseIneligible(token, plan);
  return plan;
}

type Edited = {
  readonly plan: AccessPlan;
  /** As it was before. */
  readonly token: HeldToken;
  readonly audited: AuditedToken;
  /** A life that the same edit narrows. */
  readonly changes: { readonly expires_at?: Date | null };
  readonly now: Date;
};

/** Ends the pending request of a token, by its holder. @rule A2, L1 */
export async function cancelPendingRequest(
  db: Kysely<Database>,
  acting: Acting,
  { token, audited }: { readonly token: HeldToken; readonly audited: AuditedToken },
): Promise<void> {
  const { request, owner } = token;
  if (request === null || owner === null) return;
  await cancelGrantRequest(db, request.id);
  const cancelled = { act: 'request_cancelled', token: audited, organization: owner, request_id: request.id } as const;
  await recordAccess(db, acting, [cancelled]);
}

/** Writes what was planned, with its entries. @rule M7, L1 */
export async function applyAccessEdit(db: Kysely<Database>, caller: Caller, edited: Edited): Promise<void> {
  const { plan, token, audited, changes, now } = edited;
  const { edit, owner } = plan;
  await updateAskedAccess(db, token.id, edit.asked);
  if (edit.cancels_request) await cancelPendingRequest(db, { caller, now }, { token, audited });
  if (edit.grant_change === 'narrowed' && token.grant !== null && edit.grant !== null) {
    await narrowGrant(db, token.grant.id, edit.grant);
  }
  if (owner === null || (!edit.makes_request && edit.grant_change !== 'given')) return;
  const expires_at = changes.expires_at === undefined ? token.expires_at : changes.expires_at;
  const lifetime_seconds = lifeSeconds(token.secret_issued_at, expires_at);
  const reason = token.request?.reason ?? null;
  const asked = { token: audited, owner, access: edit.asked, reason, lifetime_seconds };
  const permissions_before = token.grant?.access.permissions;
  await askResourceOwner(db, caller, { ...asked, permissions_before }, now);
}
