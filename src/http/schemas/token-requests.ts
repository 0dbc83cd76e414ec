// The holder's side of a request (contract 6).

import { Type } from 'typebox';
import { TOKEN_STATES } from '../../domain/vocabulary.ts';
import { Id, Nullable, Strict } from './common.ts';

const REASON_LENGTH_MAX = 1024;

export const RequestAgain = Strict(
  { reason: Type.Optional(Type.String({ maxLength: REASON_LENGTH_MAX, description: 'For the reviewers' })) },
  { title: 'RequestAgain' },
);

export const RequestedAgain = Type.Object({
  request_id: Nullable({ ...Id, description: 'Null where nobody has to approve: it is granted' }),
  state: Type.Enum([...TOKEN_STATES], { description: 'Of the token' }),
});
