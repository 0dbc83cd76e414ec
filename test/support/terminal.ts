// A terminal for commands that are called within the test: what stands on standard input, the environment, and everything that is written.

import { PassThrough, Readable } from 'node:stream';
import { COMMANDS } from '../../src/cli/commands.ts';
import type { ExitCode } from '../../src/cli/exit.ts';
import { runLine } from '../../src/cli/run.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

export type Ran = { readonly code: ExitCode; readonly out: string; readonly err: string };

export type Around = {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Standard error is a terminal: there is progress. */
  readonly is_tty?: boolean;
};

/** Somebody sits at a terminal and types; he sees `err`. */
export function typeAt(line: readonly string[], typed: string, env: Around['env'] = {}): Promise<Ran> {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  keyboard.write(typed);
  return run(line, env, { stdin: keyboard, is_tty: true });
}

/** Runs the command line as the process would, and answers what it wrote and how it ended. */
export async function runCommand(
  line: readonly string[],
  { env = {}, input = '', is_tty = false }: Around = {},
): Promise<Ran> {
  return run(line, env, { stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]), is_tty });
}

type Streams = { readonly stdin: Terminal['stdin']; readonly is_tty: boolean };

async function run(line: readonly string[], env: NonNullable<Around['env']>, { stdin, is_tty }: Streams): Promise<Ran> {
  const written = { out: '', err: '' };
  const terminal: Terminal = {
    env,
    stdin,
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text), isTTY: is_tty },
    now: () => new Date(),
  };
  const code = await runLine(COMMANDS, line, terminal);
  return { code, ...written };
}
