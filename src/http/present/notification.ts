// What people are told, as the wire has it.

import type { Static } from 'typebox';
import { headline, sentence } from '../../domain/notification.ts';
import type { NotificationRow } from '../../use-cases/people/list-notifications.ts';
import type { Notification } from '../schemas/notifications.ts';
import { printTime, printTimeOrNull } from './time.ts';

export function presentNotification(row: NotificationRow): Static<typeof Notification> {
  const { id, type, token_id, token_name, token_kind, organization, reason, days_left } = row;
  return {
    ...{ id, type, title: headline(row), message: sentence(row) },
    ...{ token_id, token_name, token_kind, organization, reason, days_left },
    expires_at: printTimeOrNull(row.expires_at),
    created_at: printTime(row.created_at),
  };
}
