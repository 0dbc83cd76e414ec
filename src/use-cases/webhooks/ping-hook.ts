// POST /orgs/{org}/hooks/{hook_id}/pings.

import { holdHook } from '../../db/hooks.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import { sendPing } from './ping-message.ts';

/** Has a `ping` delivered to a hook of this organization, also to one that is not active; 404 where there is none. */
export async function pingHook(
  deps: Deps,
  caller: Caller,
  { organization, id }: { readonly organization: OrganizationFacts; readonly id: number },
): Promise<void> {
  await inTransaction(deps.db, async (transaction) => {
    const hook = await holdHook(transaction, { organization_id: organization.id, id });
    if (hook === undefined) throw new Refusal('not_found');
    await sendPing(transaction, caller, { organization, hook });
  });
}
