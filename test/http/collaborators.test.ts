// Collaborators and the roles of people on a repository (contract 5 and 10, C5, M10).

import t from 'tap';
import { directoryApp } from '../support/directory-app.ts';

type Row = { login: string; role_name: string };

t.test('C5: everybody with a role is listed with his highest, by whatever way he has it', async (t) => {
  const { call, world, deps } = await directoryApp(t);
  const boss = await world.person('boss');
  const org = await world.organization('acme', boss);
  const sister = await world.organization('sister', boss);
  await world.enterprise('corp', [org, sister]);
  const [base, crew, direct, outside, sibling] = [
    await world.person('Base'),
    await world.person('crew'),
    await world.person('direct'),
    await world.person('outside'),
    await world.person('sibling'),
  ];
  await world.person('nobody');
  for (const each of [base, crew, direct]) await world.member(org, each);
  await world.member(sister, sibling);
  const repository = await world.repository(org, 'x', 'internal');
  await world.team(org, 'readers', [crew, direct], [{ on: repository, role: 'triage' }]);
  await world.team(org, 'writers', [crew], [{ on: repository, role: 'write' }]);
  await world.collaborator(repository, direct, 'maintain');
  await world.collaborator(repository, outside, 'triage');
  const session = await world.session(boss);
  const list = async (query = '') =>
    (await call(session, `GET /repos/acme/x/collaborators${query}`)).body.map(
      ({ login, role_name }: Row) => `${login} ${role_name}`,
    );
  t.same(await list(), ['Base read', 'boss admin', 'crew write', 'direct maintain', 'outside triage', 'sibling read']);
  t.same(await list('?affiliation=direct'), ['direct maintain', 'outside triage']);
  t.same(await list('?affiliation=outside'), ['outside triage']);
  t.same(await list('?permission=push'), ['boss admin', 'crew write', 'direct maintain']);
  t.same(await list('?per_page=2&page=2'), ['crew write', 'direct maintain']);
  const [first] = (await call(session, 'GET /repos/acme/x/collaborators')).body;
  t.match(first, { login: 'Base', type: 'User', permissions: { pull: true, triage: false } });

  await deps.db.updateTable('organizations').set({ default_repository_permission: 'none' }).execute();
  await call(session, 'PATCH /repos/acme/x', { visibility: 'private' });
  t.same(await list(), ['boss admin', 'crew write', 'direct maintain', 'outside triage']);
});

t.test('the list of a person’s own repository has him as admin', async (t) => {
  const { call, world } = await directoryApp(t);
  const ada = await world.person('ada');
  const repository = await world.repository(ada, 'x');
  await world.collaborator(repository, await world.person('bob'), 'write');
  const { body } = await call(await world.session(ada), 'GET /repos/ada/x/collaborators');
  t.match(body, [
    { login: 'ada', role_name: 'admin', permissions: { admin: true } },
    { login: 'bob', role_name: 'write', permissions: { push: true, maintain: false } },
  ]);
});

t.test('the list agrees with the permission of every single person', async (t) => {
  const { call, world } = await directoryApp(t);
  const boss = await world.person('boss');
  const org = await world.organization('acme', boss);
  const people = [];
  for (let n = 0; n < 8; n += 1) people.push(await world.person(`p${n}`));
  const repository = await world.repository(org, 'x');
  const roles = ['read', 'triage', 'write', 'maintain', 'admin'] as const;
  for (const [n, each] of people.entries()) {
    if (n % 2 === 0) await world.member(org, each, n === 6 ? 'admin' : 'member');
    const role = roles[n % 5];
    if (n % 3 === 0 && role !== undefined) await world.collaborator(repository, each, role);
  }
  const session = await world.session(boss);
  const listed = new Map(
    (await call(session, 'GET /repos/acme/x/collaborators')).body.map((each: Row) => [each.login, each.role_name]),
  );
  for (const { login } of [boss, ...people]) {
    const { body } = await call(session, `GET /repos/acme/x/collaborators/${login}/permission`);
    t.equal(body.role_name, listed.get(login) ?? 'none', login);
  }
});

t.test('the permission of a person has GitHub’s two spellings, and is told to who can write', async (t) => {
  const { call, world, fault } = await directoryApp(t);
  const ada = await world.person('ada');
  const repository = await world.repository(ada, 'x', 'public');
  const roles = { read: 'read', triage: 'read', write: 'write', maintain: 'write', admin: 'admin' } as const;
  const session = await world.session(ada);
  for (const [role, permission] of Object.entries(roles)) {
    const person = await world.person(role);
    await world.collaborator(repository, person, role as keyof typeof roles);
    const { status, body } = await call(session, `GET /repos/ada/x/collaborators/${role.toUpperCase()}/permission`);
    t.equal(status, 200);
    t.match(body, { permission, role_name: role, user: { login: role, id: person.id, role_name: role } });
  }
  await world.person('nobody');
  const none = await call(session, 'GET /repos/ada/x/collaborators/nobody/permission');
  t.match(none.body, { permission: 'none', role_name: 'none', user: { permissions: { pull: false } } });
  const asked = 'GET /repos/ada/x/collaborators/ada/permission' as const;
  for (const login of ['read', 'triage', 'nobody']) {
    const as = await world.session({ login, id: await idOf(login) });
    t.equal(fault(await call(as, asked)), '403 role_missing', login);
  }
  for (const login of ['write', 'admin']) {
    t.equal((await call(await world.session({ login, id: await idOf(login) }), asked)).status, 200, login);
  }
  t.equal((await call(session, 'GET /repos/ada/x/collaborators/absent/permission')).status, 404);

  async function idOf(login: string): Promise<number> {
    return (await call(session, `GET /users/${login}`)).body.id;
  }
});

t.test('M10: a collaborator is added, changed and removed at once, each an entry', async (t) => {
  const { call, world, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('Bob');
  await world.repository(ada, 'x');
  const session = await world.session(ada);
  const theirs = await world.session(bob);
  const flags = async () => (await call(theirs, 'GET /repos/ada/x')).body.permissions;
  t.equal((await call(session, 'PUT /repos/ada/x/collaborators/bob', { permission: 'pull' })).status, 204);
  t.match(await flags(), { pull: true, triage: false });
  t.equal((await call(session, 'PUT /repos/ada/x/collaborators/bob')).status, 204, 'push where nothing is said');
  t.match(await flags(), { push: true, maintain: false });
  t.equal((await call(session, 'DELETE /repos/ada/x/collaborators/BOB')).status, 204);
  t.equal((await call(theirs, 'GET /repos/ada/x')).status, 404);
  t.equal((await call(session, 'DELETE /repos/ada/x/collaborators/bob')).status, 404, 'he is none any more');
  t.match(await entries(), [
    { action: 'repo.add_member', user: 'Bob', repo: 'ada/x', data: { role: 'read' } },
    { action: 'repo.update_member', user: 'Bob', data: { role: 'write', old_role: 'read' } },
    { action: 'repo.remove_member', user: 'Bob' },
  ]);
});

t.test('who adds himself, nobody, or by a word that is none, is refused', async (t) => {
  const { call, world, fault, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  await world.organization('acme', ada);
  const repository = await world.repository(ada, 'x');
  await world.collaborator(repository, bob, 'maintain');
  const session = await world.session(ada);
  const put = (login: string, payload?: object) => call(session, `PUT /repos/ada/x/collaborators/${login}`, payload);
  t.equal(fault(await put('ada')), '422 username unprocessable');
  t.equal((await put('nobody')).status, 404);
  t.equal((await put('acme')).status, 404, 'an organization is no person');
  t.equal((await put('-')).status, 404);
  t.equal(fault(await put('bob', { permission: 'read' })), '422 permission invalid');
  t.equal(fault(await put('bob', { permission: 'push', role: 'admin' })), '422 role unknown_field');
  const theirs = await world.session(bob);
  t.equal(fault(await call(theirs, 'PUT /repos/ada/x/collaborators/bob', { permission: 'admin' })), '403 role_missing');
  t.match(await entries(), [{ action: 'repo.add_member', actor: 'bob', outcome: 'refused', reason: 'role_missing' }]);
});

t.test('C5: an archived repository still has its collaborators changed, for that is administration', async (t) => {
  const { call, world } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.person('bob');
  await world.repository(ada, 'x');
  const session = await world.session(ada);
  await call(session, 'PATCH /repos/ada/x', { archived: true });
  t.equal((await call(session, 'PUT /repos/ada/x/collaborators/bob')).status, 204);
});
