// Commands of the machine itself: the service, its database, its files. What each does is loaded when it is called, so that calling a
// service does not wait for the parts of one.

import { readFile } from 'node:fs/promises';
import type { Command, Option } from '../command.ts';
import { EXIT } from '../exit.ts';
import { recordLines } from '../print.ts';
import { URL_OPTIONS } from '../service/connection.ts';
import { printJson, printLine } from '../terminal.ts';

const DATABASE = 'The database is that of DATABASE_URL, or the embedded one in DATA_DIR. Settings: docs/operations.md.';
const YES: Readonly<Record<string, Option>> = { yes: { about: 'Do not ask' } };

const serve: Command = {
  words: 'serve',
  about: 'Start the service, as `npm start` does',
  more: `Settings are environment variables: docs/operations.md. A start that is refused ends with 78.
With --json every line is an object, at a terminal too: those of the log, {"ready": {url, docs}} once it listens,
and {"administrator": {login, password}} where the first one was made just now.`,
  run: async () => {
    await import('../../main.ts');
    return EXIT.done;
  },
};

const migrate: Command = {
  words: 'migrate',
  about: 'Bring the database to the form of this version, and end',
  more: DATABASE,
  options: { pending: { about: 'Only say what is missing; ends with 1 where something is' } },
  run: async (invocation) => (await import('./migrate.ts')).migrateCommand(invocation),
};

const doctor: Command = {
  words: 'doctor',
  about: 'Find what is unsafe or slow in this installation, and say what to do',
  more: `It looks at the settings in its environment, which should be those of the service, and at the database: that of
DATABASE_URL, or the embedded one in DATA_DIR. It changes nothing. Ends with 1 where something severe was found.`,
  options: {
    strict: { about: 'End with 1 also where there is a warning' },
    ...URL_OPTIONS,
    url: { value: 'URL', about: 'Also ask this service whether it is ready; else GATEHOUSE_URL, else none' },
  },
  run: async (invocation) => (await import('./doctor.ts')).doctor(invocation),
};

const version: Command = {
  words: 'version',
  about: 'Tell the version of this program, and of what runs it',
  run: async ({ terminal, is_json }) => {
    const text = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
    const facts = {
      gatehouse: (JSON.parse(text) as { readonly version: string }).version,
      node: process.versions.node,
    };
    if (is_json) printJson(terminal, facts);
    else for (const line of recordLines(facts)) printLine(terminal, line);
    return EXIT.done;
  },
};

const auditVerify: Command = {
  words: 'audit verify',
  about: 'Verify that the record is as it was written',
  more: `${DATABASE} It may be in use. Ends with 1 where the record is not as written.`,
  options: {
    roots: { value: 'FILE', about: 'Signed roots to compare with; else AUDIT_ROOT_FILE' },
    'public-key': { value: 'FILE', about: 'Key of their signatures; else FILE.pub beside them' },
  },
  run: async (invocation) => (await import('./audit-verify.ts')).auditVerify(invocation),
};

const catalogueCheck: Command = {
  words: 'catalogue check',
  about: 'Check a catalogue of operations before it is put in force',
  operands: [{ name: 'FILE', about: 'An OpenAPI 3.x document as JSON, or an array of operations', count: 'one' }],
  run: async (invocation) => (await import('./catalogue-check.ts')).catalogueCheck(invocation),
};

const keysDiscard: Command = {
  words: 'keys discard',
  about: 'Take all signing keys away, where their secret is lost',
  more: `${DATABASE}
JWTs that the keys signed, which live 15 minutes at most, do not verify any more, and the next start makes new keys.`,
  options: YES,
  run: async (invocation) => (await import('./keys-discard.ts')).keysDiscard(invocation),
};

const demo: Command = {
  words: 'demo',
  about: 'Tell the story of the README against a running service',
  more: "The administrator's password comes from ADMIN_PASSWORD, the login from ADMIN_LOGIN (admin).",
  options: {
    ...URL_OPTIONS,
    suffix: { value: 'TEXT', about: 'Added to every name, so that the story can be told again' },
  },
  run: async (invocation) => (await import('./demo.ts')).demo(invocation),
};

export const PROCESS_COMMANDS: readonly Command[] = [
  serve,
  migrate,
  doctor,
  auditVerify,
  catalogueCheck,
  keysDiscard,
  demo,
  version,
];
