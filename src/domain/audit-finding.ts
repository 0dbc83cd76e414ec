// What can be wrong with the record (promises P14), as `npm run audit:verify` tells it.

import type { LogName } from './audit-entry.ts';

export const AUDIT_PROBLEMS = {
  entry_changed: 'the hash does not follow from the entry and the hash before it: changed, exchanged or put in between',
  entry_removed: 'the position points to an entry that is not there',
  entry_foreign: 'the entry stands in a log that it does not concern',
  entry_unplaced: 'the entry does not stand in a log that it concerns: put in, or taken out of the log',
  position_removed: 'the positions before this one are not there',
  log_removed: 'the log of this position is not there',
  log_truncated: 'the log says that it ends at another position or with another hash',
  root_broken: 'what the file of roots says of this log is not so: it was truncated or written anew',
} as const;
export type AuditProblem = keyof typeof AUDIT_PROBLEMS;

/** Something that is wrong, and where exactly. */
export type AuditFinding = {
  readonly problem: AuditProblem;
  readonly log: LogName | null;
  readonly position: number | null;
  /** As `_document_id` says it. */
  readonly entry_id: number | null;
};

export type AuditReport = {
  readonly entries: number;
  readonly positions: number;
  readonly logs: number;
  /** The first of them; `more` says that there are others. */
  readonly findings: readonly AuditFinding[];
  readonly more: boolean;
};
