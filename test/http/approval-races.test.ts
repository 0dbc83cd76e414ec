// Fifty clients at once review, edit, withdraw, revoke and regenerate one token. They are answered as if one call came after
// the other (linearizable), and what holds is at every moment within what was approved (A1, A2, M7).

import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { isWithin } from '../../src/domain/permission.ts';
import { decodePermissions } from '../../src/facts/decode-values.ts';
import { ACTS, type Asked, accessOf, newToken, printParts, stateOf, type TokenModel } from '../support/access-model.ts';
import { buildTestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { type Interval, orderFaults } from '../support/linearizable.ts';
import { type Called, callsOf } from '../support/token-calls.ts';
import { bearer, worldOf } from '../support/world.ts';

const CLIENTS = 50;
const CALLS_EACH = cases({ short: 5, long: 8 });
/** How many requests come and go while a call waits for its turn. */
const AHEAD_MAX = 8;
const REQUESTS = '/orgs/acme/personal-access-token-requests';
const GRANTS = '/orgs/acme/personal-access-tokens';
const WISHES = [
  { permissions: { contents: 'read' } },
  { permissions: { contents: 'write' } },
  { permissions: { contents: 'write', issues: 'write' } },
  { permissions: { issues: 'read', administration: 'write' } },
] as const;

/** What reviewers do, and what the holder does; the more frequent calls more than once. Every fifth client is the holder. */
const REVIEWS = ['approve', 'approve', 'approve', 'deny', 'revoke'] as const;
const CHANGES = ['edit', 'edit', 'again', 'withdraw', 'regenerate', 'regenerate', 'regenerate', 'regenerate'] as const;

async function start(t: Test) {
  const app = await buildTestApp(t, { settings: { REQUEST_TIMEOUT_MS: '60000' } });
  const world = worldOf(app.deps);
  const [ada, rita, bob] = [await world.person('ada'), await world.person('rita'), await world.person('bob')];
  const acme = await world.organization('acme', ada, { approval: 'required' });
  for (const each of [rita, bob]) await world.member(acme, each);
  const [ada_session, rita_session, bob_session] = [
    await world.session(ada),
    await world.session(rita),
    await world.session(bob),
  ];
  const sessions = { owner: ada_session, reviewer: rita_session, holder: bob_session };
  const [owner, reviewer, holder] = [
    callsOf(app.inject, sessions.owner),
    callsOf(app.inject, sessions.reviewer),
    callsOf(app.inject, sessions.holder),
  ];
  await owner.call('PUT', '/orgs/acme/token-reviewers/rita');
  const asking = { name: 'ci', resource_owner: 'acme', repository_selection: 'all', ...WISHES[0] };
  const { id, approval } = (await holder.create(asking)).body;
  return { ...app, sessions, owner, reviewer, holder, id: id as number, request_id: approval.request_id as number };
}

/** Numbers from 0 to below `limit` that follow from the seed. */
function numbersFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

type What = (typeof REVIEWS)[number] | (typeof CHANGES)[number];
type Act = Interval & {
  readonly what: What;
  /** Of the call, in the record too. */
  readonly name: string;
  /** A request or a grant that is reviewed. */
  readonly target: number;
  readonly wish: Asked;
  readonly answer: Called;
};

/** A machine that is very busy does not answer everything in time. */
const UNKNOWN = 503;
const WORLD = { approval: true, restricted: false, repositories: [] };

/** The token, and the ids of what there is to review. */
type State = {
  readonly token: TokenModel;
  /** Of the requests made so far, by their numbers from 1. */
  readonly request_ids: number[];
  /** How many grants have been revoked: the present one is the next of `grant_ids`. */
  revoked: number;
};

/** What the model answers to the call, and does. `grant_ids`: of all grants that there were, one after the other. */
function expected(state: State, { what, target, wish }: Act, grant_ids: readonly number[]): number {
  const { token, request_ids } = state;
  switch (what) {
    case 'approve':
    case 'deny': {
      const number = request_ids.indexOf(target) + 1;
      return number === 0 ? 404 : ACTS[what](token, WORLD, number);
    }
    case 'revoke': {
      if (grant_ids[state.revoked] !== target || token.grant === null) return 404;
      state.revoked += 1;
      return ACTS.revoke(token);
    }
    case 'withdraw':
      return ACTS.withdraw(token);
    case 'again':
      return ACTS.again(token, WORLD);
    case 'edit':
      return ACTS.edit(token, WORLD, wish);
    case 'regenerate':
      return ACTS.regenerate();
  }
}

/** What a record of the token says, and what the model does. */
function recordFault({ token, request_ids }: State, { body }: Called): string | null {
  const print = (permissions: Readonly<Record<string, string>>) =>
    Object.entries(permissions)
      .map(([name, level]) => `${name}:${level}`)
      .sort()
      .join(' ');
  const said = [body.state, print(body.permissions), body.granted && print(body.granted.permissions)];
  const meant = [stateOf(token), printParts(token.asked), token.grant && printParts(token.grant)];
  if (JSON.stringify(said) !== JSON.stringify(meant)) return `${said} instead of ${meant}`;
  const pending = body.approval?.state === 'pending' ? body.approval.request_id : null;
  const wanted = token.pending === null ? null : request_ids[token.pending - 1];
  return pending === wanted ? null : `${pending} is pending instead of ${wanted}`;
}

t.test('A1, A2, M7: fifty clients at once are answered as if one call came after the other', async (t) => {
  const { deps, inject, sessions, holder, id, request_id } = await start(t);
  const { db } = deps;
  const acts: Act[] = [];
  let newest = request_id;
  let running = true;
  let moment = 0;

  /** What holds is within a request that was approved, in one look at both. */
  async function look(): Promise<void> {
    const rows = await db
      .selectFrom('tokens')
      .leftJoin('grants', 'grants.token_id', 'tokens.id')
      .leftJoin('grant_requests as request', (join) =>
        join.onRef('request.token_id', '=', 'tokens.id').on('request.state', '=', 'approved'),
      )
      .select(['grants.permissions as granted', 'request.permissions as approved'])
      .where('tokens.id', '=', id)
      .execute();
    const [row] = rows;
    if (row === undefined || row.granted === null) return;
    const within = rows.some(({ approved }) => isWithin(decodePermissions(row.granted), decodePermissions(approved)));
    if (!within) t.fail(`${JSON.stringify(row.granted)} was never approved`);
  }
  async function keepLooking(): Promise<number> {
    let looks = 0;
    for (; running; looks += 1) await look();
    return looks;
  }

  /** One call, remembered with when it was asked and answered. */
  async function act(session: string, { what, target, wish }: Pick<Act, 'what' | 'target' | 'wish'>): Promise<void> {
    moment += 1;
    const began = moment;
    const name = `act-${began}`;
    const { method, url, payload } = requestOf(what, { id, target, wish });
    const headers = { ...bearer(session), 'x-request-id': name };
    const answer = await inject({ method, url, headers, ...(payload && { payload }) });
    moment += 1;
    const body = answer.body === '' ? null : JSON.parse(answer.body);
    if (what === 'again' && answer.statusCode === 201) newest = Math.max(newest, body.request_id);
    if (what === 'edit') newest = Math.max(newest, body.approval?.request_id ?? 0);
    const called = { status: answer.statusCode, body, headers: answer.headers };
    // Whether what was given up has been done, or will still be, nobody was told.
    const ended = called.status === UNKNOWN ? Number.POSITIVE_INFINITY : moment;
    acts.push({ what, name, target, wish, answer: called, began, ended });
  }

  async function client(number: number): Promise<void> {
    const next = numbersFrom(number * 7919 + 1);
    const by = number % 2 === 0 ? sessions.owner : sessions.reviewer;
    const kinds: readonly What[] = number % 5 === 0 ? CHANGES : REVIEWS;
    for (let count = 0; count < CALLS_EACH; count += 1) {
      const what = kinds[next(kinds.length)] ?? 'edit';
      const wish = { ...(WISHES[next(WISHES.length)] ?? WISHES[0]), repository_selection: 'all' } as const;
      // A review waits behind other calls, so it aims at what there will be by then, or is not there yet.
      const target = what === 'revoke' ? await grantOf(by) : newest + next(AHEAD_MAX);
      if (target !== undefined) await act(number % 5 === 0 ? sessions.holder : by, { what, target, wish });
    }
  }
  const grantOf = async (session: string): Promise<number | undefined> =>
    (await callsOf(inject, session).call('GET', GRANTS)).body[0]?.id;

  const looking = keepLooking();
  // So that one is approved, whatever the others come to.
  const wish = { ...WISHES[0], repository_selection: 'all' } as const;
  await act(sessions.owner, { what: 'approve', target: request_id, wish });
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  running = false;
  t.ok((await looking) > 2, 'what holds was looked at meanwhile');
  await look();

  const { rows: entries } = await sql<{ name: string; action: string; request_id: number | null }>`
    select request_id as name, action, (data ->> 'user_programmatic_access_request_id')::bigint as request_id
    from audit_entries where managed_token_id = ${id} and outcome = 'done' and request_id like 'act-%'
    order by id`.execute(db);
  const names = entries.map(({ name }) => name).filter((name, index, all) => name !== all[index - 1]);
  t.equal(names.length, new Set(names).size, 'the entries of a call stand together');
  const by_name = new Map(acts.map((each) => [each.name, each]));
  const effects = names.map((name) => by_name.get(name) as Act);
  const others = acts.filter(({ name, answer }) => !names.includes(name) && answer.status !== UNKNOWN);
  const revoked = effects.filter(({ what }) => what === 'revoke').map(({ target }) => target);
  const grant_ids = [...revoked, ...(await db.selectFrom('grants').select('id').execute()).map((each) => each.id)];

  /** A call on the model, against what it was answered and what stands in the record. */
  function play(state: State, call: Act): string | null {
    const { what, target, answer, name } = call;
    const before = JSON.stringify([stateOf(state.token), state.token.requests, state.token.pending]);
    const status = expected(state, call, grant_ids);
    const of = `${what} ${target} answered ${answer.status}`;
    if (answer.status !== status && answer.status !== UNKNOWN) return `${of} instead of ${status} (${before})`;
    const made = entries.filter((each) => each.name === name && each.action.endsWith('.request_created'));
    for (const each of made) state.request_ids.push(each.request_id ?? 0);
    if (state.request_ids.length !== state.token.requests) return `${of} and made ${made.length} requests (${before})`;
    if (answer.status === UNKNOWN) return null;
    if (what === 'again' && status === 201 && answer.body.request_id !== state.request_ids.at(-1)) return `${of}: id`;
    return what === 'edit' || what === 'regenerate' ? recordFault(state, answer) : null;
  }

  const begun = newToken(accessOf({ ...WISHES[0], repository_selection: 'all' }, WORLD), WORLD);
  const faults = orderFaults({ effects, others }, { token: begun, request_ids: [request_id], revoked: 0 }, play);
  t.same(faults, [], 'there is an order in which every answer is right');
  const end: State = { token: begun, request_ids: [request_id], revoked: 0 };
  for (const call of effects) play(end, call);
  t.equal(recordFault(end, await holder.show(id)), null, 'the token is what the order ends with');
  t.same(await actionsTwice(entries), [], 'no call has written an entry twice');
  const approvals = effects.filter(({ what }) => what === 'approve').length;
  t.comment(`${acts.length} calls, ${effects.length} did something, ${approvals} approved`);
  t.ok(approvals > 0 && others.length > 50, 'the race is not vacuous');
});

/** Of each call an action stands in the record once. */
async function actionsTwice(entries: readonly { name: string; action: string }[]): Promise<readonly string[]> {
  const all = entries.map(({ name, action }) => `${name} ${action}`);
  return all.filter((each, index) => all.indexOf(each) !== index);
}

function requestOf(what: What, { id, target, wish }: { id: number; target: number; wish: Asked }) {
  const token = `/user/personal-access-tokens/${id}`;
  switch (what) {
    case 'approve':
    case 'deny':
      return { method: 'POST', url: `${REQUESTS}/${target}`, payload: { action: what } } as const;
    case 'revoke':
      return { method: 'POST', url: `${GRANTS}/${target}`, payload: { action: 'revoke' } } as const;
    case 'withdraw':
      return { method: 'DELETE', url: `${token}/request` } as const;
    case 'again':
      return { method: 'POST', url: `${token}/request` } as const;
    case 'edit':
      return { method: 'PATCH', url: token, payload: wish } as const;
    case 'regenerate':
      return { method: 'POST', url: `${token}/regenerate` } as const;
  }
}

t.test('A2: two reviewers at once: one wins, the other gets 409', async (t) => {
  const { owner, reviewer, holder, id } = await start(t);
  for (let round = 1; round <= 10; round += 1) {
    const request = (await holder.show(id)).body.approval.request_id;
    const answers = await Promise.all([
      owner.call('POST', `${REQUESTS}/${request}`, { action: 'approve' }),
      reviewer.call('POST', `${REQUESTS}/${request}`, { action: 'deny' }),
      owner.call('POST', REQUESTS, { action: 'deny', pat_request_ids: [request] }),
    ]);
    const winners = answers.filter(({ status }) => status < 300);
    t.equal(winners.length, 1);
    t.equal(answers.filter(({ status }) => status === 409).length, 2);
    const approved = answers[0]?.status === 204;
    const { body } = await holder.show(id);
    t.match(body, { state: approved ? 'active' : 'denied', approval: { state: approved ? 'approved' : 'denied' } });
    if (approved) {
      const [grant] = (await owner.call('GET', GRANTS)).body;
      await owner.call('POST', `${GRANTS}/${grant.id}`, { action: 'revoke' });
    }
    t.equal((await holder.call('POST', `/user/personal-access-tokens/${id}/request`)).status, 201);
  }
});

t.test('A1: bulk reviews that share requests: each is reviewed once, as a whole', async (t) => {
  const { owner, reviewer, holder, deps } = await start(t);
  const ids: number[] = [];
  for (let count = 0; count < 12; count += 1) {
    const { body } = await holder.create({ name: `token ${count}`, resource_owner: 'acme' });
    ids.push(body.approval.request_id);
  }
  const sets = [ids.slice(0, 6), ids.slice(3, 9).reverse(), ids.slice(6), ids.slice(9).reverse()];
  const answers = await Promise.all(
    sets.map((pat_request_ids, index) =>
      (index % 2 === 0 ? owner : reviewer).call('POST', REQUESTS, {
        pat_request_ids,
        action: index % 2 === 0 ? 'approve' : 'deny',
      }),
    ),
  );
  t.ok(answers.every(({ status }) => status === 202 || status === 409));
  const rows = await deps.db.selectFrom('grant_requests').select(['id', 'state']).where('id', 'in', ids).execute();
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  for (const [index, set] of sets.entries()) {
    const wanted = index % 2 === 0 ? 'approved' : 'denied';
    if (answers[index]?.status === 202)
      t.ok(
        set.every((each) => states.get(each) === wanted),
        'done as a whole',
      );
  }
  const granted = await deps.db.selectFrom('grants').select('id').execute();
  t.equal(granted.length, rows.filter(({ state }) => state === 'approved').length);
});

t.test('A4: who leaves while he is approved keeps nothing', async (t) => {
  const { owner, holder, deps, id } = await start(t);
  const world = worldOf(deps);
  const acme = await deps.db.selectFrom('organizations').select('id').executeTakeFirstOrThrow();
  const bob = await deps.db
    .selectFrom('accounts')
    .select(['id', 'login'])
    .where('login', '=', 'bob')
    .executeTakeFirstOrThrow();
  for (let round = 1; round <= 10; round += 1) {
    const request = (await holder.show(id)).body.approval.request_id;
    const [left, approved] = await Promise.all([
      owner.call('DELETE', '/orgs/acme/memberships/bob'),
      owner.call('POST', `${REQUESTS}/${request}`, { action: 'approve' }),
    ]);
    t.equal(left.status, 204);
    t.ok([204, 409].includes(approved.status), `${approved.status}`);
    t.match((await holder.show(id)).body, { state: 'denied', granted: null });
    await world.member({ id: acme.id, login: 'acme' }, bob);
    t.equal((await holder.call('POST', `/user/personal-access-tokens/${id}/request`)).status, 201);
  }
});
