// A catalogue as somebody wrote it (C2), in either form: all of its operations, or everything that is wrong with it. A
// document with a fault is not loaded, not even in part.

import { readList } from './catalogue-list.ts';
import { readOpenapi } from './catalogue-openapi.ts';
import { type DocumentFault, type DocumentPath, isObject, pointerOf, type Report } from './document-fault.ts';
import type { JsonOptions } from './json-text.ts';
import type { Operation } from './operation.ts';
import { shapeOf } from './template.ts';

/** Compiling these takes every node half a second; the largest API that is known has a tenth of them. */
export const OPERATIONS_MAX = 20_000;

export const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;

/** How the text of a document is read: descriptions of APIs are deep, and say numbers that mean nothing here. */
export const DOCUMENT_JSON: JsonOptions = { depth_max: 256, any_number: true };

/** Who has more to correct corrects these first. */
export const FAULTS_SHOWN_MAX = 100;

export type CatalogueReading =
  | { readonly operations: readonly Operation[] }
  /** `more`: how many are not shown. */
  | { readonly faults: readonly DocumentFault[]; readonly more: number };

type Placed = { readonly operation: Operation; readonly path: DocumentPath };

/** How much the document makes us read. */
function isTooLong(document: unknown): boolean {
  if (Array.isArray(document)) return document.length > OPERATIONS_MAX;
  return isObject(document) && isObject(document.paths) && Object.keys(document.paths).length > OPERATIONS_MAX;
}

function readForm(document: unknown, report: Report): readonly Placed[] {
  if (isTooLong(document)) {
    report([], `must have at most ${OPERATIONS_MAX} operations`);
    return [];
  }
  if (Array.isArray(document)) return readList(document, report);
  if (isObject(document)) return readOpenapi(document, report);
  report([], 'must be an OpenAPI 3.x document, or an array of operations');
  return [];
}

/** Operations that take the same requests cannot be told apart, whatever their parameters are called. @rule C3 */
function refuseRepeated(placed: readonly Placed[], report: Report): void {
  const seen = new Map<string, DocumentPath>();
  for (const { operation, path } of placed) {
    const key = `${operation.method} ${shapeOf(operation.template)}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, path);
    else report(path, `takes the same requests as ${pointerOf(first)}`);
  }
}

/** The operations of the document, or its faults. @rule C1, C2, C3 */
export function readCatalogueDocument(document: unknown): CatalogueReading {
  const faults: DocumentFault[] = [];
  let count = 0;
  const report: Report = (path, message) => {
    count += 1;
    if (faults.length < FAULTS_SHOWN_MAX) faults.push({ pointer: pointerOf(path), message });
  };
  const placed = readForm(document, report);
  if (placed.length > OPERATIONS_MAX) report([], `must have at most ${OPERATIONS_MAX} operations`);
  refuseRepeated(placed, report);
  if (count > 0) return { faults, more: count - faults.length };
  return { operations: placed.map(({ operation }) => operation) };
}
