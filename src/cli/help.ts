// What the command line says of itself, made from what commands declare.

import { type Command, type Operand, type Option, optionsOf } from './command.ts';

const TITLE_WIDTH_MAX = 34;

/** `gatehouse user create LOGIN [options]` */
export function usageLine(command: Command): string {
  const operands = (command.operands ?? []).map(operandText);
  return ['gatehouse', command.words, ...operands, '[options]'].join(' ');
}

function operandText({ name, count }: Operand): string {
  if (count === 'one') return name;
  return count === 'many' ? `${name}…` : `[${name}]`;
}

/** `--role ROLE`, `--[no-]site-admin` */
export function optionText(name: string, { value, negatable }: Option): string {
  return `--${negatable === true ? '[no-]' : ''}${name}${value === undefined ? '' : ` ${value}`}`;
}

function optionAbout({ about, choices, many, required }: Option): string {
  const notes = [
    ...(choices === undefined ? [] : [choices.join(', ')]),
    ...(many === true ? ['may be given again'] : []),
    ...(required === true ? ['needed'] : []),
  ];
  return notes.length === 0 ? about : `${about} (${notes.join('; ')})`;
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.min(TITLE_WIDTH_MAX, Math.max(0, ...rows.map(([title]) => title.length)));
  return rows.map(([title, about]) => `  ${title.padEnd(width)}  ${about}`.trimEnd());
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const operands = (command.operands ?? []).map(({ name, about }) => [name, about] as const);
  const options = Object.entries(optionsOf(command));
  const described = options.map(([name, option]) => [optionText(name, option), optionAbout(option)] as const);
  const parts = [
    [usageLine(command)],
    [`${command.about}.`],
    ...(command.more === undefined ? [] : [[command.more]]),
    ...(operands.length === 0 ? [] : [columns(operands)]),
    ['Options', ...columns(described)],
  ];
  return `${parts.map((part) => part.join('\n')).join('\n\n')}\n`;
}

/** The list of commands: all, or those that begin with a word. */
export function overview(commands: readonly Command[], first_word: string | null): string {
  const shown = commands.filter(({ words }) => first_word === null || words.split(' ')[0] === first_word);
  const rows = shown.map(({ words, about }) => [words, about] as const);
  const title = first_word === null ? 'gatehouse COMMAND [options]' : `gatehouse ${first_word} COMMAND [options]`;
  const end = 'gatehouse COMMAND --help says what a command takes. Exit codes: docs/command-line.md.';
  return [title, '', ...columns(rows), '', end, ''].join('\n');
}
