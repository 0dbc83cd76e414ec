// Whether the record still has everything that the file of roots says of it (promises P14): every line, signed and in its place,
// and every end of a log that it names. What was written anew from some entry on, or cut off, hash by hash, is found here.

import type { KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Kysely } from 'kysely';
import { listBrokenEnds } from '../../db/audit-roots.ts';
import type { Database } from '../../db/schema.ts';
import type { AuditFinding } from '../../domain/audit-finding.ts';
import { digestOfLine, readRoot } from './audit-root.ts';

export type RootsReport = {
  readonly roots: number;
  /** The first line that is malformed, not signed with this key, or not the successor of the one before it; null: none. */
  readonly broken_line: number | null;
  readonly findings: readonly AuditFinding[];
};

const FINDINGS_MAX = 1000;

export async function verifyAuditRoots(db: Kysely<Database>, file: string, key: KeyObject): Promise<RootsReport> {
  const findings: AuditFinding[] = [];
  let previous: string | null = null;
  let roots = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    const root = readRoot(line, key);
    if (root === null || root.previous !== previous) return { roots, broken_line: roots + 1, findings };
    const ends = root.logs.map(([log_kind, log_id, entries, hash]) => ({ log_kind, log_id, entries, hash }));
    for (const { log_kind, log_id, entries } of await listBrokenEnds(db, ends)) {
      if (findings.length === FINDINGS_MAX) break;
      findings.push({ problem: 'root_broken', log: { log_kind, log_id }, position: entries, entry_id: null });
    }
    previous = digestOfLine(line);
    roots += 1;
  }
  return { roots, broken_line: null, findings };
}
