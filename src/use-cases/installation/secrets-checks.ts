// Whether the settings and their files keep what has to be kept: secrets, the record, what was revoked.

import type { SettingsCheck } from './settings-facts.ts';

export const SECRETS_CHECKS: readonly SettingsCheck[] = [
  {
    id: 'unsafe_database_allowed',
    severity: 'severe',
    find: ({ allow_unsafe_database }) => (allow_unsafe_database ? '`ALLOW_UNSAFE_DATABASE` is 1' : null),
    means: 'The service starts on a database that forgets what it acknowledged',
    advice: 'Take it away; it is for tests',
  },
  {
    id: 'files_open',
    severity: 'severe',
    find: ({ secret_files }) => {
      const open = secret_files.filter(({ others_may_read }) => others_may_read === true);
      return open.length === 0
        ? null
        : `Others may read ${open.map(({ setting, file }) => `${file} (${setting})`).join(', ')}`;
    },
    means: 'Every user of the machine has these private keys',
    advice: 'chmod 600, and exchange keys that somebody may have read',
  },
  {
    id: 'files_missing',
    severity: 'warning',
    find: ({ secret_files }) => {
      const missing = secret_files.filter(({ others_may_read }) => others_may_read === null);
      return missing.length === 0 ? null : `Cannot be looked at: ${missing.map(({ file }) => file).join(', ')}`;
    },
    means: 'The service may not start, or this user is not the one that it runs as',
    advice: 'Run the doctor as the user of the service',
  },
  {
    id: 'admin_password_left',
    severity: 'hint',
    find: ({ admin_password_is_set }) => (admin_password_is_set ? '`ADMIN_PASSWORD` is set' : null),
    means: 'It counts at the first start only; afterwards it stands in the environment for nothing',
    advice: 'Take it away, and change the password where others can have read it',
  },
  {
    id: 'passing_settings_left',
    severity: 'hint',
    find: ({ passing_settings }) =>
      passing_settings.length === 0 ? null : `Set: ${passing_settings.map((name) => `\`${name}\``).join(', ')}`,
    means: 'It is for the time of a change; once every node has started with it, it is of no use',
    advice: 'Take it away then: docs/runbooks',
  },
  {
    id: 'no_epoch_file',
    severity: 'hint',
    find: (facts) => (facts.epoch_file_is_set ? null : '`EPOCH_FILE` is not set'),
    means:
      'A copy of the disk that is put back while no node runs is not noticed: what was revoked since is valid again',
    advice: 'Set it to a file that no restore brings back: docs/runbooks/restore.md',
  },
  {
    id: 'no_audit_roots',
    severity: 'hint',
    find: (facts) => (facts.audit_root_file_is_set ? null : '`AUDIT_ROOT_FILE` is not set'),
    means: "Who administers the database can make the record's hashes anew, or cut off its end, and nothing tells",
    advice: 'Set it to a file where he cannot write: docs/operations.md, "The record"',
  },
  {
    id: 'runs_as_root',
    severity: 'warning',
    find: ({ is_root }) => (is_root ? 'This user is root' : null),
    means: 'Where the service runs as root too, a fault in it is one of the whole machine',
    advice: 'Run it as a user of its own',
  },
  {
    id: 'core_files',
    severity: 'hint',
    find: ({ leaves_core_files }) => (leaves_core_files ? 'What is started here may leave core files' : null),
    means:
      'The service leaves its memory out of its own on Linux; on other systems, and from other programs that hold tokens, such a file has secrets',
    advice: '`ulimit -c 0` where the service is started, `LimitCORE=0` for systemd, `ulimits: core: 0` for compose',
  },
];
