// What an enterprise says about tokens, through real requests (P5, P7, F5.5, M3, M4, L1; contract 7 and 10).

import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { callsOf, errorsOf } from '../support/token-calls.ts';
import { worldOf } from '../support/world.ts';

const ABOVE = '/enterprises/megacorp/settings/personal-access-tokens';
const POLICY = '/orgs/acme/settings/personal-access-tokens';
const FRESH = {
  ...{ fine_grained_tokens: 'no_policy', classic_tokens: 'no_policy', approval: 'no_policy' },
  max_lifetime_days: { fine_grained: 'no_policy', classic: 'no_policy' },
  ...{ lifetime_applies_to_public_reads: 'no_policy', exempt_administrators: false },
};
const ALL = { resource_owner: 'acme', repository_selection: 'all', permissions: { contents: 'read' } };
type Patch = Readonly<Record<string, unknown>>;

/**
 * The enterprise megacorp, which cleo administers, with the organizations acme of ada and initech of ian; bob is a member of
 * acme, and so is cleo; dan collaborates on its private repository.
 */
async function start(t: Parameters<typeof buildTestApp>[0]) {
  const app = await buildTestApp(t);
  const world = worldOf(app.deps);
  const [ada, bob, cleo] = [await world.person('ada'), await world.person('bob'), await world.person('cleo')];
  const [dan, ian] = [await world.person('dan'), await world.person('ian')];
  const acme = await world.organization('acme', ada);
  const initech = await world.organization('initech', ian);
  for (const each of [bob, cleo]) await world.member(acme, each);
  await world.member(initech, bob);
  const megacorp = await world.enterprise('megacorp', [acme, initech], [cleo]);
  await world.repository(acme, 'open', 'public');
  const closed = await world.repository(acme, 'closed', 'private');
  await world.repository(initech, 'closed', 'private');
  await world.repository(bob, 'own', 'private');
  await world.collaborator(closed, dan, 'read');
  const as = async (who: typeof ada) => callsOf(app.inject, await world.session(who));
  const administrator = await as(cleo);
  const owner = await as(ada);
  const bind = async (patch: Patch) => {
    const { status, body } = await administrator.call('PATCH', ABOVE, patch);
    if (status !== 200) throw new Error(`the policy was not set: ${status} ${JSON.stringify(body)}`);
  };
  const set = async (patch: Patch) => {
    const { status, body } = await owner.call('PATCH', POLICY, patch);
    if (status !== 200) throw new Error(`the policy was not set: ${status} ${JSON.stringify(body)}`);
  };
  /** What a text gets for a repository. */
  const reads = async (text: string, name: string) =>
    callsOf(app.inject, text).call('GET', `/repos/${name.includes('/') ? name : `acme/${name}`}`);
  return {
    ...{ ...app, world, ada, bob, cleo, dan, ian, acme, initech, megacorp, as, administrator, owner, bind, set, reads },
    ...{ member: await as(bob), collaborator: await as(dan) },
  };
}

t.test(
  'P5: an enterprise starts without a policy; PATCH merges, also inside the caps, and answers the whole',
  async (t) => {
    const { administrator, deps } = await start(t);
    t.same((await administrator.call('GET', ABOVE)).body, FRESH);
    const first = await administrator.call('PATCH', ABOVE, { max_lifetime_days: { classic: 30 } });
    const caps = { fine_grained: 'no_policy', classic: 30 };
    t.match(first, { status: 200, body: { ...FRESH, max_lifetime_days: caps } });
    const all = {
      ...{ fine_grained_tokens: 'restricted', classic_tokens: 'allowed', approval: 'required' },
      max_lifetime_days: { fine_grained: 366 },
      ...{ lifetime_applies_to_public_reads: true, exempt_administrators: true },
    };
    t.same((await administrator.call('PATCH', ABOVE, all)).body, {
      ...all,
      max_lifetime_days: { fine_grained: 366, classic: 30 },
    });
    const nulls = { max_lifetime_days: { fine_grained: null, classic: null }, lifetime_applies_to_public_reads: false };
    t.match((await administrator.call('PATCH', ABOVE, nulls)).body, nulls);
    t.match((await administrator.call('GET', ABOVE)).body, nulls, 'an explicit null is not `no_policy`');
    t.same((await administrator.call('PATCH', ABOVE, {})).body, { ...all, ...nulls }, 'nothing sent, nothing changed');
    t.same((await administrator.call('PATCH', ABOVE, FRESH)).body, FRESH);

    const entries = await deps.db
      .selectFrom('audit_entries')
      .select(['action', 'data', 'business', 'org', 'actor', 'outcome'])
      .orderBy('id')
      .execute();
    const short = entries.map(({ action, data }) => [action.replace('personal_access_token.', ''), data]);
    const access = (token_kind: string, value: string, old_value: string) => ({ token_kind, value, old_value });
    const cap = (token_kind: string, token_expiration: unknown, old_token_expiration: unknown) => ({
      ...{ token_kind, token_expiration, old_token_expiration },
    });
    t.same(
      short,
      [
        ['expiration_limit_set', cap('classic', 30, 'no_policy')],
        ['access_restriction_disabled', access('classic', 'allowed', 'no_policy')],
        ['access_restriction_enabled', access('fine_grained', 'restricted', 'no_policy')],
        ['approval_required', { value: 'required', old_value: 'no_policy' }],
        ['expiration_limit_set', cap('fine_grained', 366, 'no_policy')],
        ['expiration_limit_set', { lifetime_applies_to_public_reads: true }],
        ['expiration_limit_set', { exempt_administrators: true }],
        ['expiration_limit_unset', cap('classic', null, 30)],
        ['expiration_limit_unset', cap('fine_grained', null, 366)],
        ['expiration_limit_set', { lifetime_applies_to_public_reads: false }],
        ['access_restriction_disabled', access('classic', 'no_policy', 'allowed')],
        ['access_restriction_disabled', access('fine_grained', 'no_policy', 'restricted')],
        ['approval_not_required', { value: 'no_policy', old_value: 'required' }],
        ['expiration_limit_unset', cap('classic', 'no_policy', null)],
        ['expiration_limit_unset', cap('fine_grained', 'no_policy', null)],
        ['expiration_limit_set', { lifetime_applies_to_public_reads: 'no_policy' }],
        ['expiration_limit_set', { exempt_administrators: false }],
      ],
      'L1: one entry for each change, none for none',
    );
    for (const { business, org, actor, outcome } of entries) {
      t.same({ business, org, actor, outcome }, { business: 'megacorp', org: null, actor: 'cleo', outcome: 'done' });
    }
  },
);

t.test('contract 7: what is no policy of an enterprise is refused by name', async (t) => {
  const { administrator } = await start(t);
  const wrong = async (patch: Patch) => errorsOf(await administrator.call('PATCH', ABOVE, patch));
  t.same(await wrong({ fine_grained_tokens: 'forbidden' }), ['fine_grained_tokens invalid']);
  t.same(await wrong({ classic_tokens: null }), ['classic_tokens invalid']);
  t.same(await wrong({ approval: false }), ['approval invalid']);
  t.same(await wrong({ exempt_administrators: 'no_policy' }), ['exempt_administrators invalid']);
  t.same(await wrong({ lifetime_applies_to_public_reads: 'true' }), ['lifetime_applies_to_public_reads invalid']);
  t.same(await wrong({ max_lifetime_days: { gold: 1 } }), ['max_lifetime_days.gold unknown_field']);
  t.same(await wrong({ max_lifetime_days: 'no_policy' }), ['max_lifetime_days invalid']);
  t.same(await wrong({ gold: 1 }), ['gold unknown_field']);
  for (const days of [0, 367, -1, 1.5, '30', true]) {
    t.same(await wrong({ max_lifetime_days: { classic: days } }), ['max_lifetime_days.classic invalid'], String(days));
  }
  for (const days of [1, 366, null, 'no_policy']) {
    const answer = await administrator.call('PATCH', ABOVE, { max_lifetime_days: { classic: days } });
    t.match(answer, { status: 200, body: { max_lifetime_days: { classic: days } } });
  }
});

t.test(
  'contract 10: only its administrators, by session or an enterprise scope; to others it is not there',
  async (t) => {
    const { administrator, owner, as, world, inject, bob, deps } = await start(t);
    const change = { classic_tokens: 'restricted' };
    const root = await as(await world.person('root', { site_admin: true }));
    const strangers = { owner, member: await as(bob), stranger: await as(await world.person('eve')), root };
    const absent = await administrator.call('GET', '/enterprises/nobody/settings/personal-access-tokens');
    t.equal(absent.status, 404);
    const known = ({ body }: { readonly body: { message: string; code: string } }) => [body.message, body.code];
    for (const [name, who] of Object.entries(strangers)) {
      for (const path of ['', '/effective']) {
        const answer = await who.call('GET', `${ABOVE}${path}`);
        t.equal(answer.status, 404, name);
        t.same(known(answer), known(absent), 'F6: as if it were absent');
      }
      t.equal((await who.call('PATCH', ABOVE, change)).status, 404, name);
      t.equal((await who.call('POST', `${ABOVE}/preview`, change)).status, 404, name);
    }
    t.equal((await inject({ url: ABOVE })).statusCode, 401);
    t.equal((await administrator.call('GET', POLICY)).status, 403, 'no rights inside its organizations');
    t.equal((await administrator.call('PATCH', POLICY, change)).status, 403);
    t.equal((await administrator.call('GET', '/enterprises/MegaCorp/settings/personal-access-tokens')).status, 200);

    const classic = async (...scopes: string[]) =>
      callsOf(inject, (await administrator.classic({ name: scopes.join() || 'none', scopes })).body.token);
    for (const scope of ['read:enterprise', 'admin:enterprise', 'admin:org']) {
      const token = await classic(scope);
      t.equal((await token.call('GET', ABOVE)).status, 200, scope);
      t.equal((await token.call('GET', `${ABOVE}/effective`)).status, 200, scope);
      t.match(await token.call('PATCH', ABOVE, change), { status: 403, body: { code: 'session_required' } }, 'K7');
      t.match(await token.call('POST', `${ABOVE}/preview`, change), {
        status: 403,
        body: { code: 'session_required' },
      });
    }
    for (const scopes of [[], ['repo', 'read:org', 'user'], ['manage_billing:enterprise']]) {
      t.match(await (await classic(...scopes)).call('GET', ABOVE), { status: 403, body: { code: 'scope_missing' } });
    }
    const foreign = callsOf(inject, (await owner.classic({ scopes: ['admin:enterprise'] })).body.token);
    t.equal((await foreign.call('GET', ABOVE)).status, 404, 'F1: a scope administers nothing');
    const fine = await administrator.create({ permissions: { contents: 'read' }, repository_selection: 'all' });
    t.equal((await callsOf(inject, fine.body.token).call('GET', ABOVE)).status, 403, 'K6: never a fine-grained token');
    const member = await administrator.create({
      name: 'org',
      resource_owner: 'acme',
      permissions: { members: 'read' },
    });
    t.equal((await callsOf(inject, member.body.token).call('GET', ABOVE)).status, 403, 'K6');

    t.same((await administrator.call('GET', ABOVE)).body, FRESH, 'nothing was changed');
    const refused = await deps.db
      .selectFrom('audit_entries')
      .select(['action', 'business', 'actor'])
      .where('outcome', '=', 'refused')
      .where('business', 'is not', null)
      .execute();
    t.equal(refused.length, 7, 'L1: each refused attempt to write is recorded, a preview is none');
    t.ok(refused.every(({ action }) => action === 'personal_access_token.access_restriction_enabled'));
  },
);

t.test('P5: a restriction of the enterprise closes every organization at once, and names the enterprise', async (t) => {
  const { bind, member, reads, owner, set } = await start(t);
  const classic = (await member.classic({ scopes: ['repo'] })).body.token;
  const fine = (await member.create({ ...ALL, name: 'fine' })).body;
  for (const [kind, token, other] of [
    ['classic', classic, fine.token],
    ['fine_grained', fine.token, classic],
  ] as const) {
    const code = `${kind}_restricted`;
    t.equal((await reads(token, 'closed')).status, 200);
    await bind({ [`${kind}_tokens`]: 'restricted' });
    const refused = await reads(token, 'closed');
    t.match(refused, {
      status: 403,
      body: { code, message: /^`acme` forbids .* of the enterprise `megacorp`\. Please use/ },
    });
    if (kind === 'classic') t.match(await reads(token, 'initech/closed'), { status: 403, body: { code } });
    t.equal((await reads(token, 'open')).status, 200, 'F2: public reads go on');
    t.equal((await reads(other, 'closed')).status, 200, 'the other kind works');
    if (kind === 'classic') t.equal((await reads(token, 'bob/own')).status, 200, 'elsewhere it works');
    const loosened = await owner.call('PATCH', POLICY, { [`${kind}_tokens`]: 'allowed' });
    t.same(errorsOf(loosened), [`${kind}_tokens unprocessable`]);
    t.match(loosened, { status: 422, body: { message: /`megacorp`/ } });
    await bind({ [`${kind}_tokens`]: 'no_policy' });
    t.equal((await reads(token, 'closed')).status, 200, 'P6: it works again, nothing was revoked');
  }
  await set({ classic_tokens: 'restricted' });
  t.equal((await reads(classic, 'closed')).status, 403);
  await bind({ classic_tokens: 'allowed' });
  t.equal(
    (await reads(classic, 'closed')).status,
    200,
    'the value of the enterprise is the one in force, also to allow',
  );
  t.same(errorsOf(await owner.call('PATCH', POLICY, { classic_tokens: 'restricted' })), [
    'classic_tokens unprocessable',
  ]);
  t.match((await owner.call('GET', POLICY)).body, { classic_tokens: 'restricted' }, 'the stored value survives');
  await bind({ classic_tokens: 'no_policy' });
  t.match(await reads(classic, 'closed'), { status: 403, body: { code: 'classic_restricted', message: /^`acme`/ } });
});

t.test('P5, M4, M5: what the enterprise says counts when a token is made', async (t) => {
  const { bind, member, set, owner } = await start(t);
  await set({ fine_grained_tokens: 'restricted' });
  const refused = 'Cannot find the specified resource owner: acme';
  t.match(await member.create(ALL), { status: 422, body: { message: refused } });
  await bind({ fine_grained_tokens: 'allowed', approval: 'required' });
  t.match((await member.create({ ...ALL, name: 'a' })).body, { state: 'pending' }, 'required by the enterprise');
  t.match((await owner.create({ ...ALL, name: 'a' })).body, { state: 'active' }, 'an owner is approved at once');
  await bind({ approval: 'not_required' });
  await bind({ approval: 'no_policy' });
  await set({ approval: 'required' });
  await bind({ approval: 'not_required' });
  t.match((await member.create({ ...ALL, name: 'b' })).body, { state: 'active' }, 'not required by the enterprise');
  await bind({ approval: 'no_policy' });
  t.match((await member.create({ ...ALL, name: 'c' })).body, { state: 'pending' }, 'the stored value counts again');
  await bind({ fine_grained_tokens: 'restricted' });
  t.match(await member.create({ ...ALL, name: 'd' }), { status: 422, body: { message: refused } });
  const { body } = await member.call('GET', '/user/eligible-resource-owners');
  t.match(body[1], { login: 'acme', eligible: false, reason: 'fine_grained_restricted' });
});

t.test('P4, P5, M3: the smaller cap wins: made, regenerated, used; nothing is revoked; it works again', async (t) => {
  const { bind, member, set, reads } = await start(t);
  const long = (await member.create({ ...ALL, name: 'long', expires_in_days: 91 })).body;
  const classic = (await member.classic({ scopes: ['repo'], expires_in_days: 91 })).body;
  await set({ max_lifetime_days: { fine_grained: 100, classic: 100 } });
  for (const { id, token } of [long, classic]) {
    const kind = id === classic.id ? 'classic' : 'fine_grained';
    await bind({ max_lifetime_days: { [kind]: 91 } });
    t.equal((await reads(token, 'closed')).status, 200, `${kind}: as long as the cap`);
    await bind({ max_lifetime_days: { [kind]: 90 } });
    const refused = await reads(token, 'closed');
    t.match(refused, { status: 403, body: { code: 'lifetime_exceeded' } });
    t.match(refused.body.message, new RegExp(`The 'megacorp' enterprise forbids .* greater than 90 days.* ${id} `));
    t.equal((await reads(token, 'open')).status, 200, 'public reads stay open');
    t.match((await member.show(id)).body, { state: 'active' }, 'nothing was revoked');
    await set({ max_lifetime_days: { [kind]: 60 } });
    t.match(
      (await reads(token, 'closed')).body.message,
      /The 'acme' organization forbids .* than 60 days/,
      'the smaller',
    );
    await set({ max_lifetime_days: { [kind]: 90 } });
    t.match((await reads(token, 'closed')).body.message, /'megacorp' enterprise/);
    await bind({ max_lifetime_days: { [kind]: null } });
    await set({ max_lifetime_days: { [kind]: null } });
    t.equal((await reads(token, 'closed')).status, 200, 'it works again when the caps are lifted');
  }
  await bind({ max_lifetime_days: { fine_grained: 20, classic: 20 } });
  const made = await member.create({ ...ALL, name: 'made', expires_in_days: 21 });
  t.same(errorsOf(made), ['expires_in_days unprocessable']);
  t.match(made.body.errors[0].message, /enterprise `megacorp`.*20 days/);
  t.equal((await member.create({ ...ALL, name: 'never', never_expires: true })).status, 422);
  t.equal((await member.create({ ...ALL, name: 'made', expires_in_days: 20 })).status, 201, 'as long as the cap');
  const usual = (await member.create({ ...ALL, name: 'usual' })).body;
  const days = (Date.parse(usual.expires_at) - Date.parse(usual.secret_issued_at)) / 86_400_000;
  t.equal(Math.round(days), 20, 'M3: the default is the cap where that is smaller');
  t.match((await member.call('GET', '/user/eligible-resource-owners')).body[1], { max_lifetime_days: 20 });
  const again = await member.regenerate(long.id, { expires_in_days: 21 });
  t.same(errorsOf(again), ['expires_in_days unprocessable']);
  t.equal((await member.regenerate(long.id)).status, 422, 'the same number of days again is too many');
  t.match(await reads(long.token, 'closed'), { status: 403, body: { code: 'lifetime_exceeded' } });
  const shorter = await member.regenerate(long.id, { expires_in_days: 20 });
  t.equal(shorter.status, 201);
  t.equal((await reads(shorter.body.token, 'closed')).status, 200, 'what counts is the life of the present secret');
  t.equal((await member.classic({ name: 'more', never_expires: true })).status, 201, 'a classic one is never refused');
  t.equal((await member.create({ name: 'own', never_expires: true })).status, 201, "one's own things have no cap");
});

t.test('P4, P5: caps bind outside collaborators; the switch closes public reads to members only', async (t) => {
  const { bind, member, collaborator, reads, set, owner } = await start(t);
  const inside = (await member.classic({ scopes: ['repo'], never_expires: true })).body.token;
  const outside = (await collaborator.classic({ scopes: ['repo'], never_expires: true })).body.token;
  await bind({ max_lifetime_days: { classic: 30 } });
  for (const token of [inside, outside]) {
    t.match(await reads(token, 'closed'), { status: 403, body: { code: 'lifetime_exceeded' } });
    t.equal((await reads(token, 'open')).status, 200);
  }
  await bind({ lifetime_applies_to_public_reads: true });
  t.match(await reads(inside, 'open'), { status: 403, body: { code: 'lifetime_exceeded', message: /megacorp/ } });
  t.equal((await reads(outside, 'open')).status, 200, 'only tokens of members');
  t.same(errorsOf(await owner.call('PATCH', POLICY, { lifetime_applies_to_public_reads: false })), [
    'lifetime_applies_to_public_reads unprocessable',
  ]);
  await bind({ lifetime_applies_to_public_reads: false });
  t.equal((await reads(inside, 'open')).status, 200);
  await set({ lifetime_applies_to_public_reads: true });
  t.equal((await reads(inside, 'open')).status, 403, 'true at either wins');
  await bind({ lifetime_applies_to_public_reads: 'no_policy', max_lifetime_days: { classic: 'no_policy' } });
  t.equal((await reads(inside, 'open')).status, 200, 'without a cap the switch closes nothing');
});

t.test('P5: exempt_administrators frees its administrators from its cap, and from nothing else', async (t) => {
  const { bind, administrator, member, reads, set } = await start(t);
  const theirs = (await administrator.classic({ scopes: ['repo'], never_expires: true })).body.token;
  const members = (await member.classic({ scopes: ['repo'], never_expires: true })).body.token;
  await bind({ max_lifetime_days: { classic: 30, fine_grained: 30 } });
  t.equal((await reads(theirs, 'closed')).status, 403);
  t.equal((await administrator.create({ ...ALL, name: 'fine', expires_in_days: 31 })).status, 422);
  await bind({ exempt_administrators: true, lifetime_applies_to_public_reads: true });
  t.equal((await reads(theirs, 'closed')).status, 200);
  t.equal((await reads(theirs, 'open')).status, 200, 'nor is a public read refused');
  t.equal((await reads(members, 'closed')).status, 403, 'all others are bound');
  t.equal((await administrator.create({ ...ALL, name: 'fine', expires_in_days: 31 })).status, 201);
  t.match((await administrator.call('GET', '/user/eligible-resource-owners')).body[1], { max_lifetime_days: 366 });
  await set({ max_lifetime_days: { classic: 20 } });
  t.match((await reads(theirs, 'closed')).body.message, /'acme' organization/, "the organization's own cap binds them");
  await set({ max_lifetime_days: { classic: 30 } });
  await bind({ classic_tokens: 'restricted' });
  t.match(
    await reads(theirs, 'closed'),
    { status: 403, body: { code: 'classic_restricted' } },
    'so does a restriction',
  );
});

t.test(
  'P5: an organization may only tighten a cap; what it stored counts again when the enterprise lets go',
  async (t) => {
    const { bind, owner, set, member, reads } = await start(t);
    await set({ max_lifetime_days: { classic: 200, fine_grained: 366 } });
    await bind({ max_lifetime_days: { classic: 100, fine_grained: 100 } });
    for (const kind of ['classic', 'fine_grained']) {
      for (const days of [101, 366, null]) {
        const wider = await owner.call('PATCH', POLICY, { max_lifetime_days: { [kind]: days } });
        t.same(errorsOf(wider), [`max_lifetime_days.${kind} unprocessable`], `${kind} ${days}`);
        t.match(wider.body.errors[0].message, /enterprise `megacorp`/);
      }
    }
    t.match((await owner.call('GET', POLICY)).body, { max_lifetime_days: { classic: 200, fine_grained: 366 } });
    t.equal(
      (await owner.call('PATCH', POLICY, { classic_tokens: 'allowed' })).status,
      200,
      'what is not sent is not judged',
    );
    for (const days of [100, 99, 1]) {
      t.equal((await owner.call('PATCH', POLICY, { max_lifetime_days: { classic: days } })).status, 200, `${days}`);
    }
    const token = (await member.classic({ scopes: ['repo'], expires_in_days: 2 })).body.token;
    t.match((await reads(token, 'closed')).body.message, /'acme' organization .* than 1 day\./);
    await bind({ max_lifetime_days: { classic: 'no_policy' } });
    t.equal((await reads(token, 'closed')).status, 403, 'the smaller one stays');
    t.equal((await owner.call('PATCH', POLICY, { max_lifetime_days: { classic: null } })).status, 200, 'no cap above');
    t.equal((await reads(token, 'closed')).status, 200);
    await bind({ max_lifetime_days: { classic: null } });
    t.equal(
      (await owner.call('PATCH', POLICY, { max_lifetime_days: { classic: 366 } })).status,
      200,
      'null binds nothing',
    );
  },
);

t.test('P5: a binding restriction or cap covers what the enterprise itself owns', async (t) => {
  const { bind, administrator, inject } = await start(t);
  const token = (await administrator.classic({ scopes: ['read:enterprise'], expires_in_days: 31 })).body.token;
  const reading = () => callsOf(inject, token).call('GET', ABOVE);
  t.equal((await reading()).status, 200);
  await bind({ classic_tokens: 'restricted' });
  t.match(await reading(), { status: 403, body: { code: 'classic_restricted', message: /^`megacorp`/ } });
  t.equal((await administrator.call('GET', ABOVE)).status, 200, 'T5: a session is bounded by no policy');
  await bind({ classic_tokens: 'no_policy', max_lifetime_days: { classic: 30 } });
  t.match(await reading(), {
    status: 403,
    body: { code: 'lifetime_exceeded', message: /'megacorp' enterprise.*30 days/ },
  });
  await bind({ exempt_administrators: true });
  t.equal((await reading()).status, 200, 'but its administrators may be exempt');
  await bind({ exempt_administrators: false, max_lifetime_days: { classic: 31 } });
  t.equal((await reading()).status, 200);
});

t.test('P5: an organization that leaves the enterprise is bound by its own policy again', async (t) => {
  const { bind, member, reads, as, world, owner } = await start(t);
  const { token } = (await member.classic({ scopes: ['repo'] })).body;
  await bind({ classic_tokens: 'restricted', approval: 'required' });
  t.equal((await reads(token, 'closed')).status, 403);
  const root = await as(await world.person('root', { site_admin: true }));
  t.equal((await root.call('DELETE', '/enterprises/megacorp/organizations/acme')).status, 204);
  t.equal((await reads(token, 'closed')).status, 200);
  t.equal((await owner.call('PATCH', POLICY, { classic_tokens: 'allowed' })).status, 200);
  t.match((await owner.call('GET', `${POLICY}/effective`)).body, { approval: { source: 'organization' } });
});

t.test('P7: effective says of each member what is in force and who set it', async (t) => {
  const { world, inject, as, ada } = await start(t);
  const root = await as(await world.person('root', { site_admin: true }));
  await root.call('POST', '/admin/organizations', { login: 'newborn', admin: 'ada' });
  await root.call('POST', '/admin/enterprises', { slug: 'holding', name: 'Holding', admin: 'cleo' });
  await root.call('PUT', '/enterprises/holding/organizations/newborn');
  const owner = await as(ada);
  const cleo = callsOf(inject, await world.session({ id: (await idOf(root, 'cleo')).id, login: 'cleo' }));
  const own = '/orgs/newborn/settings/personal-access-tokens';
  const above = '/enterprises/holding/settings/personal-access-tokens';
  const effective = async () => (await owner.call('GET', `${own}/effective`)).body;
  const none = { source: 'default', owner: null };
  const byOwn = { source: 'organization', owner: 'newborn' };
  const byAbove = { source: 'enterprise', owner: 'holding' };
  const start_values = {
    fine_grained_tokens: { value: 'restricted', ...none },
    classic_tokens: { value: 'allowed', ...none },
    approval: { value: 'required', ...none },
    max_lifetime_days: { fine_grained: { value: 366, ...none }, classic: { value: null, ...none } },
    lifetime_applies_to_public_reads: { value: false, ...none },
  };
  t.same(await effective(), start_values);
  await owner.call('PATCH', own, {
    fine_grained_tokens: 'allowed',
    classic_tokens: 'allowed',
    max_lifetime_days: { classic: null },
  });
  const set_by_owner = {
    ...start_values,
    fine_grained_tokens: { value: 'allowed', ...byOwn },
    classic_tokens: { value: 'allowed', ...byOwn },
    max_lifetime_days: { fine_grained: { value: 366, ...none }, classic: { value: null, ...byOwn } },
  };
  t.same(await effective(), set_by_owner, 'what it set is its own, also where it is the same');
  await cleo.call('PATCH', above, {
    ...{ fine_grained_tokens: 'restricted', approval: 'not_required', lifetime_applies_to_public_reads: true },
    max_lifetime_days: { fine_grained: 366, classic: 90 },
  });
  t.same(await effective(), {
    fine_grained_tokens: { value: 'restricted', ...byAbove },
    classic_tokens: { value: 'allowed', ...byOwn },
    approval: { value: 'not_required', ...byAbove },
    max_lifetime_days: { fine_grained: { value: 366, ...byAbove }, classic: { value: 90, ...byAbove } },
    lifetime_applies_to_public_reads: { value: true, ...byAbove },
  });
  await owner.call('PATCH', own, { max_lifetime_days: { classic: 30 } });
  t.match(await effective(), { max_lifetime_days: { classic: { value: 30, ...byOwn } } }, 'each cap by itself');
  await cleo.call('PATCH', above, { max_lifetime_days: { classic: null }, lifetime_applies_to_public_reads: false });
  t.match(await effective(), {
    max_lifetime_days: { classic: { value: 30, ...byOwn } },
    lifetime_applies_to_public_reads: { value: false, ...byAbove },
  });
  await owner.call('PATCH', own, { lifetime_applies_to_public_reads: true });
  t.match(await effective(), { lifetime_applies_to_public_reads: { value: true, ...byOwn } });
  t.same((await cleo.call('GET', `${above}/effective`)).body, {
    fine_grained_tokens: { value: 'restricted', ...byAbove },
    classic_tokens: { value: 'no_policy', ...none },
    approval: { value: 'not_required', ...byAbove },
    max_lifetime_days: { fine_grained: { value: 366, ...byAbove }, classic: { value: null, ...byAbove } },
    lifetime_applies_to_public_reads: { value: false, ...byAbove },
    exempt_administrators: { value: false, ...none },
  });
  t.equal((await (await as(await world.person('eve'))).call('GET', `${own}/effective`)).status, 403, 'owners read it');
});

async function idOf(root: ReturnType<typeof callsOf>, login: string): Promise<{ readonly id: number }> {
  return (await root.call('GET', `/users/${login}`)).body;
}

t.test('L1: edits of an enterprise policy at once lose nothing of each other', async (t) => {
  const { administrator, deps } = await start(t);
  const patches = [
    ...[{ classic_tokens: 'restricted' }, { approval: 'required' }, { fine_grained_tokens: 'allowed' }],
    ...[{ max_lifetime_days: { classic: 5 } }, { max_lifetime_days: { fine_grained: 6 } }],
    ...[{ exempt_administrators: true }, { lifetime_applies_to_public_reads: true }],
  ];
  const answers = await Promise.all(patches.map((patch) => administrator.call('PATCH', ABOVE, patch)));
  t.ok(answers.every(({ status }) => status === 200));
  t.same((await administrator.call('GET', ABOVE)).body, {
    ...{ fine_grained_tokens: 'allowed', classic_tokens: 'restricted', approval: 'required' },
    max_lifetime_days: { fine_grained: 6, classic: 5 },
    ...{ lifetime_applies_to_public_reads: true, exempt_administrators: true },
  });
  t.equal((await deps.db.selectFrom('audit_entries').select('id').execute()).length, 7);
});
