// A new text of the same token (M8, M9, P4; contract 6 and 10).

import t from 'tap';
import { digestOf } from '../../src/secrets.ts';
import { buildTestApp } from '../support/build-app.ts';
import { auditOf, callsOf, errorsOf, reviewPending } from '../support/token-calls.ts';
import { worldOf } from '../support/world.ts';

const DAY_MS = 86_400_000;

async function start(t: Parameters<typeof buildTestApp>[0]) {
  let ahead_ms = 0;
  // The process's clock is ahead of the database's: it is the one that counts.
  const clock = () => new Date(Date.now() + ahead_ms);
  const app = await buildTestApp(t, { deps: { clock }, settings: { SESSION_TTL: '2000000' } });
  const world = worldOf(app.deps);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const as = callsOf(app.inject, await world.session(bob));
  const works = async (text: string) => (await callsOf(app.inject, text).call('GET', '/token')).status === 200;
  const advance = (ms: number) => {
    ahead_ms += ms;
  };
  return { ...app, world, ada, bob, as, works, advance };
}
const life = ({ body }: { body: { secret_issued_at: string; expires_at: string } }) =>
  Date.parse(body.expires_at) - Date.parse(body.secret_issued_at);

t.test('M8: new text, same token; the old one dies at once', async (t) => {
  const { as, works, deps, advance } = await start(t);
  const made = (await as.classic({ scopes: ['repo'], expires_in_days: 7 })).body;
  advance(2 * DAY_MS);
  const answer = await as.regenerate(made.id);
  t.equal(answer.status, 201);
  t.equal(answer.headers['cache-control'], 'no-store');
  const { token, ...record } = answer.body;
  t.not(token, made.token);
  t.match(record, { id: made.id, created_at: made.created_at, scopes: ['repo'], hashed_token: digestOf(token) });
  t.equal(record.token_last_eight, token.slice(-8));
  t.ok(Date.parse(record.secret_issued_at) - Date.parse(made.secret_issued_at) >= 2 * DAY_MS);
  t.equal(life(answer), 7 * DAY_MS, 'the same number of days again');
  t.equal(record.previous_secret_expires_at, null);
  t.equal(await works(made.token), false);
  t.equal(await works(token), true);
  t.same((await as.show(made.id)).body.hashed_token, record.hashed_token);
  t.same(await auditOf(deps, made.id), ['oauth_access.create', 'oauth_access.regenerate']);
  const entries = await deps.db.selectFrom('audit_entries').select('managed_hashed_token').orderBy('id').execute();
  t.same(
    entries.map((each) => each.managed_hashed_token),
    [made.hashed_token, record.hashed_token],
    'the hash in the history is that of its time',
  );
});

t.test('M8, contract 9: the header tells the end of the presented text', async (t) => {
  const { inject, as } = await start(t);
  const first = (await as.classic({ expires_in_days: 7 })).body;
  const second = (await as.regenerate(first.id, { overlap_seconds: 60 })).body;
  const told = async (text: string) => (await callsOf(inject, text).call('GET', '/user')).headers;
  const printed = (moment: string) => moment.replace('T', ' ').replace('Z', ' UTC');
  t.match(await told(first.token), {
    'github-authentication-token-expiration': printed(second.previous_secret_expires_at),
  });
  t.match(await told(second.token), { 'github-authentication-token-expiration': printed(second.expires_at) });
});

t.test('M8: with an overlap both texts work until it ends', async (t) => {
  const { as, works, advance } = await start(t);
  const first = (await as.classic({ expires_in_days: 7 })).body;
  const second = (await as.regenerate(first.id, { overlap_seconds: 60 })).body;
  t.ok(Math.abs(Date.parse(second.previous_secret_expires_at) - Date.parse(second.secret_issued_at) - 60_000) <= 1000);
  t.same([await works(first.token), await works(second.token)], [true, true]);
  const third = (await as.regenerate(first.id, { overlap_seconds: 60 })).body;
  const all = [first, second, third];
  t.same(await Promise.all(all.map(({ token }) => works(token))), [false, true, true], 'at most two texts live');
  advance(61_000);
  t.same(await Promise.all(all.map(({ token }) => works(token))), [false, false, true]);
  t.equal((await as.show(first.id)).body.previous_secret_expires_at, null);
  t.same(errorsOf(await as.regenerate(first.id, { overlap_seconds: 86_401 })), ['overlap_seconds invalid']);
  t.same(errorsOf(await as.regenerate(first.id, { overlap_seconds: -1 })), ['overlap_seconds invalid']);
  t.equal((await as.regenerate(first.id, { overlap_seconds: 86_400 })).status, 201);
});

t.test('M8: the old text does not outlive its own expiry', async (t) => {
  const { as, works, advance } = await start(t);
  const soon = new Date(Date.now() + 30_000).toISOString();
  const first = (await as.classic({ expires_at: soon })).body;
  const second = (await as.regenerate(first.id, { expires_in_days: 1, overlap_seconds: 3600 })).body;
  t.equal(second.previous_secret_expires_at, first.expires_at);
  advance(31_000);
  t.same([await works(first.token), await works(second.token)], [false, true]);
});

t.test(
  'M8: the record tells the end of the old text that is its end: not after its token, and none of one that has ended',
  async (t) => {
    const { inject, as, works, deps, advance } = await start(t);
    const ahead = (ms: number) => new Date(Date.now() + ms).toISOString();
    const first = (await as.classic({ expires_in_days: 7 })).body;
    const second = (await as.regenerate(first.id, { expires_at: ahead(7_200_000), overlap_seconds: 86_400 })).body;
    t.equal(second.previous_secret_expires_at, second.expires_at, 'a shorter new life ends both');
    t.equal((await callsOf(inject, first.token).call('GET', '/token')).body.expires_at, second.expires_at);
    const narrowed = (await as.edit(first.id, { expires_at: ahead(3_600_000) })).body;
    t.equal(narrowed.previous_secret_expires_at, narrowed.expires_at, 'so does an edit');
    advance(3_601_000);
    t.same([await works(first.token), await works(second.token)], [false, false]);
    t.match((await as.show(first.id)).body, { state: 'expired', previous_secret_expires_at: null });

    const other = (await as.classic({ name: 'other', expires_in_days: 7 })).body;
    await as.regenerate(other.id, { overlap_seconds: 3600 });
    const at = { revoked_at: new Date(), revoked_reason: 'by_text' };
    await deps.db.updateTable('tokens').set(at).where('id', '=', other.id).execute();
    t.equal(await works(other.token), false);
    t.match((await as.show(other.id)).body, { state: 'revoked', previous_secret_expires_at: null });
  },
);

t.test('M8: a life as at creation: one way or none, and what was without end stays so', async (t) => {
  const { as } = await start(t);
  const { id } = (await as.classic({ never_expires: true })).body;
  t.equal((await as.regenerate(id)).body.expires_at, null);
  t.equal(life(await as.regenerate(id, { expires_in_days: 3 })), 3 * DAY_MS);
  t.equal(life(await as.regenerate(id, {})), 3 * DAY_MS);
  t.equal((await as.regenerate(id, { never_expires: true })).body.expires_at, null, 'classic: no cap');
  t.same(errorsOf(await as.regenerate(id, { expires_in_days: 3, never_expires: true })), ['never_expires invalid']);
  t.same(errorsOf(await as.regenerate(id, { expires_at: '2001-01-01' })), ['expires_at invalid']);
  t.same(errorsOf(await as.regenerate(id, { name: 'x' })), ['name unknown_field']);
});

t.test('M8: the same number of days again ends with the last year that can be printed', async (t) => {
  const { as, works, advance } = await start(t);
  const { id } = (await as.classic({ expires_at: '9999-12-31' })).body;
  advance(3 * DAY_MS);
  const again = await as.regenerate(id);
  t.match([again.status, again.body.expires_at], [201, '9999-12-31T23:59:59Z']);
  t.equal(await works(again.body.token), true);
});

t.test('M9: expired and revoked tokens never come back', async (t) => {
  const { as, works, deps, advance } = await start(t);
  const expired = (await as.classic({ expires_in_days: 1 })).body;
  const revoked = (await as.classic({ name: 'r', expires_in_days: 9 })).body;
  const at = { revoked_at: new Date(), revoked_reason: 'by_text' };
  await deps.db.updateTable('tokens').set(at).where('id', '=', revoked.id).execute();
  advance(DAY_MS);
  for (const { id, token } of [expired, revoked]) {
    const refused = await as.regenerate(id, { expires_in_days: 5 });
    t.match(refused, { status: 409, body: { code: 'conflict' } });
    t.equal(await works(token), false);
  }
  t.equal((await as.list('?state=expired')).body[0].id, expired.id);
  t.equal((await as.list('?state=revoked')).body[0].id, revoked.id);
});

t.test('P4, M3: a cap is asked again, also where no life is given', async (t) => {
  const { as, world, bob } = await start(t);
  const acme = await world.organization('acme', bob);
  const { id } = (await as.create({ resource_owner: 'acme', expires_in_days: 100 })).body;
  await world.setPolicy(acme, { max_lifetime_days_fine_grained: 10 });
  const refused = await as.regenerate(id);
  t.same(errorsOf(refused), ['expires_in_days unprocessable']);
  t.match(refused.body.errors[0].message, /organization `acme`.*10 days/);
  t.same(errorsOf(await as.regenerate(id, { never_expires: true })), ['never_expires unprocessable']);
  t.equal(life(await as.regenerate(id, { expires_in_days: 10 })), 10 * DAY_MS);
  t.equal(life(await as.regenerate(id)), 10 * DAY_MS);
});

t.test('M8: longer than was approved is refused where approval is required', async (t) => {
  const { as, world, ada, bob, deps } = await start(t);
  const acme = await world.organization('acme', ada, { approval: 'required', max_lifetime_days_fine_grained: null });
  await world.member(acme, bob);
  const { id } = (await as.create({ resource_owner: 'acme', expires_in_days: 10 })).body;
  await reviewPending(deps, id, 'approved');
  t.same(errorsOf(await as.regenerate(id, { expires_in_days: 11 })), ['expires_in_days unprocessable']);
  t.same(errorsOf(await as.regenerate(id, { never_expires: true })), ['never_expires unprocessable']);
  t.match((await as.regenerate(id)).body, { state: 'active', granted: { repository_selection: 'none' } });
  t.equal(life(await as.regenerate(id, { expires_in_days: 4 })), 4 * DAY_MS);
  t.equal(life(await as.regenerate(id, { expires_in_days: 10 })), 10 * DAY_MS, 'up to what was approved');
  await world.setPolicy(acme, { approval: 'not_required' });
  t.equal(life(await as.regenerate(id, { expires_in_days: 20 })), 20 * DAY_MS);
  await world.setPolicy(acme, { approval: 'required' });
  t.equal((await as.regenerate(id)).status, 201, 'P6: what was had without a review is not taken back');
  t.equal((await as.regenerate(id, { expires_in_days: 21 })).status, 422);
});

t.test('M7, M8: a longer life is not what a pending request shows: it is asked anew', async (t) => {
  const { as, world, ada, bob, deps } = await start(t);
  await world.member(await world.organization('acme', ada, { approval: 'required' }), bob);
  const made = (await as.create({ resource_owner: 'acme', expires_in_days: 10, reason: 'why' })).body;
  const same = (await as.regenerate(made.id)).body;
  t.equal(same.approval.request_id, made.approval.request_id);
  const shorter = (await as.regenerate(made.id, { expires_in_days: 2 })).body;
  t.equal(shorter.approval.request_id, made.approval.request_id);
  const longer = (await as.regenerate(made.id, { expires_in_days: 10 })).body;
  t.not(longer.approval.request_id, made.approval.request_id);
  t.match(longer, { state: 'pending', approval: { state: 'pending', reason: 'why' } });
  t.same((await auditOf(deps, made.id)).slice(-3), [
    'personal_access_token.credential_regenerated',
    'personal_access_token.request_cancelled',
    'personal_access_token.request_created',
  ]);
});

t.test(
  'M5, M7, contract 10: what is asked anew where nobody has to approve is granted, and makes no request to review',
  async (t) => {
    const { as, world, ada, bob, deps } = await start(t);
    const acme = await world.organization('acme', ada, { approval: 'required' });
    await world.member(acme, bob);
    const asked = { resource_owner: 'acme', expires_in_days: 2, permissions: { members: 'read' } };
    const made = (await as.create({ ...asked, name: 'first' })).body;
    const other = (await as.create({ ...asked, name: 'second' })).body;
    const granted = { state: 'active', granted: { permissions: { members: 'read' } }, approval: null };

    await world.setPolicy(acme, { approval: 'not_required' });
    t.match((await as.regenerate(made.id)).body, { state: 'pending' }, 'P6: the same life asks nothing anew');
    await world.setPolicy(acme, { fine_grained_tokens: 'restricted' });
    t.match(
      (await as.regenerate(made.id, { expires_in_days: 3 })).body,
      { state: 'pending' },
      'P2: not where it is restricted',
    );
    await world.setPolicy(acme, { fine_grained_tokens: 'allowed' });
    t.match((await as.regenerate(made.id, { expires_in_days: 4 })).body, granted);
    t.same((await auditOf(deps, made.id)).slice(-3), [
      'personal_access_token.credential_regenerated',
      'personal_access_token.request_cancelled',
      'personal_access_token.access_granted',
    ]);

    await world.setPolicy(acme, { approval: 'required' });
    t.equal(
      (await as.regenerate(made.id, { expires_in_days: 5 })).status,
      422,
      'the life that was granted is the approved one',
    );
    await deps.db.updateTable('memberships').set({ role: 'admin' }).where('user_id', '=', bob.id).execute();
    t.match((await as.regenerate(other.id, { expires_in_days: 4 })).body, granted, 'an owner asks nobody');
    const pending = await deps.db.selectFrom('grant_requests').select('id').where('state', '=', 'pending').execute();
    t.same(pending, []);
  },
);

t.test('M8: of many regenerations at once each ends what was before; at most two texts live', async (t) => {
  const { as, works, deps } = await start(t);
  const { id } = (await as.classic()).body;
  const answers = await Promise.all(Array.from({ length: 6 }, () => as.regenerate(id)));
  t.ok(answers.every(({ status }) => status === 201));
  const working = await Promise.all(answers.map(({ body }) => works(body.token)));
  t.equal(working.filter(Boolean).length, 1);
  const overlapping = await Promise.all(Array.from({ length: 6 }, () => as.regenerate(id, { overlap_seconds: 600 })));
  const alive = await Promise.all(overlapping.map(({ body }) => works(body.token)));
  t.equal(alive.filter(Boolean).length, 2);
  t.equal((await deps.db.selectFrom('token_secrets').select('digest').execute()).length, 2);
});

t.test('M1, K7: the e-mail must be verified, and it must be a session', async (t) => {
  const { as, works, deps, bob, inject } = await start(t);
  const made = (await as.classic({ scopes: ['user'] })).body;
  t.match(await callsOf(inject, made.token).regenerate(made.id), { status: 403, body: { code: 'session_required' } });
  await deps.db.updateTable('users').set({ email_verified: false }).where('id', '=', bob.id).execute();
  t.match(await as.regenerate(made.id), { status: 403, body: { code: 'email_unverified' } });
  t.equal(await works(made.token), true);
});
