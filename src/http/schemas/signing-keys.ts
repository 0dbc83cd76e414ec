// The keys by which this service signs: what everybody sees (RFC 7517), and what administrators see beside it.

import { Type } from 'typebox';
import { KEY_PLACES, SIGNING_ALGORITHMS } from '../../domain/signing-key.ts';
import { Time } from './common.ts';

const Algorithm = Type.Enum([...SIGNING_ALGORITHMS]);
const Base64url = Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]+$' }));

export const Jwks = Type.Object(
  {
    keys: Type.Array(
      Type.Object({
        kty: Type.Enum(['EC', 'RSA']),
        kid: Type.String(),
        use: Type.Enum(['sig']),
        alg: Algorithm,
        crv: Type.Optional(Type.Enum(['P-256'])),
        x: Base64url,
        y: Base64url,
        n: Base64url,
        e: Base64url,
      }),
    ),
  },
  { $id: 'Jwks', description: 'A JSON Web Key Set (RFC 7517); there are public parts only' },
);

export const SigningKeyParams = Type.Object({ kid: Type.String({ pattern: '^[A-Za-z0-9_-]{1,128}$' }) });

export const SigningKey = Type.Object(
  {
    kid: Type.String(),
    algorithm: Algorithm,
    kept_in: Type.Enum([...KEY_PLACES], {
      description: '`plain` and `encrypted`: in the database; `file`: in `SIGNING_KEY_FILE`',
    }),
    state: Type.Enum(['next', 'signing', 'retiring'], {
      description: '`next` is published and waits; `retiring` signs nothing more, but what it signed may live',
    }),
    created_at: Time,
    signs_from: Time,
  },
  { $id: 'SigningKey' },
);
