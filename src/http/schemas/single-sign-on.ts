// Single sign-on on the wire (contract 7).

import { Type } from 'typebox';
import { OUTBOUND_URL_CHARACTERS_MAX } from '../../outbound.ts';
import { KEYS_MAX } from '../../verification-keys.ts';
import { Id, Nullable, PAGE_QUERY, Strict, Time } from './common.ts';

const VISIBLE = '^[!-~]+$';
const ID_TOKEN_CHARACTERS_MAX = 16_384;

/** RFC 7517: members that nobody here knows are kept and not looked at. */
const Jwks = Type.Object(
  {
    keys: Type.Array(Type.Object({ kty: Type.String({ maxLength: 64 }) }, { additionalProperties: true }), {
      minItems: 1,
      maxItems: KEYS_MAX,
    }),
  },
  { additionalProperties: true, description: 'Public keys as a JWKS (RFC 7517)' },
);
const Issuer = Type.String({
  pattern: VISIBLE,
  maxLength: 2048,
  description: 'Exactly as `iss` has it',
  examples: ['https://login.example.com'],
});
const Audience = Type.String({
  pattern: VISIBLE,
  maxLength: 2048,
  description: 'Exactly as `aud` has it',
  examples: ['gatehouse'],
});
const JwksUri = Type.String({
  maxLength: OUTBOUND_URL_CHARACTERS_MAX,
  description: 'Where the keys are: https, and not a private address unless `OUTBOUND_ALLOW` opens it',
  examples: ['https://login.example.com/keys'],
});
const Required = Type.Boolean({
  description: 'Whether tokens reach anything but public reads only if they are authorised by single sign-on',
});

export const SsoSettings = Type.Object(
  {
    issuer: Issuer,
    audience: Audience,
    jwks_uri: Type.Optional(JwksUri),
    jwks: Type.Optional(Jwks),
    required: Required,
  },
  { $id: 'SingleSignOn' },
);

export const NewSsoSettings = Strict(
  {
    issuer: Issuer,
    audience: Audience,
    jwks_uri: Type.Optional(JwksUri),
    jwks: Type.Optional(Jwks),
    required: Required,
  },
  { title: 'SingleSignOn', description: 'The whole; either `jwks_uri` or `jwks`' },
);

export const LinkedIdentity = Type.Object(
  {
    user: Type.Object({ login: Type.String(), id: Id }),
    issuer: Type.String(),
    subject: Type.String({ description: 'The `sub` of the ID token that was used first' }),
    linked_at: Time,
  },
  { $id: 'LinkedIdentity' },
);

export const NewSsoSession = Strict(
  {
    org: Type.String({ minLength: 1, maxLength: 255, description: 'Login of the organization' }),
    id_token: Type.String({ minLength: 1, maxLength: ID_TOKEN_CHARACTERS_MAX, description: 'Serves once' }),
  },
  { title: 'SingleSignOnSession' },
);

export const SsoSession = Type.Object({ org: Type.String(), expires_at: Time }, { $id: 'SingleSignOnSession' });

export const CredentialAuthorization = Type.Object(
  {
    login: Type.String({ description: 'The holder of the token' }),
    credential_id: Id,
    credential_type: Type.Enum(['personal access token']),
    token_kind: Type.Enum(['classic', 'fine_grained']),
    token_last_eight: Type.String(),
    credential_authorized_at: Time,
    scopes: Type.Array(Type.String(), { description: 'Of a classic token' }),
    credential_accessed_at: Nullable(Time),
    authorized_credential_id: Nullable(Id),
    authorized_credential_note: Nullable(Type.String()),
    authorized_credential_expires_at: Nullable(Time),
  },
  { $id: 'CredentialAuthorization' },
);

export const AuthorizationQuery = Type.Object({
  ...PAGE_QUERY,
  login: Type.Optional(Type.String({ maxLength: 255, description: 'Only tokens of this holder' })),
});

export const SSO_SCHEMAS = [SsoSettings, LinkedIdentity, SsoSession, CredentialAuthorization];
