// One command line, from its words to its exit code. What goes wrong ends here: one line for people on standard error, or with `--json`
// one JSON object there.

import { StorageUnavailable } from '../domain/fault.ts';
import { EXIT_CONFIGURATION, isStartRefusal } from '../start-refusal.ts';
import type { Command } from './command.ts';
import { EXIT, type ExitCode, type FailureDetails, failure, isFailure } from './exit.ts';
import { commandHelp, overview } from './help.ts';
import { findCommand, parseLine } from './parse.ts';
import { printable } from './print.ts';
import type { Terminal } from './terminal.ts';

/** Runs the line and answers the exit code; never throws. */
export async function runLine(
  commands: readonly Command[],
  line: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    return await runCommand(commands, line, terminal);
  } catch (error) {
    return tellFailure(error, line.includes('--json'), terminal);
  }
}

async function runCommand(
  commands: readonly Command[],
  line: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const asked = spelledOut(line);
  const found = findCommand(commands, asked);
  if (found === null) return tellOverview(commands, asked, terminal);
  const { command, rest } = found;
  const { input, is_json, is_help } = parseLine(command, rest);
  if (is_help) {
    terminal.stdout.write(commandHelp(command));
    return EXIT.done;
  }
  return command.run({ input, terminal, is_json });
}

/** `gatehouse help user create` and `gatehouse --version` are other spellings. */
function spelledOut(line: readonly string[]): readonly string[] {
  const [first, ...rest] = line;
  if (first === 'help') return [...rest, '--help'];
  return first === '--version' ? ['version', ...rest] : line;
}

/** The list of commands, all or those that begin with the word: an answer where it is asked for, else what is missing. */
function tellOverview(commands: readonly Command[], line: readonly string[], terminal: Terminal): ExitCode {
  const is_group = commands.some(({ words }) => words.split(' ')[0] === line[0]);
  const group = is_group ? (line[0] ?? null) : null;
  const [option, ...more] = group === null ? line : line.slice(1);
  const is_asked = option === '--help' || option === '-h';
  if (more.length > 0 || (option !== undefined && !is_asked)) {
    const of_group = group === null ? '' : ` ${group}`;
    throw failure(EXIT.usage, `There is no such command: gatehouse${of_group} --help lists them.`, { code: 'usage' });
  }
  (is_asked ? terminal.stdout : terminal.stderr).write(overview(commands, group));
  return is_asked ? EXIT.done : EXIT.usage;
}

type Told = FailureDetails & { readonly exit_code: ExitCode; readonly message: string };

function told(error: unknown): Told {
  if (isFailure(error)) return { message: error.message, ...error.details, exit_code: error.exit_code };
  if (isStartRefusal(error)) {
    return { message: error.message, code: 'configuration', exit_code: EXIT_CONFIGURATION };
  }
  if (error instanceof StorageUnavailable) {
    const cause = error.cause instanceof Error ? error.cause.message : String(error.cause);
    return { message: `The database cannot be used: ${cause}`, code: 'unavailable', exit_code: EXIT.unavailable };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: text, code: 'software', exit_code: EXIT.software };
}

function tellFailure(error: unknown, is_json: boolean, terminal: Terminal): ExitCode {
  const { lines = [], ...rest } = told(error);
  if (is_json) terminal.stderr.write(`${JSON.stringify({ error: rest })}\n`);
  else
    for (const line of [rest.message, ...lines.map((each) => `  ${each}`)]) terminal.stderr.write(`${shown(line)}\n`);
  return rest.exit_code;
}

/** A message may have lines of its own; nothing else of it reaches the terminal as more than text. */
function shown(message: string): string {
  return message.split('\n').map(printable).join('\n');
}
