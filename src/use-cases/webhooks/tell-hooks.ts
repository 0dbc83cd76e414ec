// Telling webhooks (L3): what happened is written down once for each hook that wants it, and its delivery is put into the
// queue, both in the transaction of what happened. What is rolled back is told to nobody.

import type { Kysely } from 'kysely';
import { type AddressedMessage, insertMessages, type WaitingMessage } from '../../db/hook-messages.ts';
import { enqueue } from '../../db/job-queue.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import type { MessagePerson } from '../../domain/hook-message.ts';
import { traceparentNow } from '../../tracing.ts';

/** Has these messages delivered as soon as the transaction is committed. */
export async function deliverSoon(
  transaction: Kysely<Database>,
  messages: readonly WaitingMessage[],
  { redelivery }: { readonly redelivery: boolean },
): Promise<void> {
  const traceparent = traceparentNow();
  const traced = traceparent === undefined ? {} : { traceparent };
  const jobs = messages.map(({ id, hook_id }) => {
    return { message_id: id, attempt: 0, redelivery, hook_id, delay_seconds: 0, ...traced };
  });
  await enqueue(transaction, jobs);
}

/** Tells the hooks of each organization that want it. @rule L3 */
export async function tellHooks(transaction: Kysely<Database>, messages: readonly AddressedMessage[]): Promise<void> {
  if (messages.length === 0) return;
  await deliverSoon(transaction, await insertMessages(transaction, messages), { redelivery: false });
}

/** Who did it, as payloads name him; where no person did, the holder of the token. */
export function senderOf({ principal }: Caller, holder: MessagePerson): MessagePerson {
  if (principal.type !== 'session' && principal.type !== 'token') return holder;
  const { id, login, site_admin } = principal.person;
  return { id, login, site_admin };
}
