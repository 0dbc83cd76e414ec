// Members of an organization: seen, added, changed, removed (contract 5 and 10, A4, M10, T4 of threats).

import t from 'tap';
import { directoryApp } from '../support/directory-app.ts';

t.test('members are listed to members who may see them, to nobody else', async (t) => {
  const { call, world, rows } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('Bob');
  const org = await world.organization('acme', ada);
  await world.member(org, bob);
  const logins = async (as: string | null, query = '') =>
    (await call(as, `GET /orgs/acme/members${query}`)).body.map((each: { login: string }) => each.login);
  const session = await world.session(bob);
  t.same(await logins(session), ['ada', 'Bob']);
  t.same(await logins(session, '?role=admin'), ['ada']);
  t.same(await logins(session, '?role=member'), ['Bob']);
  t.same(await logins(session, '?per_page=1&page=2'), ['Bob']);
  t.equal((await call(session, 'GET /orgs/acme/members?filter=2fa_disabled')).status, 422);
  t.same(await logins((await rows.classic(bob, { scopes: ['read:org'] })).text), ['ada', 'Bob']);
  t.same(await logins((await rows.classic(bob, { scopes: ['repo'] })).text), []);
  t.same(await logins((await rows.fineGrained(bob, { owner: org, permissions: { members: 'read' } })).text), [
    'ada',
    'Bob',
  ]);
  t.same(await logins((await rows.fineGrained(bob, { owner: org })).text), []);
  t.same(await logins(null), []);
  t.same(await logins(await world.session(await world.person('eve'))), []);
  t.equal((await call(null, 'GET /orgs/nobody/members')).status, 401);
  t.equal((await call(session, 'GET /orgs/nobody/members')).status, 404);
});

t.test('a membership has the shape of GitHub, and is for members to see', async (t) => {
  const { call, world, fault } = await directoryApp(t, { settings: { PUBLIC_URL: 'https://gate.example' } });
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const eve = await world.person('eve');
  const org = await world.organization('Acme', ada);
  await world.member(org, bob);
  const session = await world.session(bob);
  const { status, body } = await call(session, 'GET /orgs/acme/memberships/ADA');
  t.equal(status, 200);
  t.match(body, {
    url: 'https://gate.example/orgs/Acme/memberships/ada',
    state: 'active',
    role: 'admin',
    organization_url: 'https://gate.example/orgs/Acme',
    organization: { login: 'Acme', id: org.id },
    user: { login: 'ada', id: ada.id, type: 'User' },
  });
  t.equal((await call(session, 'GET /orgs/acme/memberships/eve')).status, 404, 'no member');
  t.equal((await call(session, 'GET /orgs/acme/memberships/nobody')).status, 404);
  const stranger = await world.session(eve);
  for (const login of ['ada', 'eve', 'nobody']) {
    t.equal(fault(await call(stranger, `GET /orgs/acme/memberships/${login}`)), '403 role_missing', login);
  }
});

t.test('an owner adds, promotes and demotes at once, each an entry', async (t) => {
  const { call, world, rows, entries, fault } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.person('Bob');
  await world.organization('acme', ada);
  const session = await world.session(ada);
  const put = (payload?: object, login = 'bob') => call(session, `PUT /orgs/acme/memberships/${login}`, payload);
  const added = await put();
  t.equal(added.status, 200);
  t.match(added.body, { state: 'active', role: 'member', user: { login: 'Bob' } });
  t.equal((await put({ role: 'admin' })).body.role, 'admin');
  t.equal((await put({ role: 'member' })).body.role, 'member');
  t.match(await entries(), [
    { action: 'org.add_member', actor: 'ada', user: 'Bob', org: 'acme', data: { role: 'member' } },
    { action: 'org.update_member', user: 'Bob', data: { role: 'admin', old_role: 'member' } },
    { action: 'org.update_member', user: 'Bob', data: { role: 'member', old_role: 'admin' } },
  ]);
  t.equal((await put({}, 'nobody')).status, 404);
  t.equal((await put({}, 'acme')).status, 404);
  t.equal(fault(await put({ role: 'owner' })), '422 role invalid');
  t.equal(fault(await put({ state: 'active' })), '422 state unknown_field');
  const { text } = await rows.classic(ada, { scopes: ['write:org'] });
  t.equal(fault(await call(text, 'PUT /orgs/acme/memberships/bob')), '403 scope_missing');
});

t.test('who does not own the organization changes no membership, not even his own', async (t) => {
  const { call, world, rows, fault, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const org = await world.organization('acme', ada);
  await world.member(org, bob);
  const session = await world.session(bob);
  const token = await rows.classic(bob, { scopes: ['admin:org'] });
  for (const as of [session, token.text]) {
    t.equal(fault(await call(as, 'PUT /orgs/acme/memberships/bob', { role: 'admin' })), '403 role_missing');
    t.equal(fault(await call(as, 'DELETE /orgs/acme/memberships/bob')), '403 role_missing');
  }
  t.equal((await call(session, 'GET /orgs/acme/memberships/bob')).body.role, 'member');
  t.same(
    (await entries()).map(({ action, outcome }) => `${action} ${outcome}`),
    ['org.add_member refused', 'org.remove_member refused', 'org.add_member refused', 'org.remove_member refused'],
  );
});

t.test('the last owner neither goes nor is demoted', async (t) => {
  const { call, world, fault, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const org = await world.organization('acme', ada);
  await world.member(org, bob);
  const session = await world.session(ada);
  t.equal(fault(await call(session, 'DELETE /orgs/acme/memberships/ada')), '422 username unprocessable');
  t.equal(
    fault(await call(session, 'PUT /orgs/acme/memberships/ada', { role: 'member' })),
    '422 username unprocessable',
  );
  t.equal((await call(session, 'PUT /orgs/acme/memberships/ada', { role: 'admin' })).status, 200);
  t.equal((await entries()).length, 0, 'L1: nothing has changed');
  await call(session, 'PUT /orgs/acme/memberships/bob', { role: 'admin' });
  t.equal((await call(session, 'DELETE /orgs/acme/memberships/ada')).status, 204, 'there is another now');
  t.equal(fault(await call(session, 'GET /orgs/acme/memberships/bob')), '403 role_missing');
});

t.test('of owners who remove or demote each other at once one stays', async (t) => {
  const { call, world, deps } = await directoryApp(t);
  for (let round = 0; round < 8; round += 1) {
    const [a, b] = [await world.person(`a${round}`), await world.person(`b${round}`)];
    const org = await world.organization(`org${round}`, a);
    await world.member(org, b, 'admin');
    const [of_a, of_b] = [await world.session(a), await world.session(b)];
    const membership = `/orgs/org${round}/memberships` as const;
    const answers = await Promise.all(
      round % 2 === 0
        ? [call(of_a, `DELETE ${membership}/b${round}`), call(of_b, `DELETE ${membership}/a${round}`)]
        : [
            call(of_a, `PUT ${membership}/b${round}`, { role: 'member' }),
            call(of_b, `DELETE ${membership}/b${round}`),
            call(of_a, `DELETE ${membership}/a${round}`),
          ],
    );
    const owners = await deps.db
      .selectFrom('memberships')
      .select('user_id')
      .where('organization_id', '=', org.id)
      .where('role', '=', 'admin')
      .execute();
    t.equal(owners.length, 1, answers.map(({ status }) => status).join());
    t.ok(answers.every(({ status }) => [200, 204, 403, 404, 422].includes(status)));
  }
});

t.test('A4, M10: who leaves loses teams, grants and requests; what he was given himself stays', async (t) => {
  const { call, world, rows, entries, deps } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const org = await world.organization('acme', ada);
  const other = await world.organization('other', bob);
  await world.member(org, bob);
  await world.repository(org, 'base');
  const crewed = await world.repository(org, 'crewed');
  const direct = await world.repository(org, 'direct');
  await world.repository(other, 'x');
  await world.team(org, 'crew', [bob, ada], [{ on: crewed, role: 'admin' }]);
  await world.collaborator(direct, bob, 'write');
  const access = { selection: 'all', permissions: { contents: 'read' } } as const;
  const granted = await rows.fineGrained(bob, { owner: org, ...access });
  const pending = await rows.fineGrained(bob, { owner: org, standing: 'pending' });
  const elsewhere = await rows.fineGrained(bob, { owner: other, ...access });
  const of_ada = await rows.fineGrained(ada, { owner: org, ...access });
  const theirs = await world.session(bob);
  const session = await world.session(ada);
  t.equal((await call(granted.text, 'GET /repos/acme/base')).status, 200);

  t.equal((await call(session, 'DELETE /orgs/acme/memberships/bob')).status, 204);
  t.equal((await call(theirs, 'GET /repos/acme/base')).status, 404);
  t.equal((await call(theirs, 'GET /repos/acme/crewed')).status, 404);
  t.match((await call(theirs, 'GET /repos/acme/direct')).body.permissions, { push: true });
  t.equal((await call(granted.text, 'GET /repos/acme/direct')).status, 404, 'a fine-grained token is for members');
  t.equal((await call(elsewhere.text, 'GET /repos/other/x')).status, 200);
  t.equal((await call(of_ada.text, 'GET /repos/acme/base')).status, 200);
  const state = async (id: number) => (await call(theirs, `GET /user/personal-access-tokens/${id}`)).body.state;
  t.equal(await state(granted.id), 'denied');
  t.equal(await state(pending.id), 'denied');
  t.match(await entries(), [
    { action: 'org.remove_member', actor: 'ada', user: 'bob', org: 'acme', data: { role: 'member' } },
    { action: 'personal_access_token.access_revoked', user: 'bob', org: 'acme', managed_token_id: granted.id },
    { action: 'personal_access_token.request_cancelled', user: 'bob', org: 'acme', managed_token_id: pending.id },
  ]);

  await call(session, 'PUT /orgs/acme/memberships/bob');
  t.equal((await call(granted.text, 'GET /repos/acme/base')).status, 404, 'who returns asks again');
  t.equal((await call(theirs, 'GET /repos/acme/base')).status, 200);
  t.equal((await call(theirs, 'GET /repos/acme/crewed')).body.permissions.push, false, 'and is in no team');
  t.same(await deps.db.selectFrom('team_members').select('user_id').execute(), [{ user_id: ada.id }]);
  t.equal((await call(session, 'DELETE /orgs/acme/memberships/nobody')).status, 404);
});

t.test('A4: who leaves while he is put in a team or makes a token keeps neither', async (t) => {
  const { call, world, deps } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const org = await world.organization('acme', ada);
  await world.team(org, 'crew');
  const session = await world.session(ada);
  const theirs = await world.session(bob);
  for (let round = 0; round < 6; round += 1) {
    await world.member(org, bob);
    const made = { kind: 'fine_grained', name: `t${round}`, resource_owner: 'acme', permissions: { members: 'read' } };
    await Promise.all([
      call(session, 'PUT /orgs/acme/teams/crew/memberships/bob'),
      call(theirs, 'POST /user/personal-access-tokens', made),
      call(session, 'DELETE /orgs/acme/memberships/bob'),
    ]);
    t.same(await deps.db.selectFrom('team_members').select('user_id').execute(), []);
    t.same(await deps.db.selectFrom('grants').select('id').execute(), []);
  }
});
