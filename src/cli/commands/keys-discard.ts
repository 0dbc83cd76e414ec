// `gatehouse keys discard --yes` and `npm run keys:discard -- --yes`: takes all signing keys away, where their secret or file is lost and
// the service does not start.

import { loadConfig } from '../../config.ts';
import { changeDatabase } from '../../open-database.ts';
import { discardSigningKeys } from '../../use-cases/signing-keys/discard-signing-keys.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode, failure } from '../exit.ts';
import { confirm, printJson, printLine } from '../terminal.ts';

/** Takes them away; the next start makes new ones. */
export async function keysDiscard({ input, terminal, is_json }: Invocation): Promise<ExitCode> {
  const is_meant = input.flag('yes') === true || (await confirm(terminal, 'Take all signing keys away?'));
  if (!is_meant) throw failure(EXIT.usage, 'Nothing was done: say --yes.', { code: 'unconfirmed' });
  const kids = await changeDatabase(loadConfig(terminal.env), terminal.env, discardSigningKeys);
  if (is_json) printJson(terminal, { discarded: kids });
  else printLine(terminal, `${kids.length} signing keys were taken away${kids.map((kid) => `\n  ${kid}`).join('')}`);
  return EXIT.done;
}
