// Requests and grants of tokens, as GitHub shapes them for an organization's reviewers (contract 7).

import { Type } from 'typebox';
import { REVIEW_ACTIONS } from '../../domain/review.ts';
import { REPOSITORY_SELECTIONS } from '../../domain/vocabulary.ts';
import { Id, Login, Nullable, PAGE_QUERY, RepositoryName, Strict, Time } from './common.ts';

const REASON_LENGTH_MAX = 1024;
const REVIEWED_MAX = 100;
const OWNERS_MAX = 10;
const TOKENS_MAX = 50;

export const RequestPath = Type.Object({ org: Login, pat_request_id: Id });
export const GrantPath = Type.Object({ org: Login, pat_id: Id });

const Moment = Type.String({ minLength: 10, maxLength: 40, examples: ['2027-03-19T00:00:00Z'] });

/** The query of both lists. */
export const AccessListQuery = Type.Object({
  ...PAGE_QUERY,
  sort: Type.Optional(Type.Enum(['created_at'], { default: 'created_at' })),
  direction: Type.Optional(Type.Enum(['asc', 'desc'], { default: 'desc' })),
  owner: Type.Optional(Type.Array(Login, { maxItems: OWNERS_MAX, description: 'Logins of holders' })),
  repository: Type.Optional(RepositoryName),
  permission: Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'A permission at exactly this level, which stands after the last `_`',
      examples: ['issues_read'],
    }),
  ),
  last_used_before: Type.Optional(Moment),
  last_used_after: Type.Optional(Moment),
  token_id: Type.Optional(Type.Array(Id, { maxItems: TOKENS_MAX })),
});

const Levels = Type.Record(Type.String(), Type.String(), { examples: [{ metadata: 'read' }] });

const COMMON = {
  owner: Type.Ref('SimpleUser', { description: 'The holder' }),
  repository_selection: Type.Enum([...REPOSITORY_SELECTIONS]),
  repositories_url: Type.String({ format: 'uri', description: 'Of a `subset`' }),
  permissions: Type.Object({ organization: Type.Optional(Levels), repository: Type.Optional(Levels) }),
  token_id: Id,
  token_name: Type.String(),
  token_expired: Type.Boolean(),
  token_expires_at: Nullable(Time),
  token_last_used_at: Nullable(Time),
};

export const AccessRequest = Type.Object(
  { id: Id, reason: Nullable(Type.String()), ...COMMON, created_at: Time },
  { $id: 'AccessRequest', description: 'What a token waits for' },
);
export const AccessGrant = Type.Object(
  { id: Id, ...COMMON, access_granted_at: Time },
  { $id: 'AccessGrant', description: 'What a token was granted' },
);

const REVIEW = {
  action: Type.Enum([...REVIEW_ACTIONS]),
  reason: Type.Optional(
    Nullable(Type.String({ maxLength: REASON_LENGTH_MAX, description: 'For the holder of the token' })),
  ),
};
const Ids = Type.Array(Id, { minItems: 1, maxItems: REVIEWED_MAX });
const REVOCATION = { action: Type.Enum(['revoke']) };

export const Review = Strict(REVIEW, { title: 'Review' });
export const ReviewOfMany = Strict({ pat_request_ids: Ids, ...REVIEW }, { title: 'ReviewOfMany' });
export const Revocation = Strict(REVOCATION, { title: 'Revocation' });
export const RevocationOfMany = Strict({ ...REVOCATION, pat_ids: Ids }, { title: 'RevocationOfMany' });

/** 202: it is done. */
export const Accepted = Type.Object({}, { description: 'Done' });
