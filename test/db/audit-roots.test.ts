// Promises P14: signed roots outside the database tell of what its administrators cut off or write anew hash by hash, which the
// record alone cannot tell; and the command that verifies both.

import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Kysely, sql } from 'kysely';
import t, { type Test } from 'tap';
import { loadConfig } from '../../src/config.ts';
import type { Database } from '../../src/db/schema.ts';
import { prepareRootFile, rootPublicKeyOf } from '../../src/root-file.ts';
import { exportAuditRoot } from '../../src/use-cases/audit/export-audit-root.ts';
import { verifyAudit } from '../../src/use-cases/audit/verify-audit.ts';
import { verifyAuditRoots } from '../../src/use-cases/audit/verify-audit-roots.ts';
import { createDatabase } from '../support/database.ts';

const run = async (db: Kysely<Database>, statement: string): Promise<void> =>
  void (await sql.raw(statement).execute(db));

async function rooted(t: Test) {
  const { db, url } = await createDatabase(t);
  const file = join(t.testdir(), 'roots');
  const deps = { db, config: loadConfig({ AUDIT_ROOT_FILE: file }), clock: () => new Date('2026-11-22T00:00:00Z') };
  const write = (count: number, org = 1) =>
    run(
      db,
      `insert into audit_entries (action, org_id, actor_id, operation_type, outcome, data)
      select 'org.update', ${org}, 7, 'modify', 'done', '{}' from generate_series(1, ${count})`,
    );
  const exportRoot = () => exportAuditRoot(deps);
  const verify = async () => verifyAuditRoots(db, file, await rootPublicKeyOf(file));
  return { db, url, file, write, exportRoot, verify };
}

/** As an administrator of the database who knows how the record is made. */
async function rewrite(db: Kysely<Database>, tamper: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const tables = ['audit_entries', 'audit_positions', 'audit_logs'];
    for (const table of tables) await run(transaction, `alter table ${table} disable trigger user`);
    await run(transaction, tamper);
    await run(transaction, 'delete from audit_positions');
    await run(transaction, 'update audit_logs set entries = 0, hash = null');
    await run(transaction, 'update audit_entries set transaction_id = pg_current_xact_id()');
    await run(transaction, 'select audit_place_entries()');
    for (const table of tables) await run(transaction, `alter table ${table} enable trigger user`);
  });
}

t.test('P14: a root says where the logs end, those that changed since the one before', async (t) => {
  const { file, write, exportRoot, verify } = await rooted(t);
  await exportRoot();
  await write(2);
  await exportRoot();
  await write(1, 2);
  await exportRoot();
  await exportRoot();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const ends = lines.map((line) => JSON.parse(line).logs.map((each: unknown[]) => each.slice(0, 3).join(' ')));
  t.same(ends[0], []);
  t.same(ends[1], ['organization 1 2', 'user 7 2']);
  // What changed is there; what did not may be there again while somebody else's transaction in the cluster is open.
  for (const end of ['organization 2 1', 'user 7 3']) t.ok(ends[2].includes(end), end);
  for (const end of ends[3]) t.ok(['organization 1 2', 'organization 2 1', 'user 7 3'].includes(end), end);
  t.same(await verify(), { roots: 4, broken_line: null, findings: [] });
  t.equal(statSync(`${file}.key`).mode & 0o777, 0o600, 'the key is nobody else’s');
});

t.test('P14: a record that was written anew or cut off verifies by itself, and not against its roots', async (t) => {
  const tampers = [
    `update audit_entries set action = 'org.delete' where id = 2`,
    'delete from audit_entries where id = 2',
    'delete from audit_entries where id >= 4',
    'delete from audit_entries',
    `insert into audit_entries (id, action, org_id, operation_type, outcome, data) overriding system value
      values (-1, 'org.update', 1, 'modify', 'done', '{}')`,
  ];
  for (const tamper of tampers) {
    const { db, write, exportRoot, verify } = await rooted(t);
    await write(5);
    await exportRoot();
    await rewrite(db, tamper);
    t.same((await verifyAudit(db)).findings, [], `${tamper}: the record by itself`);
    t.match(
      (await verify()).findings,
      [{ problem: 'root_broken', log: { log_kind: 'organization', log_id: 1 } }],
      tamper,
    );
  }
});

t.test('P14: lines of roots cannot be changed, taken out or put in', async (t) => {
  const { file, write, exportRoot, verify } = await rooted(t);
  for (let n = 0; n < 3; n += 1) {
    await write(1);
    await exportRoot();
  }
  const whole = readFileSync(file, 'utf8');
  const [first = '', second = '', third = ''] = whole.trimEnd().split('\n');
  for (const [name, lines, broken_line] of [
    ['changed', [first, second.replace('"user",7,2', '"user",7,1'), third], 2],
    ['taken out', [first, third], 2],
    ['exchanged', [second, first, third], 1],
    ['put in', [first, first, second, third], 2],
    ['no line', [first, '{}', third], 2],
  ] as const) {
    writeFileSync(file, `${lines.join('\n')}\n`);
    t.equal((await verify()).broken_line, broken_line, name);
  }
  writeFileSync(file, whole);
  t.equal((await verify()).broken_line, null);

  t.test('half a line, which a crash leaves, is not in the way of the next', async (t) => {
    appendFileSync(file, third.slice(0, 40));
    await exportRoot();
    t.match(await verify(), { roots: 4, broken_line: null });
  });
});

t.test('P14: a file or a key that cannot be used is refused at the start', async (t) => {
  const folder = t.testdir({ 'roots.key': 'no key', taken: {} });
  for (const name of ['roots', 'taken', 'absent/roots']) {
    await t.rejects(prepareRootFile(join(folder, name)), {
      name: 'StartRefusal',
      message: /^Change `AUDIT_ROOT_FILE`: /,
    });
  }
  await t.resolves(prepareRootFile(join(folder, 'new')));
  const key = readFileSync(join(folder, 'new.key'), 'utf8');
  await t.resolves(prepareRootFile(join(folder, 'new')));
  t.equal(readFileSync(join(folder, 'new.key'), 'utf8'), key, 'the key stays');
});

t.test(
  'P14, F20: a key that is lost is not replaced: nothing is written until it is back, and then all is covered',
  async (t) => {
    const { file, write, exportRoot, verify } = await rooted(t);
    await write(1);
    await exportRoot();
    renameSync(`${file}.key`, `${file}.away`);
    await write(1);
    await t.rejects(exportRoot(), /\.key is gone: bring it back/);
    await t.rejects(prepareRootFile(file), { name: 'StartRefusal', message: /\.key is gone/ });
    t.match(await verify(), { roots: 1, broken_line: null });
    renameSync(`${file}.away`, `${file}.key`);
    await exportRoot();
    t.same(await verify(), { roots: 2, broken_line: null, findings: [] });
  },
);

t.test('P14: without AUDIT_ROOT_FILE there are no roots', async (t) => {
  const { db } = await createDatabase(t);
  await t.resolves(exportAuditRoot({ db, config: loadConfig({}), clock: () => new Date(0) }));
});

t.test('P14: npm run audit:verify ends with 0, or with 1 and the exact entry', async (t) => {
  const { db, url, file, write, exportRoot } = await rooted(t);
  const command = (args: readonly string[], settings: Record<string, string> = {}) => {
    const script = fileURLToPath(new URL('../../src/cli/gatehouse.ts', import.meta.url));
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const environment = { PATH, NODE_COMPILE_CACHE, DATABASE_URL: url, ...settings };
    const done = spawnSync(process.execPath, [script, 'audit', 'verify', ...args], {
      env: environment,
      encoding: 'utf8',
    });
    return { status: done.status, text: done.stdout + done.stderr };
  };
  await write(3);
  await exportRoot();
  t.match(command([]), { status: 0, text: '3 entries in 2 logs: all as written\n' });
  t.match(command([], { AUDIT_ROOT_FILE: file }), {
    status: 0,
    text: '3 entries in 2 logs, 1 roots: all as written\n',
  });
  t.same(JSON.parse(command(['--json', '--roots', file]).text), {
    ...{ ok: true, entries: 3, positions: 6, logs: 2, roots: 1, broken_line: null, findings: [], more: false },
  });
  await run(db, 'alter table audit_entries disable trigger user');
  await run(db, `update audit_entries set actor = 'nobody' where id = 2`);
  const found = command(['--json']);
  t.equal(found.status, 1);
  t.match(JSON.parse(found.text), {
    ok: false,
    findings: [
      { problem: 'entry_changed', log: { log_kind: 'organization', log_id: 1 }, position: 2, entry_id: 2 },
      { problem: 'entry_changed', log: { log_kind: 'user', log_id: 7 }, position: 2, entry_id: 2 },
    ],
  });
  t.match(
    command([]).text,
    /^entry_changed \(organization 1, position 2, entry 2\): .*\n.*\n3 entries in 2 logs: NOT as written\n$/,
  );
  await rewrite(db, 'delete from audit_entries where id = 3');
  t.match(command(['--roots', file]), { status: 1, text: /root_broken \(organization 1, position 3\)/ });
  t.equal(command(['--no-such-option']).status, 64);
  t.equal(command([], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }).status, 69);
});
