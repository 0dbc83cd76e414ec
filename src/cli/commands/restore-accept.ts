// `gatehouse restore accept` and `npm run restore:accept`: a database that was restored, set back or promoted is accepted as the one that
// counts. Done, also where there is nothing to accept.

import { readFileSync } from 'node:fs';
import { loadConfig } from '../../config.ts';
import { digestsOfEnded } from '../../domain/audit-export.ts';
import { useDatabase } from '../../open-database.ts';
import { acceptRestore, type TokensToEnd } from '../../use-cases/service/accept-restore.ts';
import { judgeRestore } from '../../use-cases/service/judge-restore.ts';
import type { Input, Invocation } from '../command.ts';
import { EXIT, type ExitCode, failure } from '../exit.ts';
import { confirm, printJson, printLine } from '../terminal.ts';

const QUESTION = 'Accept the database as it is, though what was revoked since may be valid in it?';

/** Accepts it, and revokes what is wished. */
export async function restoreAccept({ input, terminal, is_json }: Invocation): Promise<ExitCode> {
  const wish = { tokens: tokensOf(input), keeps_sessions: input.flag('keep-sessions') === true };
  const is_meant = input.flag('yes') === true || (await confirm(terminal, QUESTION));
  if (!is_meant) throw failure(EXIT.usage, 'Nothing was done: say --yes.', { code: 'unconfirmed' });
  const config = loadConfig(terminal.env);
  const accepted = await useDatabase(config, terminal.env, async (db) => {
    const judgement = await judgeRestore({ db, config });
    return judgement.fault === null ? null : acceptRestore({ db, clock: terminal.now }, judgement, wish);
  });
  if (is_json) printJson(terminal, { accepted });
  else if (accepted === null) printLine(terminal, 'There is nothing to accept.');
  else {
    const { fault, epoch_before, epoch_after, tokens_revoked, sessions_ended } = accepted;
    printLine(terminal, `Accepted [${fault}]: changes go on from ${epoch_after}, the database was at ${epoch_before}.`);
    printLine(terminal, `${tokens_revoked} tokens were revoked, ${sessions_ended} sessions ended.`);
  }
  return EXIT.done;
}

function tokensOf(input: Input): TokensToEnd {
  const since = input.text('revoke-since');
  const file = input.text('revoke-listed');
  const is_all = input.flag('revoke-all') === true;
  if ([since !== undefined, file !== undefined, is_all].filter(Boolean).length > 1) {
    throw failure(EXIT.usage, 'Say only one of --revoke-since, --revoke-all and --revoke-listed.');
  }
  if (is_all) return { which: 'all' };
  if (file !== undefined) return { which: 'listed', digests: listOf(file) };
  if (since === undefined) return { which: 'none' };
  const moment = new Date(since);
  if (Number.isNaN(moment.getTime())) {
    throw failure(EXIT.usage, '--revoke-since takes a date and time, as 2027-03-19T08:00:00Z.');
  }
  return { which: 'issued_since', moment };
}

function listOf(file: string): readonly string[] {
  try {
    return digestsOfEnded(readFileSync(file, 'utf8'));
  } catch (error) {
    throw failure(EXIT.usage, `${file} cannot be used: ${error instanceof Error ? error.message : error}.`);
  }
}
