// Holders and resource owners hear that a token expires, and that it has (L3, M9).

import fc from 'fast-check';
import t, { type Test } from 'tap';
import { daysAfter } from '../../src/domain/lifetime.ts';
import { noticeExpiry } from '../../src/use-cases/tokens/notice-expiry.ts';
import { buildTestApp } from '../support/build-app.ts';
import { settableClock } from '../support/clock.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

const GOING_ON = new AbortController().signal;

async function start(t: Test) {
  const { begun, clock, setTo } = settableClock();
  const { inject, deps } = await buildTestApp(t, { deps: { clock } });
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const run = () => noticeExpiry(deps, GOING_ON);
  const notices = async () => {
    const found = await deps.db
      .selectFrom('notifications')
      .select(['token_id', 'type', 'days_left'])
      .orderBy('id')
      .execute();
    return found.map(({ token_id, type, days_left }) => `${token_id} ${type} ${days_left}`);
  };
  const entries = () => deps.db.selectFrom('audit_entries').selectAll().orderBy('id').execute();
  return { begun, clock, setTo, inject, deps, world, rows, run, notices, entries };
}

t.test('L3: a token is noticed 30, 7, 1 and 0 days before its end, each once and not a second early', async (t) => {
  const { begun, setTo, world, rows, run, notices, inject } = await start(t);
  const ada = await world.person('ada');
  const { id } = await rows.classic(ada, { issued_at: begun, expires_at: daysAfter(begun, 100) });
  await rows.classic(ada, { issued_at: begun, expires_at: null });
  const expected: string[] = [];
  for (const [day, line] of [
    [70, `${id} token_expiring 30`],
    [93, `${id} token_expiring 7`],
    [99, `${id} token_expiring 1`],
    [100, `${id} token_expired 0`],
  ] as const) {
    setTo(day, -1);
    await run();
    t.same(await notices(), expected, `a second before day ${day}`);
    setTo(day);
    await run();
    expected.push(line);
    t.same(await notices(), expected, `day ${day}`);
    await run();
    t.same(await notices(), expected, 'and not again');
  }
  setTo(500);
  await run();
  t.same(await notices(), expected);
  const answer = await inject({ url: '/user/notifications', headers: bearer(await world.session(ada)) });
  t.match(answer.json(), [
    { type: 'token_expired', days_left: 0, title: /has expired/ },
    { type: 'token_expiring', days_left: 1, title: /within a day/ },
    { type: 'token_expiring', days_left: 7, token_id: id, token_kind: 'classic', message: /expires at/ },
    { type: 'token_expiring', days_left: 30 },
  ]);
});

t.test('L3: what lies before the issue of the secret is not noticed', async (t) => {
  const { begun, setTo, world, rows, run, notices } = await start(t);
  const ada = await world.person('ada');
  const [month, week, longer] = [
    await rows.classic(ada, { issued_at: begun, expires_at: daysAfter(begun, 30) }),
    await rows.classic(ada, { issued_at: begun, expires_at: daysAfter(begun, 7) }),
    await rows.classic(ada, { issued_at: begun, expires_at: daysAfter(begun, 31) }),
  ];
  await run();
  setTo(1);
  await run();
  t.same(await notices(), [`${longer.id} token_expiring 30`]);
  setTo(6);
  await run();
  t.same((await notices()).slice(1), [`${week.id} token_expiring 1`]);
  setTo(23);
  await run();
  t.same((await notices()).slice(2), [`${month.id} token_expiring 7`, `${week.id} token_expired 0`]);
});

t.test('L3: of several that are overdue only the last is told; a new secret begins anew', async (t) => {
  const { begun, setTo, deps, world, rows, run, notices, inject } = await start(t);
  const ada = await world.person('ada');
  const { id } = await rows.classic(ada, { issued_at: begun, expires_at: daysAfter(begun, 60) });
  setTo(58);
  await run();
  t.same(await notices(), [`${id} token_expiring 7`]);
  const answer = await inject({
    method: 'POST',
    url: `/user/personal-access-tokens/${id}/regenerate`,
    headers: bearer(await world.session(ada)),
    payload: { expires_in_days: 10 },
  });
  t.equal(answer.statusCode, 201, answer.body);
  await run();
  setTo(58 + 3);
  await run();
  t.same(await notices(), [`${id} token_expiring 7`, `${id} token_expiring 7`], 'of the second life');
  await deps.db.updateTable('tokens').set({ revoked_at: new Date(), revoked_reason: 'leaked' }).execute();
  setTo(100);
  await run();
  t.equal((await notices()).length, 2, 'a revoked token is not noticed');
});

t.test('M9, L1, A2: the end is one entry, deploy keys stay, what was asked for ends, which is one too', async (t) => {
  const { begun, setTo, deps, world, rows, run, entries } = await start(t);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  const web = await world.repository(acme, 'web');
  const hook = { url: 'https://hooks.example.com/', content_type: 'json', insecure_ssl: false, events: ['*'] };
  const stamps = { active: true, created_at: begun, updated_at: begun };
  await deps.db
    .insertInto('organization_hooks')
    .values({ ...hook, ...stamps, organization_id: acme.id })
    .execute();
  const life = { issued_at: begun, expires_at: daysAfter(begun, 3) };
  const token = await rows.fineGrained(ada, { ...life, owner: acme });
  const asking = await rows.fineGrained(ada, { ...life, owner: acme, standing: 'pending' });
  await deps.db
    .insertInto('deploy_keys')
    .values({
      ...{ repository_id: web.id, read_only: true, added_by: 'ada', created_at: begun },
      ...{ title: 'by it', key: 'ssh-ed25519 A', token_id: token.id },
    })
    .execute();
  setTo(3, 1);
  await Promise.all([run(), run(), run()]);
  await run();
  const written = await entries();
  t.same(
    written.map(({ action, managed_token_id }) => [action, managed_token_id]),
    [
      ['oauth_authorization.destroy', token.id],
      ['oauth_authorization.destroy', asking.id],
      ['personal_access_token.request_cancelled', asking.id],
    ],
  );
  t.match(written[0], { actor: null, user: 'ada', org: 'acme', managed_hashed_token: token.digest, outcome: 'done' });
  t.match(await deps.db.selectFrom('deploy_keys').select('title').execute(), [{ title: 'by it' }]);
  t.same(await deps.db.selectFrom('grant_requests').select('state').execute(), [{ state: 'cancelled' }]);
  const messages = await deps.db.selectFrom('hook_messages').select(['event', 'action']).orderBy('id').execute();
  t.same(messages.map(({ event, action }) => `${event} ${action}`).sort(), [
    'personal_access_token expired',
    'personal_access_token expired',
    'personal_access_token expiring',
    'personal_access_token expiring',
    'personal_access_token_request cancelled',
  ]);
});

t.test('L3: nodes at once do the work once, also where it is more than one batch', async (t) => {
  const { begun, setTo, deps, world, run, notices } = await start(t);
  const people = [await world.person('ada'), await world.person('bob'), await world.person('eve')];
  const TOKENS = 450;
  for (const { id: user_id } of people) {
    await deps.db
      .insertInto('tokens')
      .values(
        Array.from({ length: TOKENS / 3 }, (_, index) => ({
          ...{ kind: 'classic', user_id, name: `many ${index}`, scopes: [], token_last_eight: '00000000' },
          ...{ created_at: begun, secret_issued_at: begun, expires_at: daysAfter(begun, 2) },
        })),
      )
      .execute();
  }
  await deps.db
    .insertInto('token_secrets')
    .columns(['digest', 'token_id', 'is_current'])
    .expression((query) =>
      query
        .selectFrom('tokens')
        .select(({ cast, lit, ref }) => [
          cast<string>(ref('id'), 'text').as('digest'),
          'id',
          lit(true).as('is_current'),
        ])
        .where('name', 'like', 'many %'),
    )
    .execute();
  setTo(2);
  for (let turn = 0; turn < 3; turn += 1) await Promise.all([run(), run(), run(), run()]);
  const told = await notices();
  t.equal(told.length, TOKENS);
  t.equal(new Set(told).size, TOKENS);
});

t.test('L3: whoever is at a token is not waited for; it is noticed at the next turn', async (t) => {
  const { begun, setTo, deps, world, rows, run, notices } = await start(t);
  const [ada, bob] = [await world.person('ada'), await world.person('bob')];
  const [held, free] = [
    await rows.classic(ada, { issued_at: begun, expires_at: daysAfter(begun, 1) }),
    await rows.classic(bob, { issued_at: begun, expires_at: daysAfter(begun, 1) }),
  ];
  setTo(1);
  await deps.db.transaction().execute(async (transaction) => {
    await transaction.selectFrom('users').select('id').where('id', '=', ada.id).forNoKeyUpdate().execute();
    await run();
  });
  t.same(await notices(), [`${free.id} token_expired 0`]);
  await run();
  t.same((await notices()).slice(1), [`${held.id} token_expired 0`]);
});

/** What is to be told at these looks of a token that lives from day 0 to `life`: another way of saying the rule. */
function toldAt(life: number, looks: readonly number[]): string[] {
  const told: string[] = [];
  let last = Number.POSITIVE_INFINITY;
  for (const look of looks) {
    const begun = [0, 1, 7, 30].filter((days) => life - look <= days);
    const [closest] = begun;
    if (closest === undefined || closest >= last) continue;
    last = closest;
    if (closest === 0 || life > closest) told.push(`${closest === 0 ? 'token_expired' : 'token_expiring'} ${closest}`);
  }
  return told;
}

t.test('L3: law: whenever the job runs, and however often, each period is told at most once, in order', async (t) => {
  const { begun, setTo, deps, world, rows, run } = await start(t);
  const ada = await world.person('ada');
  let made = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 70 }),
      fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 1, maxLength: 6 }),
      async (life, days) => {
        const looks = days.toSorted((one, other) => one - other);
        made += 1;
        const issued_at = daysAfter(begun, made * 100);
        const { id } = await rows.classic(ada, { issued_at, expires_at: daysAfter(issued_at, life) });
        for (const look of looks) {
          setTo(made * 100 + look);
          await Promise.all([run(), run()]);
          await run();
        }
        const told = await deps.db
          .selectFrom('notifications')
          .select(['type', 'days_left'])
          .where('token_id', '=', id)
          .orderBy('id')
          .execute();
        await deps.db.deleteFrom('tokens').where('id', '=', id).execute();
        t.same(
          told.map((each) => `${each.type} ${each.days_left}`),
          toldAt(life, looks),
          `a life of ${life} days, looked at on ${looks.join()}`,
        );
      },
    ),
    { numRuns: 30 },
  );
});
