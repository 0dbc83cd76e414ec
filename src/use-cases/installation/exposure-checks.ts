// Whether the database is reached by whom it should be, and tells the same time.

import { above, type DatabaseCheck, type DatabaseFacts, has, naming } from './database-facts.ts';

/** A difference of clocks that matters, and one that only costs. */
const CLOCK_MS = { severe: 30_000, warning: 1000 } as const;

function clockAhead({ seen }: DatabaseFacts, limits: { readonly from: number; readonly to: number }): string | null {
  if (seen.clock === null) return null;
  const { ahead_ms, off_ms_max } = seen.clock;
  const surely = Math.abs(ahead_ms) - off_ms_max;
  if (surely < limits.from || surely >= limits.to) return null;
  return `The database's clock is ${Math.abs(ahead_ms)} ms ${ahead_ms > 0 ? 'ahead of' : 'behind'} this machine's`;
}

export const EXPOSURE_CHECKS: readonly DatabaseCheck[] = [
  {
    id: 'clock_far_off',
    severity: 'severe',
    find: (facts) => clockAhead(facts, { from: CLOCK_MS.severe, to: Number.POSITIVE_INFINITY }),
    means: 'Expiry is judged by the clock that is ahead: tokens end early, and sessions of single sign-on are refused',
    advice: 'Keep both machines together by NTP',
  },
  {
    id: 'clock_off',
    severity: 'warning',
    find: (facts) => clockAhead(facts, { from: CLOCK_MS.warning, to: CLOCK_MS.severe }),
    means: 'Expiry is judged by the clock that is ahead, so that a token may end that much early',
    advice: 'Keep both machines together by NTP',
  },
  {
    id: 'superuser',
    severity: 'severe',
    find: ({ seen }) => (seen.role?.is_superuser ? `The role \`${seen.role.name}\` is a superuser` : null),
    means: 'Who gets at its password gets at everything of the server and its machine, and can alter the record unseen',
    advice: 'alter role … nosuperuser; the service needs no more than docs/runbooks/database-roles.md says',
  },
  {
    id: 'role_reaches_machine',
    severity: 'severe',
    find: ({ seen }) => naming(seen.role?.reaches_machine, 'The role may reach beyond the database'),
    means: 'Who gets at its password reads or writes files of the machine, or runs programs there',
    advice: 'revoke … from the role',
  },
  {
    id: 'role_too_wide',
    severity: 'warning',
    find: ({ seen }) => {
      const { role } = seen;
      if (role === null || role.is_superuser) return null;
      const rights = [
        ...(role.makes_roles ? ['createrole'] : []),
        ...(role.makes_databases ? ['createdb'] : []),
        ...(role.replicates ? ['replication'] : []),
        ...(role.bypasses_rows ? ['bypassrls'] : []),
      ];
      return naming(rights, `The role \`${role.name}\` has rights that the service does not use`);
    },
    means: 'Who gets at its password can do more than what the service does',
    advice: 'alter role … nocreaterole nocreatedb noreplication nobypassrls',
  },
  {
    id: 'role_owns_tables',
    severity: 'hint',
    find: ({ seen, is_embedded }) =>
      seen.role?.owns_tables && !seen.role.is_superuser && !is_embedded
        ? `The role \`${seen.role.name}\` owns the tables`
        : null,
    means: 'Who gets at its password can switch triggers off and alter the record; only its hashes tell then',
    advice: 'Let the service sign in as a role that owns nothing: docs/runbooks/database-roles.md',
  },
  {
    id: 'tables_open_to_all',
    severity: 'severe',
    find: ({ seen }) =>
      above(seen.role?.open_tables, 0)
        ? `Every role of the server may use ${seen.role?.open_tables} of the tables`
        : null,
    means: 'Digests, addresses and the record can be read or changed past the service',
    advice: 'revoke all on all tables in schema public from public (or in the schema where they stand)',
  },
  {
    id: 'anybody_makes_tables',
    severity: 'warning',
    find: ({ seen }) =>
      seen.role?.anybody_makes_tables ? 'Every role of the server may make tables and functions in the schema' : null,
    means: 'Another role can put functions there that the service then calls in place of its own',
    advice: 'revoke create on schema public from public (or on the schema where the tables stand)',
  },
  {
    id: 'database_in_clear',
    severity: 'warning',
    find: ({ seen }) =>
      seen.way !== null && !seen.way.is_local && !seen.way.is_encrypted
        ? 'The database is on another machine, and the connection is not encrypted'
        : null,
    means: 'Who is on the way reads digests and addresses, and can change answers: he can make any token valid',
    advice: 'Add ?sslmode=verify-full to DATABASE_URL, with the authority of the server in sslrootcert',
  },
  {
    id: 'weak_password_hash',
    severity: 'warning',
    find: has('password_encryption', 'md5'),
    means: 'Passwords of roles are stored in a form that is broken',
    advice: "Set password_encryption to scram-sha-256, and give the role's password anew",
  },
  {
    id: 'statements_logged',
    severity: 'warning',
    find: (facts) => has('log_statement', 'all')(facts) ?? has('log_min_duration_statement', '0')(facts),
    means: "The server's log has every statement with its values: addresses and digests, and it is slow",
    advice: 'Set log_statement to ddl, and log_min_duration_statement to some hundred ms or -1',
  },
  {
    id: 'plain_signing_keys',
    severity: 'warning',
    find: ({ seen }) =>
      above(seen.secrets?.plain_keys, 0)
        ? `${seen.secrets?.plain_keys} signing keys stand in the database as they are`
        : null,
    means: 'Who reads a backup of it can sign JWTs that every resource server accepts',
    advice: 'Set SIGNING_KEY_SECRET (openssl rand -base64 32) on every node, and start anew',
  },
  {
    id: 'plain_hook_secrets',
    severity: 'warning',
    find: ({ seen }) =>
      above(seen.secrets?.plain_hook_secrets, 0)
        ? `${seen.secrets?.plain_hook_secrets} secrets of webhooks stand in the database as they are`
        : null,
    means: 'Who reads a backup of it can make up webhooks that their receivers believe',
    advice: 'Set DATA_SECRET (openssl rand -base64 32) on every node: docs/runbooks/keys.md',
  },
  {
    id: 'open_hooks',
    severity: 'hint',
    find: ({ seen }) =>
      above(seen.secrets?.open_hooks, 0)
        ? `${seen.secrets?.open_hooks} webhooks go by http, or to whoever has any certificate`
        : null,
    means: 'Who is on the way reads what is told to them',
    advice: 'Ask the owners of these hooks for https with a valid certificate',
  },
  {
    id: 'no_site_administrator',
    severity: 'warning',
    find: ({ seen }) =>
      seen.secrets?.site_administrators === 0 ? 'There is no site administrator who may sign in' : null,
    means: 'Nobody can make people, organizations or clients',
    advice:
      'The first start makes one; else give one back with: update users set site_admin = true, suspended_at = null where …',
  },
];
