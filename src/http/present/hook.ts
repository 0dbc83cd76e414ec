// Webhooks and their deliveries as the wire has them. A secret is never shown, only that there is one.

import type { Static } from 'typebox';
import type { Deps } from '../../deps.ts';
import { HIDDEN_SECRET, HOOK_EVENTS } from '../../domain/hook.ts';
import type { DeliveryPage } from '../../use-cases/webhooks/list-hook-deliveries.ts';
import type { Hook } from '../../use-cases/webhooks/show-hook.ts';
import type { ShownDelivery } from '../../use-cases/webhooks/show-hook-delivery.ts';
import type { HookDelivery, HookDeliveryItem, Hook as HookShape } from '../schemas/hooks.ts';
import { printTime } from './time.ts';

export function presentHook(
  { config }: Pick<Deps, 'config'>,
  organization: { readonly login: string },
  hook: Hook,
): Static<typeof HookShape> {
  const { id, active, has_secret, insecure_ssl } = hook;
  const url = `${config.public_url}/orgs/${organization.login}/hooks/${id}`;
  return {
    ...{ id, type: 'Organization', name: 'web', active },
    events: HOOK_EVENTS.filter((event) => hook.events.includes(event)),
    config: {
      url: hook.url,
      content_type: hook.content_type === 'json' ? 'json' : 'form',
      insecure_ssl: insecure_ssl ? '1' : '0',
      ...(has_secret && { secret: HIDDEN_SECRET }),
    },
    ...{ url, ping_url: `${url}/pings`, deliveries_url: `${url}/deliveries` },
    created_at: printTime(hook.created_at),
    updated_at: printTime(hook.updated_at),
  };
}

type Attempt = DeliveryPage['rows'][number];

export function presentDeliveryItem(attempt: Attempt): Static<typeof HookDeliveryItem> {
  const { id, guid, redelivery, status, event, action } = attempt;
  return {
    ...{ id, guid, redelivery, status, event, action },
    delivered_at: printTime(attempt.delivered_at),
    duration: attempt.duration_ms / 1000,
    status_code: attempt.status_code ?? 0,
    ...{ installation_id: null, repository_id: null, throttled_at: null },
  };
}

type Headers = Static<typeof HookDelivery>['request']['headers'];

export function presentDelivery(delivery: ShownDelivery): Static<typeof HookDelivery> {
  const { url, payload, request_headers, response_headers, response_body } = delivery;
  return {
    ...presentDeliveryItem(delivery),
    url,
    // Written by this service only, in this form (deliver-message.ts).
    request: { headers: request_headers as Headers, payload: { ...payload } },
    response: { headers: response_headers as Headers, payload: response_body },
  };
}
