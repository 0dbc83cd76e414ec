// What a proposed policy would block, on the wire (contract 7).

import { Type } from 'typebox';
import { CLOSED_PARTS } from '../../domain/policy-preview.ts';
import { REASON_CODES } from '../../domain/reason.ts';
import { TOKEN_KINDS } from '../../domain/vocabulary.ts';
import { Id, Nullable, Time } from './common.ts';

export const PreviewedToken = Type.Object(
  {
    id: Id,
    kind: Type.Enum([...TOKEN_KINDS]),
    name: Type.String(),
    holder: Type.Object({ id: Id, login: Type.String() }),
    created_at: Time,
    expires_at: Nullable(Time),
    last_used_at: Nullable(Time),
    blocked_at: Type.Array(
      Type.Object({
        resource: Type.Object({ type: Type.Enum(['organization', 'enterprise']), id: Type.String() }),
        reason: Type.Enum([...REASON_CODES], { description: 'The code with which its requests would be refused' }),
        policy: Type.Object({ source: Type.Enum(['organization', 'enterprise']), owner: Type.String() }),
        closes: Type.Enum([...CLOSED_PARTS], { description: 'What the token loses there' }),
      }),
      { description: 'Where it would be blocked, and is not today' },
    ),
  },
  { $id: 'PreviewedToken' },
);

/** The members of a preview beside the policy itself. */
export const PREVIEW = {
  total_count: Type.Integer({ minimum: 0, description: 'Tokens that would be blocked' }),
  holders_count: Type.Integer({ minimum: 0, description: 'People whose tokens they are' }),
  complete: Type.Boolean({ description: 'Whether all tokens that it concerns were looked at: true' }),
  tokens: Type.Array(Type.Ref('PreviewedToken'), { description: 'A page of them, newest first' }),
};
