// Evaluation: what decide() says, for backend services. Whoever asks a question about a subject and a resource by names gets
// his answer here, so that all ways in agree.

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import { decide, judgeCredential } from '../../domain/decide.ts';
import { type Decision, deny } from '../../domain/decision.ts';
import type { PersonFacts, Resource, TokenFacts } from '../../domain/facts.ts';
import { StorageUnavailable } from '../../domain/fault.ts';
import { isWorthRemembering } from '../../domain/remembering.ts';
import { asksToRead } from '../../domain/requirement.ts';
import type { FactsQuestion, LoadedFacts, SubjectKey } from '../../facts/source.ts';
import type { Asked } from './asked.ts';
import { boundedClientId, subjectForClient } from './authenticate.ts';
import { countAnswer } from './record-exercise.ts';

export type Judgement = {
  readonly decision: Decision;
  /** The live token of the subject, with its holder; null where the subject is none, or one that the client may not know. */
  readonly live_token: { readonly id: number; readonly holder: PersonFacts; readonly token: TokenFacts } | null;
  /** What was asked about, as it was judged. */
  readonly resource: Resource;
  /** The moment whose state of affairs was judged. */
  readonly as_of: Date;
  /** How long ago that was, where the database could not be reached since. */
  readonly stale_ms?: number;
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

function questionOf({ subject, resource }: Asked, client: ClientFacts): FactsQuestion | null {
  if (subject === null) return null;
  return { subject, resource: resource ?? { type: 'none' }, bounded_client_id: boundedClientId(client, subject) };
}

/** No credential that this service could have issued. */
function judgeNone(deps: Deps): Judgement {
  return { decision: deny('bad_credential'), live_token: null, resource: ABSENT, as_of: deps.clock() };
}

/** Judges what was found for the question, and notes that its token was used. */
function judgeAndRecord(deps: Deps, client: ClientFacts, asked: Asked, facts: LoadedFacts): Judgement {
  const judgement = judge(facts, client, asked);
  if (asked.subject !== null) recordUse(deps, asked.subject, judgement.live_token, facts.now);
  return judgement;
}

/** The answer where it is known without asking; null: it has to be asked for. It is not counted yet. @rule F1, F5, T6 */
export function evaluateKnown(deps: Deps, client: ClientFacts, asked: Asked): Judgement | null {
  const question = questionOf(asked, client);
  if (question === null) return judgeNone(deps);
  if (client.stale_ms !== undefined) return null;
  const known = deps.facts.known(question);
  return known === null ? null : judgeAndRecord(deps, client, asked, known);
}

/**
 * The judgement by facts that are as old as this, or for a client that was known then. Who wants to write gets none.
 * Faults: StorageUnavailable.
 */
function asOfThen(judgement: Judgement, stale_ms: number, { ask, path }: Asked): Judgement {
  if (!asksToRead({ ask, path })) throw new StorageUnavailable('what was known last answers for reading only');
  return { ...judgement, as_of: new Date(judgement.as_of.getTime() - stale_ms), stale_ms };
}

/** The answers of all these questions, in their order, from one state of affairs. Faults: StorageUnavailable. @rule F1, F5, T6 */
export async function evaluateAll(
  deps: Deps,
  client: ClientFacts,
  questions: readonly Asked[],
): Promise<readonly Judgement[]> {
  const known = questions.map((asked) => questionOf(asked, client)).filter((each) => each !== null);
  const loaded = (await deps.facts.loadOrLastKnown(known)).entries();
  return questions.map((asked): Judgement => {
    if (asked.subject === null) return judgeNone(deps);
    const [index, facts] = loaded.next().value ?? [];
    const question = known[index ?? -1];
    if (facts === undefined || question === undefined) throw new Error('a question has no facts');
    const stale_ms = Math.max(facts.stale_ms ?? 0, client.stale_ms ?? 0);
    if (stale_ms > 0) return asOfThen(judge(facts, client, asked), stale_ms, asked);
    const judgement = judgeAndRecord(deps, client, asked, facts);
    if (isWorthRemembering(judgement.decision, facts.resource)) deps.facts.remember(question, facts);
    return judgement;
  });
}

/** The answer of one question. */
export async function evaluate(deps: Deps, client: ClientFacts, asked: Asked): Promise<Judgement> {
  const [judgement] = await evaluateAll(deps, client, [asked]);
  if (judgement === undefined) throw new Error('a question has no answer');
  countAnswer(deps, asked.subject, judgement);
  return judgement;
}
