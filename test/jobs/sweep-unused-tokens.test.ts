// Tokens that nobody has used for a year end; no other does (M9).

import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { daysAfter } from '../../src/domain/lifetime.ts';
import { removeDeadRows } from '../../src/use-cases/service/remove-dead-rows.ts';
import { noticeExpiry } from '../../src/use-cases/tokens/notice-expiry.ts';
import { sweepUnusedTokens } from '../../src/use-cases/tokens/sweep-unused-tokens.ts';
import { buildTestApp } from '../support/build-app.ts';
import { settableClock } from '../support/clock.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

const GOING_ON = new AbortController().signal;
/** `last_used_at` may lag so long (M9). */
const LAG_SECONDS = 60;

async function start(t: Test) {
  const { begun, clock, setTo } = settableClock();
  const { inject, deps } = await buildTestApp(t, { deps: { clock } });
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const run = () => sweepUnusedTokens(deps, GOING_ON);
  const swept = async () => {
    const found = await deps.db
      .selectFrom('tokens')
      .select(['id', 'revoked_reason'])
      .where('revoked_at', 'is not', null)
      .orderBy('id')
      .execute();
    return found.map(({ id, revoked_reason }) => `${id} ${revoked_reason}`);
  };
  const usedAt = (id: number, last_used_at: Date) =>
    deps.db.updateTable('tokens').set({ last_used_at }).where('id', '=', id).execute();
  return { begun, setTo, inject, deps, world, rows, run, swept, usedAt };
}

t.test(
  'M9: unused for a year, or never used since its issue, a token ends; used within the year it lives',
  async (t) => {
    const { begun, setTo, inject, world, rows, run, swept, usedAt } = await start(t);
    const ada = await world.person('ada');
    const never = { issued_at: begun, expires_at: null };
    const unused = await rows.classic(ada, never);
    const used_once = await rows.fineGrained(ada, { ...never, issued_at: daysAfter(begun, -1) });
    const used_later = await rows.classic(ada, never);
    const issued_later = await rows.classic(ada, { issued_at: daysAfter(begun, 1), expires_at: null });
    await usedAt(used_once.id, begun);
    await usedAt(used_later.id, daysAfter(begun, 1));
    setTo(365);
    await run();
    t.same(await swept(), [], 'a year to the second is not over a year');
    setTo(365, LAG_SECONDS);
    await run();
    t.same(await swept(), [], 'a use of the last second may not be known yet');
    setTo(365, 2 * LAG_SECONDS);
    await run();
    t.same(await swept(), [], 'nor to a node that could not write at once');
    setTo(365, 2 * LAG_SECONDS + 1);
    await run();
    t.same(await swept(), [`${unused.id} unused`, `${used_once.id} unused`]);
    for (const { text } of [unused, used_once]) {
      t.equal((await inject({ url: '/user', headers: bearer(text) })).statusCode, 401);
    }
    for (const { text } of [used_later, issued_later]) {
      t.equal((await inject({ url: '/user', headers: bearer(text) })).statusCode, 200);
    }
  },
);

t.test('M9: a use that only this process knows of, and a new secret, count', async (t) => {
  const { begun, setTo, inject, deps, world, rows, run, swept, usedAt } = await start(t);
  const ada = await world.person('ada');
  const [used, renewed] = [
    await rows.classic(ada, { issued_at: begun, expires_at: null }),
    await rows.classic(ada, { issued_at: begun, expires_at: null }),
  ];
  await usedAt(renewed.id, begun);
  setTo(364);
  deps.last_use.record(used.id, daysAfter(begun, 364));
  const answer = await inject({
    method: 'POST',
    url: `/user/personal-access-tokens/${renewed.id}/regenerate`,
    headers: bearer(await world.session(ada)),
    payload: { never_expires: true },
  });
  t.equal(answer.statusCode, 201, answer.body);
  setTo(366);
  await run();
  t.same(await swept(), []);
  setTo(364 + 366);
  await run();
  t.same(await swept(), [`${used.id} unused`, `${renewed.id} unused`]);
});

t.test(
  'M9, L1, T2: what ends so is an entry, its deploy keys go, its holder is told; expired ones are left',
  async (t) => {
    const { begun, setTo, inject, deps, world, rows, run, swept } = await start(t);
    const ada = await world.person('ada');
    const acme = await world.organization('acme', ada);
    const web = await world.repository(acme, 'web');
    const token = await rows.fineGrained(ada, { issued_at: begun, expires_at: null, owner: acme });
    await rows.classic(ada, { issued_at: begun, expires_at: daysAfter(begun, 10) });
    await deps.db
      .insertInto('deploy_keys')
      .values({
        ...{ repository_id: web.id, read_only: true, added_by: 'ada', created_at: begun },
        ...{ title: 'by it', key: 'ssh-ed25519 A', token_id: token.id },
      })
      .execute();
    setTo(366);
    await Promise.all([run(), run(), run()]);
    await run();
    t.same(await swept(), [`${token.id} unused`]);
    const entries = await deps.db.selectFrom('audit_entries').selectAll().execute();
    t.equal(entries.length, 1);
    t.match(entries[0], {
      ...{ action: 'personal_access_token.credential_revoked', actor: null, user: 'ada', org: 'acme' },
      ...{ managed_token_id: token.id, managed_hashed_token: token.digest, data: { revoked_reason: 'unused' } },
    });
    t.same(await deps.db.selectFrom('deploy_keys').select('id').execute(), []);
    const answer = await inject({ url: '/user/notifications', headers: bearer(await world.session(ada)) });
    t.match(answer.json(), [{ type: 'token_revoked', reason: 'unused', token_id: token.id }]);
  },
);

t.test('M9: the jobs together, run twice, change nothing the second time', async (t) => {
  const { begun, setTo, deps, world, rows } = await start(t);
  const ada = await world.person('ada');
  for (const days of [1, 10, 40, 380, null]) {
    await rows.classic(ada, { issued_at: begun, expires_at: days === null ? null : daysAfter(begun, days) });
  }
  const dump = async () =>
    JSON.stringify([
      await deps.db.selectFrom('tokens').selectAll().orderBy('id').execute(),
      await deps.db.selectFrom('notifications').selectAll().orderBy('id').execute(),
      await deps.db.selectFrom('audit_entries').selectAll().orderBy('id').execute(),
    ]);
  const all = async () => {
    for (const run of [noticeExpiry, sweepUnusedTokens, removeDeadRows]) await run(deps, GOING_ON);
  };
  for (const day of [0, 5, 33, 200, 366, 379]) {
    setTo(day);
    await all();
    const once = await dump();
    await all();
    t.equal(await dump(), once, `on day ${day}`);
  }
});

t.test('M8, T5: what is dead is taken away, and nothing else', async (t) => {
  const { begun, setTo, inject, deps, world, rows } = await start(t);
  const ada = await world.person('ada');
  const dead_session = await world.session(ada);
  const older = await rows.classic(ada, { issued_at: begun, expires_at: null });
  const newer = await rows.regenerate(older, 'classic', daysAfter(begun, 1));
  await deps.db
    .insertInto('password_setups')
    .values([
      { digest: 'dead', user_id: ada.id, expires_at: daysAfter(begun, 1) },
      { digest: 'alive', user_id: ada.id, expires_at: daysAfter(begun, 3) },
    ])
    .execute();
  await deps.db.insertInto('notifications').values({ user_id: ada.id, type: 'session_revoked' }).execute();
  await removeDeadRows(deps, GOING_ON);
  const counts = async () => {
    const count = async (table: 'sessions' | 'password_setups' | 'notifications') =>
      (await deps.db.selectFrom(table).select('user_id').execute()).length;
    return [await count('sessions'), await count('password_setups'), await count('notifications')];
  };
  t.same(await counts(), [1, 2, 1], 'nothing is dead yet');
  setTo(1);
  const live_session = await world.session(ada);
  await Promise.all([removeDeadRows(deps, GOING_ON), removeDeadRows(deps, GOING_ON)]);
  t.same(await counts(), [1, 1, 1]);
  const texts = await deps.db.selectFrom('token_secrets').select('digest').execute();
  t.same(texts, [{ digest: newer.digest }], 'the older text is over, the present one stays');
  t.equal((await inject({ url: '/user', headers: bearer(live_session) })).statusCode, 200);
  t.equal((await inject({ url: '/user', headers: bearer(dead_session) })).statusCode, 401);
  setTo(366);
  await removeDeadRows(deps, GOING_ON);
  t.same(await counts(), [0, 0, 1], 'what somebody was told goes by the clock of the database');
  await sql`update notifications set created_at = now() - interval '365 days'`.execute(deps.db);
  await removeDeadRows(deps, GOING_ON);
  t.same(await counts(), [0, 0, 0]);
});
