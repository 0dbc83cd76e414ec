// `POST /access/v1/evaluation`, directly (routes/evaluation.ts is the general way).

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import { readJsonText } from '../../domain/json-text.ts';
import type { Question } from '../../use-cases/checks/asked.ts';
import { evaluate, evaluateKnown, type Judgement } from '../../use-cases/checks/evaluate.ts';
import { readQuestionKnown } from '../../use-cases/checks/read-questions.ts';
import { countAnswer } from '../../use-cases/checks/record-exercise.ts';
import { staleMark } from '../answer-headers.ts';
import { errorBody, RETRY_AFTER_SECONDS } from '../errors.ts';
import { presentJudgement } from '../present/evaluation.ts';
import { EvaluationAnswer, EvaluationQuestion } from '../schemas/evaluation.ts';
import { serializerOf } from '../serializers.ts';
import { DEPTH_MAX } from '../strict-json.ts';
import { checkOf } from '../validator.ts';
import { askFor } from './asking.ts';
import type { AnswerClient } from './direct-clients.ts';
import { answersOf, type DirectRoute, type Exchange, type Outcome, refusalsOf, type Told } from './exchange.ts';
import { readPlainQuestion } from './plain-question.ts';

const PATH = '/access/v1/evaluation';
const JSON_OPTIONS = { depth_max: DEPTH_MAX };
const ASCII_ONLY = /^[\0-\x7f]*$/;

export function directEvaluation(deps: Deps, answerClient: AnswerClient): DirectRoute {
  const { public_url } = deps.config;
  const told = answersOf(deps, {
    method: 'POST',
    route: PATH,
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });
  const refusal = refusalsOf(deps, { method: 'POST', route: PATH, headers: {} })('unavailable', (request_id) => ({
    status: 503,
    headers: { 'retry-after': RETRY_AFTER_SECONDS },
    body: JSON.stringify(errorBody(deps, 'unavailable', 503, request_id)),
  }));
  const write = serializerOf(EvaluationAnswer);
  const { check: isQuestion } = checkOf(EvaluationQuestion);

  function jsonIn(text: string): unknown {
    if (!ASCII_ONLY.test(text)) return null;
    const read = readJsonText(text, JSON_OPTIONS);
    return 'value' in read ? read.value : null;
  }

  /** The question; null where it is not as declared, or has to wait for a change. What is not ASCII is read in the general way. */
  function questionIn(text: string): Question | null {
    const value = readPlainQuestion(text) ?? jsonIn(text);
    if (!isQuestion(value)) return null;
    const question = value as Question & { readonly context?: { readonly consistency_token?: string } };
    return question.context?.consistency_token === undefined ? question : null;
  }

  function tell(judgement: Judgement): Told {
    return told(write(presentJudgement(judgement, public_url)), staleMark(judgement.stale_ms));
  }

  function answer(exchange: Exchange): Outcome {
    const { authorization, content_type } = exchange.headers;
    if (authorization === null || content_type !== 'application/json') return 'general';
    return answerClient(exchange, {
      header: authorization,
      capability: 'evaluate',
      answer: (client) => answerTo(client, exchange.body),
    });
  }

  function answerTo(client: ClientFacts, body: string): Outcome {
    const question = questionIn(body);
    const asked = question === null ? null : readQuestionKnown(deps, question);
    if (asked === null) return 'general';
    const known = evaluateKnown(deps, client, asked);
    if (known === null) return askFor(deps.load, { ask: () => evaluate(deps, client, asked), tell, refusal });
    countAnswer(deps, asked.subject, known);
    return tell(known);
  }

  return { method: 'POST', path: PATH, route: PATH, answer };
}
