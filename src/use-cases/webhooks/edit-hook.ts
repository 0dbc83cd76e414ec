// PATCH /orgs/{org}/hooks/{hook_id}. As with GitHub, `config` replaces the whole configuration, its secret included.

import { writeAudit } from '../../db/audit.ts';
import { type HookChanges, type HookRow, lockHook, type PreviousSecret, updateHook } from '../../db/hooks.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { readHookConfig, readHookEvents, SECRET_OVERLAP_MS } from '../../domain/hook.ts';
import { Refusal } from '../../domain/refusal.ts';
import { type HookAsk, refuseHookUrl } from './create-hook.ts';
import { keepHookSecret, openHookSecret } from './hook-secret.ts';

type HookPatch = Partial<HookAsk>;

function changesOf(patch: HookPatch, secret: string | null): HookChanges {
  return {
    ...(patch.config !== undefined && { config: readHookConfig(patch.config, secret) }),
    ...(patch.events !== undefined && { events: readHookEvents(patch.events) }),
    ...(patch.active !== undefined && { active: patch.active }),
  };
}

/** A new secret leaves the one before it signing for a day; without a secret nothing signs. @rule promises P21 */
function previousSecret({ config }: HookChanges, present: string | null, now: Date): PreviousSecret | undefined {
  if (config === undefined || config.secret === present) return undefined;
  if (config.secret === null || present === null) return null;
  return { secret: present, until: new Date(now.getTime() + SECRET_OVERLAP_MS) };
}

/** Changes a hook of this organization; a patch that says nothing changes nothing. Refuses: 404; 422 as when one is made. */
export async function editHook(
  deps: Deps,
  caller: Caller,
  input: {
    readonly organization: { readonly id: number; readonly login: string };
    readonly id: number;
    readonly patch: HookPatch;
  },
): Promise<HookRow> {
  const { organization, id, patch } = input;
  if (patch.config !== undefined) refuseHookUrl(deps, patch.config.url);
  const { kept_secrets } = deps;
  const keep = <Secret extends string | null>(secret: Secret) => keepHookSecret(kept_secrets, organization.id, secret);
  const keptOf = async ({ config, ...changes }: HookChanges, previous: PreviousSecret | undefined) => ({
    ...changes,
    ...(config !== undefined && { config: { ...config, secret: await keep(config.secret) } }),
    ...(previous !== undefined && { previous: previous && { ...previous, secret: await keep(previous.secret) } }),
  });
  if (patch.config !== undefined) await kept_secrets.beginning(); // the keys are known then: a transaction waits for nothing else
  return inTransaction(deps.db, async (transaction) => {
    const hook = await lockHook(transaction, { organization_id: organization.id, id });
    if (hook === undefined) throw new Refusal('not_found');
    const { secret: kept, ...before } = hook;
    const secret = patch.config === undefined ? null : await openHookSecret(kept_secrets, organization.id, kept);
    const changes = changesOf(patch, secret);
    const changed = Object.keys(changes);
    if (changed.length === 0) return before;
    const at = deps.clock();
    const previous = previousSecret(changes, secret, at);
    const after = await updateHook(transaction, id, { ...(await keptOf(changes, previous)), at });
    await writeAudit(transaction, caller, {
      action: 'hook.update',
      operation_type: 'modify',
      org: { id: organization.id, name: organization.login },
      data: { hook_id: id, changed, events: after.events, active: after.active },
    });
    return after;
  });
}
