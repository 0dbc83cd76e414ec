// Organizations through HTTP: one's own, one of them, its settings, its end (contract 5, F2, F4, F8, C5, M10).

import t from 'tap';
import { directoryApp } from '../support/directory-app.ts';

t.test('an organization is visible to all; its settings to who may read its administration', async (t) => {
  const { call, world, rows } = await directoryApp(t, { settings: { PUBLIC_URL: 'https://gate.example' } });
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const org = await world.organization('Acme', ada);
  await world.member(org, bob);
  const seen = await call(null, 'GET /orgs/acme');
  t.equal(seen.status, 200);
  t.match(seen.body, {
    login: 'Acme',
    id: org.id,
    type: 'Organization',
    name: null,
    profile_name: null,
    url: 'https://gate.example/orgs/Acme',
    repos_url: 'https://gate.example/orgs/Acme/repos',
  });
  const member = await call(await world.session(bob), 'GET /orgs/acme');
  t.same(member.body, seen.body);
  const without = await rows.classic(ada, { scopes: ['repo'] });
  t.same((await call(without.text, 'GET /orgs/acme')).body, seen.body);
  const owner = await call(await world.session(ada), 'GET /orgs/acme');
  t.same(owner.body, { ...seen.body, default_repository_permission: 'read' });
  const admin = await rows.classic(ada, { scopes: ['admin:org'] });
  t.same((await call(admin.text, 'GET /orgs/acme')).body, owner.body);
  await world.setPolicy(org, { classic_tokens: 'restricted' });
  t.same((await call(admin.text, 'GET /orgs/acme')).body, seen.body, 'a public read is all that is left');
  t.equal((await call(null, 'GET /orgs/nobody')).status, 401);
  t.equal((await call(without.text, 'GET /orgs/nobody')).status, 404);
  t.equal((await call(without.text, 'GET /orgs/ada')).status, 404);
});

t.test('F4: an owner renames an organization, and its repositories go with it', async (t) => {
  const { call, world, fault, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  const org = await world.organization('acme', ada);
  await world.repository(org, 'x');
  const session = await world.session(ada);
  const absent = await call(session, 'GET /orgs/never');
  const edited = await call(session, 'PATCH /orgs/acme', { login: 'New-Acme', name: 'The Acme', billing_email: 'x' });
  t.equal(edited.status, 200);
  t.match(edited.body, { id: org.id, login: 'New-Acme', name: 'The Acme', profile_name: 'The Acme' });
  t.equal((await call(session, 'GET /orgs/acme')).text, absent.text);
  t.equal((await call(session, 'GET /repos/acme/x')).status, 404);
  t.equal((await call(session, 'GET /repos/new-acme/x')).body.full_name, 'New-Acme/x');
  t.equal(fault(await call(session, 'PATCH /orgs/new-acme', { login: 'ADA' })), '422 login already_exists');
  t.equal(fault(await call(session, 'PATCH /orgs/new-acme', { login: 'a_b' })), '422 login invalid');
  t.equal(fault(await call(session, 'PATCH /orgs/new-acme', { name: 'a', profile_name: 'b' })), '422 name invalid');
  t.equal(fault(await call(session, 'PATCH /orgs/new-acme', { enterprise_id: 1 })), '422 enterprise_id unknown_field');
  t.equal((await call(session, 'PATCH /orgs/new-acme', { profile_name: null })).body.name, null);
  t.match(await entries(), [
    { action: 'org.update', org: 'New-Acme', data: { login: { from: 'acme', to: 'New-Acme' } } },
    { action: 'org.update', data: { profile_name: { from: 'The Acme', to: null } } },
  ]);
});

t.test('C5: the base permission is in force at once', async (t) => {
  const { call, world, fault } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const org = await world.organization('acme', ada);
  await world.member(org, bob);
  await world.repository(org, 'x');
  const session = await world.session(ada);
  const theirs = await world.session(bob);
  const set = (word: string) => call(session, 'PATCH /orgs/acme', { default_repository_permission: word });
  t.match((await call(theirs, 'GET /repos/acme/x')).body.permissions, { pull: true, triage: false });
  t.equal((await set('write')).body.default_repository_permission, 'write');
  t.match((await call(theirs, 'GET /repos/acme/x')).body.permissions, { push: true, maintain: false });
  await set('admin');
  t.match((await call(theirs, 'GET /repos/acme/x')).body.permissions, { admin: true });
  await set('none');
  t.equal((await call(theirs, 'GET /repos/acme/x')).status, 404);
  t.equal(fault(await set('triage')), '422 default_repository_permission invalid');
  t.equal(fault(await call(theirs, 'PATCH /orgs/acme', {})), '403 role_missing');
});

t.test('F4, M10: a deleted organization takes everything with it; its tokens live on with public reads', async (t) => {
  const { call, world, rows, entries, deps } = await directoryApp(t);
  const ada = await world.person('ada');
  const org = await world.organization('acme', ada);
  await world.enterprise('corp', [org]);
  const other = await world.organization('other', ada);
  await world.repository(org, 'x');
  await world.repository(other, 'open', 'public');
  await world.team(org, 'crew', [ada]);
  const session = await world.session(ada);
  const granted = await rows.fineGrained(ada, { owner: org, selection: 'all', permissions: { metadata: 'read' } });
  await rows.fineGrained(ada, { owner: org, standing: 'pending' });
  t.equal((await call(granted.text, 'GET /repos/acme/x')).status, 200);
  t.equal((await call(session, 'DELETE /orgs/acme')).status, 204);
  t.equal((await call(session, 'DELETE /orgs/acme')).status, 404);
  t.match(await entries(), [{ action: 'org.delete', actor: 'ada', org: 'acme', outcome: 'done' }]);
  for (const table of ['teams', 'grants', 'grant_requests'] as const) {
    t.same(await deps.db.selectFrom(table).select('id').execute(), [], table);
  }
  t.equal((await call(granted.text, 'GET /user')).status, 200);
  t.equal((await call(granted.text, 'GET /repos/other/open')).status, 200);
  const { body } = await call(session, `GET /user/personal-access-tokens/${granted.id}`);
  t.match(body, { state: 'denied', resource_owner: null });

  const again = await world.organization('acme', ada);
  await world.repository(again, 'x');
  t.equal((await call(granted.text, 'GET /repos/acme/x')).status, 404, 'the name alone is nothing');
  t.same((await call(granted.text, 'GET /user/orgs')).body, []);
});

t.test('only owners delete; a member and a stranger are told that the role is missing', async (t) => {
  const { call, world, rows, fault } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const org = await world.organization('acme', ada);
  await world.member(org, bob);
  for (const each of [bob, await world.person('eve')]) {
    t.equal(fault(await call(await world.session(each), 'DELETE /orgs/acme')), '403 role_missing');
  }
  const narrow = await rows.classic(ada, { scopes: ['write:org', 'repo'] });
  t.equal(fault(await call(narrow.text, 'DELETE /orgs/acme')), '403 scope_missing');
  t.equal(fault(await call(null, 'DELETE /orgs/acme')), '401 authentication_required');
});

t.test('F8: one’s own organizations are named to a session, three scopes, and their own token', async (t) => {
  const { call, world, rows } = await directoryApp(t, { settings: { PUBLIC_URL: 'https://gate.example' } });
  const ada = await world.person('ada');
  const boss = await world.person('boss');
  const a = await world.organization('a', ada);
  const b = await world.organization('b', boss);
  await world.organization('c', boss);
  await world.member(b, ada);
  const names = async (as: string, query = '') =>
    (await call(as, `GET /user/orgs${query}`)).body.map((each: { login: string }) => each.login);
  const session = await world.session(ada);
  t.same(await names(session), ['a', 'b']);
  t.match((await call(session, 'GET /user/orgs')).body[0], { id: a.id, url: 'https://gate.example/orgs/a' });
  t.same(await names(session, '?per_page=1&page=2'), ['b']);
  const scopes = { 'read:org': 2, 'admin:org': 2, user: 2, repo: 2, 'read:user': 0, public_repo: 0, gist: 0 };
  for (const [scope, count] of Object.entries(scopes)) {
    t.equal((await names((await rows.classic(ada, { scopes: [scope] })).text)).length, count, scope);
  }
  t.same(await names((await rows.classic(ada)).text), []);
  t.same(await names((await rows.fineGrained(ada, { owner: b })).text), ['b']);
  t.same(await names((await rows.fineGrained(ada)).text), [], 'oneself is no organization');
  for (const standing of ['pending', 'denied'] as const) {
    t.same(await names((await rows.fineGrained(ada, { owner: b, standing })).text), [], standing);
  }
  await world.setPolicy(b, { classic_tokens: 'restricted', fine_grained_tokens: 'restricted' });
  t.same(await names((await rows.classic(ada, { scopes: ['repo'] })).text), ['a']);
  t.same(await names((await rows.fineGrained(ada, { owner: b })).text), []);
  t.same(await names(session), ['a', 'b'], 'no policy bounds a session');
});
