// `gatehouse audit verify` and `npm run audit:verify`: whether the record is as it was written (promises P14). Ends with 0 where it is,
// with 1 and the exact entries where it is not. The database may be in use; the embedded one is started where its service is not running.

import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadConfig } from '../../config.ts';
import { AUDIT_PROBLEMS, type AuditFinding, type AuditReport } from '../../domain/audit-finding.ts';
import { lookAtDatabase } from '../../open-database.ts';
import { rootPublicKeyOf } from '../../root-file.ts';
import { verifyAudit } from '../../use-cases/audit/verify-audit.ts';
import { type RootsReport, verifyAuditRoots } from '../../use-cases/audit/verify-audit-roots.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode, failure } from '../exit.ts';
import { showProgress } from '../progress.ts';
import { printLine, type Terminal } from '../terminal.ts';

type Verified = { readonly record: AuditReport; readonly rooted: RootsReport | null; readonly roots: string | null };

/** Verifies all of the record, and the signed roots where there is a file of them. */
export async function auditVerify({ input, terminal, is_json }: Invocation): Promise<ExitCode> {
  const config = loadConfig(terminal.env);
  const roots = input.text('roots') ?? config.audit_root_file;
  const key = roots === null ? null : await keyOf(roots, input.text('public-key'));
  const progress = showProgress(terminal, 'Positions');
  const verified = await lookAtDatabase(config, terminal.env, async (state): Promise<Verified> => {
    const rooted = roots === null || key === null ? null : await verifyAuditRoots(state, roots, key);
    return { record: await verifyAudit(state, progress.at), rooted, roots };
  }).finally(progress.end);
  return report(verified, is_json, terminal) ? EXIT.done : EXIT.no;
}

async function keyOf(roots: string, file: string | undefined) {
  try {
    return file === undefined ? await rootPublicKeyOf(roots) : createPublicKey(readFileSync(file));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw failure(EXIT.configuration, `The public key of ${roots} cannot be used: ${reason}`, {
      code: 'configuration',
    });
  }
}

/** Prints what was found, and answers whether all is as written. */
function report({ record, rooted, roots }: Verified, is_json: boolean, terminal: Terminal): boolean {
  const { entries, positions, logs, more } = record;
  const findings = [...record.findings, ...(rooted?.findings ?? [])];
  const broken_line = rooted?.broken_line ?? null;
  const ok = findings.length === 0 && broken_line === null;
  if (is_json) {
    const counts = { entries, positions, logs, roots: rooted?.roots ?? null };
    printLine(terminal, JSON.stringify({ ok, ...counts, broken_line, findings, more }));
    return ok;
  }
  for (const finding of findings) printLine(terminal, describe(finding));
  if (more) printLine(terminal, '… and more');
  if (broken_line !== null) {
    printLine(terminal, `line ${broken_line} of ${roots}: not signed with this key, or not where it belongs`);
  }
  const of_roots = rooted === null ? '' : `, ${rooted.roots} roots`;
  printLine(terminal, `${entries} entries in ${logs} logs${of_roots}: ${ok ? 'all as written' : 'NOT as written'}`);
  return ok;
}

function describe({ problem, log, position, entry_id }: AuditFinding): string {
  const place = log === null ? [] : [`${log.log_kind} ${log.log_id}, position ${position ?? '?'}`];
  const entry = entry_id === null ? [] : [`entry ${entry_id}`];
  return `${problem} (${[...place, ...entry].join(', ')}): ${AUDIT_PROBLEMS[problem]}`;
}
