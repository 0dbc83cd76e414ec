// The bodies of AuthZEN's evaluation (Authorization API 1.0 sections 5 to 7, contract 8). The one place of this API where
// members that are not declared are ignored: the standard asks for it.

import { type Static, Type } from 'typebox';
import { FINE_REASONS, REASON_CODES } from '../../domain/reason.ts';
import { EVALUATION_SEMANTICS } from '../../use-cases/checks/evaluate-many.ts';
import { Id, Login, Time } from './common.ts';

export const EVALUATIONS_MAX = 1000;

export const AnyMembers = Type.Object({}, { description: 'Ignored' });

export const ContextShape = Type.Object(
  {
    consistency_token: Type.Optional(
      Type.String({ description: '`X-Consistency-Token` of a change that the answer has to contain' }),
    ),
  },
  { description: 'Other members are ignored' },
);

export const SubjectShape = Type.Object(
  {
    type: Type.String({ description: '`token`, `user` or `anonymous`; any other is denied' }),
    id: Type.String({ description: 'A text or id of a token, a login, or `anonymous`' }),
    properties: Type.Optional(AnyMembers),
  },
  { examples: [{ type: 'token', id: '4711' }] },
);

export const ActionShape = Type.Object(
  {
    name: Type.String({ description: '`permission:level`, a classic scope, or an operation (`METHOD /template`)' }),
    properties: Type.Optional(AnyMembers),
  },
  { examples: [{ name: 'issues:write' }, { name: 'GET /repos/{owner}/{repo}' }] },
);

export const ResourceShape = Type.Object(
  {
    type: Type.String({ description: '`repository`, `organization`, `user` or `enterprise`; any other is denied' }),
    id: Type.String({ description: '`owner/name`, a login or a slug' }),
    properties: Type.Optional(
      Type.Object({ path: Type.Optional(Type.String({ description: 'The file that is to be written' })) }),
    ),
  },
  { examples: [{ type: 'repository', id: 'analytical-engines/mill' }] },
);

export const EvaluationQuestion = Type.Object(
  { subject: SubjectShape, action: ActionShape, resource: ResourceShape, context: Type.Optional(ContextShape) },
  { title: 'Evaluation' },
);

/** Members of the whole are defaults of those that an evaluation does not have itself. */
export const EvaluationsQuestion = Type.Object(
  {
    subject: Type.Optional(SubjectShape),
    action: Type.Optional(ActionShape),
    resource: Type.Optional(ResourceShape),
    context: Type.Optional(ContextShape),
    evaluations: Type.Optional(
      Type.Array(
        Type.Unknown({ description: 'An evaluation; one that is malformed is denied and the others are answered' }),
        { maxItems: EVALUATIONS_MAX, description: 'Absent or empty: the whole is one evaluation' },
      ),
    ),
    options: Type.Optional(Type.Object({ evaluations_semantic: Type.Optional(Type.Enum([...EVALUATION_SEMANTICS])) })),
  },
  { title: 'Evaluations' },
);

export const EvaluationAnswer = Type.Object(
  {
    decision: Type.Boolean(),
    context: Type.Object({
      reason: Type.Enum([...new Set([...REASON_CODES, ...FINE_REASONS])]),
      status: Type.Integer({ description: 'What a resource server should answer' }),
      message: Type.String(),
      needed: Type.Optional(
        Type.Object(
          { permissions: Type.Array(Type.Array(Type.String())), scopes: Type.Array(Type.String()) },
          {
            description:
              'What would have been enough: AND inside a set, OR between sets; of the scopes any one beside those that are held, ' +
              'or, where no single one is enough, all of them',
          },
        ),
      ),
      policy: Type.Optional(Type.Object({ source: Type.Enum(['organization', 'enterprise']), owner: Login })),
      holder: Type.Optional(Type.Object({ id: Id, login: Login })),
      token_id: Type.Optional(Id),
      sso_url: Type.Optional(Type.String()),
      as_of: Type.Optional(Time),
    }),
  },
  { $id: 'EvaluationAnswer' },
);
export type EvaluationAnswer = Static<typeof EvaluationAnswer>;

/** The answers in the order of the evaluations, or one answer where there were none. */
export const EvaluationsAnswer = Type.Object({
  evaluations: Type.Optional(Type.Array(Type.Ref('EvaluationAnswer'))),
  ...Type.Partial(EvaluationAnswer).properties,
});
