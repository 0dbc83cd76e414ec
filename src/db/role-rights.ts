// What the roles of the database may (promises P14, threats T6): the owner makes tables; the service, as `DATABASE_app`, reads and writes
// rows and can neither change the record nor the tables; whoever makes reports, as `DATABASE_reader`, reads what is no secret.

import pg from 'pg';
import { OWN_SCHEMA, QUEUE_SCHEMA } from './own-schema.ts';

/** Rights of the service where they are fewer than to read and write: the record is added to, and heads of logs move on. */
const APPLICATION_RIGHTS: Readonly<Record<string, string>> = {
  audit_entries: 'select, insert',
  audit_positions: 'select, insert',
  audit_logs: 'select, insert, update',
  schema_migrations: 'select',
  page_key: 'select',
  change_epoch: 'select, update',
  change_waits: 'select, update',
  database_lineage: 'select, update',
  lost_epochs: 'select, insert',
  // Written by a trigger, as the owner.
  ended_requests: 'select',
};
const APPLICATION_RIGHTS_ELSE = 'select, insert, update, delete';

/** Which tables are for reports; of these, columns that are not. A table that is in neither list is not, until somebody says so. */
const READ_BY_REPORTS: Readonly<Record<string, readonly string[]>> = {
  accounts: [],
  audit_entries: ['hashed_token', 'managed_hashed_token'],
  clients: [],
  client_organizations: [],
  collaborators: [],
  deploy_keys: [],
  enterprise_administrators: [],
  enterprise_token_policies: [],
  enterprises: [],
  grant_repositories: [],
  grant_request_repositories: [],
  grant_requests: [],
  grants: [],
  hook_deliveries: ['request_headers', 'response_headers', 'response_body'],
  memberships: [],
  organization_hooks: ['secret', 'previous_secret', 'url'],
  organization_sso: [],
  organization_token_policies: [],
  organizations: [],
  repositories: [],
  schema_migrations: [],
  signing_keys: ['private_part'],
  sso_identities: [],
  team_members: [],
  team_repositories: [],
  teams: [],
  token_repositories: [],
  token_repository_usage: [],
  token_reviewers: [],
  token_sso_authorizations: [],
  token_usage: [],
  tokens: [],
  users: ['password_hash'],
};

/** Secrets, digests of secrets, answers that are kept, and what only nodes need. */
export const NOT_READ_BY_REPORTS: readonly string[] = [
  ...['audit_logs', 'audit_positions', 'catalogue', 'change_commits', 'change_epoch', 'change_waits', 'changes'],
  ...['client_secrets', 'counted_windows', 'database_lineage', 'email_verifications', 'ended_requests'],
  ...[
    'exchanged_token_repositories',
    'exchanged_tokens',
    'hook_messages',
    'idempotency_keys',
    'imported_objects',
    'lost_epochs',
    'nodes',
    'notifications',
  ],
  ...['page_key', 'password_setups', 'sessions', 'sso_sessions', 'token_secrets', 'used_id_tokens'],
];

export const READ_TABLES: readonly string[] = Object.keys(READ_BY_REPORTS);

/** A name is at most so long, and what PostgreSQL would cut off would be another role's. */
const NAME_BYTES_MAX = 63;

export type RoleNames = { readonly application: string; readonly reader: string };

/** Roles are of the whole cluster, so they are named after the database. */
export function roleNamesOf(database: string): RoleNames {
  const names = { application: `${database}_app`, reader: `${database}_reader` };
  if (Buffer.byteLength(names.reader) > NAME_BYTES_MAX)
    throw new Error(`the name \`${database}\` is too long for roles after it`);
  return names;
}

type Relation = { readonly schema: string; readonly name: string; readonly columns: readonly string[] };
type Schemas = { readonly own: string; readonly relations: readonly Relation[] };

const quoted = pg.escapeIdentifier;
const nameOf = ({ schema, name }: Relation): string => `${quoted(schema)}.${quoted(name)}`;

/** The statements, to be done by the owner in one transaction, after which these roles may exactly what they should. */
export async function rightsStatements(client: pg.ClientBase, roles: readonly string[]): Promise<readonly string[]> {
  const { rows } = await client.query<{ database: string; own: string | null }>(
    `select current_database() as database, (select nspname::text from pg_namespace where oid = ${OWN_SCHEMA}) as own`,
  );
  const { database = '', own = null } = rows[0] ?? {};
  if (own === null) throw new Error('no schema of the `search_path` is there');
  const names = roleNamesOf(database);
  const { rows: relations } = await client.query<Relation>(
    `select namespace.nspname as schema, relation.relname as name, array_agg(attribute.attname::text order by attribute.attnum) as columns
    from pg_class relation
    join pg_namespace namespace on namespace.oid = relation.relnamespace
    join pg_attribute attribute on attribute.attrelid = relation.oid and attribute.attnum > 0 and not attribute.attisdropped
    where namespace.nspname = any($1) and relation.relkind in ('r', 'p', 'v')
    group by 1, 2 order by 1, 2`,
    [[own, QUEUE_SCHEMA]],
  );
  const schemas: Schemas = { own, relations };
  return [
    `revoke create on schema ${quoted(own)} from public`,
    ...roles.flatMap((role) => beginning(role, schemas)),
    ...(roles.includes(names.application) ? applicationStatements(names.application, schemas) : []),
    ...(roles.includes(names.reader) ? readerStatements(names.reader, schemas) : []),
  ];
}

/** Nothing is left of what it may have had before. */
function beginning(role: string, { own }: Schemas): readonly string[] {
  return [own, QUEUE_SCHEMA]
    .map(quoted)
    .flatMap((schema) => [
      `revoke all on schema ${schema} from ${quoted(role)}`,
      `revoke all on all tables in schema ${schema} from ${quoted(role)}`,
      `revoke all on all sequences in schema ${schema} from ${quoted(role)}`,
    ]);
}

function applicationStatements(role: string, { own, relations }: Schemas): readonly string[] {
  const to = quoted(role);
  return [
    ...[own, QUEUE_SCHEMA]
      .map(quoted)
      .flatMap((schema) => [
        `grant usage on schema ${schema} to ${to}`,
        `grant usage, select on all sequences in schema ${schema} to ${to}`,
      ]),
    ...relations.map((relation) => {
      const rights = relation.schema === own ? APPLICATION_RIGHTS[relation.name] : undefined;
      return `grant ${rights ?? APPLICATION_RIGHTS_ELSE} on ${nameOf(relation)} to ${to}`;
    }),
  ];
}

function readerStatements(role: string, { own, relations }: Schemas): readonly string[] {
  const read = relations.flatMap((relation) => {
    const hidden = relation.schema === own ? READ_BY_REPORTS[relation.name] : undefined;
    if (hidden === undefined) return [];
    // Rights of single columns are not taken away with those of their table.
    const all = relation.columns.map((column) => quoted(column)).join(', ');
    const shown = relation.columns
      .filter((column) => !hidden.includes(column))
      .map((column) => quoted(column))
      .join(', ');
    return [
      `revoke select (${all}) on ${nameOf(relation)} from ${quoted(role)}`,
      `grant select (${shown}) on ${nameOf(relation)} to ${quoted(role)}`,
    ];
  });
  return [`grant usage on schema ${quoted(own)} to ${quoted(role)}`, ...read];
}
