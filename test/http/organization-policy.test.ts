// What an organization says about tokens, through real requests (P1 to P6, L1; contract 7 and 10).

import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { callsOf, errorsOf, reviewPending } from '../support/token-calls.ts';
import { worldOf } from '../support/world.ts';

const POLICY = '/orgs/acme/settings/personal-access-tokens';
const FRESH = {
  ...{ fine_grained_tokens: 'allowed', classic_tokens: 'allowed', approval: 'not_required' },
  max_lifetime_days: { fine_grained: 366, classic: null },
  lifetime_applies_to_public_reads: false,
};

const ALL = {
  ...{
    resource_owner: 'acme',
    repository_selection: 'all',
    permissions: { contents: 'read', administration: 'write' },
  },
};

/** The organization acme of ada, with its member bob and a repository of each visibility. */
async function start(t: Parameters<typeof buildTestApp>[0]) {
  const app = await buildTestApp(t);
  const world = worldOf(app.deps);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const acme = await world.organization('acme', ada);
  await world.member(acme, bob);
  await world.repository(acme, 'open', 'public');
  await world.repository(acme, 'closed', 'private');
  await world.repository(bob, 'own', 'private');
  const owner = callsOf(app.inject, await world.session(ada));
  const member = callsOf(app.inject, await world.session(bob));
  const policy = async (patch: Readonly<Record<string, unknown>>) => {
    const { status } = await owner.call('PATCH', POLICY, patch);
    if (status !== 200) throw new Error(`the policy was not set: ${status}`);
  };
  /** What a text gets for a repository. */
  const reads = async (text: string, name: string) =>
    callsOf(app.inject, text).call('GET', `/repos/${name.includes('/') ? name : `acme/${name}`}`);
  return { ...app, world, ada, bob, acme, owner, member, policy, reads };
}

t.test('P1, P2, P3, P4: an organization starts with its opt-in not given and approval required', async (t) => {
  const { inject, world, owner } = await start(t);
  const admin = callsOf(inject, await world.session(await world.person('root', { site_admin: true })));
  t.equal((await admin.call('POST', '/admin/organizations', { login: 'newborn', admin: 'ada' })).status, 201);
  const { body } = await owner.call('GET', '/orgs/newborn/settings/personal-access-tokens');
  t.same(body, { ...FRESH, fine_grained_tokens: 'restricted', approval: 'required' });
});

t.test('contract 7: PATCH merges, also inside max_lifetime_days, and answers the whole', async (t) => {
  const { owner, deps } = await start(t);
  t.same((await owner.call('GET', POLICY)).body, FRESH);
  const caps = await owner.call('PATCH', POLICY, { max_lifetime_days: { classic: 30 } });
  t.match(caps, { status: 200, body: { ...FRESH, max_lifetime_days: { fine_grained: 366, classic: 30 } } });
  const changes = {
    ...{ fine_grained_tokens: 'restricted', classic_tokens: 'restricted', approval: 'required' },
    max_lifetime_days: { fine_grained: null, classic: 31 },
    lifetime_applies_to_public_reads: true,
  };
  t.same((await owner.call('PATCH', POLICY, changes)).body, changes);
  t.same((await owner.call('GET', POLICY)).body, changes);
  t.same((await owner.call('PATCH', POLICY, {})).body, changes);
  t.same((await owner.call('PATCH', POLICY, changes)).body, changes);
  await owner.call('PATCH', POLICY, { fine_grained_tokens: 'allowed', approval: 'not_required' });
  const entries = await deps.db.selectFrom('audit_entries').select(['action', 'data', 'org']).orderBy('id').execute();
  const short = entries.map(({ action, data }) => [action.replace('personal_access_token.', ''), data]);
  t.same(
    short,
    [
      ['expiration_limit_set', { token_kind: 'classic', token_expiration: 30, old_token_expiration: null }],
      ['access_restriction_enabled', { token_kind: 'fine_grained' }],
      ['access_restriction_enabled', { token_kind: 'classic' }],
      ['approval_required', {}],
      ['expiration_limit_unset', { token_kind: 'fine_grained', old_token_expiration: 366 }],
      ['expiration_limit_set', { token_kind: 'classic', token_expiration: 31, old_token_expiration: 30 }],
      ['expiration_limit_set', { lifetime_applies_to_public_reads: true }],
      ['access_restriction_disabled', { token_kind: 'fine_grained' }],
      ['approval_not_required', {}],
    ],
    'L1: one entry for each change, none for none',
  );
  t.ok(entries.every(({ org }) => org === 'acme'));
});

t.test('contract 7: what is no policy is refused by name', async (t) => {
  const { owner } = await start(t);
  const wrong = async (patch: Readonly<Record<string, unknown>>) => errorsOf(await owner.call('PATCH', POLICY, patch));
  t.same(await wrong({ fine_grained_tokens: 'no_policy' }), ['fine_grained_tokens invalid']);
  t.same(await wrong({ classic_tokens: null }), ['classic_tokens invalid']);
  t.same(await wrong({ approval: true }), ['approval invalid']);
  t.same(await wrong({ exempt_administrators: true }), ['exempt_administrators unknown_field']);
  t.same(await wrong({ max_lifetime_days: { gold: 1 } }), ['max_lifetime_days.gold unknown_field']);
  t.same(await wrong({ max_lifetime_days: null }), ['max_lifetime_days invalid']);
  for (const days of [0, 367, -1, 1.5, '30', 'no_policy']) {
    t.same(await wrong({ max_lifetime_days: { fine_grained: days } }), ['max_lifetime_days.fine_grained invalid']);
  }
  for (const days of [1, 366]) {
    t.equal((await owner.call('PATCH', POLICY, { max_lifetime_days: { fine_grained: days } })).status, 200);
  }
});

t.test(
  'contract 7: owners read by session or token and write by session; others are told no more than 403',
  async (t) => {
    const { owner, member, inject, world, deps } = await start(t);
    const outsider = callsOf(inject, await world.session(await world.person('eve')));
    const change = { classic_tokens: 'restricted' };
    for (const [who, code] of [
      [member, 'role_missing'],
      [outsider, 'role_missing'],
    ] as const) {
      t.match(await who.call('GET', POLICY), { status: 403, body: { code } });
      t.match(await who.call('PATCH', POLICY, change), { status: 403, body: { code } });
    }
    t.equal((await inject({ url: POLICY })).statusCode, 401);
    const absent = '/orgs/nobody/settings/personal-access-tokens';
    t.equal((await owner.call('GET', absent)).status, 404);
    t.equal((await owner.call('PATCH', absent, change)).status, 404);
    const admin = callsOf(inject, (await owner.classic({ name: 'a', scopes: ['admin:org'] })).body.token);
    t.equal((await admin.call('GET', POLICY)).status, 200);
    t.match(await admin.call('PATCH', POLICY, change), { status: 403, body: { code: 'session_required' } });
    const weak = callsOf(inject, (await owner.classic({ name: 'w', scopes: ['read:org', 'repo'] })).body.token);
    t.match(await weak.call('GET', POLICY), { status: 403, body: { code: 'scope_missing' } });
    const permission = async (name: string, level: string) => {
      const permissions = { organization_administration: level };
      return callsOf(inject, (await owner.create({ name, resource_owner: 'acme', permissions })).body.token);
    };
    t.equal((await (await permission('read', 'read')).call('GET', POLICY)).status, 200);
    const writing = await permission('write', 'write');
    t.match(await writing.call('PATCH', POLICY, change), { status: 403, body: { code: 'session_required' } });
    const held = callsOf(inject, (await member.classic({ name: 'h', scopes: ['admin:org'] })).body.token);
    t.match(
      await held.call('GET', POLICY),
      { status: 403, body: { code: 'role_missing' } },
      'F1: a scope adds no role',
    );
    t.same((await owner.call('GET', POLICY)).body, FRESH, 'nothing was changed');
    const refused = await deps.db.selectFrom('audit_entries').select('org').where('outcome', '=', 'refused').execute();
    const orgs = refused.map(({ org }) => org).sort();
    const expected = ['acme', 'acme', 'acme', 'acme', null];
    t.same(orgs, expected, 'L1: each refused attempt to write is recorded, also what was not there');
  },
);

t.test(
  'P1, P6: a restriction of classic tokens closes all but public reads at once; lifting it restores them',
  async (t) => {
    const { member, owner, policy, reads, inject } = await start(t);
    const { token } = (await member.classic({ scopes: ['repo', 'read:org'] })).body;
    const own = (await owner.classic({ scopes: ['repo', 'admin:org'] })).body.token;
    const fine = (await member.create({ ...ALL, name: 'fine' })).body.token;
    t.equal((await reads(token, 'closed')).status, 200);
    await policy({ classic_tokens: 'restricted' });
    const refused = await reads(token, 'closed');
    t.match(refused, { status: 403, body: { code: 'classic_restricted' } });
    t.match(refused.body.message, /`acme`.*classic.*fine-grained/, 'it names the organization and what works instead');
    t.match(await callsOf(inject, own).call('GET', POLICY), { status: 403, body: { code: 'classic_restricted' } });
    t.equal((await reads(token, 'open')).status, 200, 'F2: public reads go on');
    t.equal((await callsOf(inject, token).call('GET', '/orgs/acme')).status, 200);
    t.equal((await reads(token, 'bob/own')).status, 200, 'elsewhere it works');
    t.equal((await reads(fine, 'closed')).status, 200, 'the other kind works');
    t.equal((await owner.call('GET', POLICY)).status, 200, 'T5: a session is bounded by no policy');
    t.match((await member.classic({ name: 'more' })).status, 201, 'making one is refused nowhere');
    await policy({ classic_tokens: 'allowed' });
    t.equal((await reads(token, 'closed')).status, 200);
  },
);

t.test('P2, P6: a restriction of fine-grained tokens does the same, and no more can be made', async (t) => {
  const { member, policy, reads, inject } = await start(t);
  const { id, token } = (await member.create(ALL)).body;
  const classic = (await member.classic({ name: 'classic', scopes: ['repo'] })).body.token;
  await policy({ fine_grained_tokens: 'restricted' });
  const refused = await reads(token, 'closed');
  t.match(refused, { status: 403, body: { code: 'fine_grained_restricted', message: /`acme`.*classic/ } });
  t.equal((await reads(token, 'open')).status, 200);
  t.equal((await reads(classic, 'closed')).status, 200);
  t.match((await member.show(id)).body, { state: 'active' }, 'the token itself is untouched');
  t.equal((await member.create({ ...ALL, name: 'more' })).status, 422);
  t.equal((await callsOf(inject, token).call('GET', '/token')).status, 200);
  await policy({ fine_grained_tokens: 'allowed' });
  t.equal((await reads(token, 'closed')).status, 200);
});

t.test('P1, P2: a kind of token that is restricted too is not what the message sends to', async (t) => {
  const { member, policy, reads } = await start(t);
  const fine = (await member.create(ALL)).body.token;
  const classic = (await member.classic({ name: 'classic', scopes: ['repo'] })).body.token;
  await policy({ classic_tokens: 'restricted', fine_grained_tokens: 'restricted' });
  for (const token of [fine, classic]) {
    t.match((await reads(token, 'closed')).body.message, /^`acme` .*\. Please use the session of a person\.$/);
  }
  await policy({ classic_tokens: 'allowed' });
  t.match((await reads(fine, 'closed')).body.message, /Please use a personal access token \(classic\), or the session/);
});

t.test(
  'P3, P6: approval switched on sends nothing back; switched off, what is pending stays so until it is asked again',
  async (t) => {
    const { member, policy, reads, deps } = await start(t);
    const before = (await member.create(ALL)).body;
    const classic = (await member.classic({ name: 'classic', scopes: ['repo'] })).body.token;
    await policy({ approval: 'required' });
    t.equal((await reads(before.token, 'closed')).status, 200);
    t.equal((await reads(classic, 'closed')).status, 200, 'P3: never of a classic token');
    const pending = (await member.create({ ...ALL, name: 'pending' })).body;
    t.equal((await reads(pending.token, 'closed')).status, 404, 'M5: public reads only');
    t.equal((await reads(pending.token, 'open')).status, 200);
    await policy({ approval: 'not_required' });
    t.equal((await reads(pending.token, 'closed')).status, 404);
    const asked = await member.edit(pending.id, { permissions: { contents: 'read' } });
    t.match(asked.body, { state: 'active', approval: null });
    t.equal((await reads(pending.token, 'closed')).status, 200);
    await policy({ approval: 'required' });
    const reviewed = (await member.create({ ...ALL, name: 'reviewed' })).body;
    await reviewPending(deps, reviewed.id, 'approved');
    t.equal((await reads(reviewed.token, 'closed')).status, 200);
  },
);

t.test(
  'P4: a cap revokes nothing: 403 there, works elsewhere and again; it names whose, the limit and the token',
  async (t) => {
    const { member, policy, reads, world, inject, deps } = await start(t);
    const cases = [
      { kind: 'classic', made: (await member.classic({ scopes: ['repo'], expires_in_days: 91 })).body },
      { kind: 'fine_grained', made: (await member.create({ ...ALL, name: 'fine', expires_in_days: 91 })).body },
    ] as const;
    for (const { kind, made } of cases) {
      const { id, token } = made;
      await policy({ max_lifetime_days: { [kind]: 91 } });
      t.equal((await reads(token, 'closed')).status, 200, `${kind}: as long as the cap`);
      await policy({ max_lifetime_days: { [kind]: 90 } });
      const refused = await reads(token, 'closed');
      t.match(refused, { status: 403, body: { code: 'lifetime_exceeded' } });
      t.match(refused.body.message, new RegExp(`'acme' organization.*90 days.*${id}`));
      t.equal((await reads(token, 'open')).status, 200, 'public reads stay open');
      t.match((await member.show(id)).body, { state: 'active' });
      await policy({ lifetime_applies_to_public_reads: true });
      t.match(
        await reads(token, 'open'),
        { status: 403, body: { code: 'lifetime_exceeded' } },
        'unless the switch is on',
      );
      await policy({ lifetime_applies_to_public_reads: false });
      const { secret_issued_at } = (await member.regenerate(id, { expires_in_days: 90, overlap_seconds: 600 })).body;
      t.ok(secret_issued_at);
      t.equal((await reads(token, 'closed')).status, 200, 'what counts is the life of the present secret');
      await policy({ max_lifetime_days: { [kind]: null } });
    }
    t.equal((await reads(cases[0].made.token, 'bob/own')).status, 200);
    const eve = await world.person('eve');
    const stranger = callsOf(inject, await world.session(eve));
    const foreign = (await stranger.classic({ never_expires: true, scopes: ['repo'] })).body.token;
    await policy({ max_lifetime_days: { classic: 1 }, lifetime_applies_to_public_reads: true });
    t.equal((await reads(foreign, 'open')).status, 200, 'only tokens of members are refused public reads');
    const closed = await deps.db
      .selectFrom('repositories')
      .select('id')
      .where('name', '=', 'closed')
      .executeTakeFirstOrThrow();
    await world.collaborator({ id: closed.id, name: 'closed', full_name: 'acme/closed' }, eve, 'read');
    t.match(
      await reads(foreign, 'closed'),
      { status: 403, body: { code: 'lifetime_exceeded' } },
      'outside collaborators too',
    );
  },
);

t.test('P5: what the enterprise binds is refused by its name; stored values survive', async (t) => {
  const { owner, world, acme, deps, reads, member } = await start(t);
  const above = await world.enterprise('megacorp', [acme]);
  const bind = (policy: object) =>
    deps.db.updateTable('enterprise_token_policies').set(policy).where('enterprise_id', '=', above.id).execute();
  const patch = (body: Readonly<Record<string, unknown>>) => owner.call('PATCH', POLICY, body);
  const open = { classic_tokens: 'restricted', max_lifetime_days: { fine_grained: 300 }, approval: 'required' };
  t.equal((await patch(open)).status, 200, 'no_policy binds nothing');
  await patch({ classic_tokens: 'allowed', approval: 'not_required' });

  await bind({ classic_tokens: 'restricted', approval: 'required' });
  const refused = await patch({
    classic_tokens: 'allowed',
    approval: 'not_required',
    fine_grained_tokens: 'restricted',
  });
  t.equal(refused.status, 422);
  t.same(errorsOf(refused), ['classic_tokens unprocessable', 'approval unprocessable']);
  t.match(refused.body.message, /`megacorp`/);
  t.match(refused.body.errors[0].message, /enterprise `megacorp`/);
  t.match((await owner.call('GET', POLICY)).body, { fine_grained_tokens: 'allowed', classic_tokens: 'allowed' });
  t.equal((await patch({ classic_tokens: 'restricted' })).status, 200, 'the value that binds may be carried');
  await patch({ classic_tokens: 'restricted' });
  const { token } = (await member.classic({ scopes: ['repo'] })).body;
  const closed = await reads(token, 'closed');
  t.match(closed, { status: 403, body: { code: 'classic_restricted', message: /`acme`|`megacorp`/ } });
  await bind({ classic_tokens: 'allowed', approval: 'no_policy' });
  t.equal((await reads(token, 'closed')).status, 200, 'the effective value is the one of the enterprise');
  t.equal((await patch({ approval: 'not_required' })).status, 200);
  await bind({ classic_tokens: 'no_policy' });
  t.equal((await reads(token, 'closed')).status, 403, 'the stored value counts again');

  await bind({ max_lifetime_days_fine_grained: 100 });
  for (const days of [101, 366, null]) {
    const wider = await patch({ max_lifetime_days: { fine_grained: days } });
    t.same(errorsOf(wider), ['max_lifetime_days.fine_grained unprocessable']);
  }
  t.equal((await patch({ max_lifetime_days: { fine_grained: 100 } })).status, 200);
  t.equal((await patch({ max_lifetime_days: { fine_grained: 20, classic: null } })).status, 200, 'smaller may be set');
  await bind({ max_lifetime_days_fine_grained: 0 });
  t.equal((await patch({ max_lifetime_days: { fine_grained: null } })).status, 200, 'null there binds nothing');

  await bind({ lifetime_applies_to_public_reads: 'false' });
  t.equal((await patch({ lifetime_applies_to_public_reads: true })).status, 200, 'true at either wins');
  await bind({ lifetime_applies_to_public_reads: 'true' });
  t.same(errorsOf(await patch({ lifetime_applies_to_public_reads: false })), [
    ...['lifetime_applies_to_public_reads unprocessable'],
  ]);
});

t.test('L1: edits of a policy at once lose nothing of each other', async (t) => {
  const { owner, deps } = await start(t);
  const patches = [
    ...[{ classic_tokens: 'restricted' }, { approval: 'required' }, { fine_grained_tokens: 'restricted' }],
    ...[{ max_lifetime_days: { classic: 5 } }, { max_lifetime_days: { fine_grained: 6 } }],
  ];
  const answers = await Promise.all(patches.map((patch) => owner.call('PATCH', POLICY, patch)));
  t.ok(answers.every(({ status }) => status === 200));
  t.same((await owner.call('GET', POLICY)).body, {
    ...{ fine_grained_tokens: 'restricted', classic_tokens: 'restricted', approval: 'required' },
    max_lifetime_days: { fine_grained: 6, classic: 5 },
    lifetime_applies_to_public_reads: false,
  });
  t.equal((await deps.db.selectFrom('audit_entries').select('id').execute()).length, 5);
});
