// Many questions at once (AuthZEN section 7): in order, all of them or up to the first answer that ends the rest.

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import { deny } from '../../domain/decision.ts';
import type { Asked } from './asked.ts';
import { evaluateAll, type Judgement } from './evaluate.ts';
import { countAnswer } from './record-exercise.ts';

export const EVALUATION_SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export type EvaluationSemantic = (typeof EVALUATION_SEMANTICS)[number];

const ABSENT = { type: 'absent' } as const;

/** How many answers there are: up to and with the first one that ends the rest. */
function answersCount(judgements: readonly Judgement[], semantic: EvaluationSemantic): number {
  if (semantic === 'execute_all') return judgements.length;
  const ending = semantic === 'deny_on_first_deny' ? 'deny' : 'allow';
  const index = judgements.findIndex(({ decision }) => decision.effect === ending);
  return index < 0 ? judgements.length : index + 1;
}

/** The answers in order. Null is a question that could not be read: it is denied, the others are answered (section 7.2.1). */
export async function evaluateMany(
  deps: Deps,
  client: ClientFacts,
  questions: readonly (Asked | null)[],
  semantic: EvaluationSemantic,
): Promise<readonly Judgement[]> {
  const readable = questions.filter((asked) => asked !== null);
  const answers = (await evaluateAll(deps, client, readable)).values();
  const judgements = questions.map((asked): Judgement => {
    const judgement = asked === null ? undefined : answers.next().value;
    return (
      judgement ?? { decision: deny('malformed_request'), live_token: null, resource: ABSENT, as_of: deps.clock() }
    );
  });
  const answered = judgements.slice(0, answersCount(judgements, semantic));
  for (const [index, judgement] of answered.entries()) {
    countAnswer(deps, questions[index]?.subject ?? null, judgement);
  }
  return answered;
}
