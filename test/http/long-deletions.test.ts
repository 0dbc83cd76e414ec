// What is taken away with all that hangs on it may be large: it takes as long as it takes, is done whole, and who asked hears in the time
// of a request (contract 10: 503) what he hears whenever something takes longer.

import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { directoryApp } from '../support/directory-app.ts';
import { eventually } from '../support/service.ts';

/** A statement may take half of it. */
const LIMIT_MS = 2000;
const SLOW_SECONDS = 1.3;
/** Whoever holds this lock of the database keeps what is slow from its end. */
const HELD = 20_261_124;

async function start(t: Test, settings = {}) {
  const app = await directoryApp(t, { is_new: true, request_timeout_ms: LIMIT_MS, settings });
  const { world, deps } = app;
  const ada = await world.person('ada', { site_admin: true });
  const session = await world.session(ada);
  /** From now on whoever takes away or changes a row of the table does this; answers how that ends. */
  const slow = async (table: string, what: string) => {
    await sql
      .raw(
        `create or replace function be_slow() returns trigger language plpgsql as $$ begin ${what}; return null; end $$;
         create trigger be_slow after update or delete on ${table} for each row execute function be_slow()`,
      )
      .execute(deps.db);
    return () => sql.raw(`drop trigger be_slow on ${table}`).execute(deps.db);
  };
  /** Whoever takes away a membership waits until this ends. */
  const hold = async () => {
    await slow(
      'memberships',
      `while not pg_try_advisory_xact_lock_shared(${HELD}) loop perform pg_sleep(0.02); end loop`,
    );
    const [held, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holding = deps.db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${HELD})`.execute(connection);
      held.resolve();
      await over.promise;
      await sql`select pg_advisory_unlock(${HELD})`.execute(connection);
    });
    const release = async () => {
      over.resolve();
      await holding;
    };
    t.teardown(release);
    await held.promise;
    return release;
  };
  return { ...app, ada, session, slow, hold };
}

/** Each takes one row of the table away, or changes it. */
const DELETIONS = [
  ['DELETE /enterprises/megacorp/organizations/acme', 'repositories', null],
  ['DELETE /repos/acme/web', 'team_repositories', 'GET /repos/acme/web'],
  ['DELETE /orgs/acme/teams/core', 'team_members', 'GET /orgs/acme/teams/core'],
  ['DELETE /admin/users/mona/tokens', 'tokens', null],
  ['DELETE /orgs/acme/memberships/mona', 'memberships', 'GET /orgs/acme/memberships/mona'],
  ['DELETE /admin/users/mona', 'tokens', 'GET /users/mona'],
  ['DELETE /orgs/acme', 'memberships', 'GET /orgs/acme'],
  ['DELETE /admin/clients/CLIENT', 'client_secrets', null],
] as const;

t.test('M10, F4: what takes longer than a statement may take otherwise is taken away', async (t) => {
  const { world, rows, ada, session, slow, call } = await start(t);
  const mona = await world.person('mona');
  const acme = await world.organization('acme', ada);
  await world.member(acme, mona);
  const web = await world.repository(acme, 'web');
  await world.repository(acme, 'inside', 'internal');
  await world.team(acme, 'core', [mona], [{ on: web, role: 'write' }]);
  await world.enterprise('megacorp', [acme], [ada]);
  await rows.fineGrained(mona, { owner: acme });
  const client = await world.client(['introspect']);
  for (const [request, table, read] of DELETIONS) {
    const beQuick = await slow(table, `perform pg_sleep(${SLOW_SECONDS})`);
    const named = request.replace('CLIENT', client.client_id) as typeof request; // only the id;
    t.equal((await call(session, named)).status, 204, request);
    if (read !== null) t.equal((await call(session, read)).status, 404, `${request}: it is gone`);
    await beQuick();
  }
});

t.test('M10, L1, promises P9: longer than a request may take: 503, then it is done once and as a whole', async (t) => {
  const { world, ada, session, hold, call, entries, logged } = await start(t, { REQUEST_TIMEOUT_MS: String(LIMIT_MS) });
  const acme = await world.organization('acme', ada);
  await world.repository(acme, 'web');
  const release = await hold();
  await entries();
  const answer = await call(session, 'DELETE /orgs/acme');
  t.equal(answer.status, 503);
  t.ok(answer.headers['retry-after'], 'and when to ask again');
  t.equal((await call(session, 'DELETE /orgs/acme')).status, 503, 'who asks again waits for no lock longer than usual');
  t.equal((await call(session, 'GET /repos/acme/web')).status, 200, 'nothing of it is in force yet');
  t.same(await entries(), [], 'and nothing is told of it');
  await release();
  await eventually(async () => (await call(session, 'GET /orgs/acme')).status === 404);
  t.equal((await call(session, 'GET /repos/acme/web')).status, 404);
  const done = (await entries()).filter(({ action }) => action === 'org.delete');
  t.same(
    done.map(({ outcome }) => outcome),
    ['done'],
  );
  t.notMatch(logged(), /"level":[56]0/, 'nobody is told of a fault');
});

t.test('promises P7: those that take long leave connections to all others', async (t) => {
  const { world, ada, session, hold, call } = await start(t, { REQUEST_TIMEOUT_MS: String(LIMIT_MS) });
  const names = ['one', 'two', 'three', 'four', 'five'];
  for (const name of names) await world.organization(name, ada);
  const release = await hold();
  const answers = await Promise.all(names.map((name) => call(session, `DELETE /orgs/${name}`)));
  t.same(
    answers.map(({ status }) => status),
    names.map(() => 503),
  );
  t.equal((await call(session, 'POST /admin/organizations', { login: 'six', admin: 'ada' })).status, 201);
  await release();
  const left = async () => {
    const found = await Promise.all(names.map((name) => call(session, `GET /orgs/${name}`)));
    return found.filter(({ status }) => status === 200).length;
  };
  await eventually(async () => (await left()) === 3);
  t.equal((await call(session, 'DELETE /orgs/five')).status, 204, 'who was told so asks again');
});
