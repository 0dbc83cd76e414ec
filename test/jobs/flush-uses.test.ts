// What nodes collect in memory and write together: last uses (M9) and what tokens exercised (U1). Added up over nodes, never
// backwards, kept when the database does not take it, bounded, and no change that any node has to hear of.

import { type Kysely, sql } from 'kysely';
import t, { type Test } from 'tap';
import type { Database } from '../../src/db/schema.ts';
import { decide } from '../../src/domain/decide.ts';
import type { RepositoryFacts, Subject } from '../../src/domain/facts.ts';
import { createExerciseTally } from '../../src/use-cases/checks/exercise-tally.ts';
import { createLastUse } from '../../src/use-cases/checks/last-use.ts';
import { createUsage } from '../../src/use-cases/checks/usage.ts';
import { sweepUsage } from '../../src/use-cases/service/sweep-usage.ts';
import { buildTestApp } from '../support/build-app.ts';
import { settableClock } from '../support/clock.ts';
import { eventually } from '../support/service.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

const DAY_MS = 86_400_000;
const GOING_ON = new AbortController().signal;
const REPOSITORIES_MAX = 3;

async function start(t: Test) {
  const { begun, clock, setTo } = settableClock();
  const { deps, logged } = await buildTestApp(t, { deps: { clock } });
  const rows = tokenRowsOf(deps);
  const ada = await worldOf(deps).person('ada');
  const usedAt = async (id: number) =>
    (await deps.db.selectFrom('tokens').select('last_used_at').where('id', '=', id).executeTakeFirstOrThrow())
      .last_used_at;
  const at = (seconds: number) => new Date(begun.getTime() + seconds * 1000);
  return { deps, logged, rows, ada, usedAt, at, setTo };
}

/** The same database, which can be made to take nothing. */
function breakable(db: Kysely<Database>) {
  let is_broken = false;
  const breaking = db.withPlugin({
    transformQuery: ({ node }) => {
      if (is_broken) throw new Error('the storage is away');
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  return {
    db: breaking,
    setBroken: (broken: boolean) => {
      is_broken = broken;
    },
  };
}

t.test('M9: last uses of many nodes: the latest counts, and a later one is never set back', async (t) => {
  const { deps, rows, ada, usedAt, at } = await start(t);
  const tokens = [await rows.classic(ada), await rows.classic(ada), await rows.fineGrained(ada)] as const;
  const [a, b, c] = tokens;
  const nodes = [createLastUse(deps.db), createLastUse(deps.db)] as const;
  nodes[0].record(a.id, at(10));
  nodes[1].record(a.id, at(20));
  for (const { id } of tokens) nodes[0].record(id, at(15));
  for (const { id } of [...tokens].reverse()) nodes[1].record(id, at(id === b.id ? 30 : 5));
  await Promise.all(nodes.map(({ flush }) => flush()));
  // What one of them held was left by the other, for the next time.
  for (const { flush } of nodes) await flush();
  t.same(await Promise.all(tokens.map(({ id }) => usedAt(id))), [at(20), at(30), at(15)]);
  nodes[0].record(a.id, at(1));
  nodes[0].record(987_654, at(1));
  await nodes[0].flush();
  t.same(await usedAt(a.id), at(20), 'not backwards; a token that is gone is nobody');
  const before = await sql`select epoch from change_epoch`.execute(deps.db);
  nodes[0].record(c.id, at(99));
  await nodes[0].flush();
  t.same(await usedAt(c.id), at(99));
  t.same((await sql`select epoch from change_epoch`.execute(deps.db)).rows, before.rows, 'no change for anybody');
});

t.test('M9: a token that somebody is changing is not waited for: its use is written the next time', async (t) => {
  const { deps, rows, ada, usedAt, at } = await start(t);
  const [held, free] = [await rows.classic(ada), await rows.classic(ada)];
  const last_use = createLastUse(deps.db);
  for (const { id } of [held, free]) last_use.record(id, at(10));
  await deps.db.transaction().execute(async (transaction) => {
    await transaction.selectFrom('tokens').select('id').where('id', '=', held.id).forNoKeyUpdate().execute();
    await last_use.flush();
    t.same([await usedAt(held.id), await usedAt(free.id)], [null, at(10)]);
  });
  await last_use.flush();
  t.same(await usedAt(held.id), at(10));
});

t.test('M9: what the database does not take is kept', async (t) => {
  const { deps, rows, ada, usedAt, at } = await start(t);
  const token = await rows.classic(ada);
  const { db, setBroken } = breakable(deps.db);
  const last_use = createLastUse(db);
  setBroken(true);
  last_use.record(token.id, at(10));
  await t.rejects(last_use.flush());
  setBroken(false);
  await last_use.flush();
  t.same(await usedAt(token.id), at(10));
});

function repository(id: number, owner_id: number): RepositoryFacts {
  const owner = { type: 'User', id: owner_id, login: 'ada' } as const;
  return {
    type: 'repository',
    id,
    name: `r${id}`,
    owner,
    visibility: 'private',
    archived: false,
    role: 'admin',
    selected: true,
  };
}

function subjectOf(person_id: number, token_id: number, now: Date): Subject & { type: 'token' } {
  const issued = new Date(now.getTime() - 1000);
  const times = { secret_issued_at: issued, expires_at: null, revoked_at: null, secret_expires_at: null };
  return {
    type: 'token',
    person: { id: person_id, login: 'ada', suspended: false, site_admin: false },
    token: {
      ...times,
      kind: 'fine_grained',
      id: token_id,
      name: 'ci',
      hashed_token: '',
      exchanged: null,
      resource_owner: { id: person_id, type: 'User', login: 'ada' },
      grant: {
        id: 1,
        permissions: { contents: 'write', issues: 'write', metadata: 'read' },
        repository_selection: 'all',
      },
      request_pending: false,
    },
  };
}

t.test(
  'U1: what nodes counted is added up by day, told apart as far as it is bounded, and kept for thirty days',
  async (t) => {
    const { deps, logged, rows, ada, at, setTo } = await start(t);
    const token = await rows.fineGrained(ada, { permissions: { contents: 'write' }, selection: 'all' });
    const { db, setBroken } = breakable(deps.db);
    const parts = { db, log: deps.log, repositories_max: REPOSITORIES_MAX };
    const nodes = [createUsage(parts), createUsage(parts)] as const;
    const use = (node: 0 | 1, permission: string, level: string, repository_id: number, now: Date) => {
      const subject = subjectOf(ada.id, token.id, now);
      const resource = repository(repository_id, ada.id);
      const { exercise } = decide({ subject, resource }, { ask: { type: 'permission', permission, level } }, now);
      if (exercise === undefined) throw new Error('nothing was exercised');
      nodes[node].record(subject.token, resource, exercise, now);
    };
    const counted = async () => {
      const { rows: found } = await sql<{ said: string }>`
      select concat_ws(' ', token_id, day - date '1970-01-01', owner_id, needed, checks) as said from token_usage
      order by day, needed`.execute(deps.db);
      return found.map(({ said }) => said);
    };
    const repositories = async () => {
      const found = await deps.db.selectFrom('token_repository_usage').select(['repository_id', 'checks']).execute();
      return found.map(({ repository_id, checks }) => `${repository_id} ${checks}`).sort();
    };
    const today = Math.floor(at(0).getTime() / DAY_MS);
    use(0, 'contents', 'read', 1, at(0));
    use(0, 'contents', 'read', 1, at(0));
    use(1, 'contents', 'read', 2, at(0));
    use(1, 'issues', 'write', 1, at(0));
    await Promise.all(nodes.map(({ flush }) => flush()));
    const first = [`${token.id} ${today} ${ada.id} contents:read 3`, `${token.id} ${today} ${ada.id} issues:write 1`];
    t.same(await counted(), first);
    t.same(await repositories(), ['1 3', '2 1']);

    setBroken(true);
    use(0, 'contents', 'read', 3, at(0));
    await t.rejects(nodes[0].flush());
    use(0, 'contents', 'read', 3, at(0));
    setBroken(false);
    await nodes[0].flush();
    t.same((await counted())[0], `${token.id} ${today} ${ada.id} contents:read 5`, 'kept, and added up');

    for (const each of [3, 4, 5, 6, 7]) use(1, 'contents', 'read', each, at(0));
    await nodes[1].flush();
    t.same(
      await repositories(),
      ['1 3', '2 1', '3 3'],
      'no more repositories a day are told apart than a subset can hold',
    );

    const later = new Date(at(0).getTime() + 29 * DAY_MS);
    use(0, 'contents', 'read', 1, later);
    use(0, 'contents', 'read', 1, at(0));
    use(0, 'contents', 'read', 1, later);
    await nodes[0].flush();
    setTo(29);
    await sweepUsage(deps, GOING_ON);
    t.equal((await counted()).length, 3, 'thirty days, the present one among them');
    setTo(30);
    await sweepUsage(deps, GOING_ON);
    t.same(await counted(), [`${token.id} ${today + 29} ${ada.id} contents:read 2`]);
    t.notMatch(logged(), /left out/);

    const small = createUsage({ db: deps.db, log: deps.log, repositories_max: REPOSITORIES_MAX, entries_max: 10 });
    const at_once = async (first: number, last: number) => {
      for (let token_id = first; token_id <= last; token_id += 1) {
        const subject = subjectOf(ada.id, token_id, later);
        const ask = { type: 'permission', permission: 'issues', level: 'read' } as const;
        const resource = repository(1, ada.id);
        const { exercise } = decide({ subject, resource }, { ask }, later);
        if (exercise !== undefined) small.record(subject.token, resource, exercise, later);
      }
      const { rows: found } = await sql<{ n: number }>`
      select count(*)::int as n from token_usage where needed = 'issues:read'`.execute(deps.db);
      return found[0]?.n;
    };
    t.equal(await at_once(101, 105), 0, 'half full: it waits');
    await at_once(106, 106);
    await eventually(async () => (await at_once(0, -1)) === 6);
    t.pass('more than half full: it is written early');
  },
);

t.test('U1: what has no room is counted as left out, and what is known goes on', async (t) => {
  const tally = createExerciseTally({ repositories_max: REPOSITORIES_MAX, entries_max: 10 });
  const now = new Date();
  const resource = repository(1, 1);
  const use = (token_id: number) => {
    const subject = subjectOf(1, token_id, now);
    const ask = { type: 'permission', permission: 'contents', level: 'read' } as const;
    const { exercise } = decide({ subject, resource }, { ask }, now);
    if (exercise !== undefined) tally.record(subject.token, resource, exercise, now);
  };
  for (let token_id = 1; token_id <= 15; token_id += 1) use(token_id);
  use(1);
  const { days, left_out } = tally.take();
  t.equal(left_out, 5);
  const rows = days.flatMap((day) => [...(day.next(4)?.exercises ?? []), ...(day.next(100)?.exercises ?? [])]);
  t.same(
    rows.map(({ token_id, checks }) => `${token_id} ${checks}`).sort(),
    ['1 2', '2 1', '3 1', '4 1', '5 1', '6 1', '7 1', '8 1', '9 1', '10 1'].sort(),
  );
  t.same(tally.take(), { days: [], left_out: 0 });
});
