// `gatehouse database roles` and `npm run database:roles`: the roles of the database that own nothing, made where they are missing, and
// given exactly their rights.

import { loadConfig } from '../../config.ts';
import { prepareRoles } from '../../open-database.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { printJson, printLine } from '../terminal.ts';

/** May be done again at any time. */
export async function databaseRoles({ terminal, is_json }: Invocation): Promise<ExitCode> {
  const roles = await prepareRoles(loadConfig(terminal.env), terminal.env);
  if (is_json) printJson(terminal, { roles });
  else for (const role of roles) printLine(terminal, `${role} has its rights`);
  return EXIT.done;
}
