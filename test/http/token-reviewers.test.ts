// The review right of members who are no owners (A1): who gives it, what it opens, and how it ends.

import t, { type Test } from 'tap';
import { directoryApp } from '../support/directory-app.ts';
import { callsOf } from '../support/token-calls.ts';
import { tokensOf } from '../support/world.ts';

const REVIEWERS = '/orgs/acme/token-reviewers';
const REQUESTS = '/orgs/acme/personal-access-token-requests';
const GRANTS = '/orgs/acme/personal-access-tokens';

/** ada owns acme; rita is to be its reviewer, bob asks. */
async function start(t: Test) {
  const app = await directoryApp(t);
  const { world, inject } = app;
  const [ada, rita, bob] = [await world.person('ada'), await world.person('rita'), await world.person('bob')];
  const acme = await world.organization('acme', ada, { approval: 'required' });
  for (const each of [rita, bob]) await world.member(acme, each);
  await world.repository(acme, 'engine');
  const sessions = { ada: await world.session(ada), rita: await world.session(rita), bob: await world.session(bob) };
  const holder = callsOf(inject, sessions.bob);
  const ask = async (name: string) =>
    (await holder.create({ name, resource_owner: 'acme', repository_selection: 'subset', repositories: ['engine'] }))
      .body;
  return { ...app, rita, acme, sessions, ask };
}

t.test('A1: a member with the right reviews and revokes like an owner, and nothing else', async (t) => {
  const { call, sessions, ask, entries } = await start(t);
  const made = await ask('ci');
  const { request_id } = made.approval;
  const allowed = async (path: Parameters<typeof call>[1], payload?: object) =>
    (await call(sessions.rita, path, payload)).status;
  t.equal(await allowed(`GET ${REQUESTS}`), 403);
  t.equal((await call(sessions.ada, `PUT ${REVIEWERS}/RITA`)).status, 204);
  t.match((await call(sessions.ada, `GET ${REVIEWERS}`)).body, [{ login: 'rita', type: 'User' }]);
  await entries();

  t.equal(await allowed(`GET ${REQUESTS}`), 200);
  const seen = await call(sessions.rita, `GET ${REQUESTS}/${request_id}/repositories`);
  t.match(seen.body, [{ full_name: 'acme/engine' }], 'what is asked is seen, whatever role she has there');
  t.equal(await allowed(`POST ${REQUESTS}/${request_id}`, { action: 'approve' }), 204);
  const [grant] = (await call(sessions.rita, `GET ${GRANTS}`)).body;
  t.equal(await allowed(`POST ${GRANTS}`, { action: 'revoke', pat_ids: [grant.id] }), 202);
  t.same(
    (await entries()).map(({ action, actor }) => `${action} ${actor}`),
    ['personal_access_token.access_granted rita', 'personal_access_token.access_revoked rita'],
  );
  for (const path of [
    `GET ${REVIEWERS}`,
    `PUT ${REVIEWERS}/bob`,
    `DELETE ${REVIEWERS}/rita`,
    'GET /orgs/acme/settings/personal-access-tokens',
    'DELETE /orgs/acme/memberships/bob',
    'DELETE /orgs/acme',
  ] as const) {
    t.match((await call(sessions.rita, path)).body, { code: 'role_missing' }, path);
  }
});

t.test('K5: the right is the person’s own: no token of a reviewer has it', async (t) => {
  const { call, sessions, world, acme, inject } = await start(t);
  await world.setPolicy(acme, { approval: 'not_required' });
  await call(sessions.ada, `PUT ${REVIEWERS}/rita`);
  const tokens = tokensOf({ inject });
  const permissions = {
    organization_personal_access_token_requests: 'write',
    organization_personal_access_tokens: 'write',
  };
  const fine = await tokens.fineGrainedToken(sessions.rita, { resource_owner: 'acme', permissions });
  const classic = await tokens.classicToken(sessions.rita, { scopes: ['admin:org'] });
  for (const { token } of [fine, classic]) {
    t.match((await call(token, `GET ${REQUESTS}`)).body, { code: 'role_missing' });
    t.match((await call(token, `POST ${GRANTS}`, { action: 'revoke', pat_ids: [1] })).body, { code: 'role_missing' });
  }
});

t.test('A1: owners give the right to members; nobody is 404, who is no member 422', async (t) => {
  const { call, sessions, world, entries, fault } = await start(t);
  await world.person('mallory');
  await entries();
  t.equal((await call(sessions.ada, `PUT ${REVIEWERS}/nobody`)).status, 404);
  t.equal(fault(await call(sessions.ada, `PUT ${REVIEWERS}/mallory`)), '422 username unprocessable');
  t.equal((await call(sessions.ada, `PUT ${REVIEWERS}/acme`)).status, 404, 'an organization is nobody');
  t.equal((await call(sessions.ada, `DELETE ${REVIEWERS}/rita`)).status, 404, 'she does not have it');
  t.same(await entries(), []);
  t.equal((await call(sessions.ada, `PUT ${REVIEWERS}/rita`)).status, 204);
  t.equal((await call(sessions.ada, `PUT ${REVIEWERS}/rita`)).status, 204, 'again changes nothing');
  t.equal((await call(sessions.ada, `DELETE ${REVIEWERS}/rita`)).status, 204);
  t.same(
    (await entries()).map(({ action, user, org }) => `${action} ${user} ${org}`),
    ['org.add_token_reviewer rita acme', 'org.remove_token_reviewer rita acme'],
  );
  t.same((await call(sessions.ada, `GET ${REVIEWERS}`)).body, []);
  t.equal((await call(sessions.rita, `GET ${REQUESTS}`)).status, 403, 'without the right');
});

t.test('A1, A4: leaving ends the right; who returns does not have it', async (t) => {
  const { call, sessions, world, acme, rita } = await start(t);
  await call(sessions.ada, `PUT ${REVIEWERS}/rita`);
  t.equal((await call(sessions.ada, 'DELETE /orgs/acme/memberships/rita')).status, 204);
  t.equal((await call(sessions.rita, `GET ${REQUESTS}`)).status, 403);
  await world.member(acme, rita);
  t.equal((await call(sessions.rita, `GET ${REQUESTS}`)).status, 403);
  t.same((await call(sessions.ada, `GET ${REVIEWERS}`)).body, []);
});

t.test('A1: the right taken away while she reviews: the review comes first, or is refused', async (t) => {
  const { call, sessions, ask } = await start(t);
  for (let round = 1; round <= 6; round += 1) {
    await call(sessions.ada, `PUT ${REVIEWERS}/rita`);
    const { id, approval } = await ask(`ci ${round}`);
    const [reviewed, removed] = await Promise.all([
      call(sessions.rita, `POST ${REQUESTS}/${approval.request_id}`, { action: 'approve' }),
      call(sessions.ada, `DELETE ${REVIEWERS}/rita`),
    ]);
    t.equal(removed.status, 204);
    t.ok([204, 403].includes(reviewed.status), `${reviewed.status}`);
    const { state } = (await call(sessions.bob, `GET /user/personal-access-tokens/${id}`)).body;
    t.equal(state, reviewed.status === 204 ? 'active' : 'pending');
  }
});

t.test('A1: a person may, an AuthZEN client learns, what the right opens', async (t) => {
  const { call, sessions, world, inject } = await start(t);
  await call(sessions.ada, `PUT ${REVIEWERS}/rita`);
  const client = await world.client(['evaluate']);
  const ask = async (id: string, name: string) => {
    const payload = {
      subject: { type: 'user', id },
      action: { name },
      resource: { type: 'organization', id: 'acme' },
    };
    const headers = { authorization: client.authorization };
    return (await inject({ method: 'POST', url: '/access/v1/evaluation', headers, payload })).json().decision;
  };
  const operation = `POST ${REQUESTS.replace('acme', '{org}')}`;
  t.same([await ask('rita', operation), await ask('bob', operation), await ask('ada', operation)], [true, false, true]);
  const write = 'organization_administration:write';
  t.same([await ask('rita', write), await ask('ada', write)], [false, true]);
});
