// Appends a signed root of the record to the file that is set for it (promises P14).

import { createPublicKey } from 'node:crypto';
import { asOnlyNode, listChangedLogs } from '../../db/audit-roots.ts';
import type { Deps } from '../../deps.ts';
import { appendRootLine, lastRootLine, rootKeyOf } from '../../root-file.ts';
import { digestOfLine, printRoot, readRoot } from './audit-root.ts';

export const AUDIT_ROOT_SECONDS = 60;

/** Does nothing where no file is set, or where another node is at it. */
export async function exportAuditRoot({ db, config, clock }: Pick<Deps, 'db' | 'config' | 'clock'>): Promise<void> {
  const file = config.audit_root_file;
  if (file === null) return;
  const key = await rootKeyOf(file);
  await asOnlyNode(db, async (transaction) => {
    const line = await lastRootLine(file);
    const before = line === null ? null : readRoot(line, createPublicKey(key));
    const { horizon, logs } = await listChangedLogs(transaction, before?.horizon ?? null);
    const ends = logs.map((each) => [each.log_kind, each.log_id, each.entries, each.hash] as const);
    const previous = line === null ? null : digestOfLine(line);
    await appendRootLine(file, printRoot({ at: clock().toISOString(), horizon, logs: ends, previous }, key));
  });
}
