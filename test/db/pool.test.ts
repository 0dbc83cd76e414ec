// What the pool promises: values that cannot be mistaken, limits of time and number, and faults that are never decisions.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type Kysely, sql } from 'kysely';
import t, { type Test } from 'tap';
import { openJoint } from '../../src/db/joint-transaction.ts';
import { databaseOver, figuresOf, openPool } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/schema.ts';
import { isForeignKeyViolation, isUniqueViolation, sqlstate } from '../../src/db/sqlstate.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { StorageUnavailable } from '../../src/domain/fault.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { eventually, freePort } from '../support/service.ts';

const TIMEOUT_MS = 500;

async function readValue({ db }: TestDatabase, expression: string): Promise<unknown> {
  const { rows } = await sql<{ value: unknown }>`select ${sql.raw(expression)} as value`.execute(db);
  return rows[0]?.value;
}

t.test('integers are numbers, up to the last one that is exact', async (t) => {
  const database = await createDatabase(t);
  t.equal(await readValue(database, '9007199254740991::bigint'), Number.MAX_SAFE_INTEGER);
  t.same(await readValue(database, "'{1,-2}'::bigint[]"), [1, -2]);
  t.equal(await readValue(database, 'null::bigint'), null);
  await t.rejects(readValue(database, '9007199254740992::bigint'), StorageUnavailable);
  await t.rejects(readValue(database, "'{9007199254740992}'::bigint[]"), StorageUnavailable);
  await t.rejects(readValue(database, "'{1,null}'::bigint[]"), StorageUnavailable);
});

t.test('instants are dates, and infinity is neither never nor null (F3)', async (t) => {
  const database = await createDatabase(t);
  t.same(await readValue(database, "'2026-02-28T12:00:00+02'::timestamptz"), new Date('2026-02-28T10:00:00Z'));
  t.same(await readValue(database, "'{2026-02-28T12:00:00Z}'::timestamptz[]"), [new Date('2026-02-28T12:00:00Z')]);
  t.equal(await readValue(database, 'null::timestamptz'), null);
  for (const instant of ['infinity', '-infinity']) {
    await t.rejects(readValue(database, `'${instant}'::timestamptz`), StorageUnavailable);
    await t.rejects(readValue(database, `array['${instant}'::timestamptz]`), StorageUnavailable);
  }
  t.equal(await readValue(database, '1'), 1, 'the connection is usable afterwards');
});

t.test('violations stay what they are, with their constraint', async (t) => {
  const { db } = await createDatabase(t);
  const add = (login: string) => db.insertInto('accounts').values({ type: 'User', login }).execute();
  await add('octocat');
  const error: unknown = await add('OctoCat').catch((reason: unknown) => reason);
  t.equal(isUniqueViolation(error), true);
  t.equal(isUniqueViolation(error, 'accounts_login_taken'), true);
  t.equal(isUniqueViolation(error, 'accounts_pkey'), false);
  t.equal(isForeignKeyViolation(error), false);
});

t.test('a connection that dies under a transaction is a fault, and the next one works', async (t) => {
  const { db } = await createDatabase(t);
  const transaction = db.transaction().execute(async (inside) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(inside);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db);
    await sql`select 1`.execute(inside);
  });
  await t.rejects(transaction, StorageUnavailable);
  t.same((await sql`select 1 as one`.execute(db)).rows, [{ one: 1 }]);
});

/** So many rows, one after the other; `onRow` is called while the one with this number is under way. */
async function addRows(db: Kysely<Database>, onRow: (row: number) => void): Promise<void> {
  for (let row = 0; row < ROWS; row += 1) {
    const adding = db
      .insertInto('accounts')
      .values({ type: 'User', login: `row-${row}` })
      .execute();
    onRow(row);
    await adding;
  }
}

const ROWS = 4;

t.test('promises P9, P22: of a call that is given up nothing is done, whichever statement is under way', async (t) => {
  const { db, url } = await createDatabase(t);
  const limits = { connections_max: 2, request_timeout_ms: 20_000, onIdleError: () => undefined };
  const own = databaseOver(openPool({ url, ...limits }));
  t.teardown(() => own.destroy());
  const count = async () => (await db.selectFrom('accounts').select('login').execute()).map(({ login }) => login);
  for (let given_up_at = 0; given_up_at < ROWS; given_up_at += 1) {
    const joint = openJoint(own, async () => undefined);
    const gone = Promise.withResolvers<void>();
    const adding = joint.run(() =>
      inTransaction(own, (transaction) =>
        addRows(transaction, (row) => {
          if (row === given_up_at) joint.giveUp().then(gone.resolve, gone.reject);
        }),
      ),
    );
    await t.rejects(adding);
    await gone.promise;
    // What came late would have been done by now: there are no more connections than these.
    await Promise.all([1, 2].map(() => sql`select 1`.execute(own)));
    t.same(await count(), [], `given up at row ${given_up_at}`);
  }
  await addRows(own, () => undefined);
  t.equal((await count()).length, ROWS, 'control: else it is done');
});

t.test('promises P9: of a transaction that fails no branch goes on by itself', async (t) => {
  const { db } = await createDatabase(t);
  const failing = Promise.withResolvers<void>();
  const branches = Promise.withResolvers<unknown>();
  const transaction = inTransaction(db, async (inside) => {
    const rows = addRows(inside, (row) => row === 1 && failing.reject(new Error('another branch')));
    branches.resolve(Promise.allSettled([rows]));
    await Promise.all([failing.promise, rows]);
  });
  await t.rejects(transaction, /another branch/);
  await branches.promise;
  t.same(await db.selectFrom('accounts').select('login').execute(), []);
});

t.test('a statement that takes too long is ended, and is a fault', async (t) => {
  const db = openShort(t, (await createDatabase(t)).url);
  const error: unknown = await sql`select pg_sleep(60)`.execute(db).catch((reason: unknown) => reason);
  t.type(error, StorageUnavailable);
  t.equal(sqlstate(error), '57014');
});

t.test('waiting for a connection has an end, and is a fault', async (t) => {
  const db = openShort(t, (await createDatabase(t)).url);
  await db.connection().execute(async () => t.rejects(sql`select 1`.execute(db), StorageUnavailable));
  t.same((await sql`select 1 as one`.execute(db)).rows, [{ one: 1 }]);
});

t.test('promises P23: no more than so much waits for a connection; what is too much fails at once', async (t) => {
  const { url } = await createDatabase(t);
  const pool = openPool({
    url,
    connections_max: 1,
    waiting_max: 2,
    request_timeout_ms: 60_000, // so that nothing ends for having waited too long
    onIdleError: () => undefined,
  });
  const db = databaseOver(pool);
  t.teardown(() => db.destroy());
  const one = () => sql`select 1 as one`.execute(db);
  const waiting: Promise<unknown>[] = [];
  await db.connection().execute(async () => {
    waiting.push(one(), one());
    await eventually(() => figuresOf(pool).waitingCount === 2);
    await t.rejects(one(), StorageUnavailable, 'a third');
  });
  t.equal((await Promise.all(waiting)).length, 2, 'those before it are served');
  t.same((await one()).rows, [{ one: 1 }], 'and then there is room');
});

t.test('a database that is not there is a fault', async (t) => {
  const db = openShort(t, `postgres://nobody@127.0.0.1:${await freePort()}/none`);
  await t.rejects(sql`select 1`.execute(db), StorageUnavailable);
});

t.test('a server that accepts and never answers is a fault', async (t) => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const db = openShort(t, `postgres://nobody@127.0.0.1:${portOf(silent)}/none`);
  await t.rejects(sql`select 1`.execute(db), StorageUnavailable);
});

/** One connection, and little patience. */
function openShort(t: Test, url: string): TestDatabase['db'] {
  const pool = openPool({ url, connections_max: 1, request_timeout_ms: TIMEOUT_MS, onIdleError: () => undefined });
  const db = databaseOver(pool);
  t.teardown(() => db.destroy());
  return db;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
