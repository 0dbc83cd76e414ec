// Fifty clients at once review, edit, withdraw, revoke and regenerate one token. Whatever the order: each request has at most
// one winner, what the record says is a history that could have been one call after the other, and what holds is at every
// moment within what was approved (A1, A2, M7).

import t, { type Test } from 'tap';
import { isWithin } from '../../src/domain/permission.ts';
import { decodePermissions } from '../../src/facts/decode-values.ts';
import { buildTestApp } from '../support/build-app.ts';
import { type Called, callsOf } from '../support/token-calls.ts';
import { worldOf } from '../support/world.ts';

const CLIENTS = 50;
const CALLS_EACH = 8;
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
  const app = await buildTestApp(t);
  const world = worldOf(app.deps);
  const [ada, rita, bob] = [await world.person('ada'), await world.person('rita'), await world.person('bob')];
  const acme = await world.organization('acme', ada, { approval: 'required' });
  for (const each of [rita, bob]) await world.member(acme, each);
  const owner = callsOf(app.inject, await world.session(ada));
  await app.inject({
    method: 'PUT',
    url: '/orgs/acme/token-reviewers/rita',
    headers: { authorization: `Bearer ${await world.session(ada)}` },
  });
  const reviewer = callsOf(app.inject, await world.session(rita));
  const holder = callsOf(app.inject, await world.session(bob));
  const asking = { name: 'ci', resource_owner: 'acme', repository_selection: 'all', ...WISHES[0] };
  const { id, approval } = (await holder.create(asking)).body;
  return { ...app, owner, reviewer, holder, id: id as number, request_id: approval.request_id as number };
}

/** Numbers from 0 to below `limit` that follow from the seed. */
function numbersFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

type Act = { readonly what: string; readonly target: number; readonly answer: Called };

t.test('A1, A2, M7: one winner for each request, and never more than was approved', async (t) => {
  const { deps, owner, reviewer, holder, id, request_id } = await start(t);
  const { db } = deps;
  const acts: Act[] = [];
  let newest = request_id;
  let running = true;

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

  async function client(number: number): Promise<void> {
    const next = numbersFrom(number * 7919 + 1);
    const by = number % 2 === 0 ? owner : reviewer;
    for (let count = 0; count < CALLS_EACH; count += 1) {
      // A review waits behind other calls, so it aims at what there will be by then, or is not there yet.
      const target = newest + next(AHEAD_MAX);
      const kinds = number % 5 === 0 ? CHANGES : REVIEWS;
      switch (kinds[next(kinds.length)]) {
        case 'approve': {
          const answer = await by.call('POST', `${REQUESTS}/${target}`, { action: 'approve' });
          acts.push({ what: 'approved', target, answer });
          break;
        }
        case 'deny': {
          const answer = await by.call('POST', `${REQUESTS}/${target}`, { action: 'deny' });
          acts.push({ what: 'denied', target, answer });
          break;
        }
        case 'revoke': {
          const [grant] = (await by.call('GET', GRANTS)).body;
          if (grant === undefined) break;
          const answer = await by.call('POST', `${GRANTS}/${grant.id}`, { action: 'revoke' });
          acts.push({ what: 'revoked', target: grant.id, answer });
          break;
        }
        case 'regenerate': {
          acts.push({ what: 'regenerated', target: id, answer: await holder.regenerate(id) });
          break;
        }
        case 'withdraw': {
          const answer = await holder.call('DELETE', `/user/personal-access-tokens/${id}/request`);
          acts.push({ what: 'withdrawn', target: id, answer });
          break;
        }
        case 'again': {
          const answer = await holder.call('POST', `/user/personal-access-tokens/${id}/request`);
          if (answer.status === 201) newest = Math.max(newest, answer.body.request_id);
          acts.push({ what: 'asked again', target: id, answer });
          break;
        }
        default: {
          const answer = await holder.edit(id, WISHES[next(WISHES.length)] ?? WISHES[0]);
          if (answer.status === 200) newest = Math.max(newest, answer.body.approval.request_id);
          acts.push({ what: 'edited', target: id, answer });
        }
      }
    }
  }

  const looking = keepLooking();
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  running = false;
  t.ok((await looking) > 10, 'what holds was looked at all the time');
  await look();

  const allowed: Record<string, readonly number[]> = {
    approved: [204, 404, 409],
    denied: [204, 404, 409],
    revoked: [204, 404],
    regenerated: [201],
    withdrawn: [204, 409],
    'asked again': [201, 409],
    edited: [200],
  };
  for (const { what, target, answer } of acts) {
    if (!allowed[what]?.includes(answer.status)) t.fail(`${what} ${target}: ${answer.status}`);
  }

  const requests = await db.selectFrom('grant_requests').select(['id', 'state']).where('token_id', '=', id).execute();
  for (const { id: each, state } of requests) {
    const winners = acts.filter(
      ({ what, target, answer }) => ['approved', 'denied'].includes(what) && target === each && answer.status === 204,
    );
    t.ok(winners.length <= 1, `request ${each} has at most one winner`);
    // A widening is also denied with the grant that it was to widen.
    if (winners[0] !== undefined) t.equal(winners[0].what, state, `request ${each} ended as its winner said`);
    else t.not(state, 'approved', `request ${each}: nobody approved it`);
  }
  const approvals = requests.filter(({ state }) => state === 'approved').length;
  t.comment(`${acts.length} calls, ${requests.length} requests, ${approvals} of them approved`);
  t.ok(approvals > 0, 'the race is not vacuous');
  t.ok(requests.filter(({ state }) => state === 'pending').length <= 1);

  await replay(t, { db, id, acts, last: await holder.show(id) });
});

/**
 * The record as one history: every entry is of the moment at which the token was locked. Each request that ends was pending, what
 * is revoked was granted, and the end of it is what the token is now.
 */
async function replay(
  t: Test,
  { db, id, acts, last }: { db: Db; id: number; acts: readonly Act[]; last: Called },
): Promise<void> {
  const entries = await db
    .selectFrom('audit_entries')
    .select(['action', 'data'])
    .where('managed_token_id', '=', id)
    .where('outcome', '=', 'done')
    .orderBy('id')
    .execute();
  let pending: number | null = null;
  let granted: number | null = null;
  const count: Record<string, number> = {};
  for (const { action, data } of entries) {
    const act = action.replace('personal_access_token.', '');
    const request =
      (data as { user_programmatic_access_request_id?: number }).user_programmatic_access_request_id ?? null;
    count[act] = (count[act] ?? 0) + 1;
    if (act === 'request_created') {
      if (pending !== null) t.fail(`${request} was made while ${pending} was pending`);
      pending = request;
    }
    if (['access_granted', 'request_denied', 'request_cancelled'].includes(act)) {
      if (pending !== request) t.fail(`${act} of ${request} while ${pending} was pending`);
      pending = null;
    }
    if (act === 'access_granted') granted = request;
    if (act === 'access_revoked') {
      if (granted === null) t.fail('what was not granted was revoked');
      granted = null;
    }
  }
  const done = (what: string) => acts.filter((act) => act.what === what && act.answer.status < 300).length;
  t.equal(count.access_granted ?? 0, done('approved'), 'one entry for each approval');
  t.equal(count.access_revoked ?? 0, done('revoked'), 'one entry for each revocation');
  t.equal(count.credential_regenerated ?? 0, done('regenerated'));
  const ungranted = pending === null ? 'denied' : 'pending';
  t.equal(last.body.state, granted === null ? ungranted : 'active', 'the token is what its record ends with');
}
type Db = Awaited<ReturnType<typeof buildTestApp>>['deps']['db'];

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
