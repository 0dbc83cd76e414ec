// Shapes of the audit logs (contract 7 and 10).

import { type Static, Type } from 'typebox';
import { AUDIT_ORDERS } from '../../domain/audit-entry.ts';
import { AUDIT_PHRASE_CHARACTERS_MAX } from '../../domain/audit-phrase.ts';
import { Id, Nullable, PAGE_QUERY } from './common.ts';

const CURSOR_CHARACTERS_MAX = 1024;
const Text = Nullable(Type.String());
const Whole = Nullable(Id);
const Milliseconds = Type.Integer({ description: 'Milliseconds since 1970', examples: [1_768_000_000_000] });

export const AuditEntry = Type.Object(
  {
    '@timestamp': Milliseconds,
    _document_id: Type.String({ description: 'The same in every log and in `npm run audit:verify`' }),
    action: Type.String({ examples: ['personal_access_token.create'] }),
    actor: Text,
    actor_id: Whole,
    actor_ip: Text,
    actor_is_bot: Type.Boolean(),
    business: Text,
    business_id: Whole,
    org: Text,
    org_id: Whole,
    repo: Text,
    repo_id: Whole,
    repository: Text,
    repository_id: Whole,
    user: Text,
    user_id: Whole,
    user_agent: Text,
    hashed_token: Nullable(Type.String({ description: 'Of the credential that acted; null for a session' })),
    token_id: Whole,
    token_scopes: Text,
    programmatic_access_type: Text,
    managed_token_id: Nullable(Type.Integer({ description: 'The token that was acted on' })),
    managed_hashed_token: Text,
    request_id: Text,
    request_access_security_header: Type.Null(),
    operation_type: Type.String(),
    outcome: Type.Enum(['done', 'refused']),
    reason: Nullable(Type.String({ description: 'Of a refused attempt: its code' })),
    created_at: Milliseconds,
    also_concerns: Type.Optional(
      Type.Array(Type.Object({ type: Type.Enum(['organization', 'user']), id: Type.Integer(), name: Type.String() }), {
        description: 'In whose logs the entry stands beside those of `org`, `business`, `user` and `actor`',
      }),
    ),
  },
  {
    $id: 'AuditEntry',
    additionalProperties: true,
    description: 'An entry of the record; further members belong to its action',
  },
);

const Cursor = (description: string) =>
  Type.Optional(Type.String({ maxLength: CURSOR_CHARACTERS_MAX, description: `A cursor of \`Link\`: ${description}` }));

export const AuditLogQuery = Type.Object({
  phrase: Type.Optional(
    Type.String({
      maxLength: AUDIT_PHRASE_CHARACTERS_MAX,
      description:
        'Terms `qualifier:value`: `action` (a name, a category, `team.*`), `actor`, `user`, `org`, `repo`, `business`, `token_id` ' +
        'and `hashed_token` (of the credential that acted or of the token acted on), `created` (`2026-01-01`, ' +
        '`>=2026-01-01`, `2026-01-01..2026-02-01`), `operation`, `outcome`, `reason`, `ip`, `request_id`; `-` in front ' +
        'excludes; several of one qualifier: any of them.',
      examples: ['action:personal_access_token created:>=2026-01-01 -actor:admin'],
    }),
  ),
  order: Type.Optional(Type.Enum([...AUDIT_ORDERS], { default: 'desc' })),
  per_page: PAGE_QUERY.per_page,
  after: Cursor('what comes behind it'),
  before: Cursor('what comes in front of it'),
});
export type AuditLogQuery = Static<typeof AuditLogQuery>;
