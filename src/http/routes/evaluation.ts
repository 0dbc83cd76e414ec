// AuthZEN (Authorization API 1.0): may this subject do this to that resource? (contract 8)

import { type Static, Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import { evaluate } from '../../use-cases/checks/evaluate.ts';
import { evaluateMany } from '../../use-cases/checks/evaluate-many.ts';
import { readQuestion, readQuestions } from '../../use-cases/checks/read-questions.ts';
import { markStale } from '../answer-headers.ts';
import type { AddRoutes } from '../app-type.ts';
import { clientOf } from '../caller-of.ts';
import { awaitChangeOfContext } from '../consistency.ts';
import { presentJudgement } from '../present/evaluation.ts';
import { EvaluationAnswer, EvaluationQuestion, EvaluationsAnswer, EvaluationsQuestion } from '../schemas/evaluation.ts';
import { checkOf } from '../validator.ts';

// Asking changes nothing, so there is no entry of the record; decisions are counted by their reason.
const CONFIG = { access: { client: 'evaluate', audit: null }, wrong_body: 400 } as const;

const { check: isQuestion } = checkOf(EvaluationQuestion);

type Evaluation = Static<typeof EvaluationQuestion>;

/** The question with the defaults put in; null where it is malformed. */
function read(evaluation: unknown, defaults: object): Evaluation | null {
  if (typeof evaluation !== 'object' || evaluation === null || Array.isArray(evaluation)) return null;
  const question: unknown = { ...defaults, ...evaluation };
  return isQuestion(question) ? (question as Evaluation) : null; // as it was just checked
}

/** The question, once an answer contains the change that it names; null where it names none of ours, which is malformed. */
async function awaited(deps: Deps, question: Evaluation | null): Promise<Evaluation | null> {
  try {
    await awaitChangeOfContext(deps, question?.context);
    return question;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

export const addEvaluationRoutes: AddRoutes = (app, deps) => {
  const { public_url } = deps.config;
  app.addSchema(EvaluationAnswer);
  app.post(
    '/access/v1/evaluation',
    {
      config: CONFIG,
      schema: {
        operationId: 'evaluateAccess',
        summary: 'May this subject do this to that resource? (AuthZEN)',
        tags: ['evaluation'],
        body: EvaluationQuestion,
        response: { 200: Type.Ref('EvaluationAnswer') },
      },
    },
    async (request, reply) => {
      await awaitChangeOfContext(deps, request.body.context);
      const asked = await readQuestion(deps, request.body);
      const judgement = await evaluate(deps, clientOf(request), asked);
      markStale(reply, judgement.stale_ms);
      return presentJudgement(judgement, public_url);
    },
  );
  app.post(
    '/access/v1/evaluations',
    {
      config: CONFIG,
      schema: {
        operationId: 'evaluateAccessMany',
        summary: 'The same for up to 1,000 questions at once (AuthZEN)',
        tags: ['evaluation'],
        body: EvaluationsQuestion,
        response: { 200: EvaluationsAnswer },
      },
    },
    async (request, reply) => {
      const { evaluations = [], options, ...defaults } = request.body;
      await awaitChangeOfContext(deps, defaults.context);
      if (evaluations.length === 0) {
        const question = read({}, defaults);
        if (question === null) throw new Refusal('malformed_request');
        const judgement = await evaluate(deps, clientOf(request), await readQuestion(deps, question));
        markStale(reply, judgement.stale_ms);
        return presentJudgement(judgement, public_url);
      }
      const read_all = evaluations.map((each) => read(each, defaults));
      // What all have in common was waited for above.
      const waited = read_all.map((each) => (each?.context === defaults.context ? each : awaited(deps, each)));
      const questions = await readQuestions(deps, await Promise.all(waited));
      const semantic = options?.evaluations_semantic ?? 'execute_all';
      const judgements = await evaluateMany(deps, clientOf(request), questions, semantic);
      // All of them were known at the same moment.
      markStale(reply, judgements.find(({ stale_ms }) => stale_ms !== undefined)?.stale_ms);
      return { evaluations: judgements.map((each) => presentJudgement(each, public_url)) };
    },
  );
};
