// `npm run catalogue:check FILE`: whether a catalogue of operations could be put in force. Ends with 0 and what it declares, or
// with 1 and everything that is wrong with it, by line and JSON pointer. Nothing is loaded, and no database is asked.

import { readCatalogueFile } from '../catalogue-file.ts';
import { isDeclared } from '../domain/catalogue.ts';
import type { LineFault } from '../domain/catalogue-text.ts';
import type { Operation } from '../domain/operation.ts';
import { EXIT_CONFIGURATION } from '../start-refusal.ts';

const USAGE = `npm run catalogue:check FILE
  FILE is an OpenAPI 3.x document as JSON, or an array of operations (docs/catalogue.md).`;
const UNDECLARED_SHOWN_MAX = 10;

const [file, ...others] = process.argv.slice(2);
if (file === undefined || others.length > 0) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = EXIT_CONFIGURATION;
} else {
  process.exitCode = await check(file);
}

async function check(name: string): Promise<number> {
  try {
    const { reading } = await readCatalogueFile(name);
    if ('operations' in reading) return reportOperations(name, reading.operations);
    return reportFaults(name, reading);
  } catch (error) {
    process.stderr.write(`${name} cannot be read: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
}

function reportOperations(name: string, operations: readonly Operation[]): number {
  const declared = operations.filter(isDeclared);
  const count = (fits: (operation: Operation) => boolean) => declared.filter(fits).length;
  const permissionless = count((each) => each.permissionless);
  const public_reads = count((each) => each.public_read);
  const scoped = count((each) => each.classic_scopes !== null);
  print(`${name}: ${declared.length} operations, of which`);
  print(
    `  ${permissionless} need no permission, ${public_reads} are public reads, ${scoped} say which scopes they accept`,
  );
  const silent = operations.filter((each) => !isDeclared(each));
  if (silent.length === 0) return 0;
  print(
    `${silent.length} more say neither which permissions they need nor that they need none, and are denied to everyone:`,
  );
  for (const { id } of silent.slice(0, UNDECLARED_SHOWN_MAX)) print(`  ${id}`);
  if (silent.length > UNDECLARED_SHOWN_MAX) print(`  … and ${silent.length - UNDECLARED_SHOWN_MAX} more`);
  return 0;
}

function reportFaults(
  name: string,
  { faults, more }: { readonly faults: readonly LineFault[]; readonly more: number },
): number {
  for (const { line, pointer, message } of faults) print(`${name}:${line}: ${pointer || 'the document'} ${message}`);
  if (more > 0) print(`… and ${more} more`);
  print(`${name}: not a catalogue, ${faults.length + more} to correct`);
  return 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
