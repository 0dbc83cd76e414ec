// `gatehouse directory import FILE`: sends a file of newline-delimited JSON to a running service as a backend service with the capability
// `directory`, and tells line by line what could not be taken (docs/import.md). Neither the file nor the answer is held in memory.

import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode, failure } from '../exit.ts';
import { recordLines } from '../print.ts';
import { showProgress } from '../progress.ts';
import { openAnswer } from '../service/call.ts';
import { findService } from '../service/connection.ts';
import { note, printJson, printLine, type Terminal } from '../terminal.ts';

/** Of the lines that were not taken: whoever wants all of them reads the answer of the endpoint. */
const ERRORS_TOLD_MAX = 100;

type Fault = { readonly line: number; readonly external_id?: string; readonly message?: string };
type Line = Partial<Fault> & {
  readonly result?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly code?: string;
};
type Told = { readonly counts: Line['counts'] | null; readonly errors: readonly Fault[]; readonly end: Line | null };

/** Ends with 1 where a line was not taken, and with what the service says where the import broke off. */
export async function directoryImport(invocation: Invocation): Promise<ExitCode> {
  const { input, terminal, is_json } = invocation;
  const { url } = findService(invocation);
  const authorization = `Basic ${Buffer.from(await clientOf(terminal)).toString('base64')}`;
  const file = input.operand('FILE');
  const { size } = await stat(file).catch(unreadable);
  const progress = showProgress(terminal, 'Bytes');
  const answer = await openAnswer(`${url}/directory/import`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-ndjson' },
    body: ReadableStream.from(bytesOf(file, (sent) => progress.at(sent, size))),
    duplex: 'half',
  }).finally(progress.end);
  const { counts, errors, end } = await readAnswer(terminal, answer);
  if (counts === null) {
    const why = typeof end?.message === 'string' ? end.message : 'the answer broke off';
    throw failure(EXIT.unavailable, `Not every line was read: ${why}. Importing the same again does no harm.`, {
      code: typeof end?.code === 'string' ? end.code : 'unavailable',
    });
  }
  const failed = counts?.error ?? 0;
  if (is_json) printJson(terminal, { counts, errors });
  else {
    for (const { line, external_id, message } of errors) {
      for (const each of recordLines({ [`line ${line}`]: `${external_id ?? '?'}: ${message ?? '?'}` }))
        note(terminal, each);
    }
    if (failed > errors.length) note(terminal, `… and ${failed - errors.length} more`);
    for (const line of recordLines({ ...counts })) printLine(terminal, line);
  }
  return failed === 0 ? EXIT.done : EXIT.no;
}

/** `client_id:client_secret`, from the environment or a file. */
async function clientOf({ env }: Terminal): Promise<string> {
  const { GATEHOUSE_CLIENT_ID: id, GATEHOUSE_CLIENT_SECRET, GATEHOUSE_CLIENT_SECRET_FILE } = env;
  const secret =
    GATEHOUSE_CLIENT_SECRET || (GATEHOUSE_CLIENT_SECRET_FILE && (await secretIn(GATEHOUSE_CLIENT_SECRET_FILE)));
  if (id && secret) return `${id}:${secret}`;
  throw failure(EXIT.not_allowed, 'There is no backend service to import as.', {
    code: 'authentication_required',
    lines: ['Give GATEHOUSE_CLIENT_ID, and GATEHOUSE_CLIENT_SECRET or GATEHOUSE_CLIENT_SECRET_FILE.'],
  });
}

async function secretIn(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trim();
}

function unreadable(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  throw failure(EXIT.configuration, `The file cannot be read: ${reason}`, { code: 'configuration' });
}

/** The file as it is sent, piece by piece. `tell` hears how many bytes there were so far. Refused: it cannot be read. */
async function* bytesOf(file: string, tell: (sent: number) => void): AsyncGenerator<Uint8Array> {
  let sent = 0;
  try {
    for await (const piece of createReadStream(file) as AsyncIterable<Uint8Array>) {
      sent += piece.length;
      tell(sent);
      yield piece;
    }
  } catch (error) {
    unreadable(error);
  }
}

/** What came back: the counts at the end, and the first lines that were not taken. */
async function readAnswer(terminal: Terminal, answer: Response): Promise<Told> {
  const progress = showProgress(terminal, 'Lines');
  const errors: Fault[] = [];
  let end: Line | null = null;
  let lines = 0;
  try {
    for await (const text of createInterface({ input: Readable.fromWeb(answer.body as never), crlfDelay: 0 })) {
      const line = JSON.parse(text) as Line;
      lines += 1;
      progress.at(lines, null);
      if (line.result === 'error' && line.line !== undefined && errors.length < ERRORS_TOLD_MAX) {
        errors.push({ ...line, line: line.line });
      }
      end = line;
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { counts: null, errors, end: { message } };
  } finally {
    progress.end();
  }
  return { counts: end?.counts ?? null, errors, end };
}
