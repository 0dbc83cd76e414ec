// Every command of `gatehouse`, in the order in which help lists them.

import type { Command } from './command.ts';
import { CLIENT_COMMANDS } from './commands/clients.ts';
import { ENTERPRISE_COMMANDS } from './commands/enterprises.ts';
import { ORGANIZATION_ACCESS_COMMANDS } from './commands/organization-access.ts';
import { ORGANIZATION_COMMANDS } from './commands/organizations.ts';
import { PEOPLE_COMMANDS } from './commands/people.ts';
import { POLICY_COMMANDS } from './commands/policies.ts';
import { PROCESS_COMMANDS } from './commands/process.ts';
import { RECOVERY_COMMANDS } from './commands/recovery.ts';
import { login, logout, whoami } from './commands/sessions.ts';
import { tokenReport } from './commands/token-report.ts';
import { TOKEN_COMMANDS } from './commands/tokens.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';
import { EXIT } from './exit.ts';
import { usage } from './parse.ts';
import { SERVICE_OPTIONS, URL_OPTIONS } from './service/connection.ts';
import { printJson } from './terminal.ts';

const LOGIN = { name: 'LOGIN', about: 'Your login', count: 'one' } as const;

const SESSION_COMMANDS: readonly Command[] = [
  {
    words: 'login',
    about: 'Sign in, and keep the session for the other commands',
    more: 'The password is asked for, or read from standard input.',
    operands: [LOGIN],
    options: URL_OPTIONS,
    run: login,
  },
  { words: 'logout', about: 'End the session that is kept', options: URL_OPTIONS, run: logout },
  { words: 'whoami', about: 'Tell what the credential is and may do', options: SERVICE_OPTIONS, run: whoami },
];

const TEXT_COMMANDS: readonly Command[] = [
  {
    words: 'token inspect',
    about: 'Tell what a credential is by its form alone: kind, checksum, digest; offline',
    more: `The text is asked for, or read from standard input; it is neither printed nor sent, and never taken from the command line.
Ends with 1 where it has not the form of a credential, or the checksum is wrong.`,
    run: async (invocation) => (await import('./commands/token-inspect.ts')).tokenInspect(invocation),
  },
  {
    words: 'token report',
    about: 'Report leaked texts, one a line of standard input: those that are live are revoked',
    options: URL_OPTIONS,
    run: tokenReport,
  },
];

const directoryImport: Command = {
  words: 'directory import',
  about: 'Import people, organizations, repositories and roles from a file, as a backend service',
  more: `FILE is newline-delimited JSON (docs/import.md). The backend service has the capability directory; it is GATEHOUSE_CLIENT_ID, with
GATEHOUSE_CLIENT_SECRET or GATEHOUSE_CLIENT_SECRET_FILE. Ends with 1 where a line was not taken; importing again does no harm.`,
  operands: [{ name: 'FILE', about: 'What to import', count: 'one' }],
  options: URL_OPTIONS,
  run: async (invocation) => (await import('./commands/directory-import.ts')).directoryImport(invocation),
};

const completion: Command = {
  words: 'completion',
  about: 'Print the completions for a shell',
  operands: [{ name: 'SHELL', about: SHELLS.join(', '), count: 'one' }],
  run: async ({ input, terminal, is_json }) => {
    const shell = SHELLS.find((each) => each === input.operand('SHELL'));
    if (shell === undefined) throw usage(completion, `SHELL is one of ${SHELLS.join(', ')}`);
    const script = completionScript(shell satisfies Shell, COMMANDS);
    if (is_json) printJson(terminal, { shell, script });
    else terminal.stdout.write(script);
    return EXIT.done;
  },
};

export const COMMANDS: readonly Command[] = [
  ...PROCESS_COMMANDS,
  ...RECOVERY_COMMANDS,
  ...SESSION_COMMANDS,
  ...PEOPLE_COMMANDS,
  ...ORGANIZATION_COMMANDS,
  ...ORGANIZATION_ACCESS_COMMANDS,
  ...ENTERPRISE_COMMANDS,
  ...CLIENT_COMMANDS,
  directoryImport,
  ...TEXT_COMMANDS,
  ...TOKEN_COMMANDS,
  ...POLICY_COMMANDS,
  completion,
];
