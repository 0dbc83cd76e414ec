// Making tokens (rules M1 to M6, K2 to K7, P2 to P5; contract 6).

import t from 'tap';
import { digestOf } from '../../src/secrets.ts';
import { kindOfText } from '../../src/text-form.ts';
import { buildTestApp } from '../support/build-app.ts';
import { auditOf, callsOf, errorsOf } from '../support/token-calls.ts';
import { worldOf } from '../support/world.ts';

const DAY_MS = 86_400_000;

async function start(t: Parameters<typeof buildTestApp>[0], settings: Readonly<Record<string, string>> = {}) {
  const app = await buildTestApp(t, { settings });
  const world = worldOf(app.deps);
  const ada = await world.person('ada');
  const session = await world.session(ada);
  return { ...app, world, ada, session, as: callsOf(app.inject, session) };
}

t.test('contract 6: a classic token is a record and its text, shown once', async (t) => {
  const { as, deps, inject } = await start(t);
  const made = await as.classic({ name: '  ci  ', scopes: ['repo', 'public_repo', 'read:org', 'repo'] });
  t.equal(made.status, 201);
  t.equal(made.headers['cache-control'], 'no-store');
  const { body } = made;
  t.equal(kindOfText(body.token, 'gth'), 'classic');
  t.same(body.scopes, ['repo', 'read:org'], 'K5: scopes are normalised');
  t.equal(body.name, 'ci', 'M2: trimmed');
  t.equal(body.hashed_token, digestOf(body.token));
  t.equal(body.token_last_eight, body.token.slice(-8));
  t.equal(Date.parse(body.expires_at) - Date.parse(body.created_at), 30 * DAY_MS, 'M3: 30 days where nothing is said');
  const { token, ...record } = body;
  t.same(
    Object.keys(record).sort(),
    [
      ...['created_at', 'description', 'expires_at', 'hashed_token', 'id', 'kind', 'last_used_at', 'name'],
      ...['previous_secret_expires_at', 'scopes', 'secret_issued_at', 'sso', 'state', 'token_last_eight'],
    ].sort(),
  );
  t.same((await as.show(body.id)).body, record, 'the record is the same, without the text');
  t.equal((await callsOf(inject, token).call('GET', '/token')).status, 200, 'the text works');
  t.same(await auditOf(deps, body.id), ['oauth_access.create'], 'L1');
  const entry = await deps.db.selectFrom('audit_entries').selectAll().where('managed_token_id', '=', body.id).execute();
  t.match(entry, [
    { actor: 'ada', user: 'ada', hashed_token: null, managed_hashed_token: body.hashed_token, org_id: null },
  ]);
  t.notMatch(JSON.stringify(entry), token, 'L2: never the token');
});

t.test('contract 6: a fine-grained token of oneself is granted at once', async (t) => {
  const { as, ada, deps, world } = await start(t);
  const api = await world.repository(ada, 'Api');
  const made = await as.create({
    ...{ name: 'mine', description: 'for me', expires_in_days: 7, repository_selection: 'subset' },
    ...{ repositories: ['api', 'ADA/Api', 'Ada/API'], permissions: { contents: 'write', gists: 'write' } },
  });
  t.equal(made.status, 201);
  const { token, ...record } = made.body;
  t.equal(kindOfText(token, 'gth'), 'fine_grained');
  t.same(
    Object.keys(record).sort(),
    [
      ...[
        'approval',
        'created_at',
        'description',
        'expires_at',
        'granted',
        'hashed_token',
        'id',
        'kind',
        'last_used_at',
      ],
      ...['name', 'permissions', 'previous_secret_expires_at', 'repositories_url', 'repository_selection'],
      ...['resource_owner', 'resource_owner_id', 'secret_issued_at', 'state', 'token_last_eight'],
    ].sort(),
  );
  const permissions = { contents: 'write', gists: 'write', metadata: 'read' };
  t.match(record, {
    ...{ state: 'active', kind: 'fine_grained', description: 'for me', approval: null, last_used_at: null },
    ...{ resource_owner: 'ada', resource_owner_id: ada.id, permissions, repository_selection: 'subset' },
    granted: { permissions, repository_selection: 'subset' },
    repositories_url: `${deps.config.public_url}/user/personal-access-tokens/${record.id}/repositories`,
  });
  t.equal(Date.parse(record.expires_at) - Date.parse(record.created_at), 7 * DAY_MS);
  t.same(await deps.db.selectFrom('grant_repositories').select('repository_id').execute(), [{ repository_id: api.id }]);
  t.same(await auditOf(deps, record.id), ['personal_access_token.create'], 'one act: nobody else gave anything');
});

t.test('M1: the e-mail must be verified', async (t) => {
  const { inject, world, deps } = await start(t);
  const eve = await world.person('eve', { email_verified: false });
  const as = callsOf(inject, await world.session(eve));
  const refused = await as.classic();
  t.equal(refused.status, 403);
  t.equal(refused.body.code, 'email_unverified');
  t.same(await deps.db.selectFrom('tokens').select('id').execute(), []);
  await as.create({});
  const entries = await deps.db
    .selectFrom('audit_entries')
    .select(['action', 'outcome', 'reason'])
    .orderBy('id')
    .execute();
  const attempt = { outcome: 'refused', reason: 'email_unverified' };
  const actions = ['oauth_access.create', 'personal_access_token.create'];
  t.same(
    entries,
    actions.map((action) => ({ action, ...attempt })),
    'L1',
  );
});

t.test('K7: no token makes tokens, before anything else', async (t) => {
  const { as, inject } = await start(t);
  const { token } = (await as.classic({ scopes: ['repo', 'admin:org', 'user'] })).body;
  for (const payload of [{}, { name: 'more' }, { unknown: 1 }]) {
    const refused = await callsOf(inject, token).create(payload);
    t.equal(refused.status, 403);
    t.equal(refused.body.code, 'session_required');
  }
  const anonymous = await inject({ method: 'POST', url: '/user/personal-access-tokens', payload: { kind: 'classic' } });
  t.equal(anonymous.statusCode, 401);
});

t.test('M2: a name of 1 to 40 characters, of a classic token 255, after trimming', async (t) => {
  const { as } = await start(t);
  t.equal((await as.create({ name: ` ${'ü'.repeat(40)} ` })).status, 201);
  t.equal((await as.create({ name: '😀'.repeat(40) })).status, 201, 'characters, not code units');
  t.same(errorsOf(await as.create({ name: 'x'.repeat(41) })), ['name invalid']);
  t.same(errorsOf(await as.create({ name: '   ' })), ['name invalid']);
  t.same(errorsOf(await as.create({ name: '' })), ['name invalid']);
  t.equal((await as.classic({ name: 'x'.repeat(255) })).status, 201);
  t.same(errorsOf(await as.classic({ name: 'x'.repeat(256) })), ['name invalid']);
  t.same(errorsOf(await as.create({ name: 'd', description: 'x'.repeat(1025) })), ['description invalid']);
  t.equal((await as.create({ name: 'd', description: 'x'.repeat(1024) })).status, 201);
});

t.test('M2: a name is unique over the live tokens of both kinds', async (t) => {
  const { as, deps, inject, world } = await start(t);
  const first = await as.create({ name: 'ci' });
  t.same(errorsOf(await as.classic({ name: ' ci ' })), ['name already_exists']);
  t.same(errorsOf(await as.create({ name: 'ci' })), ['name already_exists']);
  const other = callsOf(inject, await world.session(await world.person('bob')));
  t.equal((await other.create({ name: 'ci' })).status, 201, "another's names are his own");
  const past = new Date(Date.now() - 1000);
  await deps.db.updateTable('tokens').set({ expires_at: past }).where('id', '=', first.body.id).execute();
  t.equal((await as.classic({ name: 'ci' })).status, 201, 'an expired token has left its name');
});

t.test('M2, M6: of many calls at once one gets the name, and none gets over the limit', async (t) => {
  const { as } = await start(t, { MAX_FINE_GRAINED_TOKENS: '3' });
  const same = await Promise.all(Array.from({ length: 8 }, () => as.create({ name: 'one' })));
  t.same(same.map(({ status }) => status).sort(), [201, 422, 422, 422, 422, 422, 422, 422]);
  const many = await Promise.all(Array.from({ length: 8 }, (_, n) => as.create({ name: `n${n}` })));
  t.equal(many.filter(({ status }) => status === 201).length, 2);
  t.same(errorsOf(await as.create({ name: 'over' })), ['kind unprocessable']);
  t.equal((await as.classic({ name: 'classic' })).status, 201, 'the limit is of fine-grained tokens');
  const { body } = await as.list('?kind=fine_grained');
  await as.remove(body[0].id);
  t.equal((await as.create({ name: 'again' })).status, 201, 'of live ones only');
});

t.test('M3: one way to say a life or none; days, a moment, a date, or never', async (t) => {
  const { as } = await start(t);
  let made = 0;
  const expiry = async (life: Readonly<Record<string, unknown>>) => {
    made += 1;
    const { status, body } = await as.classic({ name: `life ${made}`, ...life });
    return status === 201 ? body.expires_at : body.errors;
  };
  t.equal(await expiry({ never_expires: true }), null);
  t.equal(await expiry({ expires_at: '2099-03-19' }), '2099-03-19T00:00:00Z');
  t.equal(await expiry({ expires_at: '2099-03-19T02:30:00+02:00' }), '2099-03-19T00:30:00Z');
  t.match(await expiry({ expires_in_days: 4000 }), /^20/, 'more than 366 days are refused only by a cap');
  const days_left = Math.floor((Date.UTC(10_000, 0) - Date.now()) / 86_400_000);
  t.match(await expiry({ expires_in_days: days_left - 1 }), /^9999/, 'nor is a life of millennia');
  const bad: readonly Readonly<Record<string, unknown>>[] = [
    ...[{ expires_in_days: 0 }, { expires_in_days: -1 }, { expires_in_days: 1.5 }, { expires_in_days: '7' }],
    ...[{ expires_in_days: null }, { expires_in_days: days_left + 1 }, { never_expires: false }, { never_expires: 1 }],
    ...[{ expires_at: '2099-02-30' }, { expires_at: 'soon' }, { expires_at: '2001-01-01' }, { expires_at: null }],
    ...[{ expires_at: '2099-01-01T00:00:00' }, { expires_at: 4_070_908_800 }],
    ...[
      { expires_in_days: 1, never_expires: true },
      { expires_in_days: 1, expires_at: '2099-01-01' },
    ],
    { never_expires: true, expires_at: '2099-01-01' },
  ];
  for (const life of bad) {
    const [error] = await expiry(life);
    t.match(error, { code: 'invalid' }, JSON.stringify(life));
    t.ok(error.field in life, `the member is named: ${JSON.stringify(life)}`);
  }
});

t.test('K5: scopes and permissions that do not exist are refused by name', async (t) => {
  const { as } = await start(t);
  t.same(errorsOf(await as.classic({ scopes: ['repo', 'repos', 'Repo'] })), ['scopes.1 invalid', 'scopes.2 invalid']);
  t.same((await as.classic({ name: 'none' })).body.scopes, [], 'K2: no scope is public reads only');
  const selection = { repository_selection: 'all' } as const;
  const wrong = async (permissions: Readonly<Record<string, unknown>>) =>
    errorsOf(await as.create({ ...selection, permissions }));
  t.same(await wrong({ content: 'read' }), ['permissions.content unknown_field']);
  t.same(await wrong({ contents: 'admin' }), ['permissions.contents invalid']);
  t.same(await wrong({ contents: 'none' }), ['permissions.contents invalid']);
  t.same(
    await wrong({ metadata: 'write' }),
    ['permissions.metadata invalid'],
    'a level that the permission does not have',
  );
  t.same(await wrong({ workflows: 'read' }), ['permissions.workflows invalid']);
  t.same(await wrong({ constructor: 'read' }), ['permissions.constructor unknown_field']);
});

t.test(
  'K4: account permissions with oneself, organization permissions with an organization, repositories with both',
  async (t) => {
    const { as, ada, world } = await start(t);
    await world.organization('acme', ada);
    const wrong = async (payload: Readonly<Record<string, unknown>>) => errorsOf(await as.create(payload));
    t.same(await wrong({ permissions: { members: 'read' } }), ['permissions.members invalid']);
    t.same(await wrong({ resource_owner: 'acme', permissions: { gists: 'write' } }), ['permissions.gists invalid']);
    t.same(await wrong({ permissions: { contents: 'read' } }), ['permissions.contents invalid'], 'selection none');
    t.same(await wrong({ permissions: { metadata: 'read' } }), ['permissions.metadata invalid'], 'selection none');
    const made = await as.create({
      ...{ resource_owner: 'acme', repository_selection: 'all' },
      permissions: { members: 'write', contents: 'read' },
    });
    t.same(made.body.permissions, { contents: 'read', members: 'write', metadata: 'read' });
    const bare = await as.create({ name: 'bare', resource_owner: 'acme', permissions: { members: 'read' } });
    t.same(bare.body.permissions, { members: 'read' }, 'metadata comes with repository permissions only');
    const empty = await as.create({ name: 'empty' });
    t.match(empty.body, { permissions: {}, repository_selection: 'none', granted: { repository_selection: 'none' } });
  },
);

t.test('M4: whoever cannot be the resource owner is the same 422', async (t) => {
  const { as, ada, world, deps } = await start(t);
  const bob = await world.person('bob');
  const opted = await world.organization('opted', bob);
  await world.member(opted, ada);
  const shut = await world.organization('shut', bob, { fine_grained_tokens: 'restricted' });
  await world.member(shut, ada);
  await world.organization('foreign', bob);
  const sso = await world.organization('sso', bob);
  await world.member(sso, ada);
  await deps.db.insertInto('organization_sso').values({ organization_id: sso.id, required: true }).execute();
  const bound = await world.organization('bound', bob);
  await world.member(bound, ada);
  const above = await world.enterprise('above', [bound]);
  const policy = { fine_grained_tokens: 'restricted' };
  await deps.db.updateTable('enterprise_token_policies').set(policy).where('enterprise_id', '=', above.id).execute();
  const odd = await world.organization('odd', bob);
  await world.member(odd, ada);
  await deps.db.deleteFrom('organization_token_policies').where('organization_id', '=', odd.id).execute();
  t.equal((await as.create({ resource_owner: 'Opted' })).status, 201);
  for (const name of ['shut', 'foreign', 'sso', 'bound', 'odd', 'bob', 'nobody']) {
    const refused = await as.create({ name, resource_owner: name });
    const message = `Cannot find the specified resource owner: ${name}`;
    t.equal(refused.status, 422);
    t.match(refused.body, { message, code: 'validation_failed' });
    t.match(refused.body.errors, [{ field: 'resource_owner', code: 'unprocessable', message }]);
    t.equal(refused.body.errors.length, 1);
  }
  t.same(errorsOf(await as.create({ resource_owner: '-bad' })), ['resource_owner invalid']);
  t.equal((await as.create({ name: 'self', resource_owner: 'ADA' })).body.resource_owner, 'ada');
});

t.test('M4, O1: with a live single sign-on of the very session the organization can be named', async (t) => {
  const { as, ada, session, inject, world, deps } = await start(t);
  const acme = await world.organization('acme', ada);
  await deps.db.insertInto('organization_sso').values({ organization_id: acme.id, required: true }).execute();
  const { id } = await deps.db
    .selectFrom('sessions')
    .select('id')
    .where('digest', '=', digestOf(session))
    .executeTakeFirstOrThrow();
  const signOn = (expires_at: Date) =>
    deps.db
      .insertInto('sso_sessions')
      .values({ session_id: id, organization_id: acme.id, expires_at })
      .onConflict((conflict) => conflict.columns(['session_id', 'organization_id']).doUpdateSet({ expires_at }))
      .execute();
  await signOn(new Date(Date.now() - 1000));
  t.equal((await as.create({ resource_owner: 'acme' })).status, 422, 'one that is over does not count');
  await signOn(new Date(Date.now() + 60_000));
  const other = callsOf(inject, await world.session(ada));
  t.equal((await other.create({ resource_owner: 'acme' })).status, 422, 'another session does not have it');
  t.equal((await as.create({ resource_owner: 'acme' })).status, 201);
});

t.test(
  'M5, P3: where approval is required a member waits; an owner does not, nor anybody where it is not',
  async (t) => {
    const { inject, world, ada, as, deps } = await start(t);
    const bob = await world.person('bob');
    const acme = await world.organization('acme', ada, { approval: 'required' });
    await world.member(acme, bob);
    const api = await world.repository(acme, 'api');
    const ask = {
      resource_owner: 'acme',
      repository_selection: 'subset',
      repositories: ['api'],
      permissions: { issues: 'read' },
    };
    const asBob = callsOf(inject, await world.session(bob));
    const waiting = (await asBob.create({ ...ask, reason: 'to read issues' })).body;
    t.match(waiting, { state: 'pending', granted: null, permissions: { issues: 'read', metadata: 'read' } });
    const { request_id, ...approval } = waiting.approval;
    const unreviewed = { review_reason: null, reviewed_by: null, reviewed_at: null };
    t.same(approval, { state: 'pending', reason: 'to read issues', ...unreviewed });
    const actions = ['personal_access_token.create', 'personal_access_token.request_created'];
    t.same(await auditOf(deps, waiting.id), actions, 'L1: two acts');
    const request = await deps.db
      .selectFrom('grant_requests')
      .selectAll()
      .where('id', '=', request_id)
      .executeTakeFirst();
    t.match(request, {
      token_id: waiting.id,
      resource_owner_id: acme.id,
      state: 'pending',
      repository_selection: 'subset',
    });
    t.same(await deps.db.selectFrom('grant_request_repositories').selectAll().execute(), [
      { request_id, repository_id: api.id },
    ]);
    t.same(await deps.db.selectFrom('grants').select('id').execute(), []);
    const entries = deps.db
      .selectFrom('audit_entries')
      .select('org')
      .where('managed_token_id', '=', waiting.id)
      .orderBy('id');
    t.same(
      await entries.execute(),
      [{ org: null }, { org: 'acme' }],
      'the request is in the log of the organization too',
    );

    const own = (await as.create(ask)).body;
    t.match(own, { state: 'active', approval: null, granted: { permissions: { issues: 'read' } } });
    t.same(await auditOf(deps, own.id), ['personal_access_token.create', 'personal_access_token.access_granted']);
    await world.setPolicy(acme, { approval: 'not_required' });
    const free = (await asBob.create({ ...ask, name: 'free' })).body;
    t.match(free, { state: 'active', approval: null });
    t.same(await auditOf(deps, free.id), ['personal_access_token.create', 'personal_access_token.access_granted']);
    t.match((await asBob.show(waiting.id)).body, { state: 'pending' }, 'P6: what is pending stays pending');
    await world.setPolicy(acme, { approval: 'required' });
    t.match((await asBob.show(free.id)).body, { state: 'active' }, 'P6: what is active stays active');
  },
);

t.test('M6: a subset is repositories of the owner that the holder sees, 1 to the limit, each once', async (t) => {
  const { inject, world, ada, deps } = await start(t, { MAX_SELECTED_REPOSITORIES: '2' });
  const bob = await world.person('bob');
  const acme = await world.organization('acme', ada);
  await world.member(acme, bob);
  await deps.db.updateTable('organizations').set({ default_repository_permission: 'none' }).execute();
  await world.repository(acme, 'open', 'public');
  const mine = await world.repository(acme, 'mine');
  await world.collaborator(mine, bob, 'read');
  await world.repository(acme, 'hidden');
  await world.repository(bob, 'own');
  const as = callsOf(inject, await world.session(bob));
  let made = 0;
  const ask = (repositories: unknown, more: Readonly<Record<string, unknown>> = {}) => {
    made += 1;
    const name = `t${made}`;
    return as.create({ name, resource_owner: 'acme', repository_selection: 'subset', repositories, ...more });
  };
  t.equal((await ask(['open', 'ACME/Mine', 'OPEN'])).status, 201, 'a repeated name counts once');
  const refused = await ask(['hidden', 'absent']);
  t.same(errorsOf(refused), ['repositories.0 invalid', 'repositories.1 invalid']);
  t.equal(refused.body.errors[0].message, refused.body.errors[1].message, 'F6: hidden and absent say the same');
  t.same(errorsOf(await ask(['bob/own', 'open'])), ['repositories.0 invalid']);
  t.same(errorsOf(await ask(['nobody/own', 'hidden'])), ['repositories.0 invalid', 'repositories.1 invalid']);
  t.same(errorsOf(await ask(['open', 'mine', 'hidden'])), ['repositories unprocessable']);
  t.same(errorsOf(await ask([])), ['repositories invalid']);
  t.same(errorsOf(await ask(undefined)), ['repositories missing_field']);
  t.same(errorsOf(await ask(['a/b/c', '..', 'x.git', 'open '])), [
    ...['repositories.0 invalid', 'repositories.1 invalid', 'repositories.2 invalid', 'repositories.3 invalid'],
  ]);
  for (const repository_selection of ['all', 'none']) {
    t.same(errorsOf(await ask(['open'], { repository_selection })), ['repositories invalid']);
  }
  const permissions = { administration: 'write' };
  t.equal((await ask(['open'], { permissions })).status, 201, 'beyond the role: accepted and inert');
});

t.test('P4, P5: the cap of the resource owner bounds a fine-grained token, and never a classic one', async (t) => {
  const { as, ada, world, deps } = await start(t);
  const acme = await world.organization('acme', ada, {
    max_lifetime_days_fine_grained: 10,
    max_lifetime_days_classic: 1,
  });
  let made = 0;
  const make = (life: Readonly<Record<string, unknown>>) => {
    made += 1;
    return as.create({ name: `t${made}`, resource_owner: 'acme', ...life });
  };
  const short = (await make({})).body;
  t.equal(Date.parse(short.expires_at) - Date.parse(short.created_at), 10 * DAY_MS, 'M3: or the cap if smaller');
  t.equal((await make({ expires_in_days: 10 })).status, 201);
  const long = await make({ expires_in_days: 11 });
  t.same(errorsOf(long), ['expires_in_days unprocessable']);
  t.match(long.body.errors[0].message, /organization `acme`.*10 days/);
  t.same(errorsOf(await make({ never_expires: true })), ['never_expires unprocessable']);
  t.same(errorsOf(await make({ expires_at: '2099-01-01' })), ['expires_at unprocessable']);
  t.equal((await as.classic({ name: 'classic', never_expires: true })).status, 201);
  t.equal((await as.create({ name: 'own', never_expires: true })).status, 201, 'oneself has no cap');

  const above = await world.enterprise('above', [acme]);
  const setAbove = (policy: object) =>
    deps.db.updateTable('enterprise_token_policies').set(policy).where('enterprise_id', '=', above.id).execute();
  await setAbove({ max_lifetime_days_fine_grained: 5 });
  t.match(
    (await make({ expires_in_days: 6 })).body.errors[0].message,
    /enterprise `above`.*5 days/,
    'the smaller wins',
  );
  t.equal((await make({ expires_in_days: 5 })).status, 201);
  await setAbove({ exempt_administrators: true });
  t.equal((await make({ expires_in_days: 6 })).status, 422, 'ada does not administer the enterprise');
  await deps.db.insertInto('enterprise_administrators').values({ enterprise_id: above.id, user_id: ada.id }).execute();
  t.equal((await make({ expires_in_days: 6 })).status, 201, 'its administrators are free of its cap');
  t.match((await make({ expires_in_days: 11 })).body.errors[0].message, /organization `acme`/, 'but not of others');
  await setAbove({ max_lifetime_days_fine_grained: 0, exempt_administrators: false });
  t.equal((await make({ expires_in_days: 10 })).status, 201, 'null at the enterprise binds nothing');
});

t.test('contract 1: what is not known is refused, and members of the other kind are not known', async (t) => {
  const { as } = await start(t);
  t.same(errorsOf(await as.create({ owner: 'me' })), ['owner unknown_field']);
  t.same(errorsOf(await as.create({ scopes: ['repo'] })), ['scopes unknown_field']);
  for (const member of [
    'permissions',
    'resource_owner',
    'repository_selection',
    'repositories',
    'reason',
    'state',
    'id',
  ]) {
    t.same(errorsOf(await as.classic({ [member]: {} })), [`${member} unknown_field`]);
  }
  t.same(errorsOf(await as.call('POST', '/user/personal-access-tokens', { name: 'x' })), ['kind missing_field']);
  t.same(errorsOf(await as.create({ kind: 'other' })), ['kind invalid']);
  t.same(errorsOf(await as.call('POST', '/user/personal-access-tokens', { kind: 'classic' })), ['name missing_field']);
  t.same(errorsOf(await as.create({ name: null })), ['name invalid']);
  t.same(errorsOf(await as.create({ permissions: ['contents'] })), ['permissions invalid']);
  t.same(errorsOf(await as.create({ permissions: { contents: true } })), ['permissions.contents invalid']);
});
