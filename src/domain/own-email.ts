// Who is shown a person's e-mail address: the person himself, by a session or by a credential that may read it (contract 5).

import { decide } from './decide.ts';
import type { Subject } from './facts.ts';

/**
 * Whether this credential of a person is shown his e-mail address: a session, `user:email` (which `user` contains), or
 * emails:read of a fine-grained token. Not `read:user`, which contract 5 does not name. @rule F5
 */
export function readsOwnEmail(subject: Exclude<Subject, { type: 'anonymous' }>, now: Date): boolean {
  const { id, login } = subject.person;
  const ask =
    subject.type === 'token' && subject.token.kind === 'classic'
      ? ({ type: 'scope', scope: 'user:email' } as const)
      : ({ type: 'permission', permission: 'emails', level: 'read' } as const);
  return decide({ subject, resource: { type: 'user', id, login } }, { ask }, now).effect === 'allow';
}
