// What a token exercised is what an allowed check of its text needed (U1); a question by its id is somebody else's, and no use.
// Both are a comparison where nothing was needed, and count in memory where something was.

import type { Deps } from '../../deps.ts';
import type { Decision } from '../../domain/decision.ts';
import type { Resource, Subject } from '../../domain/facts.ts';
import type { SubjectKey } from '../../facts/source.ts';
import { countDecision } from '../../metrics.ts';
import type { Judgement } from './evaluate.ts';

type Admitted = { readonly subject: Subject; readonly resource: Resource; readonly decision: Decision };

/** Counts what a request of this API needed. @rule U1 */
export function recordExercise(deps: Deps, { subject, resource, decision }: Admitted, now: Date): void {
  if (decision.exercise === undefined || subject.type !== 'token') return;
  deps.usage.record(subject.token, resource, decision.exercise, now);
}

/** Counts an answer to a backend service: its reason, and what the token exercised by it. @rule U1 */
export function countAnswer(deps: Deps, key: SubjectKey | null, { decision, live_token, resource, as_of }: Judgement) {
  countDecision(decision.fine_reason);
  if (decision.exercise === undefined || live_token === null || key?.type !== 'token_text') return;
  deps.usage.record(live_token.token, resource, decision.exercise, as_of);
}
