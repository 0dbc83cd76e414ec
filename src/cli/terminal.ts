// Where a command reads and writes: standard streams, environment, clock. Handed to commands, so that tests call them without a process
// of their own. A secret is read from standard input or asked for without an echo; it is never taken from the command line, where
// other users of the machine and the shell's history see it.

import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import type { Environment } from '../settings.ts';
import { EXIT, failure } from './exit.ts';

/** More than any secret of ours has. */
const LINE_CHARACTERS_MAX = 4096;
const INPUT_BYTES_MAX = 1024 * 1024;

export type Terminal = {
  readonly env: Environment;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly now: () => Date;
};

export function printLine(terminal: Terminal, line: string): void {
  terminal.stdout.write(`${line}\n`);
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** A note for the person at the terminal, beside what the command answers. */
export function note(terminal: Terminal, line: string): void {
  terminal.stderr.write(`${line}\n`);
}

/** Everything that stands on standard input. */
export async function readInput(terminal: Terminal): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of terminal.stdin) {
    const chunk = Buffer.from(part);
    bytes += chunk.length;
    if (bytes > INPUT_BYTES_MAX) throw failure(EXIT.usage, `Standard input has more than ${INPUT_BYTES_MAX} bytes.`);
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** A secret: asked for at a terminal, without an echo; else the first line of standard input. */
export async function readSecret(terminal: Terminal, question: string): Promise<string> {
  const line = terminal.stdin.isTTY === true ? await ask(terminal, question, 'hidden') : await firstLine(terminal);
  if (line === '') throw failure(EXIT.usage, `${question}: nothing was given on standard input.`);
  if (line.length > LINE_CHARACTERS_MAX) throw failure(EXIT.usage, `${question}: that is too long.`);
  return line;
}

async function firstLine(terminal: Terminal): Promise<string> {
  const [line = ''] = (await readInput(terminal)).split('\n');
  return line.replace(/\r$/, '');
}

/** Whether the person says yes. Where nobody can be asked, only `--yes` is a yes. */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  if (terminal.stdin.isTTY !== true) return false;
  const answer = await ask(terminal, `${question} (yes/no)`, 'shown');
  return /^y(es)?$/i.test(answer.trim());
}

function ask(terminal: Terminal, question: string, echo: 'hidden' | 'shown'): Promise<string> {
  terminal.stderr.write(`${question}: `);
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (echo === 'shown') terminal.stderr.write(String(chunk));
      done();
    },
  });
  const lines = createInterface({ input: terminal.stdin, output, terminal: true });
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.on('SIGINT', () => {
      reject(failure(EXIT.no, 'Nothing was done.'));
      lines.close();
    });
    lines.on('close', () => {
      if (echo === 'hidden') terminal.stderr.write('\n');
      resolve('');
    });
  });
}
