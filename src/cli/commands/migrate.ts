// `gatehouse migrate`: brings the database to the form of this version, and ends; or only says what is missing.

import { loadConfig } from '../../config.ts';
import { listPendingMigrations, migrateDatabase } from '../../migrate-database.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { showProgress } from '../progress.ts';
import { printJson, printLine } from '../terminal.ts';

/** Applies what is missing; with `--pending` ends with 1 where something is, and applies nothing. */
export async function migrateCommand({ input, terminal, is_json }: Invocation): Promise<ExitCode> {
  const config = loadConfig(terminal.env);
  if (input.flag('pending') === true) {
    const pending = await listPendingMigrations(config, terminal.env);
    if (is_json) printJson(terminal, { pending });
    else if (pending.length === 0) printLine(terminal, 'The database has the form of this version');
    else for (const name of pending) printLine(terminal, `pending  ${name}`);
    return pending.length === 0 ? EXIT.done : EXIT.no;
  }
  const progress = showProgress(terminal, 'Migrations');
  const applied = await migrateDatabase(config, terminal.env, progress.at).finally(progress.end);
  if (is_json) printJson(terminal, { applied });
  else if (applied.length === 0) printLine(terminal, 'The database has the form of this version already');
  else for (const name of applied) printLine(terminal, `applied  ${name}`);
  return EXIT.done;
}
