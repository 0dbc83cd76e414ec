// What tokens exercised, on the wire (U1).

import { Type } from 'typebox';
import { LEVELS, REPOSITORY_SELECTIONS } from '../../domain/vocabulary.ts';
import { Id, Nullable } from './common.ts';

const Day = Type.String({ format: 'date', description: 'A day, UTC', examples: ['2027-03-19'] });
const Checks = Type.Integer({ minimum: 1, description: 'How many allowed checks needed it' });
const Permissions = Type.Record(Type.String(), Type.Enum([...LEVELS]), { examples: [{ contents: 'read' }] });
const Selection = Type.Enum([...REPOSITORY_SELECTIONS]);

const USES = {
  since: Type.String({
    format: 'date',
    description: 'The first day that is counted: thirty days, or since the token was made',
  }),
  last_exercised_on: Nullable(Day),
  is_narrower: Type.Boolean({ description: 'Whether the token could have less without losing any of these uses' }),
};
const FINE_GRAINED = {
  ...USES,
  kind: Type.Literal('fine_grained'),
  granted: Nullable(
    Type.Object(
      { permissions: Permissions, repository_selection: Selection },
      { description: 'What the token has now' },
    ),
  ),
  exercised: Type.Array(
    Type.Object({ permission: Type.String(), level: Type.Enum([...LEVELS]), checks: Checks, last_exercised_on: Day }),
    { description: 'At the lowest level that was enough' },
  ),
  unused: Type.Record(Type.String(), Type.Enum([...LEVELS]), {
    description: 'Permissions that the token has and no use needed, at any level',
    examples: [{ issues: 'write' }],
  }),
  repositories: Type.Array(Type.Object({ id: Id, full_name: Type.String(), checks: Checks, last_exercised_on: Day }), {
    description: 'Of the resource owner, those that were used most',
  }),
  narrower_grant: Nullable(
    Type.Object(
      {
        permissions: Permissions,
        repository_selection: Selection,
        repositories: Type.Optional(
          Type.Array(Type.String(), { description: 'With `subset`; absent: the selection stays as it is' }),
        ),
      },
      { description: 'The grant that would have sufficed; null where nothing is granted now' },
    ),
  ),
};
const CLASSIC = {
  ...USES,
  kind: Type.Literal('classic'),
  scopes: Type.Array(Type.String(), { description: 'What the token has' }),
  exercised: Type.Array(Type.Object({ scope: Type.String(), checks: Checks, last_exercised_on: Day }), {
    description: 'The narrowest scopes that were enough',
  }),
  unused: Type.Array(Type.String(), { description: 'Scopes of which no use needed any part' }),
  narrower_grant: Type.Object(
    { scopes: Type.Array(Type.String()) },
    { description: 'The scopes that would have sufficed; in the report of an organization, for what was done there' },
  ),
};
const TOKEN = { token_id: Id };
const OF_ORGANIZATION = {
  ...TOKEN,
  token_name: Type.String(),
  owner: Type.Ref('SimpleUser', { description: 'The holder' }),
};

const FineGrainedUsage = Type.Object({ ...TOKEN, ...FINE_GRAINED }, { $id: 'FineGrainedUsage' });
const ClassicUsage = Type.Object({ ...TOKEN, ...CLASSIC }, { $id: 'ClassicUsage' });
const GrantUsage = Type.Object(
  { id: Type.Integer({ minimum: 1, description: 'Of the grant: `pat_id`' }), ...OF_ORGANIZATION, ...FINE_GRAINED },
  { $id: 'GrantUsage', description: 'What a token exercised of what the organization granted it' },
);
const ClassicUsageHere = Type.Object(
  { ...OF_ORGANIZATION, ...CLASSIC },
  { $id: 'ClassicUsageHere', description: 'What a classic token exercised of the organization, and of no other' },
);

/** To be added to the application once. */
export const TOKEN_USAGE_SCHEMAS = [FineGrainedUsage, ClassicUsage, GrantUsage, ClassicUsageHere] as const;

/** Of either kind, for its holder. */
export const TokenUsage = Type.Union([Type.Ref('FineGrainedUsage'), Type.Ref('ClassicUsage')]);
/** Of either kind, for an organization. */
export const OrganizationUsage = Type.Union([Type.Ref('GrantUsage'), Type.Ref('ClassicUsageHere')]);
