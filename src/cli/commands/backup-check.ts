// `gatehouse backup check`: whether what is lost could be restored (docs/runbooks/restore.md): from a dump, from the archive of the log, and
// with what stands beside the database.

import { access } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { type Config, loadConfig } from '../../config.ts';
import { lookAtDatabase } from '../../open-database.ts';
import { type Beside, checkBackup, type DumpSeen } from '../../use-cases/installation/backup-checks.ts';
import { sorted } from '../../use-cases/installation/finding.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';
import { findingLines } from './finding-lines.ts';
import { readDump } from './read-dump.ts';

/** Ends with 1 where something of it could not be restored. */
export async function backupCheck({ input, terminal, is_json }: Invocation): Promise<ExitCode> {
  const config = loadConfig(terminal.env);
  const file = input.text('dump');
  const dump = file === undefined ? null : await readDump(file, terminal);
  const beside = await Promise.all(settingsBeside(config).map((each) => lookBeside(each, config)));
  const { seen, findings } = await lookAtDatabase(config, terminal.env, (db) =>
    checkBackup(db, { dump, beside, now: terminal.now() }),
  );
  const ok = findings.every(({ severity }) => severity !== 'severe');
  if (is_json) {
    const { is_archiving, last_archived_at, archive_failed_at, standbys } = seen;
    const archive = { is_archiving, last_archived_at, archive_failed_at, standbys };
    printJson(terminal, { ok, findings: sorted(findings), archive, dump, keep: beside });
    return ok ? EXIT.done : EXIT.no;
  }
  for (const line of findingLines(sorted(findings))) printLine(terminal, line);
  tellDump(terminal, dump);
  for (const { setting, file: named } of beside) {
    printLine(terminal, `keep     ${named === null ? `the secret of ${setting}` : `${named} (${setting})`}`);
  }
  return ok ? EXIT.done : EXIT.no;
}

function tellDump(terminal: Terminal, dump: DumpSeen | null): void {
  if (dump === null || dump.fault !== null) return;
  const { file, tables, created_at, version } = dump;
  const moment = created_at === null ? 'an unknown moment' : created_at.toISOString().replace(/\.\d+Z$/, 'Z');
  printLine(terminal, `read     ${file}: ${tables.length} tables of PostgreSQL ${version ?? '?'}, dumped at ${moment}`);
}

type Named = Pick<Beside, 'setting' | 'file'>;

/** What a backup of the database does not have. */
function settingsBeside(config: Config): readonly Named[] {
  const { epoch_file, audit_root_file, signing_key_file, signing_key_secret, data_secret } = config;
  return [
    ...(epoch_file === null ? [] : [{ setting: 'EPOCH_FILE', file: epoch_file }]),
    ...(audit_root_file === null
      ? []
      : ['', '.key', '.pub'].map((end) => ({ setting: 'AUDIT_ROOT_FILE', file: `${audit_root_file}${end}` }))),
    ...(signing_key_file === null ? [] : [{ setting: 'SIGNING_KEY_FILE', file: signing_key_file }]),
    ...(signing_key_secret === null ? [] : [{ setting: 'SIGNING_KEY_SECRET', file: null }]),
    ...(data_secret === null ? [] : [{ setting: 'DATA_SECRET', file: null }]),
  ];
}

async function lookBeside(named: Named, { database_url, data_dir }: Config): Promise<Beside> {
  const { file } = named;
  if (file === null) return { ...named, is_there: true, is_in_data: false };
  const is_there = await access(file).then(
    () => true,
    () => false,
  );
  const is_inside = !relative(resolve(data_dir ?? 'data'), resolve(file)).startsWith('..');
  return { ...named, is_there, is_in_data: database_url === null && is_inside };
}
