// Nodes that remember, over one database: what ends on one of them ends on all, soon after, and never later than the bound
// (promises P1 to P4). Here nothing is fenced: the nodes are as they run.

import { sql } from 'kysely';
import t from 'tap';
import { ask } from '../support/backend.ts';
import { FEED, LONG_BOUND, LONG_BOUND_MS, startNodes } from '../support/nodes.ts';
import { statementsOf } from '../support/query-count.ts';
import { eventually } from '../support/service.ts';
import { bearer } from '../support/world.ts';

t.test('P1: what one node ends, it has forgotten before it answers, and the other soon after', async (t) => {
  const { first, second, classic, may, at, warm, end } = await startNodes(t);
  const { id, token } = await classic();
  await warm(token);
  await end(id);
  t.notOk(await may(first, token), 'on the node that made the change');
  t.same((await at(first).introspect(token)).body, { active: false });
  await eventually(async () => !(await may(second, token)), 5000);
  t.same((await at(second).introspect(token)).body, { active: false });
});

t.test('P1: a change that cannot be heard of in time is in force all the same where it was made', async (t) => {
  const settings = { ...LONG_BOUND.settings, REQUEST_TIMEOUT_MS: '3000' };
  const { first, classic, may, warm, end } = await startNodes(t, { first: { settings } });
  const { id, token } = await classic();
  await warm(token);
  first.way.hang(FEED);
  t.equal((await end(id)).headers['x-consistency-token'], undefined, 'it is not known which state contains it');
  t.notOk(await may(first, token), 'what is remembered is not believed any more');
  first.way.heal();
});

t.test(
  'a token that nobody has asked about yet, presented a thousand times at once, is one question to the database',
  async (t) => {
    const { first, classic, may, warm, at } = await startNodes(t, { first: LONG_BOUND });
    await warm((await classic()).token);
    const { token } = await classic();
    t.ok(await may(first, (await classic()).token), 'this node has heard that there are new tokens');
    const put = await statementsOf(async () => {
      const answers = await Promise.all(Array.from({ length: 1000 }, () => at(first).introspect(token)));
      t.equal(answers.filter(({ body }) => body.active === true).length, 1000);
    });
    t.same(
      put.filter((name) => name.startsWith('facts')),
      ['facts granted'],
    );
  },
);

t.test('P1: so it is with everything that a decision rests on', async (t) => {
  const { first, second, world, session, acme, classic, may, warm } = await startNodes(t);
  const { token } = await classic();
  const owner = bearer(session);
  const eve = await world.person('eve');
  await world.member(acme, eve, 'admin');
  const of_eve = bearer(await world.session(eve));
  const admin = bearer(await world.session(await world.person('root', { site_admin: true })));
  const settings = '/orgs/acme/settings/personal-access-tokens';
  const changes: Readonly<Record<string, readonly [() => Promise<unknown>, () => Promise<unknown>]>> = {
    'a restriction': [
      () => first.inject({ method: 'PATCH', url: settings, headers: owner, payload: { classic_tokens: 'restricted' } }),
      () => first.inject({ method: 'PATCH', url: settings, headers: owner, payload: { classic_tokens: 'allowed' } }),
    ],
    'an archived repository': [
      () => first.inject({ method: 'PATCH', url: '/repos/acme/mill', headers: owner, payload: { archived: true } }),
      () => first.inject({ method: 'PATCH', url: '/repos/acme/mill', headers: owner, payload: { archived: false } }),
    ],
    'a renamed repository': [
      () => first.inject({ method: 'PATCH', url: '/repos/acme/mill', headers: owner, payload: { name: 'wheel' } }),
      () => first.inject({ method: 'PATCH', url: '/repos/acme/wheel', headers: owner, payload: { name: 'mill' } }),
    ],
    'a membership': [
      () => first.inject({ method: 'DELETE', url: '/orgs/acme/memberships/ada', headers: of_eve }),
      () =>
        first.inject({ method: 'PUT', url: '/orgs/acme/memberships/ada', headers: of_eve, payload: { role: 'admin' } }),
    ],
    'a suspension': [
      () => first.inject({ method: 'PUT', url: '/users/ada/suspended', headers: admin }),
      () => first.inject({ method: 'DELETE', url: '/users/ada/suspended', headers: admin }),
    ],
  };
  for (const [name, [take, give]] of Object.entries(changes)) {
    await warm(token);
    await take();
    t.notOk(await may(first, token), `${name}: at once here`);
    await eventually(async () => !(await may(second, token)), 5000);
    t.pass(`${name}: soon there`);
    await give();
    await eventually(async () => (await may(first, token)) && (await may(second, token)), 5000);
    t.pass(`${name}: given back`);
  }
});

t.test('P2: a node whose connection is half open answers from memory for the bound and no longer', async (t) => {
  let [skipped_ms, is_still] = [0, false];
  const clock = { monotonic_ms: () => (is_still ? 0 : performance.now() + skipped_ms) };
  const { first, second, classic, may, warm, end } = await startNodes(t, { second: { ...clock, ...LONG_BOUND } });
  const { id, token } = await classic();
  await warm(token);
  second.way.swallow('both', FEED);
  await end(id);
  t.notOk(await may(first, token));
  is_still = true;
  t.ok(await may(second, token), 'control: by a clock that stands still, which is no bound, the end is never seen');
  is_still = false;
  skipped_ms = LONG_BOUND_MS;
  t.notOk(await may(second, token), 'the database is asked, over connections that are whole');
  const other = await classic();
  t.ok(await may(second, other.token), 'and it answers');
  second.way.heal();
  await warm(other.token);
});

t.test('P2: so does one whose machine slept, during which its steady clock stood still', async (t) => {
  let slept_ms = 0;
  const clock = () => new Date(Date.now() + slept_ms);
  const { second, classic, may, warm, end } = await startNodes(t, { second: { clock, ...LONG_BOUND } });
  const { id, token } = await classic();
  await warm(token);
  second.way.hang(FEED);
  await end(id);
  t.ok(await may(second, token), 'control: it has not slept yet');
  slept_ms = LONG_BOUND_MS;
  t.notOk(await may(second, token));
});

t.test('P2: a connection that is cut is opened again', async (t) => {
  const { first, second, classic, may, warm, end } = await startNodes(t);
  const { id, token } = await classic();
  await warm(token);
  for (const node of [first, second]) node.way.reset(FEED);
  await end(id);
  await eventually(async () => !(await may(first, token)) && !(await may(second, token)), 10_000);
  const other = await classic();
  await warm(other.token);
});

t.test(
  'P2: what is remembered of a database that was set back is forgotten, whatever its numbers are then',
  async (t) => {
    const { db, first, second, classic, may, warm, end } = await startNodes(t);
    const { rows } = await sql<{ epoch: number }>`select epoch from change_epoch`.execute(db);
    const before = Number(rows[0]?.epoch);
    const { id, token } = await classic();
    for (let count = 0; count < 5; count += 1) await sql`update accounts set profile_name = ${`${count}`}`.execute(db);
    await warm(token);
    for (const node of [first, second]) node.way.hang(FEED);
    // Another history from there on: the end of the token has a number that both have heard already.
    await sql`delete from change_commits where epoch > ${before}`.execute(db);
    await sql`update change_epoch set epoch = ${before}`.execute(db);
    await sql`update tokens set revoked_at = now(), revoked_reason = 'leaked' where id = ${id}`.execute(db);
    for (let count = 0; count < 9; count += 1) await sql`update accounts set profile_name = ${`${count}`}`.execute(db);
    t.ok(await may(second, token), 'control: it answers by what it has heard last');
    for (const node of [first, second]) node.way.heal();
    await eventually(async () => !(await may(first, token)) && !(await may(second, token)), 10_000);
    t.match(second.logged() + first.logged(), 'set back');
    const other = await classic();
    await warm(other.token);
    await end(other.id);
    await eventually(async () => !(await may(second, other.token)), 10_000);
  },
);

t.test('P3: `?wait=all` and `Prefer: wait` answer when every node has it', async (t) => {
  const { second, classic, may, warm, end } = await startNodes(t);
  for (const [query, prefer] of [
    ['?wait=all'],
    ['', 'wait'],
    ['', 'respond-async, wait=4'],
    ['?wait=all', 'wait=1'],
  ] as const) {
    const { id, token } = await classic();
    await warm(token);
    const { headers } = await end(id, query, prefer === undefined ? {} : { prefer });
    t.notOk(await may(second, token), `${query} ${prefer}: at once`);
    t.equal(headers['x-wait'], 'all');
    t.equal(headers['preference-applied'], prefer === undefined ? undefined : 'wait');
  }

  const { id, token } = await classic();
  await warm(token);
  second.way.swallow('both', FEED);
  const { headers } = await end(id, '?wait=all');
  t.equal(headers['x-wait'], 'all');
  t.notOk(await may(second, token), 'one that hears nothing is waited for until it answers from memory no longer');
  second.way.heal();
});

t.test('P3: who does not wait for so long is told, and a node without a lease is not waited for', async (t) => {
  const { db, second, classic, may, warm, end } = await startNodes(t, { second: LONG_BOUND });
  const [late, unseen] = [await classic(), await classic()];
  await warm(late.token);
  await warm(unseen.token);
  second.way.swallow('both', FEED);
  const { headers: told } = await end(late.id, '', { prefer: 'wait=0' });
  t.equal(told['x-wait'], 'incomplete', 'the time is over first');
  t.equal(told['preference-applied'], undefined);
  t.match(told['x-consistency-token'], /./);
  await sql`delete from nodes`.execute(db);
  t.equal((await end(unseen.id, '?wait=all')).headers['x-wait'], 'all');
  t.ok(await may(second, unseen.token), 'control: a node that has no lease is not waited for');
});

t.test('P3: a node that has ended is not waited for, and who waits for something else is told', async (t) => {
  const { first, second, session, classic, warm, end, db } = await startNodes(t, {
    first: LONG_BOUND,
    second: LONG_BOUND,
  });
  const { id, token } = await classic();
  await warm(token);
  await second.deps.freshness.stop();
  t.equal((await db.selectFrom('nodes').select('id').execute()).length, 1, 'it has said so');
  t.equal((await end(id, '?wait=all')).headers['x-wait'], 'all');
  const other = await classic();
  const url = `/user/personal-access-tokens/${other.id}?wait=some`;
  const refused = await first.inject({ method: 'DELETE', url, headers: bearer(session) });
  t.equal(refused.statusCode, 422);
  t.match(refused.json().errors, [{ field: 'wait', code: 'invalid' }]);
  t.notOk((await end(other.id)).headers['x-wait']);
});

t.test('P5: who loses his access before something is added never sees it, whichever node is asked', async (t) => {
  const { first, second, world, session, acme, at } = await startNodes(t, { second: LONG_BOUND });
  const call = async (method: 'PUT' | 'POST' | 'DELETE', url: string, payload?: object) => {
    const answer = await first.inject({ method, url, headers: bearer(session), ...(payload && { payload }) });
    t.ok(answer.statusCode < 300, `${method} ${url}: ${answer.statusCode}`);
    return String(answer.headers['x-consistency-token']);
  };
  const eve = await world.person('eve');
  await world.member(acme, eve);
  const question = { ...ask('', 'contents:read', ['repository', 'acme/mill']), subject: { type: 'user', id: 'eve' } };
  const sees = async (node: typeof first, consistency_token?: string) => {
    const context = consistency_token === undefined ? {} : { context: { consistency_token } };
    const { body } = await at(node).evaluate({ ...question, ...context });
    return body.decision;
  };
  /** The same, asked by one evaluation of many, and by each of the searches. */
  const seesOtherwise = (node: typeof first, consistency_token: string): Promise<boolean>[] => {
    const context = { consistency_token };
    const { subject, action, resource } = question;
    const found = async (type: 'subject' | 'resource' | 'action', asked: object) =>
      (await at(node).search(type, { ...asked, context })).body.results.length > 0;
    return [
      at(node)
        .evaluateMany({ ...question, evaluations: [{ resource: { ...resource, id: 'acme/none' } }, { context }] })
        .then(({ body }) => body.evaluations[1].decision),
      at(node)
        .search('subject', { subject: { type: 'user' }, action, resource, context })
        .then(({ body }) => body.results.some(({ id }: { id: string }) => id === 'eve')),
      found('resource', { subject, action, resource: { type: 'repository' } }),
      found('action', { subject, resource }),
    ];
  };
  for (let round = 0; round < 10; round += 1) {
    const before = await call('PUT', '/orgs/acme/memberships/eve', { role: 'member' });
    for (const node of [first, second]) t.ok(await sees(node, before), 'a member reads it');
    t.strictSame(await Promise.all(seesOtherwise(second, before)), [true, true, true, true], 'however it is asked');
    second.way.hang(FEED);
    await call('DELETE', '/orgs/acme/memberships/eve');
    const added = await call('POST', '/orgs/acme/teams', { name: `secret ${round}` });
    t.ok(await sees(second), 'control: without the token of what was added it answers by the state before');
    const asked = [sees(second, added), ...seesOtherwise(second, added)];
    second.way.heal();
    t.strictSame(
      await Promise.all(asked),
      [false, false, false, false, false],
      'the state that contains what was added has her no longer',
    );
    t.notOk(await sees(first, added));
  }
});

t.test('P4: a check that carries the token of a change is answered by a state that contains it', async (t) => {
  const { second, classic, may, at, warm, end } = await startNodes(t);
  for (let round = 0; round < 20; round += 1) {
    const { id, token } = await classic();
    await warm(token);
    const ended = await end(id);
    const told = String(ended.headers['x-consistency-token']);
    t.notOk(await may(second, token, told), 'in the context of the question');
    const question = ask(token, 'contents:write', ['repository', 'acme/mill']);
    const by_header = await at(second).evaluate(question, { 'x-consistency-token': told });
    t.notOk(by_header.body.decision, 'in the header');
  }
  const question = ask('gthp_', 'contents:write', ['repository', 'acme/mill']);
  for (const forged of ['', 'x', `${'A'.repeat(60)}`]) {
    t.equal((await at(second).evaluate(question, { 'x-consistency-token': forged })).status, 400, `forged: ${forged}`);
    const context = { consistency_token: forged };
    t.equal((await at(second).evaluate({ ...question, context })).status, 400);
    const { evaluations } = (await at(second).evaluateMany({ ...question, evaluations: [{ context }, {}] })).body;
    t.match(evaluations, [
      { decision: false, context: { reason: 'malformed_request', status: 400 } },
      { context: { reason: 'bad_credential' } },
    ]);
    for (const type of ['subject', 'resource', 'action'] as const) {
      t.equal((await at(second).search(type, { ...question, context })).status, 400, `search of ${type}s`);
    }
  }
});
