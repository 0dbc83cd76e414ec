// The two lists of an organization's reviewers: filters, order, pages; and what who is not one learns of ids below an
// organization (A1, F5, F6, contract 10).

import t, { type Test } from 'tap';
import { directoryApp } from '../support/directory-app.ts';
import { callsOf } from '../support/token-calls.ts';
import { tokensOf } from '../support/world.ts';

const REQUESTS = '/orgs/acme/personal-access-token-requests';
const GRANTS = '/orgs/acme/personal-access-tokens';

/** Of acme: `reads` and `writes` of bob, `all` of eve, `nothing` of eve; in that order, all pending. */
async function start(t: Test) {
  const app = await directoryApp(t);
  const { world, inject, deps } = app;
  const [ada, bob, eve] = [await world.person('ada'), await world.person('bob'), await world.person('eve')];
  const acme = await world.organization('acme', ada, { approval: 'required' });
  for (const each of [bob, eve]) await world.member(acme, each);
  await world.repository(acme, 'engine');
  await world.repository(acme, 'mill');
  const owner = callsOf(inject, await world.session(ada));
  const [bobs, eves] = [callsOf(inject, await world.session(bob)), callsOf(inject, await world.session(eve))];
  const subset = (repositories: string[]) => ({ repository_selection: 'subset', repositories });
  const made: Record<string, { id: number; approval: { request_id: number } }> = {};
  async function make(calls: typeof bobs, name: string, asked: object) {
    made[name] = (await calls.create({ name, resource_owner: 'acme', ...asked })).body;
  }
  await make(bobs, 'reads', { ...subset(['engine']), permissions: { issues: 'read' } });
  await make(bobs, 'writes', { ...subset(['mill']), permissions: { issues: 'write', members: 'read' } });
  await make(eves, 'all', { repository_selection: 'all', permissions: { contents: 'read' } });
  await make(eves, 'nothing', {});
  const used = async (name: string, at: string) =>
    deps.db
      .updateTable('tokens')
      .set({ last_used_at: new Date(at) })
      .where('id', '=', made[name]?.id ?? 0)
      .execute();
  await used('reads', '2026-01-01T00:00:00Z');
  await used('writes', '2026-02-01T00:00:00Z');
  const approveAll = () => {
    const pat_request_ids = Object.values(made).map(({ approval }) => approval.request_id);
    return owner.call('POST', REQUESTS, { pat_request_ids, action: 'approve' });
  };
  /** The names of a list, or the status of its refusal. */
  const namesAt = (url: string) => async (query: string) => {
    const { status, body } = await owner.call('GET', `${url}?${query}`);
    return status === 200 ? body.map((each: { token_name: string }) => each.token_name).join(' ') : status;
  };
  return { ...app, ada, bob, eve, acme, owner, made, namesAt, approveAll };
}

for (const [what, url] of [
  ['requests', REQUESTS],
  ['grants', GRANTS],
] as const) {
  t.test(`A1: filters, order and pages of ${what}`, async (t) => {
    const { namesAt, approveAll, made, owner } = await start(t);
    if (url === GRANTS) t.equal((await approveAll()).status, 202);
    const names = namesAt(url);
    t.equal(await names(''), 'nothing all writes reads', 'newest first');
    t.equal(await names('sort=created_at&direction=asc'), 'reads writes all nothing');
    t.equal(await names('direction=up'), 422);
    t.equal(await names('sort=name'), 422);

    t.equal(await names('owner[]=BOB'), 'writes reads', 'logins in whatever case');
    t.equal(await names('owner=bob&owner=eve'), 'nothing all writes reads');
    t.equal(await names('owner=bob,nobody'), 'writes reads');
    t.equal(await names('owner[]=nobody'), '');
    t.equal(await names(`owner=${Array(10).fill('bob').join()}`), 'writes reads');
    t.equal(await names(`owner=${Array(11).fill('bob').join()}`), 422);
    t.equal(await names('owner=-bob'), 422);

    t.equal(await names('repository=Engine'), 'all reads', 'by name, or with all');
    t.equal(await names('repository=none'), '');
    t.equal(await names('repository=a/b'), 422);

    t.equal(await names('permission=issues_read'), 'reads', 'at exactly this level');
    t.equal(await names('permission=issues_write'), 'writes');
    t.equal(await names('permission=metadata_read'), 'all writes reads');
    t.equal(await names('permission=members_read'), 'writes');
    for (const broken of ['issues', 'issues_owner', 'nothing_read', 'metadata_write', '_read']) {
      t.equal(await names(`permission=${broken}`), 422, broken);
    }

    t.equal(await names('last_used_before=2026-01-01T00:00:01Z'), 'reads');
    t.equal(await names('last_used_before=2026-01-01T00:00:00Z'), '', 'before is before');
    t.equal(await names('last_used_after=2026-01-01T00:00:00Z'), 'writes', 'after is after');
    t.equal(await names('last_used_after=2025-01-01T00:00:00Z&last_used_before=2026-03-01T00:00:00Z'), 'writes reads');
    t.equal(await names('last_used_after=yesterday'), 422);

    t.equal(await names(`token_id[]=${made.all?.id}&token_id[]=${made.reads?.id}`), 'all reads');
    t.equal(await names(`token_id=${Array(50).fill(made.all?.id).join()}`), 'all');
    t.equal(await names(`token_id=${Array(51).fill(made.all?.id).join()}`), 422);
    t.equal(await names('token_id=one'), 422);
    t.equal(await names(`token_id=${made.all?.id}&owner=bob`), '', 'all filters hold');

    t.equal(await names('per_page=3'), 'nothing all writes');
    t.equal(await names('per_page=3&page=2'), 'reads');
    t.equal(await names('per_page=0'), 422);
    const { headers } = await owner.call('GET', `${url}?per_page=3&owner[]=bob&owner[]=eve`);
    t.match(headers.link, /[?&]page=2\b.*>; rel="next"/);
    t.match(headers.link, /owner%5B%5D=bob&owner%5B%5D=eve/, 'the filters go on');
    t.equal((await owner.call('GET', `${url}?per_page=4`)).headers.link, undefined);
  });
}

t.test('M9: a grant of a token that has expired is shown as such; of a revoked one it is not there', async (t) => {
  const { namesAt, approveAll, made, deps, owner } = await start(t);
  await approveAll();
  const [grant] = (await owner.call('GET', `${GRANTS}?token_id=${made.reads?.id}`)).body;
  const set = (values: object) => deps.db.updateTable('tokens').set(values).where('id', '=', grant.token_id).execute();
  await set({ expires_at: new Date('2026-01-01T00:00:00Z') });
  t.match((await owner.call('GET', `${GRANTS}?token_id=${grant.token_id}`)).body, [
    { token_expired: true, token_expires_at: '2026-01-01T00:00:00Z' },
  ]);
  await set({ revoked_at: new Date(), revoked_reason: 'leaked' });
  t.equal(await namesAt(GRANTS)(''), 'nothing all writes');
  t.equal((await owner.call('GET', `${GRANTS}/${grant.id}/repositories`)).status, 404);
  t.equal((await owner.call('POST', `${GRANTS}/${grant.id}`, { action: 'revoke' })).status, 404);
});

t.test('F6: ids of another organization answer as absent ones do, byte for byte', async (t) => {
  const { world, ada, bob, inject, owner, approveAll, call } = await start(t);
  const other = await world.organization('other', ada, { approval: 'required' });
  await world.member(other, bob);
  const session = await world.session(ada);
  const { id } = (await callsOf(inject, await world.session(bob)).create({ name: 'x', resource_owner: 'other' })).body;
  const [theirs] = (await owner.call('GET', '/orgs/other/personal-access-token-requests')).body;
  t.equal(theirs.token_id, id);
  const review = { action: 'approve' };
  for (const [method, path, payload] of [
    ['GET', `${REQUESTS}/ID/repositories`, undefined],
    ['POST', `${REQUESTS}/ID`, review],
  ] as const) {
    const foreign = await call(session, `${method} ${path.replace('ID', theirs.id)}`, payload);
    const absent = await call(session, `${method} ${path.replace('ID', '999999')}`, payload);
    t.same([foreign.status, foreign.text], [404, absent.text], `${method} ${path}`);
  }
  await approveAll();
  const in_other = { pat_request_ids: [theirs.id], action: 'approve' };
  await owner.call('POST', '/orgs/other/personal-access-token-requests', in_other);
  const [grant] = (await owner.call('GET', '/orgs/other/personal-access-tokens')).body;
  for (const [method, path, payload] of [
    ['GET', `${GRANTS}/ID/repositories`, undefined],
    ['POST', `${GRANTS}/ID`, { action: 'revoke' }],
  ] as const) {
    const foreign = await call(session, `${method} ${path.replace('ID', grant.id)}`, payload);
    const absent = await call(session, `${method} ${path.replace('ID', '999999')}`, payload);
    t.same([foreign.status, foreign.text], [404, absent.text], `${method} ${path}`);
  }
});

t.test('F5: to an outsider every id below an organization gives the same 403, present or absent', async (t) => {
  const { world, owner, bob, call, approveAll } = await start(t);
  const [request] = (await owner.call('GET', REQUESTS)).body;
  await approveAll();
  const [grant] = (await owner.call('GET', GRANTS)).body;
  const outsider = await world.session(await world.person('mallory'));
  const member = await world.session(bob);
  const absent_organization = await call(outsider, 'GET /orgs/nowhere/personal-access-tokens');
  t.equal(absent_organization.status, 404);
  for (const [session, who] of [
    [outsider, 'an outsider'],
    [member, 'a member'],
  ] as const) {
    const refusal = await call(session, `GET ${GRANTS}`);
    t.match([refusal.status, refusal.body.code], [403, 'role_missing'], who);
    const paths: [`${'GET' | 'POST' | 'PUT' | 'DELETE'} ${string}`, object | undefined][] = [
      [`GET ${REQUESTS}`, undefined],
      ['GET /orgs/acme/token-reviewers', undefined],
      ['PUT /orgs/acme/token-reviewers/bob', undefined],
      ['PUT /orgs/acme/token-reviewers/nobody', undefined],
      ['DELETE /orgs/acme/token-reviewers/bob', undefined],
    ];
    for (const id of [request.id, grant.id, 999_999, 'malformed']) {
      paths.push([`GET ${REQUESTS}/${id}/repositories`, undefined]);
      paths.push([`POST ${REQUESTS}/${id}`, { action: 'approve' }]);
      paths.push([`GET ${GRANTS}/${id}/repositories`, undefined]);
      paths.push([`POST ${GRANTS}/${id}`, { action: 'revoke' }]);
    }
    for (const [path, payload] of paths) {
      const answer = await call(session, path, payload);
      t.same([answer.status, answer.text], [403, refusal.text], `${path} by ${who}`);
    }
  }
});

t.test('K5, C6: a token reviews by the permission of that name, or `admin:org`, in the hand of an owner', async (t) => {
  const { world, ada, bob, acme, inject, call } = await start(t);
  await world.setPolicy(acme, { approval: 'not_required' });
  const tokens = tokensOf({ inject });
  const holder = await world.session(bob);
  const owner = await world.session(ada);
  const fine = (session: string, permissions: Record<string, string>) =>
    tokens.fineGrainedToken(session, { resource_owner: 'acme', permissions });
  const rows: [string, string, number, number][] = [];
  const add = (name: string, token: string, requests: number, grants: number) =>
    rows.push([name, token, requests, grants]);
  const requests = { organization_personal_access_token_requests: 'read' };
  const grants = { organization_personal_access_tokens: 'read' };
  add('requests', (await fine(owner, requests)).token, 200, 403);
  add('grants', (await fine(owner, grants)).token, 403, 200);
  add('administration', (await fine(owner, { organization_administration: 'write' })).token, 403, 403);
  add('admin:org', (await tokens.classicToken(owner, { scopes: ['admin:org'] })).token, 200, 200);
  add('write:org', (await tokens.classicToken(owner, { scopes: ['write:org'] })).token, 403, 403);
  add('a member’s', (await fine(holder, { ...requests, ...grants })).token, 403, 403);
  add('a member’s admin:org', (await tokens.classicToken(holder, { scopes: ['admin:org'] })).token, 403, 403);
  for (const [name, token, of_requests, of_grants] of rows) {
    t.equal((await call(token, `GET ${REQUESTS}`)).status, of_requests, `requests by ${name}`);
    t.equal((await call(token, `GET ${GRANTS}`)).status, of_grants, `grants by ${name}`);
    const revoked = await call(token, `POST ${GRANTS}`, { action: 'revoke', pat_ids: [1] });
    t.not(revoked.status, 202);
    if (name !== 'admin:org') t.equal(revoked.status, 403, `${name} does not write`);
  }
  await world.setPolicy(acme, { classic_tokens: 'restricted' });
  const classic = rows.find(([name]) => name === 'admin:org')?.[1] ?? '';
  t.equal((await call(classic, `GET ${REQUESTS}`)).body.code, 'classic_restricted');
});
