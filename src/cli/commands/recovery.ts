// Commands about the database: its roles, backups and restores (docs/runbooks). What each does is loaded when it is called.

import type { Command } from '../command.ts';

const DATABASE =
  'The database is that of DATABASE_URL, or the embedded one in DATA_DIR; EPOCH_FILE counts where it is set.';

const restoreCheck: Command = {
  words: 'restore check',
  about: 'Tell whether a start would take the database, or refuse it as restored',
  more: `${DATABASE}
It is brought into its present form, as a start does; nothing else is changed. Ends with 1 where it would be refused.`,
  run: async (invocation) => (await import('./restore-check.ts')).restoreCheck(invocation),
};

const restoreAccept: Command = {
  words: 'restore accept',
  about: 'Accept a database that was restored, set back or promoted',
  more: `${DATABASE} Its nodes do not run.
Every session ends, unless --keep-sessions says that nothing was lost: the database was moved or upgraded while no node ran.`,
  options: {
    yes: { about: 'Do not ask' },
    'keep-sessions': { about: 'Nothing was lost: people stay signed in' },
    'revoke-since': { value: 'MOMENT', about: 'Revoke the tokens whose text was issued at that moment or later' },
    'revoke-all': { about: 'Revoke every token' },
    'revoke-listed': {
      value: 'FILE',
      about:
        'Revoke the tokens of a list: hashed_token of one a line, or an export of an audit log, whose ends of tokens count',
    },
  },
  run: async (invocation) => (await import('./restore-accept.ts')).restoreAccept(invocation),
};

const backupCheck: Command = {
  words: 'backup check',
  about: 'Tell whether what is lost could be restored: from a dump, from the archive of the log',
  more: `${DATABASE}
It also names the files and secrets that no backup of the database has. Nothing is changed or restored. Ends with 1 where
something is severe.`,
  options: { dump: { value: 'FILE', about: 'A dump (pg_dump -Fc), read to its end by pg_restore' } },
  run: async (invocation) => (await import('./backup-check.ts')).backupCheck(invocation),
};

const databaseRoles: Command = {
  words: 'database roles',
  about: 'Make the roles of the database that own nothing, and give them their rights',
  more: `The database is that of DATABASE_MIGRATION_URL or DATABASE_URL, as its owner. It is brought into its present form.
Roles are missing and the owner may make none: the message says what an administrator of the server has to do.`,
  run: async (invocation) => (await import('./database-roles.ts')).databaseRoles(invocation),
};

export const RECOVERY_COMMANDS: readonly Command[] = [databaseRoles, backupCheck, restoreCheck, restoreAccept];
