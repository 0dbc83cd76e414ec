// Use of a token is that its text was accepted (M9); an id is no text.

import type { Deps } from '../../deps.ts';
import { judgeCredential } from '../../domain/decide.ts';
import type { Subject } from '../../domain/facts.ts';
import type { SubjectKey } from '../../facts/source.ts';

/** Notes that the subject of a question was presented by the text of a live token. @rule M9 */
export function recordTokenUse(deps: Deps, key: SubjectKey, subject: Subject, now: Date): void {
  if (key.type !== 'token_text' || subject.type !== 'token') return;
  if (judgeCredential(subject, now) === null) deps.last_use.record(subject.token.id, now);
}
