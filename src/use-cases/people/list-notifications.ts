// GET /user/notifications: what a person was told.

import { listNotifications as list, type NotificationRow } from '../../db/notifications.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { type RowPage, rowPage } from '../directory/row-page.ts';
import { holderIdOf } from './holding-session.ts';

export type { NotificationRow } from '../../db/notifications.ts';

/** A page of what the session's person was told, the newest first. @rule T2 */
export async function listNotifications(
  deps: Deps,
  caller: Caller,
  page: { readonly limit: number; readonly offset: number },
): Promise<RowPage<NotificationRow>> {
  return rowPage(await list(deps.db, { user_id: holderIdOf(caller), ...page }), page.limit);
}
