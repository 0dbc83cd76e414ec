// Whether facts are about what the one who asks may know of. What is hidden from him must take the way of what is not there, also where
// an answer is shared, or taken from a replica (F6, promises P18).

import { decide, judgeCredential } from '../domain/decide.ts';
import type { Subject } from '../domain/facts.ts';
import { isPast } from '../domain/lifetime.ts';
import { isOpenToAll } from '../domain/public-read.ts';
import { isWorthRemembering } from '../domain/remembering.ts';
import type { DecisionRequest } from '../domain/requirement.ts';
import type { LoadedFacts, LoadedSubject } from './source.ts';

/** What who sees a thing at all is allowed, or told of openly. */
const LEAST: DecisionRequest = { ask: { type: 'permission', permission: 'metadata', level: 'read' } };

/** The subject as decide() takes it; null where the credential is none. @rule F5.1, T5 */
export function subjectOf(loaded: LoadedSubject, now: Date): Subject | null {
  switch (loaded.type) {
    case 'anonymous':
      return { type: 'anonymous' };
    case 'unknown':
      return null;
    case 'login':
      return { type: 'person', person: loaded.person };
    case 'session':
      return isPast(loaded.expires_at, now) ? null : { type: 'person', person: loaded.person };
    case 'token':
      return { type: 'token', person: loaded.person, token: loaded.token };
  }
}

/**
 * Whether it is there, and the one who asks may know that, whatever he asks about it. What is not there may come to be without a word, so
 * an answer about it is worth less; and so is one about what is hidden from him. @rule F6
 */
export function isShown({ subject, resource, now }: LoadedFacts): boolean {
  const found = subjectOf(subject, now);
  if (found === null || judgeCredential(found, now) !== null) return false;
  return isOpenToAll(resource) || isWorthRemembering(decide({ subject: found, resource }, LEAST, now), resource);
}
