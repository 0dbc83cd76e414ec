// GET /orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}: what was sent, and what was answered.

import { findDelivery, type WholeDelivery } from '../../db/hook-deliveries.ts';
import type { Deps } from '../../deps.ts';
import { payloadOf } from '../../domain/hook-payload.ts';
import { Refusal } from '../../domain/refusal.ts';
import { storedMessage } from './stored-message.ts';

export type ShownDelivery = Omit<WholeDelivery, 'data'> & { readonly payload: Readonly<Record<string, unknown>> };

/** An attempt of a hook of this organization. Refuses: 404. */
export async function showHookDelivery(
  deps: Deps,
  key: { readonly organization_id: number; readonly hook_id: number; readonly id: number },
): Promise<ShownDelivery> {
  const found = await findDelivery(deps.db, key);
  if (found === undefined) throw new Refusal('not_found');
  const { data, ...delivery } = found;
  return { ...delivery, payload: payloadOf(deps.config.public_url, storedMessage({ ...delivery, data })) };
}
