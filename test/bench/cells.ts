// What is measured: for each cell the request, how its answer is known to be right, and the answer that the bare route gives
// in place of ours. Both sides have the same schemas.

import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import { EvaluationAnswer, EvaluationQuestion } from '../../src/http/schemas/evaluation.ts';
import { Introspection } from '../../src/http/schemas/introspection.ts';
import type { WorkingToken } from '../support/large-world.ts';

export const CELL_NAMES = ['introspection', 'evaluation'] as const;
export type CellName = (typeof CELL_NAMES)[number];

export interface Cell {
  readonly path: string;
  readonly content_type: string;
  readonly request_schema: TSchema;
  readonly answer_schema: TSchema;
  readonly body: (token: WorkingToken) => string;
  /** Both must be in the answer: that it is a yes, and that it is about this token. */
  readonly yes: string;
  readonly about: (token: WorkingToken) => string;
  /** What the bare route answers: as long as ours. */
  readonly bare_answer: object;
}

const SECONDS = 1_800_000_000;

export const CELLS: Readonly<Record<CellName, Cell>> = {
  introspection: {
    path: '/oauth/introspect',
    content_type: 'application/x-www-form-urlencoded',
    request_schema: Type.Object({ token: Type.String(), token_type_hint: Type.Optional(Type.String()) }),
    answer_schema: Introspection,
    body: ({ text }) => `token=${text}`,
    yes: '"active":true',
    about: ({ id }) => `"jti":"${id}"`,
    bare_answer: {
      active: true,
      scope: 'contents:read metadata:read',
      token_type: 'Bearer',
      sub: '17000',
      username: 'person-17000',
      iss: 'http://127.0.0.1:8080',
      iat: SECONDS,
      exp: SECONDS,
      jti: '34000',
      token_kind: 'fine_grained',
      state: 'active',
      resource_owner: 'organization-170',
      repository_selection: 'subset',
      repositories: [
        { id: 169, full_name: 'organization-170/repository-169' },
        { id: 1169, full_name: 'organization-170/repository-1169' },
      ],
      permissions: { contents: 'read', metadata: 'read' },
    },
  },
  evaluation: {
    path: '/access/v1/evaluation',
    content_type: 'application/json',
    request_schema: EvaluationQuestion,
    answer_schema: EvaluationAnswer,
    body: ({ text, repository }) =>
      JSON.stringify({
        subject: { type: 'token', id: text },
        action: { name: 'contents:read' },
        resource: { type: 'repository', id: repository },
      }),
    yes: '"decision":true',
    about: ({ id }) => `"token_id":${id},`,
    bare_answer: {
      decision: true,
      context: {
        reason: 'allowed',
        status: 200,
        message: 'Allowed',
        holder: { id: 17000, login: 'person-17000' },
        token_id: 34000,
        as_of: '2027-01-15T08:00:00Z',
      },
    },
  },
};
