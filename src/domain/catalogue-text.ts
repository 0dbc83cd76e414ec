// A catalogue as the text of a file (C2): what is wrong stands by line too.

import { type CatalogueReading, DOCUMENT_JSON, readCatalogueDocument } from './catalogue-document.ts';
import { type DocumentFault, lineOf, pointerOf } from './document-fault.ts';
import { readJsonText } from './json-text.ts';
import type { Operation } from './operation.ts';

export type LineFault = DocumentFault & { readonly line: number };

export type CatalogueTextReading =
  | { readonly operations: readonly Operation[] }
  /** `more`: how many are not shown. */
  | { readonly faults: readonly LineFault[]; readonly more: number };

/** The place and those in which it is: where a member is missing, its object is to be looked at. */
function placesOf(pointer: string): readonly string[] {
  const steps = pointer.split('/');
  return steps.map((_, index) => steps.slice(0, steps.length - index).join('/'));
}

/** Where the values with these pointers begin. */
function positionsOf(text: string, pointers: ReadonlySet<string>): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  readJsonText(text, {
    ...DOCUMENT_JSON,
    onValue: (path, at) => {
      const pointer = pointerOf(path);
      if (pointers.has(pointer)) positions.set(pointer, at);
    },
  });
  return positions;
}

function withLines(
  text: string,
  { faults, more }: Extract<CatalogueReading, { faults: unknown }>,
): CatalogueTextReading {
  const positions = positionsOf(text, new Set(faults.flatMap(({ pointer }) => placesOf(pointer))));
  const placed = faults.map((fault): LineFault => {
    const place = placesOf(fault.pointer).find((pointer) => positions.has(pointer));
    return { ...fault, line: lineOf(text, positions.get(place ?? '') ?? 0) };
  });
  return { faults: placed, more };
}

/** The operations that the text declares, or its faults. @rule C2 */
export function readCatalogueText(text: string): CatalogueTextReading {
  const read = readJsonText(text, DOCUMENT_JSON);
  if ('fault' in read) {
    const { at, path, message } = read.fault;
    return { faults: [{ pointer: pointerOf(path), message, line: lineOf(text, at) }], more: 0 };
  }
  const reading = readCatalogueDocument(read.value);
  return 'operations' in reading ? reading : withLines(text, reading);
}
