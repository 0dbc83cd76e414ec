// `npm run advisories`: what the registry's database of advisories says of the locked packages (`npm audit`), those for development too,
// each finding answered in docs/advisories.md or not. Ends with 0; with 1 where a finding has no answer; with 2 where the database cannot
// be asked, which says nothing of the packages. No step of `.ci/run`: what it finds depends on the day, not on the change.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { lockedPackages } from './licences.ts';

type Via = { readonly url?: string; readonly title?: string; readonly severity?: string; readonly range?: string };
type Report = {
  readonly auditReportVersion?: number;
  readonly message?: string;
  /** By name. What is only there through another package has the name of that one in place of an advisory. */
  readonly vulnerabilities?: Readonly<Record<string, { readonly via: readonly (Via | string)[] }>>;
};

// Asked once: where there is no way, there is none a minute later.
const ARGUMENTS = ['audit', '--json', '--fetch-retries=0', '--fetch-timeout=20000'];

const { stdout } = spawnSync('npm', ARGUMENTS, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const report = reportOf(stdout);
if (report.auditReportVersion === undefined || report.vulnerabilities === undefined) {
  process.stderr.write(
    `The advisories cannot be asked for, so nothing is known: ${report.message ?? 'npm said nothing'}\n`,
  );
  process.exitCode = 2;
} else process.exitCode = tell(report.vulnerabilities);

function reportOf(text: string): Report {
  try {
    return JSON.parse(text) as Report; // npm's own; each member that counts is looked at
  } catch {
    return {};
  }
}

function tell(vulnerabilities: NonNullable<Report['vulnerabilities']>): number {
  const answers = readFileSync(new URL('../../docs/advisories.md', import.meta.url), 'utf8');
  const running = new Set(lockedPackages().flatMap(({ name, use }) => (use === 'development' ? [] : [name])));
  const found = Object.entries(vulnerabilities).flatMap(([name, { via }]) =>
    via.flatMap((each) => (typeof each === 'string' ? [] : [{ name, ...each, id: each.url?.split('/').at(-1) ?? '' }])),
  );
  let unanswered = 0;
  for (const { name, id, title, severity, range } of found) {
    const is_answered = id !== '' && answers.includes(`| ${id} |`);
    if (!is_answered) unanswered += 1;
    const use = running.has(name) ? 'runs' : 'development';
    process.stdout.write(
      `${is_answered ? 'answered  ' : 'unanswered'} ${severity} ${name} ${range} (${use}) ${id}: ${title}\n`,
    );
  }
  process.stdout.write(`${found.length} findings, ${unanswered} of them without an answer in docs/advisories.md\n`);
  return unanswered === 0 ? 0 : 1;
}
