// What single sign-on closes and opens (O1, O2, F5.5, F8), on this service's own routes and in evaluation, for both kinds.

import t from 'tap';
import { idToken } from '../support/issuer.ts';
import { SSO, SSO_SESSIONS, ssoWorld } from '../support/sso-world.ts';
import type { WorldToken } from '../support/world.ts';

const REQUIRED = 'required; url=http://127.0.0.1:8080/orgs/acme/sso';
const AUTHORIZATIONS = '/orgs/acme/credential-authorizations';
const FINE = {
  resource_owner: 'acme',
  repository_selection: 'all' as const,
  permissions: { contents: 'read', members: 'read' },
};
const ALL_OF_CLASSIC = { scopes: ['repo', 'read:org'] };

async function start(t: Parameters<typeof ssoWorld>[0], options: Parameters<typeof ssoWorld>[1] = {}) {
  const app = await ssoWorld(t, options);
  const { call, sessions, inject, world, signOn } = app;
  const client = await world.client(['evaluate']);
  const link = (id: number) => `/user/personal-access-tokens/${id}/sso/acme`;
  /** What evaluation says of this token and acme/secret. */
  const evaluate = async (token: string) => {
    const answer = await inject({
      method: 'POST',
      url: '/access/v1/evaluation',
      headers: { authorization: client.authorization },
      payload: {
        subject: { type: 'token', id: token },
        action: { name: 'contents:read' },
        resource: { type: 'repository', id: 'acme/secret' },
      },
    });
    return answer.json() as { decision: boolean; context: Record<string, unknown> };
  };
  return {
    ...app,
    evaluate,
    bobSignsOn: () => signOn(sessions.bob, 'bob'),
    authorize: (id: number, session = sessions.bob) => call(session, `PUT ${link(id)}`),
    deauthorize: (id: number, session = sessions.bob) => call(session, `DELETE ${link(id)}`),
    reads: (token: string, name = 'acme/secret') => call(token, `GET /repos/${name}`),
    authorizations: async () => (await call(sessions.ada, `GET ${AUTHORIZATIONS}`)).body,
  };
}

t.test('O1, O2, F5.5: what is not authorised gets 403 and is told where to sign on; public reads go on', async (t) => {
  const { classicToken, fineGrainedToken, sessions, setSso, reads, evaluate, call } = await start(t);
  const tokens: WorldToken[] = [
    await classicToken(sessions.bob, ALL_OF_CLASSIC),
    await fineGrainedToken(sessions.bob, FINE),
  ];
  for (const { token } of tokens) t.equal((await reads(token)).status, 200, 'not required so far');
  await setSso({ required: true });
  for (const { token } of tokens) {
    const refused = await reads(token);
    t.match(refused, { status: 403, body: { code: 'sso_required' }, headers: { 'x-github-sso': REQUIRED } });
    t.match(await call(token, 'GET /orgs/acme/teams'), { status: 403, headers: { 'x-github-sso': REQUIRED } });
    t.equal((await reads(token, 'acme/open')).status, 200, 'F2: a public read');
    t.equal((await call(token, 'GET /orgs/acme')).status, 200);
    t.equal((await call(token, 'GET /user')).status, 200);
    t.match(await evaluate(token), {
      decision: false,
      context: { reason: 'sso_required', status: 403, sso_url: 'http://127.0.0.1:8080/orgs/acme/sso' },
    });
  }
  t.equal((await reads(sessions.bob)).status, 200, 'T5: a session is bounded by no single sign-on');
  await setSso({ required: false });
  for (const { token } of tokens) t.equal((await reads(token)).status, 200, 'not requiring it restores them');
  await setSso({ required: true });
  t.equal((await call(sessions.ada, `DELETE ${SSO}`)).status, 204);
  for (const { token } of tokens) t.equal((await reads(token)).status, 200, 'so does taking it away');
});

t.test('O1: a classic token is authorised by its holder, with a live session there', async (t) => {
  const { classicToken, sessions, setSso, reads, evaluate, call, authorize, deauthorize, bobSignsOn, entries } =
    await start(t);
  await setSso({ required: true });
  const { id, token, hashed_token } = await classicToken(sessions.bob, ALL_OF_CLASSIC);
  await entries();
  const early = await authorize(id);
  t.match(early, { status: 403, body: { code: 'sso_required' }, headers: { 'x-github-sso': REQUIRED } });
  const attempt = { action: 'org_credential_authorization.grant', outcome: 'refused', actor: 'bob', org: 'acme' };
  t.match(await entries(), [attempt], 'the organization sees the attempt');
  await bobSignsOn();
  await entries();
  t.equal((await authorize(id)).status, 204);
  const granted = { action: 'org_credential_authorization.grant', org: 'acme', user: 'bob', managed_token_id: id };
  const data = { oauth_credential_type: 'Personal Access Token', managed_token_scopes: 'repo read:org' };
  t.match(await entries(), [{ ...granted, data }]);
  t.equal((await authorize(id)).status, 204);
  t.same(await entries(), [], 'L1: nothing is written where nothing changes');
  t.equal((await reads(token)).status, 200);
  t.match(await evaluate(token), { decision: true });
  const record = (await call(sessions.bob, `GET /user/personal-access-tokens/${id}`)).body;
  t.match(record.sso, [{ org: 'acme', authorized_at: /Z$/ }]);
  t.equal(record.hashed_token, hashed_token);
  t.equal((await call(sessions.bob, `DELETE ${SSO_SESSIONS}/acme`)).status, 204);
  t.equal((await reads(token)).status, 200, 'what was authorised stays so when the session ends');
  t.equal((await authorize((await classicToken(sessions.bob)).id)).status, 403, 'but no more is');

  t.equal((await deauthorize(id)).status, 204);
  t.match((await entries()).at(-1), { action: 'org_credential_authorization.deauthorized', managed_token_id: id });
  t.equal((await reads(token)).status, 403);
  t.equal((await deauthorize(id)).status, 404);
  t.equal((await authorize(id)).status, 403);
  await bobSignsOn();
  t.equal((await authorize(id)).status, 204, 'and again');
  t.equal((await reads(token)).status, 200);
});

t.test('O1: whose, which and where: all else is refused', async (t) => {
  const {
    classicToken,
    fineGrainedToken,
    sessions,
    setSso,
    authorize,
    deauthorize,
    bobSignsOn,
    call,
    fault,
    world,
    ada,
  } = await start(t);
  await setSso();
  await world.organization('plain', ada);
  await bobSignsOn();
  const { id, token } = await classicToken(sessions.bob, ALL_OF_CLASSIC);
  const fine = await fineGrainedToken(sessions.bob, FINE);
  t.equal(fault(await authorize(fine.id)), '422 token_id unprocessable');
  t.equal(fault(await deauthorize(fine.id)), '422 token_id unprocessable');
  t.equal((await authorize(id, sessions.cleo)).status, 404, 'another person’s');
  t.equal((await authorize(id + 100)).status, 404);
  t.match(await authorize(id, token), { status: 403, body: { code: 'session_required' } });
  t.equal((await call(sessions.bob, `PUT /user/personal-access-tokens/${id}/sso/absent`)).status, 404);
  const plain = await call(sessions.bob, `PUT /user/personal-access-tokens/${id}/sso/plain`);
  t.match(plain, { status: 403, body: { code: 'sso_required' } });
  await call(sessions.bob, `DELETE /user/personal-access-tokens/${id}`);
  t.equal((await authorize(id)).status, 404);
});

t.test('L1, contract 10: the organization that is named sees who tried with what he may not', async (t) => {
  const { classicToken, sessions, setSso, authorize, deauthorize, call, entries } = await start(t);
  await setSso();
  const { id, token } = await classicToken(sessions.bob);
  await entries();
  t.equal((await authorize(id, sessions.cleo)).status, 404, 'another person’s token');
  t.equal((await deauthorize(id, sessions.cleo)).status, 404);
  t.equal((await authorize(id, token)).status, 403, 'K7');
  t.equal((await call(token, `PUT /user/personal-access-tokens/${id}/sso/absent`)).status, 403);
  t.match(
    (await entries()).map(({ action, org, actor, user, outcome, reason }) => [
      action,
      org,
      actor,
      user,
      outcome,
      reason,
    ]),
    [
      ['org_credential_authorization.grant', 'acme', 'cleo', 'cleo', 'refused', 'not_found'],
      ['org_credential_authorization.deauthorized', 'acme', 'cleo', 'cleo', 'refused', 'not_found'],
      ['org_credential_authorization.grant', 'acme', 'bob', 'bob', 'refused', 'session_required'],
      ['org_credential_authorization.grant', null, 'bob', 'bob', 'refused', 'session_required'],
    ],
  );
});

t.test('P4: a classic token that lives longer than a cap is not authorised; nor is one that has ended', async (t) => {
  let ahead_ms = 0;
  const clock = () => new Date(Date.now() + ahead_ms);
  const { classicToken, sessions, setSso, authorize, bobSignsOn, fault, world, acme, deps, bob } = await start(t, {
    deps: { clock },
  });
  await setSso({ required: true });
  await bobSignsOn();
  const month = await classicToken(sessions.bob, { expires_in_days: 30 });
  const longer = await classicToken(sessions.bob, { expires_in_days: 31 });
  const forever = await classicToken(sessions.bob, { never_expires: true });
  await world.setPolicy(acme, { max_lifetime_days_classic: 30 });
  t.equal((await authorize(month.id)).status, 204, 'as long as the cap');
  for (const { id } of [longer, forever]) {
    const refused = await authorize(id);
    t.equal(fault(refused), '422 expires_at unprocessable');
    t.match(refused.body.errors[0].message, /'acme' organization.*30 days/);
  }
  await world.setPolicy(acme, { max_lifetime_days_classic: null });
  t.equal((await authorize(longer.id)).status, 204);
  const { id: enterprise_id } = await world.enterprise('mega', [acme], []);
  const above = (set: object) =>
    deps.db.updateTable('enterprise_token_policies').set(set).where('enterprise_id', '=', enterprise_id).execute();
  await above({ max_lifetime_days_classic: 30 });
  t.equal(fault(await authorize(forever.id)), '422 expires_at unprocessable', 'the cap of the enterprise');
  await deps.db.insertInto('enterprise_administrators').values({ enterprise_id, user_id: bob.id }).execute();
  await above({ exempt_administrators: true });
  t.equal((await authorize(forever.id)).status, 204, 'P5: its administrators are free of it');
  const brief = await classicToken(sessions.bob, { expires_at: new Date(Date.now() + 60_000).toISOString() });
  ahead_ms = 120_000;
  t.equal((await authorize(brief.id)).status, 409);
});

t.test('O1, M4: a fine-grained token is authorised when it is made with a live session, or never', async (t) => {
  const { fineGrainedToken, sessions, setSso, reads, call, evaluate, bobSignsOn, authorizations, entries } =
    await start(t);
  const before = await fineGrainedToken(sessions.bob, FINE);
  await setSso({ required: true });
  const ask = { kind: 'fine_grained', name: 'asked', ...FINE };
  const refused = await call(sessions.bob, 'POST /user/personal-access-tokens', ask);
  t.equal(refused.status, 422);
  t.match(refused.body.message, 'Cannot find the specified resource owner: acme');
  await bobSignsOn();
  await entries();
  const made = await fineGrainedToken(sessions.bob, FINE);
  t.same(
    (await entries()).map(({ action }) => action),
    ['personal_access_token.create', 'personal_access_token.access_granted'],
    'L1: it is no act of its own',
  );
  t.equal((await reads(made.token)).status, 200);
  t.match(await evaluate(made.token), { decision: true });
  t.equal((await reads(before.token)).status, 403, 'one from before is none that was made with it');
  await call(sessions.bob, `DELETE ${SSO_SESSIONS}/acme`);
  t.equal((await reads(made.token)).status, 200, 'the end of the session changes nothing');
  t.equal((await call(sessions.bob, 'POST /user/personal-access-tokens', { ...ask, name: 'late' })).status, 422);
  const regenerated = await call(sessions.bob, `POST /user/personal-access-tokens/${made.id}/regenerate`);
  t.equal((await reads(regenerated.body.token)).status, 200, 'M8: the same token');
  t.same(
    (await authorizations()).map((each: { authorized_credential_id: number }) => each.authorized_credential_id),
    [made.id],
  );
});

t.test('O1: a session that is over authorises nothing, and takes nothing away', async (t) => {
  let ahead_ms = 0;
  const clock = () => new Date(Date.now() + ahead_ms);
  const { classicToken, fineGrainedToken, sessions, setSso, reads, bobSignsOn, authorize } = await start(t, {
    deps: { clock },
    settings: { SESSION_TTL: '864000' },
  });
  await setSso();
  await bobSignsOn();
  const early = await fineGrainedToken(sessions.bob, FINE);
  const [authorized, other] = [await classicToken(sessions.bob, ALL_OF_CLASSIC), await classicToken(sessions.bob)];
  t.equal((await authorize(authorized.id)).status, 204);
  ahead_ms = 25 * 60 * 60 * 1000;
  t.match(await authorize(other.id), { status: 403, body: { code: 'sso_required' } });
  const late = await fineGrainedToken(sessions.bob, FINE);
  t.equal((await reads(late.token)).status, 200, 'not required');
  await setSso({ required: true });
  t.equal((await reads(late.token)).status, 403);
  for (const { token } of [early, authorized]) t.equal((await reads(token)).status, 200);
});

t.test('O2: owners see authorisations of both kinds in GitHub’s shape, by session or token', async (t) => {
  const app = await start(t);
  const { classicToken, fineGrainedToken, sessions, setSso, authorize, bobSignsOn, signOn, call, reads } = app;
  await setSso();
  await bobSignsOn();
  await signOn(sessions.ada, 'ada');
  const classic = await classicToken(sessions.bob, { ...ALL_OF_CLASSIC, name: 'ci' });
  await authorize(classic.id);
  const fine = await fineGrainedToken(sessions.bob, { ...FINE, name: 'fine', never_expires: undefined });
  const reading = await classicToken(sessions.ada, { scopes: ['read:org'] });
  await authorize(reading.id, sessions.ada);
  await reads(classic.token);
  const { body } = await call(sessions.ada, `GET ${AUTHORIZATIONS}`);
  t.match(body, [
    {
      login: 'bob',
      credential_id: Number,
      credential_type: 'personal access token',
      token_kind: 'classic',
      token_last_eight: classic.token.slice(-8),
      credential_authorized_at: /Z$/,
      scopes: ['repo', 'read:org'],
      authorized_credential_id: classic.id,
      authorized_credential_note: 'ci',
      authorized_credential_expires_at: /Z$/,
    },
    { login: 'bob', token_kind: 'fine_grained', scopes: [], authorized_credential_id: fine.id },
    { login: 'ada', authorized_credential_id: reading.id },
  ]);
  t.equal(body.length, 3);
  t.equal((await call(sessions.ada, `GET ${AUTHORIZATIONS}?login=ADA`)).body.length, 1);
  t.same((await call(sessions.ada, `GET ${AUTHORIZATIONS}?login=nobody`)).body, []);
  const page = await call(sessions.ada, `GET ${AUTHORIZATIONS}?per_page=2`);
  t.equal(page.body.length, 2);
  t.match(page.headers.link, /page=2/);
  t.equal((await call(reading.token, `GET ${AUTHORIZATIONS}`)).status, 200, '`read:org` of an owner');
  const permissions = { organization_administration: 'read' };
  const allowed = await fineGrainedToken(sessions.ada, { resource_owner: 'acme', permissions });
  t.equal((await call(allowed.token, `GET ${AUTHORIZATIONS}`)).status, 200);
  t.match(await call(classic.token, `GET ${AUTHORIZATIONS}`), { status: 403, body: { code: 'role_missing' } });
  const revoke = `DELETE ${AUTHORIZATIONS}/${body[0].credential_id}` as const;
  t.match(await call(reading.token, revoke), { status: 403, body: { code: 'scope_missing' } });
  t.match(await call(allowed.token, revoke), { status: 403, body: { code: 'permission_missing' } });
  t.equal((await call(sessions.bob, `GET ${AUTHORIZATIONS}`)).status, 403);
  await call(sessions.bob, `DELETE /user/personal-access-tokens/${fine.id}`);
  t.equal((await call(sessions.ada, `GET ${AUTHORIZATIONS}?login=bob`)).body.length, 1, 'what is gone is not listed');
});

t.test('O2: tokens that have ended are no authorisations any more', async (t) => {
  let ahead_ms = 0;
  const clock = () => new Date(Date.now() + ahead_ms);
  const { classicToken, sessions, setSso, authorize, bobSignsOn, call, authorizations } = await start(t, {
    deps: { clock },
  });
  await setSso();
  await bobSignsOn();
  const [stays, leaked, expires] = [
    await classicToken(sessions.bob, { expires_in_days: 2 }),
    await classicToken(sessions.bob),
    await classicToken(sessions.bob, { expires_at: new Date(Date.now() + 60_000).toISOString() }),
  ];
  for (const { id } of [stays, leaked, expires]) t.equal((await authorize(id)).status, 204);
  const listed = async () =>
    (await authorizations()).map((each: { authorized_credential_id: number }) => each.authorized_credential_id);
  t.same(await listed(), [stays.id, leaked.id, expires.id]);
  t.equal((await call(null, 'POST /credentials/revoke', { credentials: [leaked.token] })).status, 202);
  t.same(await listed(), [stays.id, expires.id]);
  ahead_ms = 61_000;
  t.same(await listed(), [stays.id]);
});

t.test('O2: what an owner revokes needs a new token, of both kinds', async (t) => {
  const app = await start(t);
  const { classicToken, fineGrainedToken, sessions, setSso, authorize, deauthorize, bobSignsOn, call, reads } = app;
  const { authorizations, entries, evaluate } = app;
  await setSso({ required: true });
  await bobSignsOn();
  const classic = await classicToken(sessions.bob, ALL_OF_CLASSIC);
  await authorize(classic.id);
  const fine = await fineGrainedToken(sessions.bob, FINE);
  await entries();
  for (const { id, token } of [classic, fine]) {
    t.equal((await reads(token)).status, 200);
    const listed: { credential_id: number; authorized_credential_id: number }[] = await authorizations();
    const found = listed.find((each) => each.authorized_credential_id === id);
    const url = `DELETE ${AUTHORIZATIONS}/${found?.credential_id}` as const;
    t.match(await call(sessions.bob, url), { status: 403, body: { code: 'role_missing' } });
    t.equal((await call(sessions.ada, url)).status, 204);
    t.match(await entries(), [
      { action: 'org_credential_authorization.revoke', outcome: 'refused', actor: 'bob' },
      { action: 'org_credential_authorization.revoke', actor: 'ada', user: 'bob', managed_token_id: id },
    ]);
    t.match(await reads(token), { status: 403, body: { code: 'sso_required' } });
    t.match(await evaluate(token), { decision: false, context: { reason: 'sso_required' } });
    t.equal((await call(sessions.ada, url)).status, 404);
    t.notMatch(await authorizations(), [{ authorized_credential_id: id }]);
  }
  t.match(await authorize(classic.id), { status: 409, body: { code: 'conflict' } });
  t.equal((await deauthorize(classic.id)).status, 404, 'a revocation is not taken back by the holder');
  const record = (await call(sessions.bob, `GET /user/personal-access-tokens/${classic.id}`)).body;
  t.same(record.sso, []);
  const again = await call(sessions.bob, `POST /user/personal-access-tokens/${classic.id}/regenerate`);
  t.equal((await reads(again.body.token)).status, 403, 'a new text is no new token');
  const successor = await classicToken(sessions.bob, ALL_OF_CLASSIC);
  t.equal((await authorize(successor.id)).status, 204);
  t.equal((await reads(successor.token)).status, 200);
  await setSso({ required: false });
  t.equal((await reads(fine.token)).status, 200, 'it bounds only where it is required');
});

t.test('O2, F6: an authorisation of another organization is absent', async (t) => {
  const { classicToken, sessions, setSso, authorize, bobSignsOn, call, world, ada, authorizations } = await start(t);
  await setSso();
  await world.organization('umbrella', ada);
  await bobSignsOn();
  await authorize((await classicToken(sessions.bob)).id);
  const [{ credential_id }] = await authorizations();
  const foreign = await call(sessions.ada, `DELETE /orgs/umbrella/credential-authorizations/${credential_id}`);
  const absent = await call(sessions.ada, 'DELETE /orgs/umbrella/credential-authorizations/999999');
  t.equal(foreign.status, 404);
  t.equal(foreign.text, absent.text);
  t.equal((await authorizations()).length, 1);
});

t.test('O2, F8: lists leave the organization out and name it by its id', async (t) => {
  const { classicToken, fineGrainedToken, sessions, setSso, call, world, bob, acme, ada, authorize, bobSignsOn } =
    await start(t);
  const own = await world.repository(bob, 'own');
  const second = await world.organization('beta', ada);
  await world.member(second, bob);
  await world.repository(second, 'hidden');
  await setSso({ required: true });
  const settings = { issuer: 'https://b.example', audience: 'b', jwks_uri: 'https://b.example/keys', required: true };
  t.equal((await call(sessions.ada, 'PUT /orgs/beta/sso', settings)).status, 204);
  const { id, token } = await classicToken(sessions.bob, ALL_OF_CLASSIC);
  const names = ({ body }: { body: { full_name?: string; login?: string }[] }) =>
    body.map((each) => each.full_name ?? each.login).sort();
  const header = `partial-results; organizations=${acme.id},${second.id}`;
  const repositories = await call(token, 'GET /user/repos');
  t.equal(repositories.status, 200);
  t.same(names(repositories), ['acme/open', own.full_name], 'what everybody may read stays');
  t.equal(repositories.headers['x-github-sso'], header);
  const organizations = await call(token, 'GET /user/orgs');
  t.same(names(organizations), []);
  t.equal(organizations.headers['x-github-sso'], header);
  const of_acme = await call(token, 'GET /orgs/acme/repos');
  t.same(names(of_acme), ['acme/open']);
  t.equal(of_acme.headers['x-github-sso'], `partial-results; organizations=${acme.id}`);
  const members = await call(token, 'GET /orgs/acme/members');
  t.same([members.status, members.body], [200, []]);
  t.equal(members.headers['x-github-sso'], `partial-results; organizations=${acme.id}`);
  await bobSignsOn();
  await authorize(id);
  const after = await call(token, 'GET /user/repos');
  t.same(names(after), ['acme/open', 'acme/secret', own.full_name]);
  t.equal(after.headers['x-github-sso'], `partial-results; organizations=${second.id}`);
  t.same(names(await call(token, 'GET /user/orgs')), ['acme']);
  t.equal((await call(token, 'GET /orgs/acme/members')).body.length, 3);
  const fine = await fineGrainedToken(sessions.bob, { repository_selection: 'all' });
  t.equal((await call(fine.token, 'GET /user/repos')).headers['x-github-sso'], undefined, 'what it could never reach');
  t.equal((await call(sessions.bob, 'GET /user/repos')).headers['x-github-sso'], undefined);
});

t.test('O2, F8: who would be shown nothing anyway is told of no single sign-on', async (t) => {
  const { classicToken, fineGrainedToken, sessions, setSso, call, world, acme } = await start(t);
  await setSso({ required: true });
  const stranger = await world.session(await world.person('eve'));
  const header = `partial-results; organizations=${acme.id}`;
  const told = async (token: string) => {
    const paths = ['/user/orgs', '/user/repos', '/orgs/acme/repos', '/orgs/acme/members'] as const;
    const answers = await Promise.all(paths.map((path) => call(token, `GET ${path}`)));
    t.ok(answers.every(({ status }) => status === 200));
    return paths.filter((_, n) => answers[n]?.headers['x-github-sso'] === header);
  };
  const expected: readonly (readonly [readonly string[], readonly string[]])[] = [
    [[], []],
    [['gist', 'public_repo', 'read:user'], []],
    [['read:org'], ['/user/orgs', '/orgs/acme/members']],
    [['user'], ['/user/orgs']],
    [['repo'], ['/user/orgs', '/user/repos', '/orgs/acme/repos']],
  ];
  for (const [scopes, paths] of expected) {
    t.same(await told((await classicToken(sessions.bob, { scopes })).token), paths, `${scopes}`);
  }
  t.same(await told((await classicToken(stranger, ALL_OF_CLASSIC)).token), [], 'a stranger');
  await setSso();
  const fine = await fineGrainedToken(sessions.bob, { ...FINE, permissions: { contents: 'read' } });
  const reader = await fineGrainedToken(sessions.bob, FINE);
  await setSso({ required: true });
  t.same(await told(fine.token), ['/user/orgs', '/user/repos', '/orgs/acme/repos']);
  t.same(await told(reader.token), ['/user/orgs', '/user/repos', '/orgs/acme/repos', '/orgs/acme/members']);
});

t.test('O2, F8: a list names the organization to everybody whom a single read names it', async (t) => {
  const { classicToken, setSso, call, world, acme, ada } = await start(t);
  const guest = await world.person('guest');
  await world.collaborator(await world.repository(acme, 'shared'), guest, 'read');
  const sibling = await world.person('sibling');
  const other = await world.organization('beta', ada);
  await world.member(other, sibling);
  await world.enterprise('ent', [acme, other]);
  await world.repository(acme, 'inner', 'internal');
  const insider = await world.person('insider');
  await world.member(acme, insider);
  await setSso({ required: true });
  const names = ['secret', 'shared', 'inner', 'open'];
  const told: string[] = [];
  for (const person of [guest, sibling, insider, await world.person('stranger')]) {
    const { token } = await classicToken(await world.session(person), { scopes: ['repo'] });
    const singles = await Promise.all(names.map((name) => call(token, `GET /repos/acme/${name}`)));
    const is_told = singles.some(({ body }) => body.code === 'sso_required');
    if (is_told) told.push(person.login);
    for (const list of ['/orgs/acme/repos', '/user/repos'] as const) {
      const { headers } = await call(token, `GET ${list}`);
      const header = is_told ? `partial-results; organizations=${acme.id}` : undefined;
      t.equal(headers['x-github-sso'], header, `${person.login}: ${list}`);
    }
  }
  t.same(told, ['guest', 'sibling', 'insider']);
});

t.test('A4, O1: who leaves signs on and authorises anew when he returns', async (t) => {
  const { classicToken, fineGrainedToken, sessions, setSso, reads, authorize, bobSignsOn, call, entries } =
    await start(t);
  await setSso({ required: true });
  await bobSignsOn();
  const classic = await classicToken(sessions.bob, ALL_OF_CLASSIC);
  await authorize(classic.id);
  const fine = await fineGrainedToken(sessions.bob, FINE);
  await entries();
  t.equal((await call(sessions.ada, 'DELETE /orgs/acme/memberships/bob')).status, 204);
  t.same((await entries()).map(({ action, managed_token_id }) => `${action} ${managed_token_id}`).sort(), [
    'org.remove_member null',
    `org_credential_authorization.deauthorized ${classic.id}`,
    `personal_access_token.access_revoked ${fine.id}`,
  ]);
  t.same((await call(sessions.bob, `GET ${SSO_SESSIONS}`)).body, []);
  t.equal((await call(sessions.ada, 'PUT /orgs/acme/memberships/bob', { role: 'member' })).status, 200);
  t.match(await reads(classic.token), { status: 403, body: { code: 'sso_required' } });
  t.equal((await reads(fine.token)).status, 404, 'its grant has ended');
  t.equal((await authorize(classic.id)).status, 403);
  t.equal((await bobSignsOn()).status, 201, 'the link is for good');
  t.equal((await authorize(classic.id)).status, 204);
  t.equal((await reads(classic.token)).status, 200);
});

t.test('O1, O2: authorising, revoking and leaving at the same moment leave one state', async (t) => {
  const { classicToken, sessions, setSso, authorize, deauthorize, bobSignsOn, deps, authorizations, call } =
    await start(t);
  await setSso();
  await bobSignsOn();
  const { id } = await classicToken(sessions.bob);
  const many = await Promise.all([1, 2, 3, 4, 5].map(() => authorize(id)));
  t.ok(many.every(({ status }) => status === 204));
  const grants = await deps.db
    .selectFrom('audit_entries')
    .select('id')
    .where('action', '=', 'org_credential_authorization.grant')
    .execute();
  t.equal(grants.length, 1, 'L1: authorised once');
  const [{ credential_id }] = await authorizations();
  const url = `DELETE ${AUTHORIZATIONS}/${credential_id}` as const;
  const ends = await Promise.all([call(sessions.ada, url), call(sessions.ada, url), deauthorize(id)]);
  t.equal(ends.filter(({ status }) => status === 204).length, 1, 'it ends once');
  t.ok(ends.every(({ status }) => [204, 404].includes(status)));
});

t.test('O3: an expired ID token opens nothing, so nothing is authorised', async (t) => {
  const { classicToken, sessions, setSso, authorize, present, key } = await start(t);
  await setSso({ required: true });
  const { id } = await classicToken(sessions.bob);
  const now = Math.floor(Date.now() / 1000);
  t.equal((await present(sessions.bob, await idToken(key, 'bob', { exp: now - 10 }))).status, 422);
  t.equal((await authorize(id)).status, 403);
});
