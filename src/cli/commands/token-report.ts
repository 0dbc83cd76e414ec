// `gatehouse token report`: texts that somebody has found, told to the service, which ends them (rule T2). Nobody has to be known for that,
// and nobody may be: no credential is sent.

import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode, failure } from '../exit.ts';
import { callService } from '../service/call.ts';
import { findService } from '../service/connection.ts';
import { printJson, printLine, readInput } from '../terminal.ts';

/** One call takes no more. */
const TEXTS_MAX = 1000;

/** Reads texts from standard input, one a line. The service does not say which of them it knew. */
export async function tokenReport(invocation: Invocation): Promise<ExitCode> {
  const { terminal, is_json } = invocation;
  const service = findService(invocation);
  const credentials = (await readInput(terminal)).split('\n').flatMap((line) => line.trim() || []);
  if (credentials.length === 0) throw failure(EXIT.usage, 'No text stands on standard input.', { code: 'usage' });
  if (credentials.length > TEXTS_MAX) {
    throw failure(EXIT.usage, `At most ${TEXTS_MAX} texts can be reported at once.`, { code: 'usage' });
  }
  await callService(service, { method: 'POST', path: '/credentials/revoke', body: { credentials } });
  if (is_json) printJson(terminal, { reported: credentials.length });
  else printLine(terminal, `${credentials.length} reported; those that were live are revoked`);
  return EXIT.done;
}
