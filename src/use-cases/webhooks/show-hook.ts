// GET /orgs/{org}/hooks/{hook_id}.

import { findHook, type HookRow } from '../../db/hooks.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';

export type Hook = HookRow;
export type HookKey = { readonly organization_id: number; readonly id: number };

/** A hook of this organization; the id of another one's hook is 404 like one that never was. */
export async function showHook(deps: Deps, key: HookKey): Promise<Hook> {
  const found = await findHook(deps.db, key);
  if (found === undefined) throw new Refusal('not_found');
  return found;
}
