// PUT /admin/catalogue, and CATALOGUE_FILE at the start: another catalogue of operations is put in force, whole or not at all
// (C2).

import { writeAudit } from '../../db/audit.ts';
import {
  type CatalogueState,
  type NewCatalogue,
  replaceCatalogue,
  replaceCatalogueByFile,
} from '../../db/catalogue.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { AuditEvent } from '../../domain/audit.ts';
import { type Caller, SYSTEM_CALLER } from '../../domain/caller.ts';
import { isDeclared } from '../../domain/catalogue.ts';
import { readCatalogueDocument } from '../../domain/catalogue-document.ts';
import { printList } from '../../domain/catalogue-list.ts';
import type { Operation } from '../../domain/operation.ts';
import { Refusal } from '../../domain/refusal.ts';
import { digestOf } from '../../secrets.ts';

/** What is kept of the operations: all of them; those that declare nothing are not counted. */
function newCatalogue(deps: Deps, operations: readonly Operation[]): NewCatalogue {
  return {
    operations: JSON.stringify(printList(operations)),
    operations_count: operations.filter(isDeclared).length,
    changed_at: deps.clock(),
  };
}

function changed(source: 'api' | 'file', version: number, { operations, operations_count }: NewCatalogue): AuditEvent {
  const data = { source, version, operations: operations_count, digest: digestOf(operations) };
  return { action: 'catalogue.update', operation_type: 'modify', data };
}

/** Puts the document in force. Refuses 422 with every fault of it; the one before stays then. @rule C2, L1 */
export async function setCatalogue(deps: Deps, caller: Caller, document: unknown): Promise<CatalogueState> {
  const read = readCatalogueDocument(document);
  if ('faults' in read) throw new Refusal('validation_failed', { faults: read.faults });
  const catalogue = newCatalogue(deps, read.operations);
  const version = await inTransaction(deps.db, async (db) => {
    const made = await replaceCatalogue(db, catalogue);
    await writeAudit(db, caller, changed('api', made, catalogue));
    return made;
  });
  deps.catalogue.forget();
  return { version, operations: catalogue.operations_count };
}

/**
 * Puts the catalogue of a file in force, unless the same file was the last one: what was loaded since by a call stays then.
 * Answers whether it did. @rule C2, L1
 */
export async function setCatalogueByFile(
  deps: Deps,
  file: { readonly digest: string; readonly operations: readonly Operation[] },
): Promise<boolean> {
  const catalogue = newCatalogue(deps, file.operations);
  const version = await inTransaction(deps.db, async (db) => {
    const made = await replaceCatalogueByFile(db, { ...catalogue, file_digest: file.digest });
    if (made !== null) await writeAudit(db, SYSTEM_CALLER, changed('file', made, catalogue));
    return made;
  });
  deps.catalogue.forget();
  return version !== null;
}
