// A command that is one call of the service: what is sent, and how the answer is shown. Everything that such commands have in common is
// here: where the service is, pages, asking before something is taken away, `--json`.

import type { Command, Input, Invocation, Operand, Option } from '../command.ts';
import { EXIT, type ExitCode, failure } from '../exit.ts';
import { type Column, recordLines, tableLines } from '../print.ts';
import { showProgress } from '../progress.ts';
import { confirm, note, printJson, printLine, type Terminal } from '../terminal.ts';
import { type Call, callForRows, callService } from './call.ts';
import { connect, SERVICE_OPTIONS } from './connection.ts';

/** More rows than anybody reads; whoever wants all of them says how many. */
const ROWS_MAX = 1000;

type Shows =
  | { readonly as: 'list'; readonly columns: readonly Column[] }
  /** All members, or these. */
  | { readonly as: 'record'; readonly members?: readonly string[] }
  | { readonly as: 'lines'; readonly lines: (answer: unknown) => readonly string[] }
  /** Nothing is answered but that it was done. */
  | { readonly as: 'done'; readonly says: (input: Input) => string };

export type ServiceCommand = {
  readonly words: string;
  readonly about: string;
  readonly more?: string;
  readonly operands?: readonly Operand[];
  readonly options?: Readonly<Record<string, Option>>;
  readonly call: (input: Input, terminal: Terminal) => Call | Promise<Call>;
  readonly shows: Shows;
  /** What is asked before something is taken away; then there are `--yes` and `--wait`, too. */
  readonly asks?: (input: Input) => string;
};

const LIST_OPTIONS: Readonly<Record<string, Option>> = {
  limit: { value: 'ROWS', about: `The most rows, ${ROWS_MAX} unless said otherwise` },
};
const TAKING_OPTIONS: Readonly<Record<string, Option>> = {
  yes: { about: 'Do not ask' },
  wait: { about: 'Answer when every node has it' },
};

/** The command for one call. */
export function serviceCommand(described: ServiceCommand): Command {
  const { words, about, more, operands, options, shows, asks } = described;
  return {
    ...{ words, about },
    ...(more !== undefined && { more }),
    ...(operands !== undefined && { operands }),
    options: {
      ...options,
      ...(shows.as === 'list' && LIST_OPTIONS),
      ...(asks !== undefined && TAKING_OPTIONS),
      ...SERVICE_OPTIONS,
    },
    run: (invocation) => runCall(described, invocation),
  };
}

async function runCall(described: ServiceCommand, invocation: Invocation): Promise<ExitCode> {
  const { input, terminal, is_json } = invocation;
  const { asks, shows } = described;
  const connection = await connect(invocation);
  const call = withWait(await described.call(input, terminal), input);
  if (asks !== undefined && input.flag('yes') !== true && !(await confirm(terminal, asks(input)))) {
    throw failure(EXIT.usage, 'Nothing was done: say --yes.', { code: 'unconfirmed' });
  }
  if (shows.as === 'list') {
    const rows = await readRows(terminal, input, (options) => callForRows(connection, call, options));
    if (is_json) printJson(terminal, rows);
    else for (const line of tableLines(rows, shows.columns)) printLine(terminal, line);
    return EXIT.done;
  }
  const answer = await callService(connection, call);
  if (is_json) printJson(terminal, answer === null || shows.as === 'done' ? { done: true } : answer);
  else for (const line of linesOf(shows, answer, input)) printLine(terminal, line);
  return EXIT.done;
}

function withWait(call: Call, input: Input): Call {
  return input.flag('wait') === true ? { ...call, query: { ...call.query, wait: 'all' } } : call;
}

type RowsOptions = { readonly rows_max: number; readonly tell: (count: number) => void };

async function readRows(
  terminal: Terminal,
  input: Input,
  read: (options: RowsOptions) => Promise<readonly unknown[]>,
): Promise<readonly unknown[]> {
  const rows_max = input.whole('limit') ?? ROWS_MAX;
  if (rows_max === 0) return [];
  const progress = showProgress(terminal, 'Rows');
  const rows = await read({ rows_max, tell: (count) => progress.at(count, null) }).finally(progress.end);
  if (rows.length === rows_max) note(terminal, `There may be more than these ${rows_max}: --limit says how many.`);
  return rows;
}

function linesOf(shows: Exclude<Shows, { as: 'list' }>, answer: unknown, input: Input): readonly string[] {
  if (shows.as === 'done') return [shows.says(input)];
  if (shows.as === 'lines') return shows.lines(answer);
  const record = typeof answer === 'object' && answer !== null ? { ...answer } : {};
  return recordLines(record, shows.members);
}
