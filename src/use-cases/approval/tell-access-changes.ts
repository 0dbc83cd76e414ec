// The webhook `personal_access_token_request` (L3): what tokens ask of an organization, and what becomes of it. That a grant
// is revoked has no such event, as with GitHub.

import type { Kysely } from 'kysely';
import { findToldRequests, type ToldRequest } from '../../db/hook-facts.ts';
import { organizationsTold } from '../../db/hook-messages.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import type { RequestAction } from '../../domain/hook.ts';
import type { RequestMessage } from '../../domain/hook-message.ts';
import { printMoment } from '../../domain/moment.ts';
import type { PermissionMap } from '../../domain/permission.ts';
import type { AccessAct, AccessChange } from '../../domain/token-audit.ts';
import { decodePermissions } from '../../facts/decode-values.ts';
import { senderOf, tellHooks } from '../webhooks/tell-hooks.ts';

/** What is told of a change; a whole one has it. */
export type ToldChange = Pick<AccessChange, 'act' | 'request_id' | 'permissions_before'> & {
  readonly token: { readonly id: number };
  readonly organization: { readonly id: number };
};

const ACTIONS: Readonly<Record<AccessAct, RequestAction | null>> = {
  request_created: 'created',
  access_granted: 'approved',
  request_denied: 'denied',
  request_cancelled: 'cancelled',
  access_revoked: null,
};

function messageOf(caller: Caller, row: ToldRequest, change: ToldChange): RequestMessage {
  const { token_id, kind, name, expired, repository_selection, profile_name } = row;
  const holder = { id: row.holder_id, login: row.holder, site_admin: row.holder_site_admin };
  const before: PermissionMap = change.permissions_before ?? decodePermissions(row.permissions_before ?? {});
  return {
    organization: { id: row.organization_id, login: row.organization, profile_name },
    sender: senderOf(caller, holder),
    request_id: change.request_id ?? 0,
    token: {
      ...{ id: token_id, kind, name, expired },
      expires_at: row.expires_at === null ? null : printMoment(row.expires_at),
      last_used_at: row.last_used_at === null ? null : printMoment(row.last_used_at),
    },
    holder,
    permissions_before: before,
    permissions: decodePermissions(row.permissions),
    repository_selection,
    repositories: repository_selection === 'subset' ? row.repositories : null,
    created_at: printMoment(row.created_at),
  };
}

/** Tells the hooks of these changes, in their transaction; the rows are as they are after them. @rule L3 */
export async function tellAccessChanges(
  transaction: Kysely<Database>,
  { caller, now }: { readonly caller: Caller; readonly now: Date },
  changes: readonly ToldChange[],
): Promise<void> {
  const event = 'personal_access_token_request';
  const told = changes.filter(({ act }) => ACTIONS[act] !== null);
  if (told.length === 0) return;
  const organization_ids = [...new Set(told.map((each) => each.organization.id))];
  const with_hooks = await organizationsTold(transaction, { event, organization_ids });
  const wanted = told.filter((each) => with_hooks.has(each.organization.id));
  if (wanted.length === 0) return;
  const asked = wanted.map(({ organization, token, request_id }) => {
    return { organization_id: organization.id, token_id: token.id, request_id };
  });
  const rows = await findToldRequests(transaction, asked, now);
  const messages = rows.flatMap((row) => {
    const change = wanted[row.place - 1];
    const action = change === undefined ? null : ACTIONS[change.act];
    if (change === undefined || action === null) return [];
    const message = { event, action, data: messageOf(caller, row, change) } as const;
    return [{ organization_id: row.organization_id, message }];
  });
  await tellHooks(transaction, messages);
}
