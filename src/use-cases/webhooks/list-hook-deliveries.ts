// GET /orgs/{org}/hooks/{hook_id}/deliveries: every attempt, newest first, with a cursor as GitHub has it.

import { type DeliveryRow, listDeliveries } from '../../db/hook-deliveries.ts';
import type { Deps } from '../../deps.ts';
import { invalid } from '../../domain/refusal.ts';
import { type HookKey, showHook } from './show-hook.ts';

export type DeliveryPage = {
  readonly rows: readonly DeliveryRow[];
  /** Where the next page begins; null: this is the last one. */
  readonly next_cursor: string | null;
};

const CURSOR = /^v1_([1-9][0-9]{0,15})$/;

function readCursor(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  const id = Number(CURSOR.exec(cursor)?.[1]);
  if (Number.isSafeInteger(id)) return id;
  throw invalid('Query', 'cursor', 'invalid', 'is no cursor of this list');
}

/** A page of the attempts to deliver to a hook of this organization. Refuses: 404; 422 for a malformed cursor. */
export async function listHookDeliveries(
  deps: Deps,
  input: { readonly hook: HookKey; readonly cursor: string | undefined; readonly limit: number },
): Promise<DeliveryPage> {
  const { limit } = input;
  const before = readCursor(input.cursor);
  const { id: hook_id } = await showHook(deps, input.hook);
  const found = await listDeliveries(deps.db, { hook_id, before, limit });
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, next_cursor: found.length > limit && last !== undefined ? `v1_${last.id}` : null };
}
