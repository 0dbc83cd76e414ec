// `gatehouse restore check` and `npm run restore:check`: whether a start would take the database, or refuse it because it was restored,
// set back or promoted.

import { loadConfig } from '../../config.ts';
import { useDatabase } from '../../open-database.ts';
import { judgeRestore } from '../../use-cases/service/judge-restore.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { printJson, printLine } from '../terminal.ts';

/** Judges as the start does, and tells. */
export async function restoreCheck({ terminal, is_json }: Invocation): Promise<ExitCode> {
  const config = loadConfig(terminal.env);
  const judgement = await useDatabase(config, terminal.env, (db) => judgeRestore({ db, config }));
  const { fault, why, state, kept, acceptance } = judgement;
  const { recorded, found, epoch } = state;
  if (is_json) printJson(terminal, { ok: fault === null, fault, why, epoch, kept, recorded, found });
  else {
    const verdict = fault === null ? 'The database would be taken' : `The start would be refused [${fault}]`;
    const file = kept === null ? 'no EPOCH_FILE to compare it with' : `EPOCH_FILE knows ${kept.epoch}`;
    printLine(terminal, `${verdict}: ${why}.`);
    printLine(terminal, `  last change: ${epoch}, ${file}`);
    if (fault !== null) {
      printLine(terminal, `  to accept it: gatehouse restore accept, or a start with ACCEPT_RESTORE=${acceptance}`);
    }
  }
  return fault === null ? EXIT.done : EXIT.no;
}
