// Every attempt to deliver to a hook (promises P21). SQL only.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

export type Headers = Readonly<Record<string, string | readonly string[]>>;

export type NewDelivery = {
  readonly message_id: number;
  readonly hook_id: number;
  readonly redelivery: boolean;
  readonly delivered_at: Date;
  readonly duration_ms: number;
  readonly status: string;
  readonly status_code: number | null;
  readonly url: string;
  readonly request_headers: Headers;
  readonly response_headers: Headers;
  readonly response_body: string | null;
};

/** Records an attempt. A hook or message that is gone meanwhile violates a foreign key. */
export async function insertDelivery(transaction: Kysely<Database>, delivery: NewDelivery): Promise<void> {
  const request_headers = JSON.stringify(delivery.request_headers);
  const response_headers = JSON.stringify(delivery.response_headers);
  await transaction
    .insertInto('hook_deliveries')
    .values({ ...delivery, request_headers, response_headers })
    .execute();
}

export type DeliveryRow = {
  readonly id: number;
  readonly message_id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly redelivery: boolean;
  readonly delivered_at: Date;
  readonly duration_ms: number;
  readonly status: string;
  readonly status_code: number | null;
};
export type WholeDelivery = DeliveryRow & {
  readonly url: string;
  readonly request_headers: unknown;
  readonly response_headers: unknown;
  readonly response_body: string | null;
  readonly data: unknown;
};

function deliveries(db: Kysely<Database>) {
  return db
    .selectFrom('hook_deliveries as delivery')
    .innerJoin('hook_messages as message', 'message.id', 'delivery.message_id')
    .select([
      ...(['delivery.id', 'delivery.message_id', 'message.guid', 'message.event', 'message.action'] as const),
      ...(['delivery.redelivery', 'delivery.delivered_at', 'delivery.duration_ms'] as const),
      ...(['delivery.status', 'delivery.status_code'] as const),
    ]);
}

/** Attempts of this hook before the given one (null: the newest), newest first, and one row more where there are more. */
export function listDeliveries(
  db: Kysely<Database>,
  query: { readonly hook_id: number; readonly before: number | null; readonly limit: number },
): Promise<DeliveryRow[]> {
  let found = deliveries(db).where('delivery.hook_id', '=', query.hook_id);
  if (query.before !== null) found = found.where('delivery.id', '<', query.before);
  return found
    .orderBy('delivery.id', 'desc')
    .limit(query.limit + 1)
    .execute();
}

/** An attempt of this hook of this organization, with what was sent and answered. */
export function findDelivery(
  db: Kysely<Database>,
  key: { readonly organization_id: number; readonly hook_id: number; readonly id: number },
): Promise<WholeDelivery | undefined> {
  return deliveries(db)
    .innerJoin('organization_hooks as hook', 'hook.id', 'delivery.hook_id')
    .select([
      ...(['delivery.url', 'delivery.request_headers', 'delivery.response_headers'] as const),
      ...(['delivery.response_body', 'message.data'] as const),
    ])
    .where('delivery.hook_id', '=', key.hook_id)
    .where('delivery.id', '=', key.id)
    .where('hook.organization_id', '=', key.organization_id)
    .executeTakeFirst();
}
