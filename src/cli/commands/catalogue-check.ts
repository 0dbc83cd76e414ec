// `gatehouse catalogue check FILE` and `npm run catalogue:check FILE`: whether a catalogue of operations could be put in force. Ends with
// 0 and what it declares, or with 1 and everything that is wrong with it, by line and JSON pointer. Nothing is loaded, and no database
// is asked.

import { readCatalogueFile } from '../../catalogue-file.ts';
import { isDeclared } from '../../domain/catalogue.ts';
import type { LineFault } from '../../domain/catalogue-text.ts';
import type { Operation } from '../../domain/operation.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode, failure } from '../exit.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

const UNDECLARED_SHOWN_MAX = 10;

/** Reads the file and says what it declares, or what is wrong with it. */
export async function catalogueCheck({ input, terminal, is_json }: Invocation): Promise<ExitCode> {
  const file = input.operand('FILE');
  const { reading } = await readCatalogueFile(file).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw failure(EXIT.no, `${file} cannot be read: ${reason}`, { code: 'unreadable' });
  });
  if ('operations' in reading) return tellOperations({ file, is_json, terminal }, reading.operations);
  return tellFaults({ file, is_json, terminal }, reading);
}

type Telling = { readonly file: string; readonly is_json: boolean; readonly terminal: Terminal };

function tellOperations({ file, is_json, terminal }: Telling, operations: readonly Operation[]): ExitCode {
  const declared = operations.filter(isDeclared);
  const count = (fits: (operation: Operation) => boolean) => declared.filter(fits).length;
  const permissionless = count((each) => each.permissionless);
  const public_reads = count((each) => each.public_read);
  const scoped = count((each) => each.classic_scopes !== null);
  const undeclared = operations.filter((each) => !isDeclared(each)).map(({ id }) => id);
  if (is_json) {
    const counts = { operations: declared.length, permissionless, public_reads, scoped };
    printJson(terminal, { ok: true, ...counts, undeclared, faults: [], more: 0 });
    return EXIT.done;
  }
  printLine(terminal, `${file}: ${declared.length} operations, of which`);
  printLine(
    terminal,
    `  ${permissionless} need no permission, ${public_reads} are public reads, ${scoped} say which scopes they accept`,
  );
  if (undeclared.length > 0) tellUndeclared(terminal, undeclared);
  return EXIT.done;
}

function tellUndeclared(terminal: Terminal, ids: readonly string[]): void {
  printLine(
    terminal,
    `${ids.length} more say neither which permissions they need nor that they need none, and are denied to everyone:`,
  );
  for (const id of ids.slice(0, UNDECLARED_SHOWN_MAX)) printLine(terminal, `  ${id}`);
  if (ids.length > UNDECLARED_SHOWN_MAX) printLine(terminal, `  … and ${ids.length - UNDECLARED_SHOWN_MAX} more`);
}

type Faulty = { readonly faults: readonly LineFault[]; readonly more: number };

function tellFaults({ file, is_json, terminal }: Telling, { faults, more }: Faulty): ExitCode {
  if (is_json) {
    printJson(terminal, { ok: false, faults, more });
    return EXIT.no;
  }
  for (const { line, pointer, message } of faults) {
    printLine(terminal, `${file}:${line}: ${pointer || 'the document'} ${message}`);
  }
  if (more > 0) printLine(terminal, `… and ${more} more`);
  printLine(terminal, `${file}: not a catalogue, ${faults.length + more} to correct`);
  return EXIT.no;
}
