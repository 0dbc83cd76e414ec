// The answer of introspection (RFC 7662 section 2.2, contract 8). One shape: of what is not live only `active` is sent.

import { type Static, Type } from 'typebox';
import { REPOSITORY_SELECTIONS, TOKEN_KINDS, TOKEN_STATES } from '../../domain/vocabulary.ts';
import { Id, Login, Nullable } from './common.ts';

const Seconds = Type.Integer({ minimum: 0, description: 'Seconds since 1970-01-01T00:00:00Z' });

const Sub = Type.String({ description: 'The id of a person' });
/** As deep as exchanges may follow each other. */
const Act = Type.Object(
  {
    sub: Sub,
    act: Type.Optional(Type.Object({ sub: Sub, act: Type.Optional(Type.Object({ sub: Sub })) })),
  },
  { description: 'Who acts for the holder, and below him who did before (RFC 8693 section 4.1)' },
);

export const Introspection = Type.Object(
  {
    active: Type.Boolean(),
    scope: Type.Optional(
      Type.String({ description: 'Classic: scopes. Fine-grained: permissions as `contents:read issues:write`' }),
    ),
    token_type: Type.Optional(Type.Enum(['Bearer'])),
    sub: Type.Optional(Type.String({ description: "The holder's id" })),
    username: Type.Optional(Login),
    iss: Type.Optional(Type.String()),
    iat: Type.Optional(Seconds),
    exp: Type.Optional(Seconds),
    jti: Type.Optional(Type.String({ description: "The token's id; an exchanged one has its own" })),
    aud: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String())], {
        description: 'For whom an exchanged token is, if not for all',
      }),
    ),
    client_id: Type.Optional(Type.String({ description: 'The client that asked for an exchanged token' })),
    act: Type.Optional(Act),
    token_kind: Type.Optional(Type.Enum([...TOKEN_KINDS, 'exchanged'])),
    state: Type.Optional(Type.Enum([...TOKEN_STATES])),
    resource_owner: Type.Optional(Nullable(Login)),
    repository_selection: Type.Optional(Type.Enum([...REPOSITORY_SELECTIONS])),
    repositories: Type.Optional(Type.Array(Type.Object({ id: Id, full_name: Type.String() }))),
    permissions: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  {
    $id: 'Introspection',
    description: 'What the text is worth now; members after `active` only where it is live',
    examples: [
      { active: false },
      {
        active: true,
        scope: 'contents:read metadata:read',
        token_type: 'Bearer',
        sub: '17',
        username: 'ada',
        iss: 'https://gatehouse.example',
        iat: 1798761600,
        exp: 1801353600,
        jti: '4711',
        token_kind: 'fine_grained',
        state: 'active',
        resource_owner: 'analytical-engines',
        repository_selection: 'subset',
        repositories: [{ id: 23, full_name: 'analytical-engines/mill' }],
        permissions: { contents: 'read', metadata: 'read' },
      },
    ],
  },
);
export type Introspection = Static<typeof Introspection>;
