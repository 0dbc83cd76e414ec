// What a command is: its words, what it takes, and what it does. Help, completions and the documentation's list are made from this, so
// that nothing is said twice.

import type { ExitCode } from './exit.ts';
import type { Terminal } from './terminal.ts';

export type Operand = {
  readonly name: string;
  readonly about: string;
  /** `one` has to be there, `optional` may be, `many` is one or more. */
  readonly count: 'one' | 'optional' | 'many';
};

export type Option = {
  readonly about: string;
  /** What stands for its value in the help; without one it is a switch. */
  readonly value?: string;
  /** Values that may be given, each. */
  readonly choices?: readonly string[];
  /** May be given more than once. */
  readonly many?: true;
  /** A switch that can also be switched off: `--no-NAME`. */
  readonly negatable?: true;
  readonly required?: true;
};

/** What was given, read by names that the command declares. */
export type Input = {
  readonly operand: (name: string) => string;
  readonly operandIfGiven: (name: string) => string | undefined;
  readonly operands: (name: string) => readonly string[];
  readonly text: (option: string) => string | undefined;
  readonly texts: (option: string) => readonly string[];
  readonly flag: (option: string) => boolean | undefined;
  /** A whole number in plain digits; anything else is a wrong command line. */
  readonly whole: (option: string) => number | undefined;
};

export type Invocation = {
  readonly input: Input;
  readonly terminal: Terminal;
  /** `--json`: one JSON value on standard output, and nothing else there. */
  readonly is_json: boolean;
};

export type Command = {
  /** `token inspect` */
  readonly words: string;
  readonly about: string;
  /** Paragraphs for the help of this command alone. */
  readonly more?: string;
  readonly operands?: readonly Operand[];
  readonly options?: Readonly<Record<string, Option>>;
  readonly run: (invocation: Invocation) => Promise<ExitCode>;
};

const HELP: Option = { about: 'Say what the command does and takes' };
const JSON_OUT: Option = { about: 'Print one JSON value, for programs' };

/** Its own options, and those that every command has. */
export function optionsOf({ options }: Command): Readonly<Record<string, Option>> {
  return { ...options, json: JSON_OUT, help: HELP };
}
