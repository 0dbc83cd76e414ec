// The shapes of tokens on the wire (contract 6). Members of the other kind are absent, never null.

import { Type } from 'typebox';
import { EXPIRES_IN_DAYS_MAX, OVERLAP_SECONDS_MAX } from '../../domain/lifetime.ts';
import { REQUEST_STATES } from '../../domain/token-record.ts';
import { LEVELS, REPOSITORY_SELECTIONS, TOKEN_KINDS, TOKEN_STATES } from '../../domain/vocabulary.ts';
import { Id, LOGIN_FORM, Login, Nullable, PAGE_QUERY, REPOSITORY_NAME_FORM, Strict, Time, Url } from './common.ts';

const DESCRIPTION_LENGTH_MAX = 1024;
/** White space around a name does not count; what is left is measured by the rules. */
const NAME_TEXT_LENGTH_MAX = 1000;
const NAMES_MAX = 10_000;
/** More than there are: which of them is unknown is said by its name. */
const PERMISSIONS_ASKED_MAX = 200;

/** A moment or a date; which of them it is, and whether the calendar has it, the rules say. */
const Moment = Type.String({
  minLength: 10,
  maxLength: 40,
  description: 'RFC 3339 with a time zone, or a date, which is 00:00 UTC',
  examples: ['2099-03-19T00:00:00Z', '2099-03-19'],
});

const LIFE_MEMBERS = {
  expires_in_days: Type.Optional(
    Type.Integer({ minimum: 1, maximum: EXPIRES_IN_DAYS_MAX, description: 'Whole days of 24 hours' }),
  ),
  expires_at: Type.Optional(Moment),
  never_expires: Type.Optional(Type.Literal(true)),
};

const Name = Type.String({
  minLength: 1,
  maxLength: NAME_TEXT_LENGTH_MAX,
  description: '1 to 40 characters, of a classic token 255; unique among the live tokens of its holder',
});
const Description = Nullable(Type.String({ maxLength: DESCRIPTION_LENGTH_MAX }));
const AskedScopes = Type.Array(Type.String({ maxLength: 100 }), { maxItems: 1000 });
const AskedPermissions = Type.Record(Type.String(), Type.Enum([...LEVELS]), {
  maxProperties: PERMISSIONS_ASKED_MAX,
  description: 'Names and levels as in `GET /permissions`',
  examples: [{ contents: 'read', issues: 'write' }],
});
const Selection = Type.Enum([...REPOSITORY_SELECTIONS]);
const AskedRepositories = Type.Array(
  Type.String({ pattern: `^(?:${LOGIN_FORM}/)?${REPOSITORY_NAME_FORM}$`, maxLength: 140 }),
  {
    maxItems: NAMES_MAX,
    description: 'Names, with or without the owner before a `/`; only with `repository_selection` `subset`',
  },
);

const NewFineGrainedToken = Strict(
  {
    kind: Type.Literal('fine_grained'),
    name: Name,
    description: Type.Optional(Description),
    resource_owner: Type.Optional(Login),
    ...LIFE_MEMBERS,
    reason: Type.Optional(Type.String({ maxLength: DESCRIPTION_LENGTH_MAX, description: 'For the reviewers' })),
    repository_selection: Type.Optional(Selection),
    repositories: Type.Optional(AskedRepositories),
    permissions: Type.Optional(AskedPermissions),
  },
  { title: 'NewFineGrainedToken' },
);
const NewClassicToken = Strict(
  {
    kind: Type.Literal('classic'),
    name: Name,
    description: Type.Optional(Description),
    ...LIFE_MEMBERS,
    scopes: Type.Optional(AskedScopes),
  },
  { title: 'NewClassicToken' },
);

export const NewToken = Type.Union([NewFineGrainedToken, NewClassicToken], { title: 'NewToken' });

export const TokenPatch = Strict(
  {
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    expires_at: Type.Optional(Nullable(Moment)),
    scopes: Type.Optional(AskedScopes),
    permissions: Type.Optional(AskedPermissions),
    repository_selection: Type.Optional(Selection),
    repositories: Type.Optional(AskedRepositories),
  },
  { title: 'TokenPatch' },
);

export const Regeneration = Strict(
  {
    ...LIFE_MEMBERS,
    overlap_seconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: OVERLAP_SECONDS_MAX, description: 'How long the old text still works' }),
    ),
  },
  { title: 'Regeneration' },
);

export const TokenPath = Type.Object({ token_id: Id });
export const TokenListQuery = Type.Object({
  ...PAGE_QUERY,
  kind: Type.Optional(Type.Enum([...TOKEN_KINDS])),
  state: Type.Optional(Type.Enum([...TOKEN_STATES])),
  resource_owner: Type.Optional(Login),
  expires_before: Type.Optional(Moment),
});

const Permissions = Type.Record(Type.String(), Type.Enum([...LEVELS]), { examples: [{ metadata: 'read' }] });
const Secret = Type.String({ description: 'The text of the token. Shown only here' });

const COMMON = {
  id: Id,
  name: Type.String(),
  description: Nullable(Type.String()),
  state: Type.Enum([...TOKEN_STATES]),
  created_at: Time,
  secret_issued_at: Time,
  expires_at: Nullable(Time),
  last_used_at: Nullable(Time),
  token_last_eight: Type.String(),
  hashed_token: Type.String({ description: 'Base64 of the SHA-256 of the text, as in the audit log' }),
  previous_secret_expires_at: Nullable(Time),
};

const Approval = Type.Object(
  {
    request_id: Id,
    state: Type.Enum([...REQUEST_STATES]),
    reason: Nullable(Type.String()),
    review_reason: Nullable(Type.String()),
    reviewed_by: Nullable(Type.String()),
    reviewed_at: Nullable(Time),
  },
  {
    $id: 'TokenApproval',
    description: 'The last request for this token; null where what holds was granted without one',
  },
);
const Granted = Type.Object(
  { permissions: Permissions, repository_selection: Selection },
  { $id: 'TokenGrant', description: 'What the resource owner lets the token do now' },
);

const FINE_GRAINED = {
  ...COMMON,
  kind: Type.Literal('fine_grained'),
  resource_owner: Nullable(Type.String({ description: 'Null when it is gone' })),
  resource_owner_id: Id,
  repository_selection: Selection,
  repositories_url: Url,
  permissions: Permissions,
  granted: Nullable(Type.Ref('TokenGrant')),
  approval: Nullable(Type.Ref('TokenApproval')),
};
const CLASSIC = {
  ...COMMON,
  kind: Type.Literal('classic'),
  scopes: Type.Array(Type.String()),
  sso: Type.Array(Type.Object({ org: Type.String(), authorized_at: Time })),
};

const FineGrainedToken = Type.Object(FINE_GRAINED, { $id: 'FineGrainedToken' });
const ClassicToken = Type.Object(CLASSIC, { $id: 'ClassicToken' });
const IssuedFineGrainedToken = Type.Object({ ...FINE_GRAINED, token: Secret }, { $id: 'IssuedFineGrainedToken' });
const IssuedClassicToken = Type.Object({ ...CLASSIC, token: Secret }, { $id: 'IssuedClassicToken' });

/** To be added to the application once. */
export const TOKEN_SCHEMAS = [
  Approval,
  Granted,
  FineGrainedToken,
  ClassicToken,
  IssuedFineGrainedToken,
  IssuedClassicToken,
] as const;

/** A record of either kind. */
export const Token = Type.Union([Type.Ref('FineGrainedToken'), Type.Ref('ClassicToken')]);
/** A record with the text. */
export const IssuedToken = Type.Union([Type.Ref('IssuedFineGrainedToken'), Type.Ref('IssuedClassicToken')]);

const USER = { user: Type.Object({ id: Id, login: Type.String() }) };
const { token_last_eight: _last, previous_secret_expires_at: _previous, ...SHOWN_TO_HOLDER } = COMMON;
const PRESENTED = { ...USER, ...SHOWN_TO_HOLDER };

/** What a credential is and may do; `permissions` and `repository_selection` are those granted now. */
export const PresentedCredential = Type.Union([
  Type.Object({ kind: Type.Literal('session'), ...USER, expires_at: Time }, { title: 'PresentedSession' }),
  Type.Object(
    { kind: Type.Literal('classic'), ...PRESENTED, scopes: Type.Array(Type.String()) },
    { title: 'PresentedClassicToken' },
  ),
  Type.Object(
    {
      kind: Type.Literal('fine_grained'),
      ...PRESENTED,
      resource_owner: Nullable(Type.String()),
      resource_owner_id: Id,
      permissions: Permissions,
      repository_selection: Selection,
    },
    { title: 'PresentedFineGrainedToken' },
  ),
  Type.Object(
    {
      kind: Type.Literal('exchanged'),
      ...USER,
      id: Id,
      token_id: Id,
      client_id: Type.String({ description: 'The client that asked for it' }),
      hashed_token: Type.String(),
      created_at: Time,
      expires_at: Time,
      audience: Nullable(Type.Array(Type.String())),
      token_kind: Type.Enum([...TOKEN_KINDS]),
      scopes: Type.Optional(Type.Array(Type.String())),
      resource_owner: Type.Optional(Nullable(Type.String())),
      permissions: Type.Optional(Permissions),
      repository_selection: Selection,
    },
    { title: 'PresentedExchangedToken' },
  ),
]);
