// `npm run audit:verify`: whether the record is as it was written (promises P14). Ends with 0 where it is, with 1 and the exact
// entries where it is not. The database may be in use; the embedded one is started where its service is not running.

import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config.ts';
import { AUDIT_PROBLEMS, type AuditFinding, type AuditReport } from '../domain/audit-finding.ts';
import { lookAtDatabase } from '../open-database.ts';
import { rootPublicKeyOf } from '../root-file.ts';
import { EXIT_CONFIGURATION } from '../start-refusal.ts';
import { verifyAudit } from '../use-cases/audit/verify-audit.ts';
import { type RootsReport, verifyAuditRoots } from '../use-cases/audit/verify-audit-roots.ts';

const USAGE = `npm run audit:verify -- [--json] [--roots FILE] [--public-key FILE]
  The database is that of DATABASE_URL, or the embedded one in DATA_DIR.
  --roots is the file of AUDIT_ROOT_FILE (which counts by itself, too), --public-key the key of its signatures (FILE.pub).`;

type Options = { readonly json: boolean; readonly roots: string | null; readonly public_key: string | undefined };
type Verified = { readonly record: AuditReport; readonly rooted: RootsReport | null };

try {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, roots: { type: 'string' }, 'public-key': { type: 'string' } },
  });
  const config = loadConfig(process.env);
  const roots = values.roots ?? config.audit_root_file;
  const options: Options = { json: values.json === true, roots, public_key: values['public-key'] };
  const verified = await lookAtDatabase(config, process.env, async (state): Promise<Verified> => {
    const rooted = roots === null ? null : await verifyAuditRoots(state, roots, await keyOf(roots, options.public_key));
    return { record: await verifyAudit(state), rooted };
  });
  process.exitCode = report(verified, options) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`);
  process.exitCode = EXIT_CONFIGURATION;
}

async function keyOf(roots: string, file: string | undefined) {
  return file === undefined ? rootPublicKeyOf(roots) : createPublicKey(readFileSync(file));
}

/** Prints what was found, and answers whether all is as written. */
function report({ record, rooted }: Verified, { json, roots }: Options): boolean {
  const { entries, positions, logs, more } = record;
  const findings = [...record.findings, ...(rooted?.findings ?? [])];
  const broken_line = rooted?.broken_line ?? null;
  const ok = findings.length === 0 && broken_line === null;
  if (json) {
    const counts = { entries, positions, logs, roots: rooted?.roots ?? null };
    print(JSON.stringify({ ok, ...counts, broken_line, findings, more }));
    return ok;
  }
  for (const finding of findings) print(describe(finding));
  if (more) print('… and more');
  if (broken_line !== null) print(`line ${broken_line} of ${roots}: not signed with this key, or not where it belongs`);
  const of_roots = rooted === null ? '' : `, ${rooted.roots} roots`;
  print(`${entries} entries in ${logs} logs${of_roots}: ${ok ? 'all as written' : 'NOT as written'}`);
  return ok;
}

function describe({ problem, log, position, entry_id }: AuditFinding): string {
  const place = log === null ? [] : [`${log.log_kind} ${log.log_id}, position ${position ?? '?'}`];
  const entry = entry_id === null ? [] : [`entry ${entry_id}`];
  return `${problem} (${[...place, ...entry].join(', ')}): ${AUDIT_PROBLEMS[problem]}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
