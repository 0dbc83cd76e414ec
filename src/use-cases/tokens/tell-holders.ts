// What becomes of a token's access by somebody else's hand, its holder is told (reference.md 16): approved, denied, revoked.

import type { Kysely } from 'kysely';
import { insertNotifications } from '../../db/notifications.ts';
import type { Database } from '../../db/schema.ts';
import { type Caller, personBehind } from '../../domain/caller.ts';
import type { News, NotificationType } from '../../domain/notification.ts';
import type { AccessAct, AccessChange } from '../../domain/token-audit.ts';

const TYPES: Readonly<Record<AccessAct, NotificationType | null>> = {
  request_created: null,
  request_cancelled: null,
  access_granted: 'request_approved',
  request_denied: 'request_denied',
  access_revoked: 'grant_revoked',
};

function newsOf(change: AccessChange): readonly News[] {
  const { act, token, organization, request_id, review_reason = null, explanation = null } = change;
  const type = TYPES[act];
  // Granted at once, without a request: nobody waited for it.
  if (type === null || (act === 'access_granted' && request_id === null)) return [];
  const { id, name, kind, holder } = token;
  const reason = review_reason ?? explanation;
  return [{ user_id: holder.id, type, token: { id, name, kind }, organization: organization.login, reason }];
}

/** Tells the holders of these changes, in their transaction; nobody is told what he did himself. */
export async function tellHolders(
  db: Kysely<Database>,
  { principal }: Caller,
  changes: readonly AccessChange[],
): Promise<void> {
  const actor_id = personBehind(principal)?.id;
  const others = changes.filter(({ token }) => token.holder.id !== actor_id);
  await insertNotifications(db, others.flatMap(newsOf));
}
