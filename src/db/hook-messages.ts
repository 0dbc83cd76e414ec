// What waits to be told to hooks, and what is told to them. SQL only.

import { type Kysely, sql } from 'kysely';
import type { HookMessage } from '../domain/hook-message.ts';
import { DATABASE_CLOCK } from './clock-ahead.ts';
import type { Database } from './schema.ts';

/** Of these organizations, those that have a hook for this event. */
export async function organizationsTold(
  transaction: Kysely<Database>,
  asked: { readonly event: HookMessage['event']; readonly organization_ids: readonly number[] },
): Promise<ReadonlySet<number>> {
  const { rows } = await sql<{ organization_id: number }>`
    select distinct organization_id from organization_hooks
    where organization_id = any(${[...asked.organization_ids]}::bigint[]) and active
      and events && array[${asked.event}, '*']::text[]`.execute(transaction);
  return new Set(rows.map((row) => row.organization_id));
}

export type AddressedMessage = { readonly organization_id: number; readonly message: HookMessage };
export type WaitingMessage = { readonly id: number; readonly hook_id: number };

/**
 * Writes each message once for every hook of its organization that wants it; answers what was written, in order. A hook that is removed at
 * the same moment is waited for, and told nothing.
 */
export async function insertMessages(
  transaction: Kysely<Database>,
  messages: readonly AddressedMessage[],
): Promise<readonly WaitingMessage[]> {
  const { rows } = await sql<WaitingMessage>`
    insert into hook_messages (hook_id, event, action, data)
    select hook.id, told.event, told.action, told.data
    from unnest(
      ${messages.map((each) => each.organization_id)}::bigint[],
      ${messages.map((each) => each.message.event)}::text[],
      ${messages.map((each) => each.message.action)}::text[],
      ${messages.map((each) => JSON.stringify(each.message.data))}::jsonb[]
    ) with ordinality as told (organization_id, event, action, data, place)
    join organization_hooks hook on hook.organization_id = told.organization_id
    where hook.active and hook.events && array[told.event, '*']
    order by told.place, hook.id
    for key share of hook
    returning id, hook_id`.execute(transaction);
  return rows;
}

/** Writes one message for one hook, whatever it has subscribed to. */
export function insertMessage(
  transaction: Kysely<Database>,
  hook_id: number,
  { event, action, data }: HookMessage,
): Promise<WaitingMessage> {
  return transaction
    .insertInto('hook_messages')
    .values({ hook_id, event, action, data: JSON.stringify(data) })
    .returning(['id', 'hook_id'])
    .executeTakeFirstOrThrow();
}

export type DueMessage = {
  readonly id: number;
  readonly hook_id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly data: unknown;
  readonly organization_id: number;
  readonly url: string;
  readonly content_type: string;
  readonly active: boolean;
  readonly secret: string | null;
  readonly previous_secret: string | null;
  readonly previous_secret_until: Date | null;
};

/** A message with the hook as it is now; undefined: the hook, its organization or the message is gone. */
export function findDueMessage(db: Kysely<Database>, id: number): Promise<DueMessage | undefined> {
  return db
    .selectFrom('hook_messages as message')
    .innerJoin('organization_hooks as hook', 'hook.id', 'message.hook_id')
    .select([
      ...([
        'message.id',
        'message.hook_id',
        'message.guid',
        'message.event',
        'message.action',
        'message.data',
      ] as const),
      ...(['hook.organization_id', 'hook.url', 'hook.content_type', 'hook.active', 'hook.secret'] as const),
      ...(['hook.previous_secret', 'hook.previous_secret_until'] as const),
    ])
    .where('message.id', '=', id)
    .executeTakeFirst();
}

/**
 * Removes messages, with their deliveries, that are older than so many days; at most so many at once. By the clock of the database,
 * which wrote when they were made: a node whose clock is ahead must not take away what waits to be delivered.
 */
export async function deleteMessagesOlderThan(db: Kysely<Database>, days: number, count_max: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from hook_messages where id in (
      select id from hook_messages where created_at < ${DATABASE_CLOCK} - make_interval(days => ${days}::int)
      order by created_at limit ${count_max}
    )`.execute(db);
  return Number(numAffectedRows ?? 0);
}
