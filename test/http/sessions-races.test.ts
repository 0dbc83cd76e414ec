// Signing in while the right to it is taken away: what was verified a moment ago opens no session any more (T5), and a right that serves
// once serves one.

import { type Kysely, sql } from 'kysely';
import t, { type Test } from 'tap';
import type { Database } from '../../src/db/schema.ts';
import { digestOf, newText } from '../../src/secrets.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { eventually } from '../support/service.ts';
import { bearer, quickHash, worldOf } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

/** How many statements of this database wait for somebody else's transaction. */
async function waitingFor(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows[0]?.count ?? 0;
}

/** What becomes of calls that have verified everything when `change` is made, and wait for it. */
async function during<Answer>(
  { deps }: TestApp,
  lock: (transaction: Kysely<Database>) => Promise<unknown>,
  { calls, change }: { calls: () => Promise<Answer>[]; change: (transaction: Kysely<Database>) => Promise<unknown> },
): Promise<Answer[]> {
  let made: Promise<Answer>[] = [];
  await deps.db.transaction().execute(async (transaction) => {
    await lock(transaction);
    made = calls();
    await eventually(async () => (await waitingFor(deps.db)) >= made.length);
    await change(transaction);
  });
  return Promise.all(made);
}

async function started(t: Test) {
  const test = await buildTestApp(t);
  const grace = await worldOf(test.deps).person('grace', { password_hash: await quickHash(PASSWORD) });
  const lock = (transaction: Kysely<Database>) =>
    sql`select from users where id = ${grace.id} for update`.execute(transaction);
  const signIn = () =>
    test.inject({ method: 'POST', url: '/sessions', payload: { login: 'grace', password: PASSWORD } });
  return { ...test, grace, lock, signIn };
}

t.test('T5: who signs in while the password is changed, or he is suspended, has no session', async (t) => {
  const { grace, lock, signIn, ...test } = await started(t);
  const other = await quickHash('another password');
  const changes: Readonly<Record<string, object>> = {
    'nothing is changed': {},
    'the password': { password_hash: other },
    'he is suspended': { password_hash: await quickHash(PASSWORD), suspended_at: new Date() },
  };
  for (const [name, columns] of Object.entries(changes)) {
    const password_hash = await quickHash(PASSWORD);
    await test.deps.db
      .updateTable('users')
      .set({ password_hash, suspended_at: null })
      .where('id', '=', grace.id)
      .execute();
    const [answer] = await during(test, lock, {
      calls: () => [signIn()],
      change: async (transaction) => {
        await transaction.deleteFrom('sessions').where('user_id', '=', grace.id).execute();
        const set = { password_hash, ...columns };
        await transaction.updateTable('users').set(set).where('id', '=', grace.id).execute();
      },
    });
    t.equal(answer?.statusCode, name === 'nothing is changed' ? 201 : 401, name);
    const { length } = await test.deps.db.selectFrom('sessions').select('id').execute();
    t.equal(length, name === 'nothing is changed' ? 1 : 0, name);
  }
});

t.test('T5: a right to choose the first password serves once, also at the same moment', async (t) => {
  const { grace, ...test } = await started(t);
  const token = newText('setup', 'gth');
  const setup = { digest: digestOf(token), user_id: grace.id, expires_at: new Date(Date.now() + 60_000) };
  await test.deps.db.insertInto('password_setups').values(setup).execute();
  const choose = (password: string) =>
    test.inject({ method: 'POST', url: '/sessions/setup', payload: { token, password } });
  const passwords = ['the first password', 'the second password'];
  const answers = await during(
    test,
    (transaction) => sql`select from password_setups where digest = ${setup.digest} for update`.execute(transaction),
    { calls: () => passwords.map(choose), change: async () => undefined },
  );
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [201, 401]);
  const taken = passwords[answers.findIndex(({ statusCode }) => statusCode === 201)];
  for (const password of passwords) {
    const { statusCode } = await test.inject({
      method: 'POST',
      url: '/sessions',
      payload: { login: 'grace', password },
    });
    t.equal(statusCode, password === taken ? 201 : 401, 'whose session was opened chose the password');
  }
  const [opened] = answers.filter(({ statusCode }) => statusCode === 201);
  const headers = bearer(opened?.json().token);
  t.equal((await test.inject({ url: '/user', headers })).statusCode, 200);
});
