// Who is shown a person's e-mail address: the person himself, by a session or by a credential that may read it (contract 5).

import { decide } from './decide.ts';
import type { Subject } from './facts.ts';

/** Whether this credential of a person may read his e-mail addresses: scope `user:email` or `user`, or emails:read. @rule C6, F5 */
export function readsOwnEmail(subject: Exclude<Subject, { type: 'anonymous' }>, now: Date): boolean {
  const { id, login } = subject.person;
  const ask = { type: 'permission', permission: 'emails', level: 'read' } as const;
  return decide({ subject, resource: { type: 'user', id, login } }, { ask }, now).effect === 'allow';
}
