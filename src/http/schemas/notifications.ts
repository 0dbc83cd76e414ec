// What people are told, on the wire (contract 4).

import { Type } from 'typebox';
import { NOTIFICATION_TYPES } from '../../domain/notification.ts';
import { TOKEN_KINDS } from '../../domain/vocabulary.ts';
import { Id, Nullable, Time } from './common.ts';

export const Notification = Type.Object(
  {
    id: Id,
    type: Type.Enum([...NOTIFICATION_TYPES]),
    title: Type.String({ examples: ['Your fine-grained personal access token has been revoked'] }),
    message: Type.String({ description: 'The same in full' }),
    token_id: Nullable(Id),
    token_name: Nullable(Type.String({ description: 'As it was then; the token may be gone' })),
    token_kind: Nullable(Type.Enum([...TOKEN_KINDS])),
    organization: Nullable(Type.String({ description: 'Its resource owner, or the organization that reviewed' })),
    reason: Nullable(
      Type.String({
        description:
          'Of `token_revoked` and `session_revoked`: `leaked`, `unused`, `by_text` or `by_administrator`; of the others what the reviewer said',
      }),
    ),
    days_left: Nullable(Type.Integer({ description: 'Of `token_expiring`: 30, 7 or 1; of `token_expired`: 0' })),
    expires_at: Nullable(Time),
    created_at: Time,
  },
  { $id: 'Notification' },
);
