// Evaluation: what decide() says, for backend services. Whoever asks a question about a subject and a resource by names gets
// his answer here, so that all ways in agree.

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import { decide, judgeCredential } from '../../domain/decide.ts';
import { type Decision, deny, isWorthRemembering } from '../../domain/decision.ts';
import type { PersonFacts, Resource, TokenFacts } from '../../domain/facts.ts';
import type { FactsQuestion, LoadedFacts, SubjectKey } from '../../facts/source.ts';
import { countDecision } from '../../metrics.ts';
import type { Asked } from './asked.ts';
import { boundedClientId, subjectForClient } from './authenticate.ts';
import { recordAnswer } from './record-exercise.ts';

export type Judgement = {
  readonly decision: Decision;
  /** The live token of the subject, with its holder; null where the subject is none, or one that the client may not know. */
  readonly live_token: { readonly id: number; readonly holder: PersonFacts; readonly token: TokenFacts } | null;
  /** What was asked about, as it was judged. */
  readonly resource: Resource;
  /** The moment whose state of affairs was judged. */
  readonly as_of: Date;
};

const ABSENT = { type: 'absent' } as const;

/** Use of a token is that its text was accepted; an id is no text. @rule M9 */
function recordUse(deps: Deps, key: SubjectKey, live_token: Judgement['live_token'], now: Date): void {
  if (live_token !== null && key.type === 'token_text') deps.last_use.record(live_token.id, now);
}

function judge(loaded: LoadedFacts, client: ClientFacts, asked: Asked): Judgement {
  const { now } = loaded;
  const subject = subjectForClient(loaded, client);
  if (subject === null) return { decision: deny('bad_credential'), live_token: null, resource: ABSENT, as_of: now };
  const resource = asked.resource === null ? ABSENT : loaded.resource;
  const decision = decide({ subject, resource }, { ask: asked.ask, path: asked.path }, now);
  const is_live = subject.type === 'token' && judgeCredential(subject, now) === null;
  return {
    decision,
    live_token: is_live ? { id: subject.token.id, holder: subject.person, token: subject.token } : null,
    resource,
    as_of: now,
  };
}

/** The answers of all these questions, in their order, from one state of affairs. Faults: StorageUnavailable. @rule F1, F5, T6 */
export async function evaluateAll(
  deps: Deps,
  client: ClientFacts,
  questions: readonly Asked[],
): Promise<readonly Judgement[]> {
  const bounded_client_id = boundedClientId(client);
  const known = questions.flatMap(({ subject, resource }): FactsQuestion[] =>
    subject === null ? [] : [{ subject, resource: resource ?? { type: 'none' }, bounded_client_id }],
  );
  const loaded = (await deps.facts.loadAll(known)).entries();
  return questions.map((asked): Judgement => {
    if (asked.subject === null) {
      return { decision: deny('bad_credential'), live_token: null, resource: ABSENT, as_of: deps.clock() };
    }
    const [index, facts] = loaded.next().value ?? [];
    const question = known[index ?? -1];
    if (facts === undefined || question === undefined) throw new Error('a question has no facts');
    const judgement = judge(facts, client, asked);
    if (isWorthRemembering(judgement.decision)) deps.facts.remember(question, facts);
    recordUse(deps, asked.subject, judgement.live_token, facts.now);
    return judgement;
  });
}

/** The answer of one question. */
export async function evaluate(deps: Deps, client: ClientFacts, asked: Asked): Promise<Judgement> {
  const [judgement] = await evaluateAll(deps, client, [asked]);
  if (judgement === undefined) throw new Error('a question has no answer');
  countDecision(judgement.decision.fine_reason);
  recordAnswer(deps, asked.subject, judgement);
  return judgement;
}
