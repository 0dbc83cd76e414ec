// The message `ping`, which says to a receiver how his hook is set.

import type { Kysely } from 'kysely';
import { insertMessage } from '../../db/hook-messages.ts';
import type { HookRow } from '../../db/hooks.ts';
import type { Database } from '../../db/schema.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { HOOK_EVENTS } from '../../domain/hook.ts';
import { printMoment } from '../../domain/moment.ts';
import { Refusal } from '../../domain/refusal.ts';
import { deliverSoon } from './tell-hooks.ts';

/** Has a `ping` delivered, whatever the hook has subscribed to. @rule L3 */
export async function sendPing(
  transaction: Kysely<Database>,
  caller: Caller,
  { organization, hook }: { readonly organization: OrganizationFacts; readonly hook: HookRow },
): Promise<void> {
  const { principal } = caller;
  if (principal.type !== 'session' && principal.type !== 'token') throw new Refusal('authentication_required');
  const { id, login, site_admin } = principal.person;
  const { url, insecure_ssl, has_secret, active } = hook;
  const data = {
    organization: { id: organization.id, login: organization.login, profile_name: organization.profile_name },
    sender: { id, login, site_admin },
    hook: {
      ...{ id: hook.id, url, insecure_ssl, has_secret, active },
      content_type: hook.content_type === 'json' ? ('json' as const) : ('form' as const),
      events: HOOK_EVENTS.filter((event) => hook.events.includes(event)),
      created_at: printMoment(hook.created_at),
      updated_at: printMoment(hook.updated_at),
    },
  };
  const message = await insertMessage(transaction, hook.id, { event: 'ping', action: null, data });
  await deliverSoon(transaction, [message], { redelivery: false });
}
