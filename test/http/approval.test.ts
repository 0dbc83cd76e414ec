// Approval: what tokens ask of an organization, and what becomes of it (A1 to A4, M5, M7, P2, P6).

import t, { type Test } from 'tap';
import type { TestAppOptions } from '../support/build-app.ts';
import { directoryApp } from '../support/directory-app.ts';
import { auditOf, callsOf } from '../support/token-calls.ts';
import { bearer, tokensOf } from '../support/world.ts';

const REQUESTS = '/orgs/acme/personal-access-token-requests';
const GRANTS = '/orgs/acme/personal-access-tokens';
const READ = { resource_owner: 'acme', repository_selection: 'all', permissions: { contents: 'read' } } as const;

/** ada owns acme, where approval is required; bob and eve are members. */
async function start(t: Test, options: TestAppOptions = {}) {
  const app = await directoryApp(t, options);
  const { world, inject } = app;
  const [ada, bob, eve] = [await world.person('ada'), await world.person('bob'), await world.person('eve')];
  const acme = await world.organization('acme', ada, { approval: 'required' });
  await world.member(acme, bob);
  await world.member(acme, eve);
  await world.repository(acme, 'engine');
  await world.repository(acme, 'mill');
  const owner = callsOf(inject, await world.session(ada));
  const holder = callsOf(inject, await world.session(bob));
  const member = callsOf(inject, await world.session(eve));
  const review = (id: number, action: string, reason?: string) =>
    owner.call('POST', `${REQUESTS}/${id}`, { action, ...(reason !== undefined && { reason }) });
  /** Whether the token reads a private repository of acme. */
  async function reads(token: string, repository = 'engine'): Promise<boolean> {
    const answer = await inject({ url: `/repos/acme/${repository}`, headers: bearer(token) });
    return answer.statusCode === 200;
  }
  return { ...app, ada, bob, eve, acme, owner, holder, member, review, reads };
}

t.test('M5, A1: what a member asks waits; approved, exactly that is granted', async (t) => {
  const { owner, holder, review, reads, deps, entries } = await start(t);
  const made = (await holder.create({ ...READ, name: 'ci', reason: 'for the build' })).body;
  t.match(made, { state: 'pending', granted: null, approval: { state: 'pending', reason: 'for the build' } });
  t.equal(await reads(made.token), false, 'pending: public reads only');
  const [request] = (await owner.call('GET', REQUESTS)).body;
  t.match(request, { id: made.approval.request_id, reason: 'for the build', token_id: made.id, token_name: 'ci' });
  t.same(request.permissions, { repository: { contents: 'read', metadata: 'read' } });
  await entries();

  t.equal((await review(request.id, 'approve', 'fine')).status, 204);
  t.equal(await reads(made.token), true);
  const after = (await holder.show(made.id)).body;
  t.match(after, {
    state: 'active',
    granted: { permissions: { contents: 'read', metadata: 'read' }, repository_selection: 'all' },
    approval: { request_id: request.id, state: 'approved', review_reason: 'fine', reviewed_by: 'ada' },
  });
  t.match(after.approval.reviewed_at, /Z$/);
  t.same((await owner.call('GET', REQUESTS)).body, []);
  const written = await entries();
  t.equal(written.length, 1, 'one entry');
  t.match(written[0], {
    action: 'personal_access_token.access_granted',
    actor: 'ada',
    user: 'bob',
    org: 'acme',
    managed_token_id: made.id,
    data: { user_programmatic_access_request_id: request.id, review_reason: 'fine' },
  });
  const { lifetime_seconds } = await deps.db.selectFrom('grants').select('lifetime_seconds').executeTakeFirstOrThrow();
  t.equal(lifetime_seconds, 30 * 86_400, 'M8: the life that the reviewer saw is the one that is approved');
});

t.test('A2: a first request that is denied leaves the token with public reads', async (t) => {
  const { holder, review, reads, world, acme, deps, inject } = await start(t);
  const shown = await world.repository(acme, 'shown', 'public');
  const made = (await holder.create({ ...READ, name: 'ci' })).body;
  t.equal((await review(made.approval.request_id, 'deny', 'too broad')).status, 204);
  t.match((await holder.show(made.id)).body, {
    state: 'denied',
    granted: null,
    permissions: { contents: 'read' },
    approval: { state: 'denied', review_reason: 'too broad', reviewed_by: 'ada' },
  });
  t.equal(await reads(made.token), false);
  t.equal((await inject({ url: `/repos/${shown.full_name}`, headers: bearer(made.token) })).statusCode, 200);
  t.same(await auditOf(deps, made.id), [
    'personal_access_token.create',
    'personal_access_token.request_created',
    'personal_access_token.request_denied',
  ]);
});

t.test('A2, M7: a widening asks again while the old grant stands; denied, the token asks what it has', async (t) => {
  const { owner, holder, review } = await start(t);
  const subset = { resource_owner: 'acme', repository_selection: 'subset', repositories: ['engine'] };
  const made = (await holder.create({ ...subset, name: 'ci', permissions: { contents: 'read' } })).body;
  await review(made.approval.request_id, 'approve');
  const wider = { permissions: { contents: 'write' }, repositories: ['engine', 'mill'] };
  const asked = (await holder.edit(made.id, wider)).body;
  t.match(asked, {
    state: 'active',
    permissions: { contents: 'write' },
    granted: { permissions: { contents: 'read' } },
  });
  const asking = await owner.call('GET', `${REQUESTS}/${asked.approval.request_id}/repositories`);
  t.same(
    asking.body.map((each: { name: string }) => each.name),
    ['engine', 'mill'],
  );

  t.equal((await review(asked.approval.request_id, 'deny')).status, 204);
  const after = (await holder.show(made.id)).body;
  t.match(after, { state: 'active', permissions: { contents: 'read' }, approval: { state: 'denied' } });
  t.same(after.granted.permissions, { contents: 'read', metadata: 'read' });
  const left = await holder.call('GET', `/user/personal-access-tokens/${made.id}/repositories`);
  t.same(
    left.body.map((each: { name: string }) => each.name),
    ['engine'],
    'the repositories are set back too',
  );

  const again = (await holder.edit(made.id, wider)).body;
  t.equal((await review(again.approval.request_id, 'approve')).status, 204);
  t.match((await holder.show(made.id)).body.granted, { permissions: { contents: 'write' } });
  const [grant] = (await owner.call('GET', GRANTS)).body;
  const given = await owner.call('GET', `${GRANTS}/${grant.id}/repositories`);
  t.equal(given.body.length, 2);
});

t.test('M7: an edit makes a request with a new id, so that the review of the old one is 409', async (t) => {
  const { holder, review, reads } = await start(t);
  const made = (await holder.create({ ...READ, name: 'ci' })).body;
  const edited = (await holder.edit(made.id, { permissions: { administration: 'write' } })).body;
  t.not(edited.approval.request_id, made.approval.request_id);
  const late = await review(made.approval.request_id, 'approve');
  t.match([late.status, late.body.code], [409, 'conflict']);
  t.equal(await reads(made.token), false);
  t.equal((await review(edited.approval.request_id, 'approve')).status, 204);
  t.equal((await review(edited.approval.request_id, 'deny')).status, 409, 'it has ended');
  t.equal((await review(edited.approval.request_id, 'approve')).status, 409);
});

t.test('A1: in bulk all or none; one that is ended, foreign or unknown fails all', async (t) => {
  const { owner, holder, world, ada, bob, entries, review } = await start(t);
  const other = await world.organization('other', ada, { approval: 'required' });
  await world.member(other, bob);
  const make = async (name: string, resource_owner = 'acme') =>
    (await holder.create({ ...READ, resource_owner, name })).body.approval.request_id as number;
  const [one, two, done, foreign] = [
    await make('one'),
    await make('two'),
    await make('done'),
    await make('f', 'other'),
  ];
  await review(done, 'deny');
  await entries();
  const many = (ids: unknown, action = 'approve') => owner.call('POST', REQUESTS, { pat_request_ids: ids, action });
  t.equal((await many([one, two, done])).status, 409);
  t.equal((await many([one, foreign])).status, 404);
  t.equal((await many([one, 999_999])).status, 404);
  t.equal((await owner.call('GET', REQUESTS)).body.length, 2, 'nothing has changed');
  t.same(await entries(), []);
  const accepted = await many([one, two, one]);
  t.same([accepted.status, accepted.body], [202, {}]);
  t.same(
    (await entries()).map((each) => each.action),
    Array(2).fill('personal_access_token.access_granted'),
    'a repeated id counts once',
  );
  for (const ids of [[], Array(101).fill(1), ['1'], [0], undefined, 1]) t.equal((await many(ids)).status, 422);
  t.equal((await many([one], 'revoke')).status, 422);
  t.equal((await owner.call('POST', `${REQUESTS}/${one}`, { action: 'approve', extra: 1 })).status, 422);
  t.equal((await owner.call('POST', `${REQUESTS}/${one}`, {})).status, 422);
  const reason = (length: number) =>
    owner.call('POST', `${REQUESTS}/${foreign}`, { action: 'deny', reason: 'x'.repeat(length) });
  t.equal((await reason(1025)).status, 422);
  t.equal((await reason(1024)).status, 404, 'long enough a reason, but not ours');
});

t.test('A3: a grant that is revoked ends access; the token lives on as if denied, and asks again', async (t) => {
  const { owner, holder, review, reads, entries } = await start(t);
  const made = (await holder.create({ ...READ, name: 'ci' })).body;
  await review(made.approval.request_id, 'approve');
  const [grant] = (await owner.call('GET', GRANTS)).body;
  await holder.edit(made.id, { permissions: { contents: 'write' } });
  await entries();
  t.equal((await owner.call('POST', `${GRANTS}/${grant.id}`, { action: 'revoke' })).status, 204);
  t.same(
    (await entries()).map((each) => each.action),
    ['personal_access_token.access_revoked', 'personal_access_token.request_denied'],
  );
  t.equal(await reads(made.token), false);
  t.match((await holder.show(made.id)).body, { state: 'denied', granted: null, permissions: { contents: 'read' } });
  t.same((await owner.call('GET', GRANTS)).body, []);
  t.same((await owner.call('GET', REQUESTS)).body, [], 'the widening has ended with it');
  t.equal((await owner.call('POST', `${GRANTS}/${grant.id}`, { action: 'revoke' })).status, 404, 'it is gone');
  const again = await holder.call('POST', `/user/personal-access-tokens/${made.id}/request`, { reason: 'please' });
  t.match([again.status, again.body.state], [201, 'pending']);
  t.equal((await review(again.body.request_id, 'approve')).status, 204);
  t.equal(await reads(made.token), true);
});

t.test('A3: in bulk all or none', async (t) => {
  const { owner, holder, review } = await start(t);
  const ids: number[] = [];
  for (const name of ['one', 'two', 'three']) {
    await review((await holder.create({ ...READ, name })).body.approval.request_id, 'approve');
  }
  for (const each of (await owner.call('GET', GRANTS)).body) ids.push(each.id);
  const revoke = (pat_ids: unknown) => owner.call('POST', GRANTS, { action: 'revoke', pat_ids });
  t.equal((await revoke([...ids, 999_999])).status, 404);
  t.equal((await owner.call('GET', GRANTS)).body.length, 3);
  t.equal((await revoke([])).status, 422);
  t.equal((await revoke(Array(101).fill(ids[0]))).status, 422);
  t.same((await revoke(ids.slice(0, 2))).status, 202);
  t.equal((await owner.call('GET', GRANTS)).body.length, 1);
});

t.test('P2, P6: while fine-grained tokens are restricted requests are denied, not approved', async (t) => {
  const { holder, review, world, acme, ada } = await start(t);
  const ask = async (name: string) => (await holder.create({ ...READ, name })).body.approval.request_id;
  const [one, two, three] = [await ask('one'), await ask('two'), await ask('three')];
  await world.setPolicy(acme, { fine_grained_tokens: 'restricted' });
  t.equal((await review(one, 'approve')).status, 409);
  t.equal((await review(one, 'deny')).status, 204);
  await world.setPolicy(acme, { fine_grained_tokens: 'allowed', approval: 'not_required' });
  t.equal((await review(two, 'approve')).status, 204, 'P6: switched off, what is pending waits for its review');
  await world.enterprise('corp', [acme], [ada]);
  t.equal((await review(three, 'approve')).status, 204, 'an enterprise without a policy binds nothing');
});

t.test('P5: an enterprise that restricts fine-grained tokens closes approval too', async (t) => {
  const { holder, review, world, acme, deps } = await start(t);
  const made = (await holder.create({ ...READ, name: 'ci' })).body;
  const corp = await world.enterprise('corp', [acme]);
  const set = (fine_grained_tokens: 'restricted' | 'allowed') =>
    deps.db
      .updateTable('enterprise_token_policies')
      .set({ fine_grained_tokens })
      .where('enterprise_id', '=', corp.id)
      .execute();
  await set('restricted');
  t.equal((await review(made.approval.request_id, 'approve')).status, 409);
  await set('allowed');
  t.equal((await review(made.approval.request_id, 'approve')).status, 204);
});

t.test('A1, A2: a request that ended with its token has ended, to its organization and to no other', async (t) => {
  const { owner, holder, review, world, ada, bob, deps } = await start(t);
  const make = async (name: string) => (await holder.create({ ...READ, name })).body;
  const [gone, denied, live] = [await make('gone'), await make('denied'), await make('live')];
  await review(denied.approval.request_id, 'deny');
  const edited = (await holder.edit(gone.id, { permissions: { issues: 'read' } })).body;
  for (const { id } of [gone, denied])
    t.equal((await holder.call('DELETE', `/user/personal-access-tokens/${id}`)).status, 204);
  const ended = [gone, denied, edited].map(({ approval }) => approval.request_id);
  for (const id of ended) {
    t.equal((await review(id, 'approve')).status, 409);
    t.equal((await review(id, 'deny')).status, 409);
    const many = { pat_request_ids: [live.approval.request_id, id], action: 'approve' };
    t.equal((await owner.call('POST', REQUESTS, many)).status, 409, 'and fails all');
    const unknown = { ...many, pat_request_ids: [id, 999_999] };
    t.equal((await owner.call('POST', REQUESTS, unknown)).status, 404, 'one that is unknown is not found');
    t.equal((await owner.call('GET', `${REQUESTS}/${id}/repositories`)).status, 404, 'there is nothing to see');
  }
  await world.organization('other', ada, { approval: 'required' });
  const elsewhere = `/orgs/other/personal-access-token-requests/${ended[0]}`;
  t.equal((await owner.call('POST', elsewhere, { action: 'deny' })).status, 404, 'F6: another’s is not found');
  await deps.db.deleteFrom('accounts').where('id', '=', bob.id).execute();
  t.equal((await review(live.approval.request_id, 'approve')).status, 409, 'it ended with its holder');
});

t.test('A4: who leaves loses requests and grants; who returns asks again', async (t) => {
  const { owner, holder, review, reads, world, acme, bob } = await start(t);
  const granted = (await holder.create({ ...READ, name: 'granted' })).body;
  await review(granted.approval.request_id, 'approve');
  const pending = (await holder.create({ ...READ, name: 'pending' })).body;
  t.equal((await owner.call('DELETE', '/orgs/acme/memberships/bob')).status, 204);
  t.match((await holder.show(granted.id)).body, { state: 'denied', granted: null });
  t.match((await holder.show(pending.id)).body, { state: 'denied', approval: { state: 'cancelled' } });
  t.equal((await review(pending.approval.request_id, 'approve')).status, 409);
  t.same((await owner.call('GET', GRANTS)).body, []);
  const again = () => holder.call('POST', `/user/personal-access-tokens/${granted.id}/request`);
  t.equal((await again()).status, 422, 'who is no member asks nothing');
  await world.member(acme, bob);
  t.equal(await reads(granted.token), false, 'who returns has nothing back');
  t.equal((await review((await again()).body.request_id, 'approve')).status, 204);
  t.equal(await reads(granted.token), true);
});

t.test('A2, A4: of a widening, who leaves keeps neither what he has nor what he asked', async (t) => {
  const { owner, holder, review } = await start(t);
  const made = (await holder.create({ ...READ, name: 'ci' })).body;
  await review(made.approval.request_id, 'approve');
  await holder.edit(made.id, {
    permissions: { contents: 'write' },
    repository_selection: 'subset',
    repositories: ['mill'],
  });
  await owner.call('DELETE', '/orgs/acme/memberships/bob');
  t.match((await holder.show(made.id)).body, {
    state: 'denied',
    permissions: { contents: 'read' },
    repository_selection: 'subset',
    approval: { state: 'cancelled' },
  });
});

t.test('A1: what a suspended holder asks can be reviewed; it works when he is back', async (t) => {
  const { holder, review, reads, deps, bob, inject, owner } = await start(t);
  const made = (await holder.create({ ...READ, name: 'ci' })).body;
  const suspend = (suspended_at: Date | null) =>
    deps.db.updateTable('users').set({ suspended_at }).where('id', '=', bob.id).execute();
  await suspend(new Date());
  t.match((await owner.call('GET', REQUESTS)).body, [{ token_name: 'ci' }]);
  t.equal((await review(made.approval.request_id, 'approve')).status, 204);
  t.equal((await inject({ url: '/user', headers: bearer(made.token) })).statusCode, 401);
  await suspend(null);
  t.equal(await reads(made.token), true);
});

t.test('A2: the holder withdraws; of a widening the old grant stands', async (t) => {
  const { holder, review, entries, owner } = await start(t);
  const made = (await holder.create({ ...READ, name: 'ci' })).body;
  const request = `/user/personal-access-tokens/${made.id}/request`;
  await entries();
  t.equal((await holder.call('DELETE', request)).status, 204);
  t.same(
    (await entries()).map((each) => each.action),
    ['personal_access_token.request_cancelled'],
  );
  t.match((await holder.show(made.id)).body, { state: 'denied', approval: { state: 'cancelled', reviewed_by: null } });
  t.equal((await holder.call('DELETE', request)).status, 409, 'there is none any more');
  t.equal((await review(made.approval.request_id, 'deny')).status, 409);
  const again = (await holder.call('POST', request)).body;
  t.equal(again.state, 'pending');
  const asked_twice = (await holder.call('POST', request, { reason: 'once more' })).body;
  t.not(asked_twice.request_id, again.request_id, 'a pending one is cancelled first');
  t.equal((await review(again.request_id, 'approve')).status, 409);
  t.equal((await review(asked_twice.request_id, 'approve')).status, 204);
  t.equal((await holder.call('POST', request)).status, 409, 'active');
  await holder.edit(made.id, { permissions: { contents: 'write' } });
  t.equal((await holder.call('POST', request)).status, 409, 'active, with a widening');
  t.equal((await holder.call('DELETE', request)).status, 204);
  t.match((await holder.show(made.id)).body, { state: 'active', permissions: { contents: 'read' } });
  t.same((await owner.call('GET', REQUESTS)).body, []);
  t.equal((await holder.call('POST', request, { reason: 'x'.repeat(1025) })).status, 422);
  t.equal((await holder.call('POST', request, { unknown: true })).status, 422);
});

t.test('A2: asked again where nobody has to approve any more, it is granted at once', async (t) => {
  const { holder, review, world, acme, entries } = await start(t);
  const made = (await holder.create({ ...READ, name: 'ci' })).body;
  await review(made.approval.request_id, 'deny');
  await world.setPolicy(acme, { approval: 'not_required' });
  await entries();
  const again = await holder.call('POST', `/user/personal-access-tokens/${made.id}/request`);
  t.same([again.status, again.body], [201, { request_id: null, state: 'active' }]);
  t.same(
    (await entries()).map((each) => each.action),
    ['personal_access_token.access_granted'],
  );
  t.match((await holder.show(made.id)).body, { state: 'active', granted: { permissions: { contents: 'read' } } });
});

t.test('contract 6: a request that something was granted without is not what the record shows', async (t) => {
  const { holder, review, world, acme } = await start(t);
  const make = async (name: string) => (await holder.create({ ...READ, name })).body;
  const ask = (id: number) => holder.call('POST', `/user/personal-access-tokens/${id}/request`);
  const approval = async (id: number) => (await holder.show(id)).body.approval?.state ?? null;
  const [denied, pending, widened] = [await make('denied'), await make('pending'), await make('widened')];
  await review(denied.approval.request_id, 'deny');
  await review(widened.approval.request_id, 'approve');
  const wider = (await holder.edit(widened.id, { permissions: { contents: 'write' } })).body;
  await review(wider.approval.request_id, 'deny');
  t.same([await approval(denied.id), await approval(widened.id)], ['denied', 'denied'], 'what holds is older');
  await world.setPolicy(acme, { approval: 'not_required' });
  t.same((await ask(denied.id)).body, { request_id: null, state: 'active' });
  t.same((await ask(pending.id)).body, { request_id: null, state: 'active' });
  t.equal((await holder.edit(widened.id, { permissions: { contents: 'write' } })).body.approval, null);
  for (const { id } of [denied, pending, widened]) t.equal(await approval(id), null);
  await world.setPolicy(acme, { approval: 'required' });
  await holder.edit(denied.id, { permissions: { issues: 'write' } });
  t.equal(await approval(denied.id), 'pending', 'the next request is shown again');
  t.equal((await holder.call('DELETE', `/user/personal-access-tokens/${denied.id}/request`)).status, 204);
  t.match((await holder.show(denied.id)).body, { state: 'active', approval: { state: 'cancelled' } });
});

t.test('A2: what has nothing to ask for is 409, what is not one’s own 404, a token 403', async (t) => {
  const { holder, member, world, acme, inject } = await start(t);
  const classic = (await holder.classic({ name: 'classic' })).body;
  const own = (await holder.create({ name: 'own' })).body;
  const made = (await holder.create({ ...READ, name: 'ci' })).body;
  const url = (id: number) => `/user/personal-access-tokens/${id}/request`;
  t.equal((await holder.call('POST', url(classic.id))).status, 409);
  t.equal((await holder.call('POST', url(own.id))).status, 409);
  for (const method of ['POST', 'DELETE'] as const) {
    t.equal((await member.call(method, url(made.id))).status, 404);
    t.equal((await holder.call(method, url(999_999))).status, 404);
    t.equal((await callsOf(inject, classic.token).call(method, url(made.id))).body.code, 'session_required');
  }
  await world.setPolicy(acme, { fine_grained_tokens: 'restricted' });
  const refused = await holder.call('POST', url(made.id));
  t.match([refused.status, refused.body.message], [422, 'Cannot find the specified resource owner: acme']);
  t.match((await holder.show(made.id)).body, { state: 'pending' }, 'the request that is there stands');
});

t.test('M5: an owner’s own token is granted at once, and can be revoked like every other', async (t) => {
  const { owner, entries } = await start(t);
  const made = (await owner.create({ ...READ, name: 'own' })).body;
  t.match(made, { state: 'active', approval: null });
  t.same((await owner.call('GET', REQUESTS)).body, []);
  const [grant] = (await owner.call('GET', GRANTS)).body;
  t.match(grant, { token_name: 'own', owner: { login: 'ada' } });
  await entries();
  t.equal((await owner.call('POST', `${GRANTS}/${grant.id}`, { action: 'revoke' })).status, 204);
  t.equal((await entries()).length, 1);
  t.match((await owner.show(made.id)).body, { state: 'denied' });
  const again = await owner.call('POST', `/user/personal-access-tokens/${made.id}/request`);
  t.same([again.status, again.body], [201, { request_id: null, state: 'active' }]);
});

t.test('A1: the request of a token that has expired is denied, not approved', async (t) => {
  let now = new Date();
  const { holder, inject, world, ada } = await start(t, { deps: { clock: () => now } });
  const made = (await holder.create({ ...READ, name: 'ci', expires_in_days: 1 })).body;
  now = new Date(now.getTime() + 25 * 3_600_000);
  const owner = callsOf(inject, await world.session(ada));
  t.match((await owner.call('GET', REQUESTS)).body, [{ token_id: made.id, token_expired: true }]);
  const review = (action: string) => owner.call('POST', `${REQUESTS}/${made.approval.request_id}`, { action });
  t.equal((await review('approve')).status, 409);
  t.equal((await review('deny')).status, 204);
});

t.test('K7: no token reviews or revokes what belongs to its own holder', async (t) => {
  const { owner, holder, review, inject, world, acme, bob, deps, entries } = await start(t);
  const tokens = tokensOf({ inject });
  const pending = (await holder.create({ ...READ, name: 'pending' })).body;
  const granted = (await holder.create({ ...READ, name: 'granted' })).body;
  await review(granted.approval.request_id, 'approve');
  const others = (await owner.create({ ...READ, name: 'of ada' })).body;
  await world.setPolicy(acme, { approval: 'not_required' });
  // bob becomes an owner: his own token now has the right, but not about himself.
  await deps.db.updateTable('memberships').set({ role: 'admin' }).where('user_id', '=', bob.id).execute();
  const session = await world.session(bob);
  const strong = await tokens.fineGrainedToken(session, {
    resource_owner: 'acme',
    permissions: {
      organization_personal_access_token_requests: 'write',
      organization_personal_access_tokens: 'write',
    },
  });
  const classic = await tokens.classicToken(session, { scopes: ['admin:org'] });
  const grants = (await owner.call('GET', GRANTS)).body as { id: number; token_id: number }[];
  const grantOf = (id: number) => grants.find((each) => each.token_id === id)?.id ?? 0;
  for (const text of [strong.token, classic.token]) {
    const calls = callsOf(inject, text);
    await entries();
    const refused = await calls.call('POST', `${REQUESTS}/${pending.approval.request_id}`, { action: 'approve' });
    t.match([refused.status, refused.body.code], [403, 'own_token']);
    const in_bulk = { pat_request_ids: [pending.approval.request_id], action: 'deny' };
    t.equal((await calls.call('POST', REQUESTS, in_bulk)).body.code, 'own_token');
    t.equal(
      (await calls.call('POST', `${GRANTS}/${grantOf(granted.id)}`, { action: 'revoke' })).body.code,
      'own_token',
    );
    const both = { action: 'revoke', pat_ids: [grantOf(others.id), grantOf(granted.id)] };
    t.equal((await calls.call('POST', GRANTS, both)).body.code, 'own_token', 'one of them is enough');
    t.same(
      (await entries()).map(({ action, outcome, reason }) => `${action} ${outcome} ${reason}`),
      [
        'personal_access_token.access_granted refused own_token',
        'personal_access_token.request_denied refused own_token',
        'personal_access_token.access_revoked refused own_token',
        'personal_access_token.access_revoked refused own_token',
      ],
    );
  }
  t.equal(
    (await callsOf(inject, strong.token).call('POST', `${GRANTS}/${grantOf(others.id)}`, { action: 'revoke' })).status,
    204,
  );
  const by_himself = await callsOf(inject, session).call('POST', `${REQUESTS}/${pending.approval.request_id}`, {
    action: 'approve',
  });
  t.equal(by_himself.status, 204, 'by his session he may');
});
