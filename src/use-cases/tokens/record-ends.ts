// What follows when tokens end other than by their holder, whoever ended them: the entries of the record, what the holders are
// told, and what the hooks of resource owners are. In the transaction of the end.

import type { Kysely } from 'kysely';
import { writeAudits } from '../../db/audit.ts';
import type { NoticedToken } from '../../db/expiring-tokens.ts';
import { insertNotifications } from '../../db/notifications.ts';
import type { Database } from '../../db/schema.ts';
import { type Caller, SYSTEM_CALLER } from '../../domain/caller.ts';
import type { News } from '../../domain/notification.ts';
import type { AccessChange } from '../../domain/token-audit.ts';
import { type EndedToken, expiryEvent, type RevocationReason, revocationEvent } from '../../domain/token-end.ts';
import { type Acting, recordAccess } from '../approval/record-access.ts';
import { tellTokenEvents } from './tell-token-event.ts';

function newsOf(token: EndedToken): Pick<News, 'user_id' | 'token' | 'organization' | 'expires_at'> {
  const { id, name, kind, holder, organization, expires_at } = token;
  return { user_id: holder.id, token: { id, name, kind }, organization: organization?.login ?? null, expires_at };
}

const EXPLANATION = 'the token has ended';

/** The requests that ended with their tokens: each is an entry of its own, as wherever else a request ends. @rule A2, L1, L3 */
async function recordCancelled(db: Kysely<Database>, acting: Acting, ended: readonly EndedToken[]): Promise<void> {
  const changes = ended.flatMap((token): AccessChange[] => {
    const { organization, cancelled_request_id: request_id } = token;
    if (organization === null || request_id === null) return [];
    const asking = { ...token, repository_selection: null };
    return [{ act: 'request_cancelled', token: asking, organization, request_id, explanation: EXPLANATION }];
  });
  await recordAccess(db, acting, changes);
}

/**
 * Tokens that were revoked: an entry each, one for what they asked, a notification for each holder, an event for each resource
 * owner. @rule L1, T2, L3
 */
export async function recordRevocations(
  db: Kysely<Database>,
  caller: Caller,
  {
    ended,
    reason,
    at,
  }: { readonly ended: readonly EndedToken[]; readonly reason: RevocationReason; readonly at: Date },
): Promise<void> {
  if (ended.length === 0) return;
  await writeAudits(
    db,
    caller,
    ended.map((token) => revocationEvent(token, reason)),
  );
  const news = ended.map((token): News => ({ ...newsOf(token), type: 'token_revoked', reason }));
  await insertNotifications(db, news);
  await recordCancelled(db, { caller, now: at }, ended);
  await tellTokenEvents(
    db,
    caller,
    ended.map(({ id }) => ({ action: 'revoked', token_id: id })),
  );
}

/** Tokens that are about to expire, or have: told to holders and resource owners; the end is an entry. @rule L1, L3 */
export async function recordNotices(db: Kysely<Database>, noticed: readonly NoticedToken[], now: Date): Promise<void> {
  if (noticed.length === 0) return;
  const expired = noticed.filter(({ days }) => days === 0).map(({ token }) => token);
  await writeAudits(db, SYSTEM_CALLER, expired.map(expiryEvent));
  const news = noticed.map(({ token, days }): News => {
    const type = days === 0 ? 'token_expired' : 'token_expiring';
    return { ...newsOf(token), type, days_left: days };
  });
  await insertNotifications(db, news);
  await recordCancelled(db, { caller: SYSTEM_CALLER, now }, expired);
  const expiring = noticed.map(({ token, days }) => ({
    ...({ action: 'expiring', token_id: token.id } as const),
    days_left: days,
  }));
  const over = expired.map(({ id }) => ({ action: 'expired', token_id: id }) as const);
  await tellTokenEvents(db, SYSTEM_CALLER, [...expiring, ...over]);
}
