// `gatehouse doctor`: what is unsafe or slow in this installation, what that means, and what to do. It looks at the settings in its own
// environment, at the files that they name, at the database, and where it is asked to at the running service. It changes nothing, and no
// secret is in what it prints.

import { type Config, loadConfig } from '../../config.ts';
import { type Looked, lookAtInstallation } from '../../migrate-database.ts';
import { lookAtDatabase } from '../../open-database.ts';
import { isStartRefusal } from '../../start-refusal.ts';
import { DATABASE_CHECKS, judgeDatabase, judgeSettings, SETTINGS_CHECKS } from '../../use-cases/installation/checks.ts';
import { type Finding, SEVERITIES, type Severity, sorted } from '../../use-cases/installation/finding.ts';
import { judgeRestore } from '../../use-cases/service/judge-restore.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode, isFailure } from '../exit.ts';
import { showProgress } from '../progress.ts';
import { callService } from '../service/call.ts';
import { findService } from '../service/connection.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';
import { settingsSeen } from './doctor-settings.ts';
import { findingLines } from './finding-lines.ts';

/** What one node opens beside its pool. */
const CONNECTIONS_BESIDE_POOL = 2;

type Diagnosis = {
  readonly findings: readonly Finding[];
  /** Parts that could not be looked at. */
  readonly unseen: readonly string[];
  readonly checks: number;
};

/** Ends with 1 where something severe was found, with `--strict` also at a warning. */
export async function doctor(invocation: Invocation): Promise<ExitCode> {
  const { input, terminal, is_json } = invocation;
  const diagnosis = await diagnose(invocation);
  const findings = sorted(diagnosis.findings);
  const count = (severity: Severity) => findings.filter((each) => each.severity === severity).length;
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, count(severity)]));
  const is_well = count('severe') === 0 && (input.flag('strict') !== true || count('warning') === 0);
  if (is_json) {
    printJson(terminal, { ok: is_well, counts, findings, unseen: diagnosis.unseen, checks: diagnosis.checks });
  } else {
    tell(terminal, { ...diagnosis, findings });
    const sum = SEVERITIES.map((severity) => `${count(severity)} ${severity}`).join(', ');
    printLine(terminal, `${diagnosis.checks} checks: ${sum}`);
  }
  return is_well ? EXIT.done : EXIT.no;
}

function tell(terminal: Terminal, { findings, unseen }: Diagnosis): void {
  for (const line of findingLines(findings)) printLine(terminal, line);
  if (unseen.length > 0) printLine(terminal, `Could not be looked at: ${unseen.join(', ')}`);
}

async function diagnose(invocation: Invocation): Promise<Diagnosis> {
  const { terminal } = invocation;
  const config = readConfig(terminal);
  if ('finding' in config) return { findings: [config.finding], unseen: ['settings', 'database'], checks: 1 };
  const service = await serviceState(invocation);
  const settings = judgeSettings(await settingsSeen(config.config, terminal.env, service));
  const database = await diagnoseDatabase(config.config, terminal);
  return {
    findings: [...settings, ...database.findings],
    unseen: database.unseen,
    checks: SETTINGS_CHECKS.length + DATABASE_CHECKS.length,
  };
}

function readConfig({ env }: Terminal): { readonly config: Config } | { readonly finding: Finding } {
  try {
    return { config: loadConfig(env) };
  } catch (error) {
    if (!isStartRefusal(error)) throw error;
    const means = 'The service does not start with these settings';
    return {
      finding: severe('settings_refused', { found: withoutEnd(error.message), means, advice: 'See the line above' }),
    };
  }
}

function severe(id: string, words: Pick<Finding, 'found' | 'means' | 'advice'>): Finding {
  return { id, severity: 'severe', ...words };
}

function withoutEnd(message: string): string {
  return message.replace(/\.$/, '');
}

async function diagnoseDatabase(config: Config, terminal: Terminal): Promise<Omit<Diagnosis, 'checks'>> {
  const progress = showProgress(terminal, 'Database');
  const options = { clock: terminal.now, tell: progress.at };
  try {
    const { seen, unseen, pending_migrations, foreign_because } = await lookAtInstallation(
      config,
      terminal.env,
      options,
    );
    const facts = {
      ...{ seen, pending_migrations },
      connections_of_node: config.database_connections_max + CONNECTIONS_BESIDE_POOL,
      is_embedded: config.database_url === null,
      freshness_ms: config.freshness_ms,
      sends_mail: config.smtp_url !== null,
    };
    const is_ours = foreign_because === null && pending_migrations.length === 0;
    const restored = is_ours ? await unaccepted(config, terminal) : [];
    return { findings: [...foreign(foreign_because), ...restored, ...judgeDatabase(facts)], unseen };
  } catch (error) {
    return { findings: [unreachable(error)], unseen: ['database'] };
  } finally {
    progress.end();
  }
}

/** Whether the database was restored, set back or promoted, and nobody has accepted that. */
async function unaccepted(config: Config, { env }: Terminal): Promise<readonly Finding[]> {
  const { fault, why } = await lookAtDatabase(config, env, (db) => judgeRestore({ db, config }));
  if (fault === null) return [];
  const means = 'The service does not start: what was revoked since then would be valid again';
  return [severe(fault, { found: why, means, advice: 'See docs/runbooks/restore.md, and gatehouse restore check' })];
}

function foreign(because: Looked['foreign_because']): readonly Finding[] {
  if (because === null) return [];
  const means = 'The service does not start on this database';
  const advice = 'Start the version that the database is of, or restore what was changed';
  return [severe('database_foreign', { found: withoutEnd(because), means, advice })];
}

/** What keeps us from the database keeps the service from it as well. */
function unreachable(error: unknown): Finding {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const found = isStartRefusal(error) ? withoutEnd(error.message) : `The database cannot be used: ${reason}`;
  const means = 'Checks are answered with 503, or the service does not start';
  return severe('database_unreachable', {
    found,
    means,
    advice: 'See that it runs, and that DATABASE_URL leads to it',
  });
}

/** Null: nobody wants to know. */
async function serviceState(invocation: Invocation): Promise<string | null> {
  const { input, terminal } = invocation;
  if (input.text('url') === undefined && !terminal.env.GATEHOUSE_URL) return null;
  try {
    await callService(findService(invocation), { method: 'GET', path: '/health/ready' });
    return 'ready';
  } catch (error) {
    if (isFailure(error)) return withoutEnd(error.message);
    throw error;
  }
}
