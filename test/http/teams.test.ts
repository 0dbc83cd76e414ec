// Teams of an organization, their members and repositories (contract 5, C5, K3, M10).

import t, { type Test } from 'tap';
import { directoryApp } from '../support/directory-app.ts';

/** An organization with an owner, a member, a repository, and the owner's session. */
async function acme(t: Test) {
  const application = await directoryApp(t, { settings: { PUBLIC_URL: 'https://gate.example' } });
  const { world } = application;
  const ada = await world.person('ada');
  const bob = await world.person('Bob');
  const org = await world.organization('acme', ada);
  await world.member(org, bob);
  await application.deps.db.updateTable('organizations').set({ default_repository_permission: 'none' }).execute();
  const repository = await world.repository(org, 'x');
  return { ...application, ada, bob, org, repository, session: await world.session(ada) };
}

t.test('a team is made, shown, listed and deleted, each change an entry', async (t) => {
  const { call, session, entries, org } = await acme(t);
  const made = await call(session, 'POST /orgs/acme/teams', { name: 'My TEam Näme', privacy: 'closed' });
  t.equal(made.status, 201);
  t.match(made.body, {
    name: 'My TEam Näme',
    slug: 'my-team-name',
    description: null,
    privacy: 'closed',
    permission: 'pull',
    parent: null,
    url: 'https://gate.example/orgs/acme/teams/my-team-name',
    members_count: 0,
    repos_count: 0,
    organization: { login: 'acme', id: org.id },
  });
  t.same((await call(session, 'GET /orgs/acme/teams/MY-team-name')).body, made.body);
  await call(session, 'POST /orgs/acme/teams', { name: 'a' });
  const listed = (await call(session, 'GET /orgs/acme/teams')).body;
  t.same(
    listed.map((each: { slug: string }) => each.slug),
    ['a', 'my-team-name'],
  );
  t.equal((await call(session, 'GET /orgs/acme/teams?per_page=1&page=2')).body[0].slug, 'my-team-name');
  t.equal((await call(session, 'DELETE /orgs/acme/teams/a')).status, 204);
  t.equal((await call(session, 'DELETE /orgs/acme/teams/a')).status, 404);
  t.equal((await call(session, 'GET /orgs/acme/teams/a')).status, 404);
  t.match(await entries(), [
    { action: 'team.create', org: 'acme', data: { team: 'my-team-name', team_id: made.body.id } },
    { action: 'team.create', data: { team: 'a' } },
    { action: 'team.destroy', data: { team: 'a' } },
  ]);
});

t.test('a slug is taken once in an organization; a name that gives none is refused', async (t) => {
  const { call, session, world, ada, fault } = await acme(t);
  await world.organization('other', ada);
  const make = (name: string, org = 'acme') => call(session, `POST /orgs/${org}/teams`, { name });
  t.equal((await make('Crew')).status, 201);
  t.equal(fault(await make('crew!')), '422 name already_exists');
  t.equal((await make('crew', 'other')).status, 201);
  t.equal(fault(await make('日本')), '422 name invalid');
  t.equal(
    (await make('Long '.repeat(20))).body.slug,
    'long-long-long-long-long-long-long-long',
    'contract 1: at most 39',
  );
  t.equal(fault(await make('')), '422 name invalid');
  t.equal(fault(await call(session, 'POST /orgs/acme/teams', { name: 'x', members: [] })), '422 members unknown_field');
  const answers = await Promise.all([make('same'), make('Same'), make('SAME')]);
  t.same(answers.map(({ status }) => status).sort(), [201, 422, 422]);
});

t.test('L1: a team may be made with its first members and repositories, each an act of its own', async (t) => {
  const { call, session, world, rows, fault, entries, bob, org, ada, repository } = await acme(t);
  await world.person('eve');
  await world.repository(await world.person('sue'), 'shut');
  await world.repository(ada, 'own', 'public');
  const make = (payload: object, as = session) => call(as, 'POST /orgs/acme/teams', { name: 'crew', ...payload });
  const bad: [object, string][] = [
    [{ maintainers: ['bob', 'eve'] }, '422 maintainers.1 invalid'],
    [{ maintainers: ['nobody'] }, '422 maintainers.0 invalid'],
    [{ repo_names: ['acme/x', 'ada/own'] }, '422 repo_names.1 invalid'],
    [{ repo_names: ['sue/shut'] }, '422 repo_names.0 invalid'],
    [{ repo_names: ['acme/never'] }, '422 repo_names.0 invalid'],
    [{ repo_names: ['x'] }, '422 repo_names.0 invalid'],
    [{ permission: 'admin' }, '422 permission invalid'],
  ];
  for (const [payload, expected] of bad) t.equal(fault(await make(payload)), expected);
  const members = await rows.fineGrained(ada, { owner: org, selection: 'none', permissions: { members: 'write' } });
  t.equal((await make({ repo_names: ['acme/x'] }, members.text)).status, 422, 'that token does not see it');
  t.same(await entries(), [], 'nothing of it was done');
  const made = await make({ maintainers: ['BOB', 'bob'], repo_names: ['acme/X', 'acme/x'], permission: 'push' });
  t.equal(made.status, 201, made.text);
  t.match(made.body, { members_count: 1, repos_count: 1 });
  t.same((await call(session, 'GET /orgs/acme/teams/crew')).body, made.body);
  const theirs = await call(await world.session(bob), 'GET /repos/acme/x');
  t.match(theirs.body, { id: repository.id, permissions: { push: true, maintain: false } });
  t.match(await entries(), [
    { action: 'team.create', org: 'acme' },
    { action: 'team.add_member', user: 'Bob', data: { team: 'crew' } },
    { action: 'team.add_repository', repo: 'acme/x', data: { role: 'write' } },
  ]);
});

t.test('members see teams, owners change them', async (t) => {
  const { call, world, rows, fault, bob, org } = await acme(t);
  await world.team(org, 'crew');
  const member = await world.session(bob);
  t.equal((await call(member, 'GET /orgs/acme/teams/crew')).status, 200);
  t.equal(fault(await call(member, 'POST /orgs/acme/teams', { name: 'x' })), '403 role_missing');
  t.equal(fault(await call(member, 'DELETE /orgs/acme/teams/crew')), '403 role_missing');
  t.equal(fault(await call(member, 'PUT /orgs/acme/teams/crew/memberships/bob')), '403 role_missing');
  const stranger = await world.session(await world.person('eve'));
  for (const slug of ['crew', 'nothing']) {
    t.equal(fault(await call(stranger, `GET /orgs/acme/teams/${slug}`)), '403 role_missing', slug);
  }
  const { text } = await rows.classic(bob, { scopes: ['repo'] });
  t.equal(fault(await call(text, 'GET /orgs/acme/teams')), '403 scope_missing');
  t.equal(fault(await call(null, 'GET /orgs/acme/teams')), '401 authentication_required');
});

t.test('C5, M10: what a team gives is in force at once, and ends with the place in it', async (t) => {
  const { call, session, world, entries, bob, org } = await acme(t);
  await world.team(org, 'crew');
  const theirs = await world.session(bob);
  const flags = async () => (await call(theirs, 'GET /repos/acme/x')).body.permissions;
  const joined = await call(session, 'PUT /orgs/acme/teams/crew/memberships/bob', { role: 'maintainer' });
  t.equal(joined.status, 200);
  t.same(joined.body, {
    url: 'https://gate.example/orgs/acme/teams/crew/memberships/Bob',
    role: 'member',
    state: 'active',
  });
  t.equal(await flags(), undefined);
  t.equal((await call(session, 'PUT /orgs/acme/teams/crew/repos/acme/x')).status, 204, 'pull where nothing is said');
  t.match(await flags(), { pull: true, triage: false });
  t.equal((await call(session, 'PUT /orgs/acme/teams/crew/repos/ACME/X', { permission: 'maintain' })).status, 204);
  t.match(await flags(), { maintain: true, admin: false });
  t.match((await call(session, 'GET /orgs/acme/teams/crew')).body, { members_count: 1, repos_count: 1 });
  t.equal((await call(session, 'DELETE /orgs/acme/teams/crew/repos/acme/x')).status, 204);
  t.equal(await flags(), undefined);
  t.equal((await call(session, 'DELETE /orgs/acme/teams/crew/repos/acme/x')).status, 404);
  await call(session, 'PUT /orgs/acme/teams/crew/repos/acme/x');
  t.equal((await call(session, 'DELETE /orgs/acme/teams/crew/memberships/bob')).status, 204);
  t.equal(await flags(), undefined);
  t.equal((await call(session, 'DELETE /orgs/acme/teams/crew/memberships/bob')).status, 404);
  await call(session, 'PUT /orgs/acme/teams/crew/memberships/bob');
  t.match(await flags(), { pull: true });
  t.equal((await call(session, 'DELETE /orgs/acme/teams/crew')).status, 204);
  t.equal(await flags(), undefined);
  t.match(
    (await entries()).map(({ action, user, repo }) => [action, user, repo]),
    [
      ['team.add_member', 'Bob', null],
      ['team.add_repository', null, 'acme/x'],
      ['team.add_repository', null, 'acme/x'],
      ['team.remove_repository', null, 'acme/x'],
      ['team.add_repository', null, 'acme/x'],
      ['team.remove_member', 'Bob', null],
      ['team.add_member', 'Bob', null],
      ['team.destroy', null, null],
    ],
  );
});

t.test('only members of the organization are in its teams', async (t) => {
  const { call, session, world, fault, org } = await acme(t);
  await world.team(org, 'crew');
  await world.person('eve');
  const put = (slug: string, login: string) => call(session, `PUT /orgs/acme/teams/${slug}/memberships/${login}`);
  t.equal(fault(await put('crew', 'eve')), '422 username unprocessable');
  t.equal((await put('crew', 'nobody')).status, 404);
  t.equal((await put('nothing', 'bob')).status, 404);
  t.equal((await put('crew', 'ada')).body.role, 'maintainer', 'owners maintain every team');
  t.equal((await call(session, 'DELETE /orgs/acme/teams/crew/memberships/eve')).status, 404);
});

t.test('only repositories of the organization are given; what is not seen is absent', async (t) => {
  const { call, session, world, fault, org, ada } = await acme(t);
  await world.team(org, 'crew');
  const eve = await world.person('eve');
  await world.repository(eve, 'open', 'public');
  await world.repository(eve, 'shut');
  await world.repository(ada, 'own');
  const put = (slug: string, repository: string, payload?: object) =>
    call(session, `PUT /orgs/acme/teams/${slug}/repos/${repository}`, payload);
  t.equal(fault(await put('crew', 'eve/open')), '422 repo unprocessable');
  t.equal(fault(await put('crew', 'ada/own')), '422 repo unprocessable');
  const absent = await put('crew', 'acme/never');
  t.equal(absent.status, 404);
  for (const [slug, repository] of [
    ['crew', 'eve/shut'],
    ['crew', 'nobody/x'],
    ['nothing', 'acme/x'],
  ] as const) {
    t.equal((await put(slug, repository)).text, absent.text, `${slug} ${repository}`);
  }
  t.equal(fault(await put('crew', 'acme/x', { permission: 'read' })), '422 permission invalid');
});

t.test('K3: a token gives a team the repositories that it was granted, no others', async (t) => {
  const { call, world, rows, fault, org, ada, repository } = await acme(t);
  await world.team(org, 'crew');
  await world.repository(org, 'y');
  await world.repository(org, 'open', 'public');
  const permissions = { members: 'read', administration: 'write' } as const;
  const few = await rows.fineGrained(ada, { owner: org, selection: 'subset', repositories: [repository], permissions });
  const put = (as: string, name: string) => call(as, `PUT /orgs/acme/teams/crew/repos/acme/${name}`);
  t.equal((await put(few.text, 'x')).status, 204);
  t.equal((await put(few.text, 'y')).status, 404);
  t.equal(fault(await put(few.text, 'open')), '403 not_in_reach');
  const all = await rows.fineGrained(ada, { owner: org, selection: 'all', permissions });
  t.equal((await put(all.text, 'y')).status, 204);
  const half = await rows.fineGrained(ada, { owner: org, selection: 'all', permissions: { administration: 'write' } });
  t.equal(fault(await put(half.text, 'y')), '403 permission_missing');
  const classic = await rows.classic(ada, { scopes: ['read:org'] });
  t.equal(fault(await put(classic.text, 'y')), '403 scope_missing');
  const both = await rows.classic(ada, { scopes: ['read:org', 'repo'] });
  t.equal((await put(both.text, 'y')).status, 204);
});
