// Editing tokens (M7, A2, A4, K4; contract 6 and 10).

import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { auditOf, callsOf, errorsOf, reviewPending } from '../support/token-calls.ts';
import { worldOf } from '../support/world.ts';

/** An organization that requires approval, its owner ada, and its member bob with three repositories in sight. */
async function start(t: Parameters<typeof buildTestApp>[0], approval: 'required' | 'not_required' = 'required') {
  const app = await buildTestApp(t);
  const world = worldOf(app.deps);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const acme = await world.organization('acme', ada, { approval });
  await world.member(acme, bob);
  for (const name of ['api', 'web', 'ops']) await world.repository(acme, name);
  const as = callsOf(app.inject, await world.session(bob));
  return { ...app, world, ada, bob, acme, as };
}
const ASK = {
  ...{ name: 'token', resource_owner: 'acme', repository_selection: 'subset', repositories: ['api', 'web'] },
  permissions: { contents: 'read' },
};
const READ = { contents: 'read', metadata: 'read' };
const WRITE = { contents: 'write', metadata: 'read' };
const UPDATE = 'personal_access_token.update';
const CREATED = 'personal_access_token.request_created';
const CANCELLED = 'personal_access_token.request_cancelled';
const GRANTED = 'personal_access_token.access_granted';

t.test('M7: name and description are edited freely, of a pending and of a classic token too', async (t) => {
  const { as, deps } = await start(t);
  const pending = (await as.create(ASK)).body;
  const edited = await as.edit(pending.id, { name: ' new ', description: 'what for' });
  t.equal(edited.status, 200);
  t.match(edited.body, { name: 'new', description: 'what for', state: 'pending' });
  t.equal(edited.body.approval.request_id, pending.approval.request_id, 'what is asked is the same');
  t.notOk('token' in edited.body);
  t.same((await auditOf(deps, pending.id)).slice(2), [UPDATE]);
  const classic = (await as.classic({ scopes: ['repo'] })).body;
  const scopes = await as.edit(classic.id, { scopes: ['gist', 'read:user', 'user'], description: null });
  t.match(scopes.body, { scopes: ['gist', 'user'], name: 'token' });
  t.same((await auditOf(deps, classic.id)).slice(1), ['oauth_access.update']);
  t.equal((await as.edit(classic.id, { scopes: ['user', 'gist'], name: 'token' })).status, 200);
  t.same((await auditOf(deps, classic.id)).slice(1), ['oauth_access.update'], 'nothing changed: nothing is written');
  t.same((await as.edit(classic.id, {})).body, (await as.show(classic.id)).body);
});

t.test('M2: an edited name is unique like a new one, also at once', async (t) => {
  const { as } = await start(t);
  const a = (await as.classic({ name: 'a' })).body;
  const b = (await as.classic({ name: 'b' })).body;
  t.same(errorsOf(await as.edit(a.id, { name: 'b' })), ['name already_exists']);
  t.equal((await as.edit(a.id, { name: ' a' })).status, 200, 'its own');
  t.same(errorsOf(await as.edit(a.id, { name: ' ' })), ['name invalid']);
  const both = await Promise.all([as.edit(a.id, { name: 'c' }), as.edit(b.id, { name: 'c' })]);
  t.same(both.map(({ status }) => status).sort(), [200, 422]);
});

t.test('M7: narrowing applies at once, without a review', async (t) => {
  const { as, deps } = await start(t);
  const { id } = (await as.create({ ...ASK, permissions: { contents: 'write', issues: 'read' } })).body;
  await reviewPending(deps, id, 'approved');
  const before = (await as.show(id)).body;
  t.match(before, { state: 'active', approval: { state: 'approved' } });
  const permissions = await as.edit(id, { permissions: { contents: 'read' } });
  t.same(permissions.body.granted, { permissions: READ, repository_selection: 'subset' });
  t.same(permissions.body.approval, before.approval, 'no new request');
  await as.edit(id, { repositories: ['web'] });
  const rows = await deps.db.selectFrom('grant_repositories').select('repository_id').execute();
  t.equal(rows.length, 1);
  const none = await as.edit(id, { repository_selection: 'none', permissions: {} });
  t.same(none.body.granted, { permissions: {}, repository_selection: 'none' });
  t.same(await deps.db.selectFrom('grant_repositories').select('repository_id').execute(), []);
  t.same((await auditOf(deps, id)).slice(2), [UPDATE, UPDATE, UPDATE]);
});

t.test('M7: widening asks, the old grant stands; every edit of what is asked makes a request of its own', async (t) => {
  const { as, deps } = await start(t);
  const { id } = (await as.create({ ...ASK, reason: 'for the build' })).body;
  await reviewPending(deps, id, 'approved');
  const wide = (await as.edit(id, { permissions: { contents: 'write' } })).body;
  t.match(wide, {
    state: 'active',
    permissions: WRITE,
    granted: { permissions: READ },
    approval: { state: 'pending' },
  });
  const wider = (await as.edit(id, { repositories: ['api', 'web', 'ops'] })).body;
  t.match(wider, {
    state: 'active',
    permissions: WRITE,
    granted: { permissions: READ },
    approval: { state: 'pending' },
  });
  t.not(wider.approval.request_id, wide.approval.request_id, 'a new id');
  const requests = await deps.db.selectFrom('grant_requests').select(['id', 'state']).orderBy('id').execute();
  t.same(requests.slice(1), [
    { id: wide.approval.request_id, state: 'cancelled' },
    { id: wider.approval.request_id, state: 'pending' },
  ]);
  t.same((await auditOf(deps, id)).slice(2), [UPDATE, CREATED, UPDATE, CANCELLED, CREATED]);
  const renamed = (await as.edit(id, { name: 'renamed' })).body;
  t.same(renamed.approval, wider.approval, 'a name is not what is asked');
  await reviewPending(deps, id, 'approved');
  t.match((await as.show(id)).body, { granted: { permissions: WRITE }, approval: { state: 'approved' } });
  t.equal((await deps.db.selectFrom('grant_repositories').selectAll().execute()).length, 3);
});

t.test('M7: exchanging one repository for another takes the one at once and asks for the other', async (t) => {
  const { as, deps } = await start(t);
  const { id } = (await as.create(ASK)).body;
  await reviewPending(deps, id, 'approved');
  const edited = (await as.edit(id, { repositories: ['web', 'ops'] })).body;
  t.match(edited, { state: 'active', approval: { state: 'pending' } });
  const granted = await deps.db
    .selectFrom('grant_repositories as each')
    .innerJoin('repositories', 'repositories.id', 'each.repository_id')
    .select('name')
    .execute();
  t.same(granted, [{ name: 'web' }]);
  const back = (await as.edit(id, { repositories: ['web'] })).body;
  t.match(back, { state: 'active', approval: { state: 'cancelled' } }, 'what is left to ask is granted already');
  t.same((await auditOf(deps, id)).slice(-2), [UPDATE, CANCELLED]);
});

t.test('A2: an edit of a pending or denied token asks again', async (t) => {
  const { as, deps } = await start(t);
  const { id, approval } = (await as.create({ ...ASK, reason: 'why' })).body;
  const narrowed = (await as.edit(id, { repositories: ['api'] })).body;
  t.match(narrowed, { state: 'pending', granted: null, approval: { state: 'pending', reason: 'why' } });
  t.not(narrowed.approval.request_id, approval.request_id);
  await reviewPending(deps, id, 'denied');
  t.match((await as.show(id)).body, { state: 'denied', granted: null, approval: { state: 'denied' } });
  t.match((await as.edit(id, { name: 'other' })).body, { state: 'denied' }, 'a name asks for nothing');
  const again = (await as.edit(id, { permissions: { contents: 'write' } })).body;
  t.match(again, { state: 'pending', approval: { state: 'pending', reason: null } });
  t.same((await auditOf(deps, id)).slice(-2), [UPDATE, CREATED]);
});

t.test('P3: where no approval is required a widening is granted at once', async (t) => {
  const { as, deps, world, acme } = await start(t, 'not_required');
  const { id } = (await as.create(ASK)).body;
  const wide = (await as.edit(id, { permissions: { contents: 'write' }, repository_selection: 'all' })).body;
  t.match(wide, { state: 'active', approval: null, granted: { permissions: WRITE, repository_selection: 'all' } });
  t.same((await auditOf(deps, id)).slice(2), [UPDATE, GRANTED]);
  await as.edit(id, { permissions: { contents: 'read' } });
  t.same((await auditOf(deps, id)).slice(4), [UPDATE], 'a narrowing is given by nobody');
  await world.setPolicy(acme, { approval: 'required' });
  t.match((await as.edit(id, { permissions: { contents: 'write' } })).body, { granted: { permissions: READ } });
});

t.test('M7: of an own account everything is granted at once', async (t) => {
  const { as, deps, bob, world } = await start(t);
  await world.repository(bob, 'notes');
  const { id } = (await as.create({ permissions: { gists: 'write' } })).body;
  const wide = await as.edit(id, {
    ...{ repository_selection: 'subset', repositories: ['notes'], permissions: { contents: 'write' } },
  });
  t.match(wide.body, { state: 'active', granted: { permissions: WRITE, repository_selection: 'subset' } });
  t.same((await auditOf(deps, id)).slice(1), [UPDATE]);
});

t.test('M7: a life is narrowed at once and never extended', async (t) => {
  const { as } = await start(t);
  const { id } = (await as.classic({ expires_at: '2099-06-01' })).body;
  const edit = (expires_at: unknown) => as.edit(id, { expires_at });
  t.same(errorsOf(await edit('2099-06-01T00:00:01Z')), ['expires_at unprocessable']);
  t.same(errorsOf(await edit(null)), ['expires_at unprocessable']);
  t.same(errorsOf(await edit('2001-01-01')), ['expires_at invalid']);
  t.same(errorsOf(await edit('soon')), ['expires_at invalid']);
  t.equal((await edit('2099-06-01')).status, 200, 'as it is');
  t.equal((await edit('2098-06-01')).body.expires_at, '2098-06-01T00:00:00Z');
  t.same(errorsOf(await edit('2099-06-01')), ['expires_at unprocessable'], 'not even back');
  const forever = (await as.classic({ name: 'f', never_expires: true })).body;
  t.equal((await as.edit(forever.id, { expires_at: null })).status, 200);
  t.equal((await as.edit(forever.id, { expires_at: '2099-01-01' })).body.expires_at, '2099-01-01T00:00:00Z');
  const soon = new Date(Date.now() + 1500).toISOString();
  t.equal((await as.edit(forever.id, { expires_at: soon })).status, 200, 'as near as one second');
});

t.test('K4, M6: what an edit asks is judged as a whole', async (t) => {
  const { as } = await start(t);
  const { id } = (await as.create(ASK)).body;
  const wrong = async (patch: Readonly<Record<string, unknown>>) => errorsOf(await as.edit(id, patch));
  t.same(await wrong({ repository_selection: 'none' }), [
    'permissions.contents invalid',
    'permissions.metadata invalid',
  ]);
  t.same(await wrong({ repository_selection: 'all', repositories: ['api'] }), ['repositories invalid']);
  t.same(await wrong({ repositories: ['absent', 'api'] }), ['repositories.0 invalid']);
  t.same(await wrong({ repositories: [] }), ['repositories invalid']);
  t.same(await wrong({ permissions: { gists: 'write' } }), ['permissions.gists invalid']);
  t.same(await wrong({ permissions: { contents: 'all' } }), ['permissions.contents invalid']);
  const all = (await as.create({ ...ASK, name: 'all', repository_selection: 'all', repositories: undefined })).body;
  t.same(errorsOf(await as.edit(all.id, { repositories: ['api'] })), ['repositories invalid'], 'not a subset');
  t.same(errorsOf(await as.edit(all.id, { repository_selection: 'subset' })), ['repositories missing_field']);
  for (const member of ['resource_owner', 'kind', 'expires_in_days', 'never_expires', 'reason', 'state', 'token']) {
    t.same(await wrong({ [member]: 'x' }), [`${member} unknown_field`]);
  }
  t.same(await wrong({ scopes: ['repo'] }), ['scopes unknown_field']);
  const classic = (await as.classic({ name: 'classic' })).body;
  t.same(errorsOf(await as.edit(classic.id, { permissions: {}, repositories: ['a'] })), [
    ...['permissions unknown_field', 'repositories unknown_field'],
  ]);
});

t.test('A4: who has left asks for nothing more, and may still narrow, rename and delete', async (t) => {
  const { as, deps, acme, bob } = await start(t, 'not_required');
  const { id } = (await as.create(ASK)).body;
  await deps.db
    .deleteFrom('memberships')
    .where('user_id', '=', bob.id)
    .where('organization_id', '=', acme.id)
    .execute();
  await deps.db.deleteFrom('grants').where('token_id', '=', id).execute();
  t.match((await as.show(id)).body, { state: 'denied', granted: null });
  const refused = await as.edit(id, { permissions: { contents: 'write' } });
  t.equal(refused.body.message, 'Cannot find the specified resource owner: acme');
  t.equal((await as.edit(id, { name: 'left' })).status, 200);
  await deps.db.deleteFrom('accounts').where('id', '=', acme.id).execute();
  t.match((await as.show(id)).body, { state: 'denied', resource_owner: null, resource_owner_id: acme.id });
  t.equal((await as.edit(id, { permissions: { contents: 'write' } })).status, 409, 'the owner is gone');
  t.equal((await as.remove(id)).status, 204);
});

t.test('M4, P2: asking a restricting organization for more is refused as making a token of it is', async (t) => {
  const { as, world, acme } = await start(t, 'not_required');
  const { id } = (await as.create({ ...ASK, permissions: { contents: 'read', issues: 'read' } })).body;
  await world.setPolicy(acme, { fine_grained_tokens: 'restricted' });
  t.same(errorsOf(await as.edit(id, { permissions: { contents: 'write' } })), ['resource_owner unprocessable']);
  t.match((await as.edit(id, { permissions: { contents: 'read' } })).body, { granted: { permissions: READ } });
});

t.test('M9: an ended token is edited no more; of others and unknown ones nothing is told', async (t) => {
  const { as, deps, world, ada, inject } = await start(t);
  const { id } = (await as.classic()).body;
  const revoked = (await as.classic({ name: 'r' })).body;
  await deps.db
    .updateTable('tokens')
    .set({ expires_at: new Date(Date.now() - 1) })
    .where('id', '=', id)
    .execute();
  const ended = { revoked_at: new Date(), revoked_reason: 'leaked' };
  await deps.db.updateTable('tokens').set(ended).where('id', '=', revoked.id).execute();
  for (const each of [id, revoked.id]) {
    const refused = await as.edit(each, { name: 'x' });
    t.match(refused, { status: 409, body: { code: 'conflict' } });
  }
  const other = callsOf(inject, await world.session(ada));
  const bodies = new Set<string>();
  for (const each of [id, 999_999, 'x', '0', '-1', '1.0', '1e3', '9007199254740993']) {
    for (const call of [
      other.show(each),
      other.edit(each, { name: 'x' }),
      other.remove(each),
      other.regenerate(each),
    ]) {
      const { status, body } = await call;
      t.equal(status, 404);
      bodies.add(JSON.stringify({ ...body, request_id: '' }));
    }
  }
  t.equal(bodies.size, 1, 'F6: the same bytes');
});

t.test('M7: of edits at once each ends the request before it, and one is pending', async (t) => {
  const { as, deps } = await start(t);
  for (const round of [1, 2, 3, 4, 5]) {
    const { id } = (await as.create({ ...ASK, name: `race ${round}` })).body;
    const edits = [
      as.edit(id, { permissions: { contents: 'write' } }),
      as.edit(id, { permissions: { issues: 'write' } }),
      as.edit(id, { repositories: ['ops'] }),
    ];
    t.same(
      (await Promise.all(edits)).map(({ status }) => status),
      [200, 200, 200],
    );
    const states = await deps.db.selectFrom('grant_requests').select('state').where('token_id', '=', id).execute();
    t.same(states.map(({ state }) => state).sort(), ['cancelled', 'cancelled', 'cancelled', 'pending']);
    const record = (await as.show(id)).body;
    t.match(record, { state: 'pending', granted: null });
  }
});
