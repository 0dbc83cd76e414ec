// From the words behind `gatehouse` to a command and what it was given. What is wrong with them is said without repeating values: one of
// them may be a secret that does not belong there.

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { type Command, type Input, type Operand, type Option, optionsOf } from './command.ts';
import { EXIT, failure } from './exit.ts';

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

export type Parsed = { readonly input: Input; readonly is_json: boolean; readonly is_help: boolean };

/** The command whose words the line begins with, the longest such, and the words behind it; null: there is none. */
export function findCommand(
  commands: readonly Command[],
  line: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | null {
  const found = commands
    .map((command) => ({ command, words: command.words.split(' ') }))
    .filter(({ words }) => words.every((word, index) => line[index] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
  return found === undefined ? null : { command: found.command, rest: line.slice(found.words.length) };
}

/** What the command was given. A wrong line is refused with the code for that. */
export function parseLine(command: Command, line: readonly string[]): Parsed {
  const options = optionsOf(command);
  const { values, positionals } = parseWords(command, options, line);
  const is_help = values.help === true;
  if (!is_help) checkGiven(command, options, values, positionals);
  return { input: inputOf(command, values, positionals), is_json: values.json === true, is_help };
}

function parseWords(command: Command, options: Readonly<Record<string, Option>>, line: readonly string[]) {
  const config: ParseArgsOptionsConfig = {};
  for (const [name, { value, many }] of Object.entries(options)) {
    config[name] = {
      type: value === undefined ? 'boolean' : 'string',
      multiple: many === true,
      ...(name === 'help' && { short: 'h' }),
    };
  }
  try {
    const parsed = parseArgs({
      args: [...line],
      options: config,
      allowPositionals: true,
      allowNegative: true,
      strict: true,
    });
    return { values: asNamed(options, parsed.values as Values), positionals: parsed.positionals };
  } catch (error) {
    throw usage(command, faultOf(error, line));
  }
}

/** An option whose own name begins so is taken for the opposite of another one, which there is not. */
function asNamed(options: Readonly<Record<string, Option>>, values: Values): Values {
  const named = Object.keys(options).filter((name) => name.startsWith('no-') && values[name.slice(3)] === false);
  return { ...values, ...Object.fromEntries(named.map((name) => [name, true])) };
}

/** Without the values that stood on the line, which the parser's own message may repeat. */
function faultOf(error: unknown, line: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const named = /'(-[^'=\s]*)/.exec(message)?.[1] ?? '';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const is_option_of_line = line.some((word) => word === named || word.startsWith(`${named}=`));
  const option = named === '' || !is_option_of_line ? 'an option' : named.slice(0, 40);
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `${option} is no option of it`;
  return `${option} has no value, or one where none belongs`;
}

function checkGiven(
  command: Command,
  options: Readonly<Record<string, Option>>,
  values: Values,
  positionals: readonly string[],
): void {
  const operands = command.operands ?? [];
  const needed = operands.filter(({ count }) => count !== 'optional').length;
  const is_open = operands.some(({ count }) => count === 'many');
  const missing = operands[positionals.length];
  if (positionals.length < needed && missing !== undefined) throw usage(command, `${missing.name} is missing`);
  if (!is_open && positionals.length > operands.length) {
    throw usage(command, `it takes ${operands.length === 0 ? 'no' : `only ${operands.length}`} words behind it`);
  }
  if (positionals.some((word) => word === '')) throw usage(command, 'an empty word stands behind it');
  for (const [name, option] of Object.entries(options)) checkOption(command, name, option, values[name]);
}

function checkOption(command: Command, name: string, option: Option, value: Values[string]): void {
  if (value === undefined) {
    if (option.required === true) throw usage(command, `--${name} is missing`);
    return;
  }
  if (value === false && option.negatable !== true) throw usage(command, `--no-${name} is no option of it`);
  const { choices } = option;
  const is_foreign = choices !== undefined && [value].flat().some((each) => !choices.includes(String(each)));
  if (is_foreign) throw usage(command, `--${name} is one of ${choices.join(', ')}`);
}

function inputOf(command: Command, values: Values, positionals: readonly string[]): Input {
  const operands = command.operands ?? [];
  const at = (name: string) => operands.findIndex((operand: Operand) => operand.name === name);
  const text = (option: string) => {
    const value = values[option];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    operand: (name) => positionals[at(name)] ?? '',
    operandIfGiven: (name) => positionals[at(name)],
    operands: (name) => positionals.slice(at(name)),
    text,
    texts: (option) => [values[option] ?? []].flat().map(String),
    flag: (option) => (typeof values[option] === 'boolean' ? values[option] : undefined),
    whole: (option) => {
      const value = text(option);
      if (value === undefined) return undefined;
      if (/^[0-9]{1,15}$/.test(value)) return Number(value);
      throw usage(command, `--${option} is a whole number`);
    },
  };
}

/** The refusal of a line. */
export function usage(command: Command, why: string): Error {
  return failure(EXIT.usage, `gatehouse ${command.words}: ${why}.`, {
    code: 'usage',
    lines: [`gatehouse ${command.words} --help says what it takes`],
  });
}
