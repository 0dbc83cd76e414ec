// Tokens against what happens to their organization and repositories at the same moment (A4, M10). Whichever comes first,
// nothing may be left that neither order could leave, and nobody may be told of a fault.

import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { type Called, callsOf } from '../support/token-calls.ts';
import { worldOf } from '../support/world.ts';

const ROUNDS = 6;

async function start(t: Parameters<typeof buildTestApp>[0], approval: 'required' | 'not_required') {
  const app = await buildTestApp(t);
  const world = worldOf(app.deps);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const acme = await world.organization('acme', ada, { approval });
  await world.member(acme, bob);
  const owner = callsOf(app.inject, await world.session(ada));
  const member = callsOf(app.inject, await world.session(bob));
  return { ...app, world, ada, bob, acme, owner, member };
}
const ALL = { resource_owner: 'acme', repository_selection: 'all' } as const;
const noFault = (answers: readonly Called[]) => answers.every(({ status }) => status < 500);

for (const approval of ['required', 'not_required'] as const) {
  t.test(`A4: who leaves while he makes and edits tokens keeps nothing (approval ${approval})`, async (t) => {
    const { owner, member, deps, world, acme, bob } = await start(t, approval);
    for (let round = 1; round <= ROUNDS; round += 1) {
      const { id } = (await member.create({ ...ALL, name: `old ${round}`, permissions: { contents: 'read' } })).body;
      const answers = await Promise.all([
        member.create({ ...ALL, name: `new ${round}` }),
        member.edit(id, { permissions: { contents: 'write' } }),
        owner.call('DELETE', '/orgs/acme/memberships/bob'),
        member.regenerate(id, { expires_in_days: 40 }),
        member.edit(id, { permissions: { issues: 'read' } }),
      ]);
      t.ok(noFault(answers), answers.map(({ status }) => status).join());
      t.equal(answers[2]?.status, 204);
      t.same(await deps.db.selectFrom('grants').select('id').execute(), [], 'no grant is left');
      const pending = deps.db.selectFrom('grant_requests').select('id').where('state', '=', 'pending');
      t.same(await pending.execute(), [], 'no request is left');
      await world.member(acme, bob);
    }
  });
}

t.test('M10: a repository that is transferred while tokens are made and edited is in no selection', async (t) => {
  const { owner, member, deps, world, acme } = await start(t, 'not_required');
  await world.repository(acme, 'stays');
  for (let round = 1; round <= ROUNDS; round += 1) {
    const goes = await world.repository(acme, `goes-${round}`);
    const asking = { resource_owner: 'acme', repository_selection: 'subset', permissions: { contents: 'read' } };
    const repositories = ['stays', goes.name];
    const { id } = (await member.create({ ...asking, name: `old ${round}`, repositories })).body;
    const answers = await Promise.all([
      member.edit(id, { permissions: { contents: 'write' } }),
      owner.call('POST', `/repos/acme/${goes.name}/transfer`, { new_owner: 'ada' }),
      member.create({ ...asking, name: `new ${round}`, repositories }),
      member.edit(id, { permissions: { issues: 'read' } }),
    ]);
    t.ok(noFault(answers), answers.map(({ status }) => status).join());
    t.equal(answers[1]?.status, 202);
    for (const table of ['token_repositories', 'grant_repositories', 'grant_request_repositories'] as const) {
      const left = deps.db.selectFrom(table).selectAll().where('repository_id', '=', goes.id);
      t.same(await left.execute(), [], table);
    }
  }
});

t.test('F4: an organization that is deleted while tokens are made, edited and deleted grants nothing', async (t) => {
  const { member, deps, world, ada, bob, inject } = await start(t, 'required');
  for (let round = 1; round <= ROUNDS; round += 1) {
    const passing = await world.organization('passing', ada, {
      approval: round % 2 === 0 ? 'required' : 'not_required',
    });
    await world.member(passing, bob);
    const owner = callsOf(inject, await world.session(ada));
    const asking = { ...ALL, resource_owner: 'passing' };
    const { id } = (await member.create({ ...asking, name: `old ${round}` })).body;
    const other = (await member.create({ ...asking, name: `other ${round}` })).body.id;
    const answers = await Promise.all([
      member.edit(id, { permissions: { members: 'read' } }),
      owner.call('DELETE', '/orgs/passing'),
      member.create({ ...asking, name: `new ${round}` }),
      member.remove(other),
    ]);
    t.ok(noFault(answers), answers.map(({ status }) => status).join());
    t.same(await deps.db.selectFrom('grants').select('id').execute(), []);
    t.match((await member.show(id)).body, { state: 'denied', resource_owner: null, granted: null });
  }
});
