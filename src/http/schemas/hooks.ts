// Webhooks of organizations and their deliveries, as GitHub shapes them.

import { Type } from 'typebox';
import { DELIVERIES_KEPT_DAYS, HIDDEN_SECRET, HOOK_CONTENT_TYPES, HOOK_EVENTS, HOOKS_MAX } from '../../domain/hook.ts';
import { Id, Login, Nullable, PAGE_QUERY, Strict, Time, Url } from './common.ts';
import { ignored } from './ignored.ts';

const CURSOR_CHARACTERS_MAX = 1024;
const URL_CHARACTERS_MAX = 2048;
const SECRET_CHARACTERS_MAX = 255;
const SECRET_DESCRIPTION = [
  `Signs every delivery. Not sent: none. \`${HIDDEN_SECRET}\`: the one that is there.`,
  'A new one leaves the one before it signing `webhook-signature` for a day',
].join(' ');

export const HooksPath = Type.Object({ org: Login });
export const HookPath = Type.Object({ org: Login, hook_id: Id });
export const DeliveryPath = Type.Object({ org: Login, hook_id: Id, delivery_id: Id });

export const DeliveriesQuery = Type.Object({
  per_page: PAGE_QUERY.per_page,
  cursor: Type.Optional(
    Type.String({
      maxLength: CURSOR_CHARACTERS_MAX,
      description: 'Where the page begins: from the `Link` header of the one before',
    }),
  ),
});

export const Hook = Type.Object(
  {
    id: Id,
    type: Type.Literal('Organization'),
    name: Type.Literal('web'),
    active: Type.Boolean(),
    events: Type.Array(Type.Enum([...HOOK_EVENTS])),
    config: Type.Object({
      url: Type.String(),
      content_type: Type.Enum([...HOOK_CONTENT_TYPES]),
      insecure_ssl: Type.Enum(['0', '1']),
      secret: Type.Optional(Type.Literal(HIDDEN_SECRET, { description: 'Where there is one' })),
    }),
    url: Url,
    ping_url: Url,
    deliveries_url: Url,
    created_at: Time,
    updated_at: Time,
  },
  { $id: 'Hook' },
);

const Config = Strict(
  {
    url: Type.String({
      minLength: 1,
      maxLength: URL_CHARACTERS_MAX,
      description: 'http or https. An address that is not public is refused unless `OUTBOUND_ALLOW` has it',
    }),
    content_type: Type.Optional(Type.Enum([...HOOK_CONTENT_TYPES], { description: '`form` unless it is said' })),
    secret: Type.Optional(
      Type.String({
        maxLength: SECRET_CHARACTERS_MAX,
        description: SECRET_DESCRIPTION,
      }),
    ),
    insecure_ssl: Type.Optional(
      Type.Enum(['0', '1', 0, 1], { description: 'Kept and shown; certificates are verified whatever it says' }),
    ),
    ...ignored(['username', 'password']),
  },
  { description: 'Replaces the whole configuration' },
);
const Events = Type.Array(Type.Enum([...HOOK_EVENTS]), { minItems: 1, maxItems: 20 });
const Name = Type.Literal('web', { description: 'GitHub has no other' });

export const NewHook = Strict(
  {
    name: Type.Optional(Name),
    config: Config,
    events: Type.Optional(Events),
    active: Type.Optional(Type.Boolean()),
  },
  { title: 'Hook', description: `An organization has at most ${HOOKS_MAX}. Without \`events\`: all` },
);

export const HookPatch = Strict(
  {
    name: Type.Optional(Name),
    config: Type.Optional(Config),
    events: Type.Optional(Events),
    active: Type.Optional(Type.Boolean()),
  },
  { title: 'Hook' },
);

const ATTEMPT = {
  id: Id,
  guid: Type.String({ format: 'uuid', description: 'Of the message: the same over all attempts' }),
  delivered_at: Time,
  redelivery: Type.Boolean(),
  duration: Type.Number({ description: 'Seconds' }),
  status: Type.String({ examples: ['OK', 'Invalid HTTP Response: 503', 'timed out'] }),
  status_code: Type.Integer({ description: '0: there was no answer' }),
  event: Type.String(),
  action: Nullable(Type.String()),
  installation_id: Type.Null(),
  repository_id: Type.Null(),
  throttled_at: Type.Null(),
};

export const HookDeliveryItem = Type.Object(ATTEMPT, {
  $id: 'HookDeliveryItem',
  description: `An attempt to deliver. Kept for ${DELIVERIES_KEPT_DAYS} days`,
});

const Headers = Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]));

export const HookDelivery = Type.Object(
  {
    ...ATTEMPT,
    url: Type.String(),
    request: Type.Object({
      headers: Headers,
      payload: Type.Record(Type.String(), Type.Unknown()),
    }),
    response: Type.Object({
      headers: Headers,
      payload: Nullable(Type.String({ description: 'The beginning of the answer' })),
    }),
  },
  { $id: 'HookDelivery' },
);

/** GitHub answers an empty object. */
export const Accepted = Type.Object({}, { description: 'It will be delivered' });
