// AuthZEN (Authorization API 1.0): may this subject do this to that resource? (contract 8)

import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { Question } from '../../use-cases/checks/asked.ts';
import { evaluate } from '../../use-cases/checks/evaluate.ts';
import { evaluateMany } from '../../use-cases/checks/evaluate-many.ts';
import { readQuestion, readQuestions } from '../../use-cases/checks/read-questions.ts';
import { markStale } from '../answer-headers.ts';
import type { AddRoutes } from '../app-type.ts';
import { clientOf } from '../caller-of.ts';
import { awaitChange } from '../consistency.ts';
import { presentJudgement } from '../present/evaluation.ts';
import { EvaluationAnswer, EvaluationQuestion, EvaluationsAnswer, EvaluationsQuestion } from '../schemas/evaluation.ts';

// Asking changes nothing, so there is no entry of the record; decisions are counted by their reason.
const CONFIG = { access: { client: 'evaluate', audit: null }, wrong_body: 400 } as const;

const isQuestion = Compile(EvaluationQuestion);

/** The question with the defaults put in; null where it is malformed. */
function read(evaluation: unknown, defaults: object): Question | null {
  if (typeof evaluation !== 'object' || evaluation === null || Array.isArray(evaluation)) return null;
  const question: unknown = { ...defaults, ...evaluation };
  return isQuestion.Check(question) ? question : null;
}

/** The context of a question may name a change that the answer has to contain (contract 1). */
async function awaitChangeOf(deps: Deps, context: { readonly consistency_token?: string } | undefined): Promise<void> {
  if (context?.consistency_token !== undefined) await awaitChange(deps, context.consistency_token);
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
      await awaitChangeOf(deps, request.body.context);
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
      await awaitChangeOf(deps, defaults.context);
      if (evaluations.length === 0) {
        const question = read({}, defaults);
        if (question === null) throw new Refusal('malformed_request');
        const judgement = await evaluate(deps, clientOf(request), await readQuestion(deps, question));
        markStale(reply, judgement.stale_ms);
        return presentJudgement(judgement, public_url);
      }
      const questions = await readQuestions(
        deps,
        evaluations.map((each) => read(each, defaults)),
      );
      const semantic = options?.evaluations_semantic ?? 'execute_all';
      const judgements = await evaluateMany(deps, clientOf(request), questions, semantic);
      // All of them were known at the same moment.
      markStale(reply, judgements.find(({ stale_ms }) => stale_ms !== undefined)?.stale_ms);
      return { evaluations: judgements.map((each) => presentJudgement(each, public_url)) };
    },
  );
};
