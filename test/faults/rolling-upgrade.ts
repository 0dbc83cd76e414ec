// F15: a newer version with a change of the schema starts beside nodes that serve, while a long reading transaction is in its way, and
// nodes of the older version meet what only the newer one knows (promises P11).

import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Test } from 'tap';
import { scratchFolder } from '../support/scratch-folder.ts';
import { eventually, freePort, startService } from '../support/service.ts';
import { unexpectedFailures } from './rig/check-freshness.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import { type Plant, planted } from './rig/plants.ts';
import type { Rig } from './rig/rig.ts';
import { quantile, type Scenario, tell } from './scenario.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READING_MS = 4000;
/** A check that has to ask the database may wait for the migration that long: its lock, and what it does under it. */
const WAIT_MS_MAX = 1500;

/** A word that the older version does not know, a column, and a lock on what every check reads. */
const MIGRATION = `alter table repositories add column topic text;
alter table tokens add column note text;
do $$ declare each record; begin
  for each in select conname from pg_constraint where conrelid = 'repositories'::regclass and contype = 'c'
    and pg_get_constraintdef(oid) like '%visibility%' loop
    execute format('alter table repositories drop constraint %I', each.conname);
  end loop;
end $$;
`;

/** This version with one migration more. */
function nextVersion(t: Test): string {
  const folder = join(scratchFolder(t), 'next');
  mkdirSync(folder);
  for (const each of ['src', 'migrations', 'package.json', 'test'])
    cpSync(join(ROOT, each), join(folder, each), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'migrations', '9999_next.sql'), MIGRATION);
  return folder;
}

async function upgrade(t: Test, rig: Rig, plant: Plant | null): Promise<number> {
  const [node] = rig.nodes;
  if (node === undefined) return 0;
  const token = await rig.token(node);
  await rig.warm(token);
  let is_over = false;
  const waits: number[] = [];
  const load = (async () => {
    while (!is_over) {
      // What nobody remembers has to ask the tables that are being changed.
      const fresh = await rig.token(node);
      for (const each of rig.nodes) {
        const began = performance.now();
        await rig.check(each, fresh);
        waits.push(performance.now() - began);
        await rig.check(each, token);
      }
    }
  })();
  load.catch(() => undefined);

  const reader = new pg.Client({ connectionString: rig.postgres.url });
  await reader.connect();
  await reader.query('begin; select from repositories limit 1; select from tokens limit 1');
  const root = nextVersion(t);
  const starting = startService(
    t,
    {
      ...(plant === null ? {} : planted(plant, root)),
      DATABASE_URL: rig.postgres.url,
      PORT: await freePort(),
      ADMIN_PASSWORD: 'a password of the test',
      LOG_LEVEL: 'info',
    },
    'Gatehouse listens on',
    [join(root, 'src/main.ts')],
  );
  // Until the migration has stood before the reader once.
  await eventually(async () => {
    const blocked = await rig.postgres.execute(`select from pg_stat_activity
      where application_name = 'gatehouse start' and wait_event_type = 'Lock' and query like '%alter table%'`);
    return blocked.length > 0;
  });
  await delay(READING_MS);
  const during = quantile(waits, 1);
  await reader.query('commit');
  await reader.end();
  const next = await starting;
  await delay(500);
  const [row] = await rig.postgres.execute(
    `select count(*)::int as n from schema_migrations where name = '9999_next.sql'`,
  );
  t.equal(row?.n, 1, 'the migration is applied when the reader has gone');
  is_over = true;
  await load.catch((error) => (plant === null ? t.fail(String(error)) : undefined));
  tell(t, `${waits.length} checks that had to ask, at most ${Math.round(Math.max(during, quantile(waits, 1)))} ms`);

  if (plant === null) {
    // The older nodes meet a word of the newer version: that object is denied, and nothing else is.
    await rig.postgres.execute(`update repositories set visibility = 'limited' where name = 'vault'`);
    for (const each of rig.nodes) {
      t.not((await rig.may(each, token.token, 'guard/vault')).decision, true);
      t.equal(await rig.check(each, token), true);
    }
    await next.end('SIGTERM');
    t.same(unexpectedFailures(rig.history), [], 'no check failed');
    t.same(
      rig.history.checks.filter(({ decision }) => decision === false),
      [],
      'and nobody was denied',
    );
  }
  return Math.max(during, quantile(waits, 1));
}

export const rollingUpgrade: Scenario = {
  ids: ['F15'],
  title: 'a newer version migrates while older nodes serve, and keeps nobody waiting',
  run: async (t) => {
    await t.test('sound', async (t) => {
      const most = await upgrade(t, await startEmbeddedRig(t, [null, null]), null);
      t.ok(most < WAIT_MS_MAX, `no check waited longer than ${Math.round(most)} ms`);
    });
    await t.test('control: a migration that waits for its lock is found', async (t) => {
      const rig = await startEmbeddedRig(t, [null, null]);
      const most = await upgrade(t, rig, 'migration waits').catch(() => Number.POSITIVE_INFINITY);
      const failed = unexpectedFailures(rig.history).length;
      t.ok(most > WAIT_MS_MAX || failed > 0, `${Math.round(most)} ms, ${failed} failed`);
    });
  },
};
