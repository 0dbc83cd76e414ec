// Repositories through HTTP: read, made, edited, deleted (contract 5, F2, F4, F6, K2, C5, M10). Transfer: transfer.test.ts.

import t from 'tap';
import { directoryApp } from '../support/directory-app.ts';

t.test('a repository has the shape of GitHub, and is private unless it is said', async (t) => {
  const { call, world, entries } = await directoryApp(t, { settings: { PUBLIC_URL: 'https://gate.example' } });
  const ada = await world.session(await world.person('Ada'));
  const made = await call(ada, 'POST /user/repos', { name: 'Hello.World', description: 'x', has_issues: true });
  t.equal(made.status, 201);
  t.match(made.body, {
    name: 'Hello.World',
    full_name: 'Ada/Hello.World',
    owner: { login: 'Ada', type: 'User', url: 'https://gate.example/users/Ada' },
    private: true,
    visibility: 'private',
    description: 'x',
    archived: false,
    disabled: false,
    fork: false,
    url: 'https://gate.example/repos/Ada/Hello.World',
    html_url: 'https://gate.example/Ada/Hello.World',
    permissions: { pull: true, triage: true, push: true, maintain: true, admin: true },
  });
  t.match(made.body.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  t.same((await call(ada, 'GET /repos/ADA/hello.world')).body, made.body, 'names are compared without case');
  t.match(await entries(), [{ action: 'repo.create', actor: 'Ada', user: 'Ada', repo: 'Ada/Hello.World' }]);
});

t.test('F2: the answer to a public read is what a stranger sees, whoever asks', async (t) => {
  const { call, world, rows } = await directoryApp(t);
  const ada = await world.person('ada');
  const org = await world.organization('acme', ada);
  await world.repository(org, 'open', 'public');
  const stranger = (await call(null, 'GET /repos/acme/open')).body;
  t.notOk('permissions' in stranger);
  const denied = await rows.fineGrained(ada, { owner: org, standing: 'denied' });
  const without_scope = await rows.classic(ada);
  for (const { text } of [denied, without_scope]) t.same((await call(text, 'GET /repos/acme/open')).body, stranger);
  const { text } = await rows.classic(ada, { scopes: ['public_repo'] });
  t.match((await call(text, 'GET /repos/acme/open')).body.permissions, { admin: true });
});

t.test('a name is taken in whatever case; another owner may have it', async (t) => {
  const { call, world, fault } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.organization('acme', ada);
  const session = await world.session(ada);
  t.equal((await call(session, 'POST /user/repos', { name: 'one' })).status, 201);
  t.equal(fault(await call(session, 'POST /user/repos', { name: 'ONE' })), '422 name already_exists');
  t.equal((await call(session, 'POST /orgs/acme/repos', { name: 'one' })).status, 201);
  t.equal((await call(session, 'POST /user/repos', { name: 'two' })).status, 201);
  t.equal(fault(await call(session, 'PATCH /repos/ada/two', { name: 'One' })), '422 name already_exists');
  t.equal((await call(session, 'PATCH /repos/ada/two', { name: 'TWO' })).body.full_name, 'ada/TWO', 'its own name');
});

t.test('of two that take the same name at once one gets it', async (t) => {
  const { call, world, entries } = await directoryApp(t);
  const session = await world.session(await world.person('ada'));
  const answers = await Promise.all(Array.from({ length: 4 }, () => call(session, 'POST /user/repos', { name: 'x' })));
  t.same(answers.map(({ status }) => status).sort(), [201, 422, 422, 422]);
  t.equal((await entries()).length, 1);
});

t.test('malformed bodies are 422 and name the member', async (t) => {
  const { call, world, fault } = await directoryApp(t);
  const session = await world.session(await world.person('ada'));
  const bad: [object, string][] = [
    [{}, '422 name missing_field'],
    [{ name: 'a/b' }, '422 name invalid'],
    [{ name: 'x.git' }, '422 name invalid'],
    [{ name: '..' }, '422 name invalid'],
    [{ name: 'ä' }, '422 name invalid'],
    [{ name: 'x'.repeat(101) }, '422 name invalid'],
    [{ name: 'x', owner_id: 1 }, '422 owner_id unknown_field'],
    [{ name: 'x', archived: true }, '422 archived unknown_field'],
    [{ name: 'x', visibility: 'secret' }, '422 visibility invalid'],
    [{ name: 'x', description: 'x'.repeat(1025) }, '422 description invalid'],
    [{ name: 'x', private: true, visibility: 'public' }, '422 private invalid'],
    [{ name: 'x', private: false, visibility: 'private' }, '422 private invalid'],
  ];
  for (const [payload, expected] of bad) t.equal(fault(await call(session, 'POST /user/repos', payload)), expected);
  t.equal(
    (await call(session, 'POST /user/repos', { name: 'x'.repeat(100), private: false })).body.visibility,
    'public',
  );
  t.equal((await call(session, 'POST /user/repos', { name: 'y', private: true })).body.visibility, 'private');
});

t.test('C5: internal is for organizations of an enterprise only', async (t) => {
  const { call, world, fault } = await directoryApp(t);
  const ada = await world.person('ada');
  const inside = await world.organization('inside', ada);
  await world.organization('outside', ada);
  await world.enterprise('corp', [inside]);
  const session = await world.session(ada);
  const internal = { name: 'x', visibility: 'internal' };
  t.equal(fault(await call(session, 'POST /user/repos', internal)), '422 visibility unprocessable');
  t.equal(fault(await call(session, 'POST /orgs/outside/repos', internal)), '422 visibility unprocessable');
  const made = await call(session, 'POST /orgs/inside/repos', internal);
  t.match(made.body, { visibility: 'internal', private: true });
  await call(session, 'POST /orgs/outside/repos', { name: 'y' });
  t.equal(
    fault(await call(session, 'PATCH /repos/outside/y', { visibility: 'internal' })),
    '422 visibility unprocessable',
  );
});

t.test('only owners make repositories in an organization', async (t) => {
  const { call, world, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const org = await world.organization('acme', ada);
  await world.member(org, bob);
  const session = await world.session(bob);
  const stranger = await world.session(await world.person('eve'));
  for (const as of [session, stranger]) {
    const refused = await call(as, 'POST /orgs/acme/repos', { name: 'x' });
    t.equal(refused.status, 403);
    t.equal(refused.body.code, 'role_missing');
  }
  t.equal((await call(stranger, 'POST /orgs/nobody/repos', { name: 'x' })).status, 404);
  t.match(await entries(), [
    { action: 'repo.create', actor: 'bob', org: 'acme', outcome: 'refused', reason: 'role_missing' },
    { action: 'repo.create', actor: 'eve', org: 'acme', outcome: 'refused' },
  ]);
});

t.test('K2: public_repo makes public repositories, never private ones', async (t) => {
  const { call, world, rows } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.organization('acme', ada);
  const { text: narrow } = await rows.classic(ada, { scopes: ['public_repo'] });
  const { text: wide } = await rows.classic(ada, { scopes: ['repo'] });
  for (const list of ['/user/repos', '/orgs/acme/repos']) {
    const make = (as: string, payload: object) => call(as, `POST ${list}`, payload);
    t.equal((await make(narrow, { name: 'open', private: false })).status, 201);
    t.equal((await make(narrow, { name: 'open2', visibility: 'public' })).status, 201);
    const refused = await make(narrow, { name: 'shut' });
    t.equal(refused.status, 403, 'without a word it would be private');
    t.match(refused.body, { code: 'scope_missing', needed: { scopes: ['repo'] } });
    t.equal((await make(narrow, { name: 'shut', private: true })).status, 403);
    t.equal((await make(narrow, { name: 'shut', visibility: 'internal' })).status, 403);
    t.equal((await make(wide, { name: 'shut' })).status, 201);
  }
  t.equal((await call(narrow, 'PATCH /repos/ada/open', { private: true })).status, 403);
  t.equal((await call(wide, 'PATCH /repos/ada/open', { private: true })).body.visibility, 'private');
});

t.test('K3: a fine-grained token makes repositories for its resource owner only', async (t) => {
  const { call, world, rows } = await directoryApp(t);
  const ada = await world.person('ada');
  const org = await world.organization('acme', ada);
  await world.organization('other', ada);
  const permissions = { administration: 'write' } as const;
  const { text } = await rows.fineGrained(ada, { owner: org, selection: 'all', permissions });
  t.equal((await call(text, 'POST /orgs/acme/repos', { name: 'x' })).status, 201);
  t.equal((await call(text, 'POST /orgs/other/repos', { name: 'x' })).status, 403);
  t.equal((await call(text, 'POST /user/repos', { name: 'x' })).status, 403);
  const reader = await rows.fineGrained(ada, { owner: org, selection: 'all', permissions: { administration: 'read' } });
  t.equal((await call(reader.text, 'POST /orgs/acme/repos', { name: 'y' })).body.code, 'permission_missing');
});

t.test('F4, F6: a renamed repository is there under its new name only', async (t) => {
  const { call, world, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  const session = await world.session(ada);
  const { id } = await world.repository(ada, 'old', 'public');
  const absent = await call(session, 'GET /repos/ada/never');
  t.equal((await call(session, 'PATCH /repos/ada/old', { name: 'new' })).body.full_name, 'ada/new');
  const gone = await call(session, 'GET /repos/ada/old');
  t.equal(gone.status, 404);
  t.equal(gone.text, absent.text);
  t.equal((await call(session, 'GET /repos/ada/new')).body.id, id);
  t.match(await entries(), [{ action: 'repo.update', repo: 'ada/new', data: { name: { from: 'old', to: 'new' } } }]);
});

t.test('F4: a repository of the same name as a deleted one inherits nothing', async (t) => {
  const { call, world, rows } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const session = await world.session(ada);
  const first = await world.repository(ada, 'x');
  await world.collaborator(first, bob, 'admin');
  const { text } = await rows.fineGrained(ada, {
    selection: 'subset',
    repositories: [first],
    permissions: { administration: 'write' },
  });
  t.equal((await call(text, 'GET /repos/ada/x')).status, 200);
  t.equal((await call(session, 'DELETE /repos/ada/x')).status, 204);
  t.equal((await call(session, 'DELETE /repos/ada/x')).status, 404);
  const { id } = (await call(session, 'POST /user/repos', { name: 'x' })).body;
  t.ok(id > first.id);
  t.equal((await call(text, 'GET /repos/ada/x')).status, 404);
  t.equal((await call(await world.session(bob), 'GET /repos/ada/x')).status, 404);
});

t.test('M10: a repository made private is hidden at once from who had only looked', async (t) => {
  const { call, world, rows } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  await world.repository(ada, 'x', 'public');
  const { text } = await rows.classic(bob, { scopes: ['public_repo'] });
  t.equal((await call(text, 'GET /repos/ada/x')).status, 200);
  const edited = await call(await world.session(ada), 'PATCH /repos/ada/x', { private: true });
  t.match(edited.body, { private: true, visibility: 'private', permissions: { admin: true } });
  t.equal((await call(text, 'GET /repos/ada/x')).status, 404);
  t.equal((await call(null, 'GET /repos/ada/x')).status, 401);
});

t.test('C5: an archived repository takes its own edits and its deletion, for sessions and tokens', async (t) => {
  const { call, world, rows } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.repository(ada, 'x');
  const { text } = await rows.classic(ada, { scopes: ['repo', 'delete_repo'] });
  t.equal((await call(text, 'PATCH /repos/ada/x', { archived: true })).body.archived, true);
  t.equal((await call(text, 'PATCH /repos/ada/x', { description: 'done' })).body.description, 'done');
  t.equal((await call(text, 'PATCH /repos/ada/x', { archived: false, description: null })).body.archived, false);
  t.equal((await call(text, 'PATCH /repos/ada/x', { archived: true })).status, 200);
  t.equal((await call(text, 'DELETE /repos/ada/x')).status, 204);
});

t.test('editing needs administration and the role admin, deleting delete_repo', async (t) => {
  const { call, world, rows, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const repository = await world.repository(ada, 'x');
  await world.collaborator(repository, bob, 'maintain');
  const maintainer = await rows.classic(bob, { scopes: ['repo', 'delete_repo'] });
  t.equal((await call(maintainer.text, 'PATCH /repos/ada/x', { name: 'y' })).body.code, 'role_missing');
  t.equal((await call(maintainer.text, 'DELETE /repos/ada/x')).body.code, 'role_missing');
  const owner = await rows.classic(ada, { scopes: ['repo'] });
  t.match((await call(owner.text, 'DELETE /repos/ada/x')).body, { code: 'scope_missing', status: '403' });
  const fine = await rows.fineGrained(ada, { selection: 'all', permissions: { contents: 'write' } });
  t.equal((await call(fine.text, 'PATCH /repos/ada/x', { name: 'y' })).body.code, 'permission_missing');
  t.match(
    (await entries()).map(({ action, outcome, reason }) => `${action} ${outcome} ${reason}`),
    [
      'repo.update refused role_missing',
      'repo.destroy refused role_missing',
      'repo.destroy refused scope_missing',
      'repo.update refused permission_missing',
    ],
  );
});

t.test('one call that edits is one entry, with what became of each member', async (t) => {
  const { call, world, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.repository(ada, 'x');
  const session = await world.session(ada);
  await call(session, 'PATCH /repos/ada/x', {
    name: 'y',
    visibility: 'public',
    archived: true,
    default_branch: 'main',
  });
  await call(session, 'PATCH /repos/ada/y', {});
  t.same(
    (await entries()).map(({ action, data }) => [action, data]),
    [
      [
        'repo.update',
        {
          name: { from: 'x', to: 'y' },
          archived: { from: false, to: true },
          visibility: { from: 'private', to: 'public' },
        },
      ],
      ['repo.update', {}],
    ],
  );
});

t.test('the list of one’s own repositories is filtered and sorted as GitHub does', async (t) => {
  const { call, world, fault } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const org = await world.organization('acme', bob);
  await world.member(org, ada);
  await world.repository(ada, 'Own', 'public');
  await world.repository(org, 'team', 'private');
  const shared = await world.repository(bob, 'shared', 'private');
  await world.collaborator(shared, ada, 'read');
  await world.repository(bob, 'foreign', 'public');
  const session = await world.session(ada);
  const names = async (query: string) =>
    (await call(session, `GET /user/repos${query}`)).body.map((each: { full_name: string }) => each.full_name);
  t.same(await names(''), ['acme/team', 'ada/Own', 'bob/shared'], 'by name; the foreign one is not his');
  t.same(await names('?direction=desc'), ['bob/shared', 'ada/Own', 'acme/team']);
  t.same(await names('?sort=created'), ['bob/shared', 'acme/team', 'ada/Own'], 'the newest first');
  t.same(await names('?sort=updated&direction=asc'), ['ada/Own', 'acme/team', 'bob/shared']);
  t.same(await names('?visibility=public'), ['ada/Own']);
  t.same(await names('?visibility=private'), ['acme/team', 'bob/shared']);
  t.same(await names('?affiliation=owner'), ['ada/Own']);
  t.same(await names('?affiliation=owner,collaborator'), ['ada/Own', 'bob/shared']);
  t.same(await names('?affiliation=organization_member'), ['acme/team']);
  t.same(await names('?type=member'), ['acme/team', 'bob/shared']);
  t.same(await names('?type=owner&unknown=1'), ['ada/Own']);
  t.equal(fault(await call(session, 'GET /user/repos?type=owner&visibility=all')), '422 type invalid');
  t.equal((await call(session, 'GET /user/repos?affiliation=friend')).status, 422);
  t.equal((await call(null, 'GET /user/repos')).status, 401);
});

t.test('the list of an organization’s repositories is filtered too', async (t) => {
  const { call, world } = await directoryApp(t);
  const ada = await world.person('ada');
  const org = await world.organization('acme', ada);
  await world.repository(org, 'b', 'public');
  await world.repository(org, 'A', 'private');
  const session = await world.session(ada);
  const names = async (query: string, as: string | null = session) =>
    (await call(as, `GET /orgs/ACME/repos${query}`)).body.map((each: { name: string }) => each.name);
  t.same(await names(''), ['A', 'b'], 'the newest first');
  t.same(await names('?sort=full_name&direction=desc'), ['b', 'A']);
  t.same(await names('?type=private'), ['A']);
  t.same(await names('?type=public'), ['b']);
  t.same(await names('', null), ['b']);
  t.same(await names('?type=member', null), []);
  t.same(await names('?type=forks'), [], "GitHub's word, and nothing is a fork here");
  t.equal((await call(session, 'GET /orgs/acme/repos?type=templates')).status, 422);
  t.equal((await call(session, 'GET /orgs/nobody/repos')).status, 404);
  t.equal((await call(session, 'GET /orgs/ada/repos')).status, 404, 'a person is no organization');
});

t.test('O2: what single sign-on keeps out of lists is named in a header', async (t) => {
  const { call, world, rows, deps } = await directoryApp(t);
  const ada = await world.person('ada');
  const org = await world.organization('acme', ada);
  await world.repository(org, 'open', 'public');
  await world.repository(org, 'shut');
  await deps.db.insertInto('organization_sso').values({ organization_id: org.id, required: true }).execute();
  const { text } = await rows.classic(ada, { scopes: ['repo', 'read:org'] });
  const header = `partial-results; organizations=${org.id}`;
  for (const list of ['/user/repos', '/orgs/acme/repos']) {
    const { body, headers } = await call(text, `GET ${list}`);
    t.same(
      body.map((each: { name: string }) => each.name),
      ['open'],
    );
    t.equal(headers['x-github-sso'], header);
  }
  for (const list of ['/user/orgs', '/orgs/acme/members']) {
    const { body, headers } = await call(text, `GET ${list}`);
    t.same(body, []);
    t.equal(headers['x-github-sso'], header);
  }
  const stranger = await rows.classic(await world.person('eve'), { scopes: ['repo', 'read:org'] });
  for (const list of ['/orgs/acme/repos', '/orgs/acme/members', '/user/repos']) {
    t.equal((await call(stranger.text, `GET ${list}`)).headers['x-github-sso'], undefined);
  }
});
