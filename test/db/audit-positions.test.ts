// Positions in the logs of the record (L2, promises P13 and P14): given at the commit, without gaps, to all who write at once.

import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Kysely, sql } from 'kysely';
import t from 'tap';
import { migrate } from '../../src/db/migrate.ts';
import { databaseOver, openPool } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/schema.ts';
import { verifyAudit } from '../../src/use-cases/audit/verify-audit.ts';
import { createDatabase, createEmptyDatabase } from '../support/database.ts';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);

async function write(db: Kysely<Database>, org_id: number, actor_id: number | null = null): Promise<number> {
  const entry = await db
    .insertInto('audit_entries')
    .values({ action: 'org.update', org_id, actor_id, operation_type: 'modify', outcome: 'done', data: '{}' })
    .returning('id')
    .executeTakeFirstOrThrow();
  return entry.id;
}

/** The entries of an organization's log, in its order. */
async function logOf(db: Kysely<Database>, org_id: number): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('audit_positions')
    .select(['position', 'entry_id'])
    .where('log_kind', '=', 'organization')
    .where('log_id', '=', org_id)
    .orderBy('position')
    .execute();
  t.same(
    rows.map(({ position }) => position),
    rows.map((_, n) => n + 1),
    'without gaps',
  );
  return rows.map(({ entry_id }) => entry_id);
}

t.test('L2: the order of a log is that of the commits, and what is rolled back leaves no gap', async (t) => {
  const { db } = await createDatabase(t);
  const first = await db.startTransaction().execute();
  const second = await db.startTransaction().execute();
  const third = await db.startTransaction().execute();
  const ids = [await write(first, 1), await write(second, 1), await write(third, 1), await write(first, 1)];
  await third.commit().execute();
  await second.rollback().execute();
  await first.commit().execute();
  t.same(await logOf(db, 1), [ids[2], ids[0], ids[3]]);
  t.same((await verifyAudit(db)).findings, []);

  t.test('a part of a transaction that is taken back is not there either', async (t) => {
    const kept = await db.transaction().execute(async (transaction) => {
      const before = await write(transaction, 2);
      await sql`savepoint part`.execute(transaction);
      await write(transaction, 2);
      await sql`rollback to savepoint part`.execute(transaction);
      return [before, await write(transaction, 2)];
    });
    t.same(await logOf(db, 2), kept);
    t.same((await verifyAudit(db)).findings, []);
  });
});

t.test('L1: who writes into the same logs in another order waits for nobody’s work, and nobody loses', async (t) => {
  const { db } = await createDatabase(t);
  const one = await db.startTransaction().execute();
  const other = await db.startTransaction().execute();
  const a = await write(one, 1, 7);
  const b = await write(other, 2, 7);
  const c = await write(other, 1, 7); // with the locks taken here, each would wait for the other now
  const d = await write(one, 2, 7);
  await Promise.all([one.commit().execute(), other.commit().execute()]);
  t.same([...(await logOf(db, 1))].sort(), [a, c].sort());
  t.same([...(await logOf(db, 2))].sort(), [b, d].sort());
  t.same((await verifyAudit(db)).findings, []);
});

t.test('P13, P14: many who write at once into many logs, each entry once in each log that it concerns', async (t) => {
  const { db } = await createDatabase(t);
  const WRITERS = 5;
  const TRANSACTIONS = 60;
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let n = 0; n < TRANSACTIONS; n += 1) {
        await db.transaction().execute(async (transaction) => {
          for (let more = 0; more <= n % 3; more += 1)
            await write(transaction, 1 + ((n * 7 + more * writer) % 5), 1 + (n % 4));
        });
      }
    }),
  );
  const { findings, entries, positions } = await verifyAudit(db);
  t.same(findings, []);
  t.equal(entries, WRITERS * TRANSACTIONS * 2);
  t.equal(positions, entries * 2);
});

t.test('P14: a database from before there were logs gets them, with what it has', async (t) => {
  const url = await createEmptyDatabase(t);
  const folder = t.testdir();
  for (const name of readdirSync(MIGRATIONS).filter((each) => each < '0008')) {
    copyFileSync(new URL(name, MIGRATIONS), join(folder, name));
  }
  await migrate(url, pathToFileURL(`${folder}/`));
  const db = databaseOver(
    openPool({ url, connections_max: 1, request_timeout_ms: 20_000, onIdleError: () => undefined }),
  );
  t.teardown(() => db.destroy());
  const ids = [];
  for (const org_id of [1, 2, 1]) ids.push(await write(db, org_id));
  await migrate(url);
  t.same(await logOf(db, 1), [ids[0], ids[2]]);
  ids.push(await write(db, 1));
  t.same(await logOf(db, 1), [ids[0], ids[2], ids[3]]);
  t.same((await verifyAudit(db)).findings, []);
});
