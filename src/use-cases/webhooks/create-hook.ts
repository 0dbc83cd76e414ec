// POST /orgs/{org}/hooks. The new hook gets a `ping`.

import { writeAudit } from '../../db/audit.ts';
import { countHooks, type HookRow, insertHook } from '../../db/hooks.ts';
import { lockOrganization } from '../../db/memberships.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { HOOKS_MAX, type HookConfigAsk, type HookEvent, readHookConfig, readHookEvents } from '../../domain/hook.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { keepHookSecret } from './hook-secret.ts';
import { sendPing } from './ping-message.ts';

export type HookAsk = {
  readonly config: HookConfigAsk;
  readonly events?: readonly HookEvent[];
  readonly active?: boolean;
};

/** 422 for a URL that can never be called, as far as the URL itself tells; names are judged at each delivery. */
export function refuseHookUrl({ outbound }: Pick<Deps, 'outbound'>, url: string): void {
  const fault = outbound.urlFault(url, { plain_http: true });
  if (fault !== null) throw invalid('Hook', 'config.url', 'invalid', fault);
}

/** Makes a hook. Refuses: 422 for a URL that may not be called, and beyond the limit; 404 where the organization is gone. @rule L3 */
export async function createHook(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: OrganizationFacts; readonly ask: HookAsk },
): Promise<HookRow> {
  const { organization, ask } = input;
  refuseHookUrl(deps, ask.config.url);
  const { id: organization_id, login } = organization;
  const wished = readHookConfig(ask.config, null);
  const config = { ...wished, secret: await keepHookSecret(deps.kept_secrets, organization_id, wished.secret) };
  return inTransaction(deps.db, async (transaction) => {
    if (!(await lockOrganization(transaction, organization_id))) throw new Refusal('not_found');
    if ((await countHooks(transaction, organization_id)) >= HOOKS_MAX) {
      throw invalid('Hook', 'config', 'unprocessable', `an organization has at most ${HOOKS_MAX} hooks`);
    }
    const events = readHookEvents(ask.events);
    const made = { organization_id, ...config, events, active: ask.active ?? true, at: deps.clock() };
    const hook = await insertHook(transaction, made);
    await writeAudit(transaction, caller, {
      action: 'hook.create',
      operation_type: 'create',
      org: { id: organization_id, name: login },
      data: { hook_id: hook.id, events, active: hook.active },
    });
    await sendPing(transaction, caller, { organization, hook });
    return hook;
  });
}
