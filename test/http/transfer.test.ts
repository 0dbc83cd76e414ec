// A repository changes its owner (contract 5, M10, K6).

import t from 'tap';
import { directoryApp } from '../support/directory-app.ts';

const TRANSFER = 'POST /repos/acme/x/transfer';

t.test('M10: a transfer is in force at once, and the old name is one that never was', async (t) => {
  const { call, world, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  const org = await world.organization('acme', ada);
  const { id } = await world.repository(org, 'x');
  const session = await world.session(ada);
  const absent = await call(session, 'GET /repos/acme/never');
  const moved = await call(session, TRANSFER, { new_owner: 'ADA', new_name: 'mine', team_ids: [1] });
  t.equal(moved.status, 202);
  t.match(moved.body, {
    id,
    full_name: 'ada/mine',
    owner: { login: 'ada', type: 'User' },
    permissions: { admin: true },
  });
  t.equal((await call(session, 'GET /repos/acme/x')).text, absent.text);
  t.equal((await call(session, 'GET /repos/ada/mine')).body.id, id);
  t.match(await entries(), [
    {
      action: 'repo.transfer',
      org: 'acme',
      user: 'ada',
      repo: 'acme/x',
      data: { old_owner: 'acme', new_owner: 'ada', new_owner_id: ada.id, new_name: 'mine' },
    },
  ]);
});

t.test(
  'M10: it leaves every selection for good, also when it returns; teams stay behind, collaborators come',
  async (t) => {
    const { call, world, rows, deps } = await directoryApp(t);
    const ada = await world.person('ada');
    const bob = await world.person('bob');
    const eve = await world.person('eve');
    const org = await world.organization('acme', ada);
    await world.member(org, bob);
    await deps.db
      .updateTable('organizations')
      .set({ default_repository_permission: 'none' })
      .where('id', '=', org.id)
      .execute();
    const repository = await world.repository(org, 'x');
    await world.team(org, 'crew', [bob], [{ on: repository, role: 'write' }]);
    await world.collaborator(repository, eve, 'triage');
    const access = { owner: org, selection: 'subset', repositories: [repository] } as const;
    const granted = await rows.fineGrained(ada, { ...access, permissions: { contents: 'read' } });
    const session = await world.session(ada);
    const bob_session = await world.session(bob);
    t.equal((await call(granted.text, 'GET /repos/acme/x')).status, 200);
    t.equal((await call(bob_session, 'GET /repos/acme/x')).status, 200);
    const pending = await rows.fineGrained(bob, { ...access, standing: 'pending' });
    const request = await deps.db
      .selectFrom('grant_requests')
      .select('id')
      .where('token_id', '=', pending.id)
      .executeTakeFirstOrThrow();
    await deps.db
      .insertInto('grant_request_repositories')
      .values({ request_id: request.id, repository_id: repository.id })
      .execute();

    t.equal((await call(session, TRANSFER, { new_owner: 'ada' })).status, 202);
    t.equal((await call(granted.text, 'GET /repos/ada/x')).status, 404);
    t.equal((await call(bob_session, 'GET /repos/ada/x')).status, 404);
    t.match((await call(await world.session(eve), 'GET /repos/ada/x')).body.permissions, { triage: true, push: false });
    t.equal((await call(session, 'POST /repos/ada/x/transfer', { new_owner: 'acme' })).status, 202);
    t.equal((await call(granted.text, 'GET /repos/acme/x')).status, 404);
    t.equal((await call(bob_session, 'GET /repos/acme/x')).status, 404);
    for (const table of ['token_repositories', 'grant_repositories', 'grant_request_repositories'] as const) {
      t.same(await deps.db.selectFrom(table).selectAll().execute(), [], table);
    }
  },
);

t.test('who takes it is no collaborator besides being its owner', async (t) => {
  const { call, world, deps } = await directoryApp(t);
  const ada = await world.person('ada');
  const org = await world.organization('acme', await world.person('boss'));
  const repository = await world.repository(org, 'x');
  await world.collaborator(repository, ada, 'admin');
  t.equal((await call(await world.session(ada), TRANSFER, { new_owner: 'ada' })).status, 202);
  t.same(await deps.db.selectFrom('collaborators').selectAll().execute(), []);
});

t.test('it goes to oneself or to an organization that one owns, nowhere else', async (t) => {
  const { call, world, fault, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.person('bob');
  const org = await world.organization('acme', ada);
  const joined = await world.organization('joined', await world.person('boss'));
  await world.organization('foreign', await world.person('eve'));
  await world.member(joined, ada);
  await world.repository(org, 'x');
  await world.repository(ada, 'x');
  const session = await world.session(ada);
  t.equal(fault(await call(session, TRANSFER, { new_owner: 'bob' })), '422 new_owner invalid');
  t.equal(fault(await call(session, TRANSFER, { new_owner: 'nobody' })), '422 new_owner invalid');
  t.equal(fault(await call(session, TRANSFER, { new_owner: '!' })), '422 new_owner invalid');
  t.equal(fault(await call(session, TRANSFER, {})), '422 new_owner missing_field');
  t.equal(fault(await call(session, TRANSFER, { new_owner: 'acme' })), '422 new_owner unprocessable');
  t.equal(fault(await call(session, TRANSFER, { new_owner: 'ada' })), '422 new_owner already_exists');
  t.equal(fault(await call(session, TRANSFER, { new_owner: 'ada', new_name: 'X' })), '422 new_name already_exists');
  t.same(await entries(), []);
  for (const new_owner of ['joined', 'foreign']) {
    t.equal(fault(await call(session, TRANSFER, { new_owner })), '403 role_missing');
  }
  t.match(await entries(), [
    { action: 'repo.transfer', repo: 'acme/x', outcome: 'refused', reason: 'role_missing' },
    { action: 'repo.transfer', repo: 'acme/x', outcome: 'refused', reason: 'role_missing' },
  ]);
});

t.test('K6, P1: a token must reach both owners', async (t) => {
  const { call, world, rows, fault } = await directoryApp(t);
  const ada = await world.person('ada');
  const org = await world.organization('acme', ada);
  const shut = await world.organization('shut', ada, { classic_tokens: 'restricted' });
  await world.organization('other', ada);
  await world.repository(org, 'x');
  const permissions = { administration: 'write' } as const;
  const fine = await rows.fineGrained(ada, { owner: org, selection: 'all', permissions });
  t.equal(fault(await call(fine.text, TRANSFER, { new_owner: 'other' })), '403 not_in_reach');
  t.equal(fault(await call(fine.text, TRANSFER, { new_owner: 'ada' })), '403 not_in_reach');
  const classic = await rows.classic(ada, { scopes: ['repo'] });
  t.equal(fault(await call(classic.text, TRANSFER, { new_owner: shut.login })), '403 classic_restricted');
  t.equal((await call(classic.text, TRANSFER, { new_owner: 'other' })).status, 202);
});

t.test('C5: internal stays so inside the enterprise, and becomes private elsewhere', async (t) => {
  const { call, world } = await directoryApp(t);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  const sister = await world.organization('sister', ada);
  const outside = await world.organization('outside', ada);
  const rival = await world.organization('rival', ada);
  await world.enterprise('corp', [acme, sister]);
  await world.enterprise('rivals', [rival]);
  const session = await world.session(ada);
  const cases = [
    [sister.login, 'internal'],
    [outside.login, 'private'],
    [rival.login, 'private'],
    ['ada', 'private'],
  ] as const;
  for (const [new_owner, visibility] of cases) {
    await world.repository(acme, 'x', 'internal');
    t.equal((await call(session, TRANSFER, { new_owner })).body.visibility, visibility, new_owner);
  }
  await world.repository(acme, 'x', 'public');
  t.equal((await call(session, TRANSFER, { new_owner: 'ada', new_name: 'y' })).body.visibility, 'public');
});

t.test('an archived repository is handed over as it is; of two transfers at once one happens', async (t) => {
  const { call, world, entries } = await directoryApp(t);
  const ada = await world.person('ada');
  const org = await world.organization('acme', ada);
  await world.organization('other', ada);
  await world.repository(org, 'x');
  const session = await world.session(ada);
  await call(session, 'PATCH /repos/acme/x', { archived: true });
  await entries();
  const answers = await Promise.all([
    call(session, TRANSFER, { new_owner: 'ada' }),
    call(session, TRANSFER, { new_owner: 'other' }),
  ]);
  t.same(answers.map(({ status }) => status).sort(), [202, 404]);
  t.equal(answers.find(({ status }) => status === 202)?.body.archived, true);
  // Whether the other was refused before or after it was judged depends on how far the first had come.
  t.equal((await entries()).filter(({ outcome }) => outcome === 'done').length, 1);
});
