// Verifying the record (promises P14): every log is walked from its origin, every hash made again, and every entry has to stand
// in exactly the logs that it concerns. What the service holds of the record is not believed: only the rows are.

import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import {
  type ChainRow,
  type Concerns,
  countPositions,
  listEmptiedLogs,
  readChains,
  readPlaces,
} from '../../db/audit-verification.ts';
import type { Database } from '../../db/schema.ts';
import type { LogName } from '../../domain/audit-entry.ts';
import type { AuditFinding, AuditProblem, AuditReport } from '../../domain/audit-finding.ts';

const FINDINGS_MAX = 1000;

type Found = { findings: AuditFinding[]; count: number };

/** Is told how many positions have been verified so far, of about how many. */
type Told = (positions: number, total: number) => void;

/** Verifies all of it as `db` sees it: one transaction, so that what is written meanwhile is not in the way. */
export async function verifyAudit(db: Kysely<Database>, tell?: Told): Promise<AuditReport> {
  const found: Found = { findings: [], count: 0 };
  const total = tell === undefined ? 0 : await countPositions(db);
  const chains = await verifyChains(db, found, (positions) => tell?.(positions, total));
  for (const log of await listEmptiedLogs(db)) find(found, 'log_truncated', { log });
  const entries = await verifyPlaces(db, found);
  return { entries, ...chains, findings: found.findings, more: found.count > found.findings.length };
}

function find(found: Found, problem: AuditProblem, at: Partial<Omit<AuditFinding, 'problem'>>): void {
  found.count += 1;
  if (found.findings.length < FINDINGS_MAX) {
    found.findings.push({ problem, log: null, position: null, entry_id: null, ...at });
  }
}

async function verifyChains(
  db: Kysely<Database>,
  found: Found,
  tell: (positions: number) => void,
): Promise<{ positions: number; logs: number }> {
  let previous: ChainRow | null = null;
  let positions = 0;
  let logs = 0;
  for await (const rows of readChains(db)) {
    for (const row of rows) {
      const before: ChainRow | null = previous !== null && sameLog(previous, row) ? previous : null;
      if (before === null) {
        if (previous !== null) verifyEnd(previous, found);
        logs += 1;
      }
      const problem = problemOf(row, before);
      if (problem !== null) find(found, problem, placeOf(row));
      previous = row;
      positions += 1;
    }
    tell(positions);
  }
  if (previous !== null) verifyEnd(previous, found);
  return { positions, logs };
}

function sameLog(one: LogName, other: LogName): boolean {
  return one.log_kind === other.log_kind && one.log_id === other.log_id;
}

function problemOf(row: ChainRow, before: ChainRow | null): AuditProblem | null {
  const { log_kind, log_id, position, members, concerns } = row;
  if (position !== (before?.position ?? 0) + 1) return 'position_removed';
  if (members === null || concerns === null) return 'entry_removed';
  if (!logsOf(concerns).includes(`${log_kind} ${log_id}`)) return 'entry_foreign';
  const start = before?.hash ?? (row.log === null ? null : Buffer.from(row.log.origin, 'hex'));
  return start !== null && nextHash(start, members).equals(row.hash) ? null : 'entry_changed';
}

/** What the log says of its end has to be what its last position says. */
function verifyEnd(row: ChainRow, found: Found): void {
  const { position, hash: last, log } = row;
  if (log === null) {
    find(found, 'log_removed', placeOf(row));
    return;
  }
  const is_end = log.entries === position && log.hash === last.toString('hex');
  if (!is_end) find(found, 'log_truncated', placeOf(row));
}

function placeOf({ log_kind, log_id, position, entry_id }: ChainRow) {
  return { log: { log_kind, log_id }, position, entry_id };
}

/** Each member with its length in bytes, or `-` where there is none: no two lists give the same text. */
function nextHash(before: Buffer, members: readonly (string | null)[]): Buffer {
  const text = members.map((each) => (each === null ? '-' : `${Buffer.byteLength(each)}:${each}`)).join('');
  return hash('sha256', Buffer.concat([before, hash('sha256', text, 'buffer')]), 'buffer');
}

/** The logs in which an entry has to stand. */
function logsOf({ org_id, business_id, user_id, actor_id, others }: Concerns): readonly string[] {
  const logs = new Set<string>(others);
  if (org_id !== null) logs.add(`organization ${org_id}`);
  if (business_id !== null) logs.add(`enterprise ${business_id}`);
  if (user_id !== null) logs.add(`user ${user_id}`);
  if (actor_id !== null) logs.add(`user ${actor_id}`);
  return logs.size === 0 ? ['service 0'] : [...logs];
}

async function verifyPlaces(db: Kysely<Database>, found: Found): Promise<number> {
  let entries = 0;
  for await (const rows of readPlaces(db)) {
    for (const row of rows) {
      const is_unplaced = logsOf(row).some((log) => !row.places.includes(log));
      if (is_unplaced) find(found, 'entry_unplaced', { entry_id: row.id });
    }
    entries += rows.length;
  }
  return entries;
}
