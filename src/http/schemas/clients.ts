// The shapes of backend services on the wire (contract 4).

import { Type } from 'typebox';
import { CAPABILITIES } from '../../domain/vocabulary.ts';
import { Login, Nullable, Strict, Time } from './common.ts';

const LIST_MAX = 1000;
const PREFIXES_MAX = 100;
const CERTIFICATES_MAX = 10;

export const ClientParams = Type.Object({ client_id: Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$' }) });

const Capabilities = Type.Array(Type.Enum([...CAPABILITIES]), { maxItems: CAPABILITIES.length });

export const NewClient = Strict(
  {
    name: Type.String({ minLength: 1, maxLength: 255 }),
    capabilities: Capabilities,
    audiences: Type.Optional(
      Type.Array(Type.String({ pattern: '^[!-~]{1,255}$', examples: ['https://api.example.com'] }), {
        maxItems: LIST_MAX,
      }),
    ),
    strip_prefixes: Type.Optional(
      // Whole segments of unreserved characters, none of which is dots only: a prefix can be written in one way.
      Type.Array(
        Type.String({
          pattern: '^(?:/(?!\\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+$',
          maxLength: 255,
          examples: ['/api/v3'],
        }),
        {
          maxItems: PREFIXES_MAX,
          description:
            'With the capability `gateway`: of these the longest before the path of a request that ends where a segment ends is ' +
            'taken away, once, before the path is read',
        },
      ),
    ),
    organizations: Type.Optional(
      Type.Union([Type.Literal('all'), Type.Array(Login, { maxItems: LIST_MAX })], {
        description: 'Logins of the organizations to which it is bound, beyond which it learns nothing; else all',
      }),
    ),
  },
  { title: 'Client' },
);

/** Thumbprints, as RFC 8705 writes them. */
const Certificates = Type.Array(
  Type.String({
    pattern: '^[A-Za-z0-9_-]{43}$',
    maxLength: 43,
    description: 'Base64url of the SHA-256 of the certificate (`x5t#S256`)',
    examples: ['bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2'],
  }),
  { maxItems: CERTIFICATES_MAX },
);
export const ClientCertificates = Strict({ certificates: Certificates }, { title: 'Client' });

const CLIENT = {
  client_id: Type.String(),
  name: Type.String(),
  capabilities: Type.Array(Type.Enum([...CAPABILITIES])),
  audiences: Type.Array(Type.String()),
  strip_prefixes: Type.Array(Type.String()),
  organizations: Type.Union([Type.Literal('all'), Type.Array(Type.String())]),
  certificates: Certificates,
  created_at: Time,
};
const Secret = Type.String({ description: 'Shown only here' });

export const Client = Type.Object(CLIENT, { $id: 'Client' });
export const ClientWithSecret = Type.Object({ ...CLIENT, client_secret: Secret }, { $id: 'ClientWithSecret' });
export const ClientSecret = Type.Object(
  {
    client_id: Type.String(),
    client_secret: Secret,
    previous_secret_expires_at: Nullable(Time),
  },
  { $id: 'ClientSecret' },
);
