// POST /credentials/revoke: whoever found texts of ours reports them (T2).

import { writeAudits } from '../../db/audit.ts';
import { endTokens } from '../../db/ended-tokens.ts';
import { lockHoldersOfTexts } from '../../db/holders.ts';
import { insertNotifications } from '../../db/notifications.ts';
import { deleteSessionsOfTexts } from '../../db/sessions.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { AuditEvent } from '../../domain/audit.ts';
import type { Caller } from '../../domain/caller.ts';
import type { News } from '../../domain/notification.ts';
import { digestOf } from '../../secrets.ts';
import { kindOfText, type TextKind } from '../../text-form.ts';
import { recordRevocations } from './record-ends.ts';

const ENDED_KINDS: ReadonlySet<TextKind | null> = new Set<TextKind>([
  'classic',
  'fine_grained',
  'exchanged',
  'session',
]);

type Person = { readonly user_id: number; readonly login: string };

/** The record does not say who found a text: the holder reads it, and finders would be afraid to report (reference.md 8). */
function withoutOrigin({ request_id }: Caller): Caller {
  return { principal: { type: 'anonymous' }, request_id, ip: null, user_agent: null };
}

function sessionEvent({ user_id, login }: Person): AuditEvent {
  const data = { revoked_reason: 'leaked' };
  return { action: 'user.session_revoked', operation_type: 'remove', user: { id: user_id, name: login }, data };
}

function sessionNews({ user_id }: Person): News {
  return { user_id, type: 'session_revoked', token: null, reason: 'leaked' };
}

/**
 * Ends every token, and every session, of which one of these texts is live, also one in overlap, an exchanged one, or one of a
 * suspended holder; each once, with an entry, and its holder is told. What is no live text of ours is passed over.
 * @rule T2, M9, L1
 */
export async function revokeLeaked(deps: Deps, caller: Caller, texts: readonly string[]): Promise<void> {
  const { token_prefix } = deps.config;
  const ours = texts.filter((text) => ENDED_KINDS.has(kindOfText(text, token_prefix)));
  const digests = [...new Set(ours.map(digestOf))];
  const now = deps.clock();
  const reporter = withoutOrigin(caller);
  await inTransaction(deps.db, async (transaction) => {
    await lockHoldersOfTexts(transaction, digests);
    const ended = await endTokens(transaction, { digests }, { at: now, reason: 'leaked' });
    await recordRevocations(transaction, reporter, { ended, reason: 'leaked', at: now });
    const sessions = await deleteSessionsOfTexts(transaction, digests, now);
    await writeAudits(transaction, reporter, sessions.map(sessionEvent));
    await insertNotifications(transaction, sessions.map(sessionNews));
  });
}
