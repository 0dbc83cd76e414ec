// What a proposed policy would block, asked before it is set (P1, P2, P4, P5; contract 7): the preview is held against what real
// requests get before and after the same body is sent as a PATCH.

import fc from 'fast-check';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import type { NamedResource } from '../../src/domain/named-resource.ts';
import { newBlocking } from '../../src/domain/policy-preview.ts';
import { buildTestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { callsOf, errorsOf } from '../support/token-calls.ts';
import { worldOf } from '../support/world.ts';

const POLICY = '/orgs/acme/settings/personal-access-tokens';
const ABOVE = '/enterprises/megacorp/settings/personal-access-tokens';
const PREVIEW = `${POLICY}/preview`;
const ALL = { resource_owner: 'acme', repository_selection: 'all', permissions: { contents: 'read' } };
type Patch = Readonly<Record<string, unknown>>;
type Blocked = { readonly name: string; readonly blocked_at: readonly { resource: { id: string }; closes: string }[] };

/** acme of ada, whose member is bob; dan collaborates on its private repository; eve has nothing there. cleo administers megacorp. */
async function start(t: Test) {
  const app = await buildTestApp(t);
  const world = worldOf(app.deps);
  const people = { ada: await world.person('ada'), bob: await world.person('bob'), cleo: await world.person('cleo') };
  const others = { dan: await world.person('dan'), eve: await world.person('eve') };
  const acme = await world.organization('acme', people.ada);
  await world.member(acme, people.bob);
  const megacorp = await world.enterprise('megacorp', [acme], [people.cleo]);
  await world.repository(acme, 'open', 'public');
  const closed = await world.repository(acme, 'closed', 'private');
  await world.collaborator(closed, others.dan, 'read');
  const as = async (who: { readonly id: number; readonly login: string }) =>
    callsOf(app.inject, await world.session(who));
  const [owner, member, administrator] = [await as(people.ada), await as(people.bob), await as(people.cleo)];
  const calls = { owner, member, administrator, collaborator: await as(others.dan), stranger: await as(others.eve) };
  /** The status for a repository of acme. */
  const reads = async (text: string, name: string) =>
    (await callsOf(app.inject, text).call('GET', `/repos/acme/${name}`)).status;
  return { ...app, ...people, ...others, ...calls, world, acme, megacorp, closed, as, reads };
}

const namesOf = ({ body }: { readonly body: { tokens: readonly Blocked[] } }) =>
  body.tokens.map(
    ({ name, blocked_at }) => `${name}: ${blocked_at.map((at) => `${at.resource.id} ${at.closes}`).join()}`,
  );

t.test('P1: a ban of classic tokens is told before it is made: how many, which, whose, last used', async (t) => {
  const { owner, member, collaborator, stranger, reads, deps } = await start(t);
  const used = (await member.classic({ name: 'used', scopes: ['repo'], expires_in_days: 90 })).body;
  await member.classic({ name: 'reads teams', scopes: ['read:org'], never_expires: true });
  await member.classic({ name: 'public only', scopes: [] });
  await member.classic({ name: 'gists', scopes: ['gist', 'user', 'admin:gpg_key'] });
  await member.create({ ...ALL, name: 'fine' });
  const ended = (await member.classic({ name: 'ended', scopes: ['repo'] })).body;
  await deps.db
    .updateTable('tokens')
    .set({ revoked_at: new Date(), revoked_reason: 'by_text' })
    .where('id', '=', ended.id)
    .execute();
  await collaborator.classic({ name: 'outside', scopes: ['repo'] });
  await stranger.classic({ name: 'elsewhere', scopes: ['repo'] });
  await owner.classic({ name: 'own', scopes: ['admin:org'] });
  t.equal(await reads(used.token, 'closed'), 200);
  await deps.last_use.flush();
  const before = await deps.db.selectFrom('audit_entries').select('id').execute();

  const preview = await owner.call('POST', PREVIEW, { classic_tokens: 'restricted' });
  t.equal(preview.status, 200);
  const { total_count, holders_count, complete, policy, tokens } = preview.body;
  t.same({ total_count, holders_count, complete }, { total_count: 4, holders_count: 3, complete: true });
  t.match(
    policy,
    { classic_tokens: 'restricted', fine_grained_tokens: 'allowed' },
    'the whole, as PATCH would answer it',
  );
  t.same(
    tokens.map(({ name }: Blocked) => name),
    ['own', 'outside', 'reads teams', 'used'],
    'newest first',
  );
  const shown = tokens[3];
  t.match(shown, { id: used.id, kind: 'classic', name: 'used', holder: { login: 'bob' }, expires_at: used.expires_at });
  t.match(shown.last_used_at, /^\d{4}-/);
  t.equal(tokens[1].last_used_at, null, 'never used');
  const at = {
    resource: { type: 'organization', id: 'acme' },
    reason: 'classic_restricted',
    closes: 'all_but_public_reads',
  };
  t.same(shown.blocked_at, [{ ...at, policy: { source: 'organization', owner: 'acme' } }]);

  t.equal(await reads(used.token, 'closed'), 200, 'nothing was changed');
  t.match((await owner.call('GET', POLICY)).body, { classic_tokens: 'allowed' });
  t.equal((await deps.db.selectFrom('audit_entries').select('id').execute()).length, before.length, 'nor recorded');
  await owner.call('PATCH', POLICY, { classic_tokens: 'restricted' });
  t.equal(await reads(used.token, 'closed'), 403, 'now it is');
  t.equal(
    (await owner.call('POST', PREVIEW, { classic_tokens: 'restricted' })).body.total_count,
    0,
    'none is new any more',
  );
});

t.test('P4: a cap: the smaller, the longer lives, and public reads where the switch closes them', async (t) => {
  const { owner, member, collaborator } = await start(t);
  for (const days of [30, 31, 90, 91]) {
    await member.classic({ name: `classic ${days}`, scopes: ['repo'], expires_in_days: days });
    await member.create({ ...ALL, name: `fine ${days}`, expires_in_days: days });
  }
  await collaborator.classic({ name: 'outside', scopes: ['repo'], never_expires: true });
  await member.classic({ name: 'public only', scopes: [], never_expires: true });
  const preview = async (patch: Patch) => namesOf(await owner.call('POST', PREVIEW, patch));
  const most = 'acme all_but_public_reads';
  t.same(await preview({}), [], 'nothing proposed, nothing blocked');
  t.same(await preview({ max_lifetime_days: { classic: 90 } }), [`outside: ${most}`, `classic 91: ${most}`]);
  t.same(await preview({ max_lifetime_days: { fine_grained: 31 } }), [`fine 91: ${most}`, `fine 90: ${most}`]);
  const closing = { max_lifetime_days: { classic: 90 }, lifetime_applies_to_public_reads: true };
  t.same(await preview(closing), [
    ...['public only: acme public_reads', `outside: ${most}`, 'classic 91: acme everything'],
  ]);
  await owner.call('PATCH', POLICY, { max_lifetime_days: { classic: 90 } });
  t.same(await preview({ max_lifetime_days: { classic: 30 } }), [`classic 90: ${most}`, `classic 31: ${most}`]);
  t.same(await preview({ lifetime_applies_to_public_reads: true }), [
    ...['public only: acme public_reads', 'classic 91: acme public_reads'],
  ]);
  t.same(await preview({ max_lifetime_days: { classic: null } }), [], 'what lifts a policy blocks nothing');
});

t.test(
  'P4, F5.2: the switch closes public reads to members’ fine-grained tokens of other resource owners too',
  async (t) => {
    const { owner, member, collaborator, reads } = await start(t);
    const life = { repository_selection: 'all', permissions: { contents: 'read' } };
    const { token } = (await member.create({ ...life, name: 'of himself', expires_in_days: 91 })).body;
    await member.create({ ...life, name: 'short', expires_in_days: 90 });
    await collaborator.create({ ...life, name: 'of no member', expires_in_days: 91 });
    const patch = { max_lifetime_days: { fine_grained: 90 }, lifetime_applies_to_public_reads: true };
    t.equal(await reads(token, 'open'), 200);
    const { body } = await owner.call('POST', PREVIEW, patch);
    t.match(body, {
      total_count: 1,
      holders_count: 1,
      tokens: [{ name: 'of himself', blocked_at: [{ closes: 'public_reads' }] }],
    });
    t.same(namesOf({ body }), ['of himself: acme public_reads']);
    t.same(namesOf(await owner.call('POST', PREVIEW, { max_lifetime_days: { fine_grained: 90 } })), []);
    t.equal((await owner.call('PATCH', POLICY, patch)).status, 200);
    t.equal(await reads(token, 'open'), 403);
  },
);

t.test('P2: an ended opt-in blocks what is granted, not what is pending or denied', async (t) => {
  const { owner, member } = await start(t);
  await member.create({ ...ALL, name: 'granted' });
  await member.create({ name: 'own things', permissions: { contents: 'read' }, repository_selection: 'all' });
  await owner.call('PATCH', POLICY, { approval: 'required' });
  await member.create({ ...ALL, name: 'pending' });
  const preview = await owner.call('POST', PREVIEW, { fine_grained_tokens: 'restricted' });
  t.same(namesOf(preview), ['granted: acme all_but_public_reads']);
  t.match(preview.body.tokens[0], { kind: 'fine_grained', blocked_at: [{ reason: 'fine_grained_restricted' }] });
});

t.test('contract 7: a preview refuses what the PATCH would refuse, and is an owner’s session only', async (t) => {
  const { owner, member, administrator, stranger, inject } = await start(t);
  t.same(errorsOf(await owner.call('POST', PREVIEW, { max_lifetime_days: { classic: 0 } })), [
    'max_lifetime_days.classic invalid',
  ]);
  t.same(errorsOf(await owner.call('POST', PREVIEW, { exempt_administrators: true })), [
    'exempt_administrators unknown_field',
  ]);
  await administrator.call('PATCH', ABOVE, { classic_tokens: 'allowed' });
  const bound = await owner.call('POST', PREVIEW, { classic_tokens: 'restricted' });
  t.same(errorsOf(bound), ['classic_tokens unprocessable']);
  t.match(bound.body.message, /megacorp/);
  const token = callsOf(inject, (await owner.classic({ scopes: ['admin:org'] })).body.token);
  t.match(await token.call('POST', PREVIEW, {}), { status: 403, body: { code: 'session_required' } });
  for (const who of [member, stranger, administrator]) {
    t.match(await who.call('POST', PREVIEW, {}), { status: 403, body: { code: 'role_missing' } });
  }
  t.equal((await owner.call('POST', `${ABOVE}/preview`, {})).status, 404);
  t.equal((await inject({ method: 'POST', url: PREVIEW })).statusCode, 401);
  t.equal((await owner.call('POST', '/orgs/nobody/settings/personal-access-tokens/preview', {})).status, 404);
});

t.test('contract 1: a preview is paged; the count is of all', async (t) => {
  const { owner, member } = await start(t);
  for (let n = 1; n <= 7; n += 1) await member.classic({ name: `t${n}`, scopes: ['repo'] });
  const page = async (query: string) => owner.call('POST', `${PREVIEW}${query}`, { classic_tokens: 'restricted' });
  const first = await page('?per_page=3');
  t.match(first.body, { total_count: 7, tokens: [{ name: 't7' }, { name: 't6' }, { name: 't5' }] });
  t.match(first.headers.link, /per_page=3&page=2>; rel="next".*page=3>; rel="last"/);
  const last = await page('?per_page=3&page=3');
  t.match(last.body, { total_count: 7, tokens: [{ name: 't1' }] });
  t.equal(last.body.tokens.length, 1);
  t.notMatch(last.headers.link, /rel="next"/);
  t.match((await page('?page=9')).body, { total_count: 7, tokens: [] });
  t.equal((await page('?per_page=0')).status, 422);
});

t.test(
  'P5: an enterprise’s preview tells every organization where a token would be blocked, and its own things',
  async (t) => {
    const { administrator, member, owner, world, eve, bob, ada, megacorp, deps, as } = await start(t);
    const initech = await world.organization('initech', ada);
    await world.member(initech, bob);
    const outside = await world.organization('outside', eve);
    await world.member(outside, bob);
    await deps.db
      .updateTable('organizations')
      .set({ enterprise_id: megacorp.id })
      .where('id', '=', initech.id)
      .execute();
    const preview = async (patch: Patch) => namesOf(await administrator.call('POST', `${ABOVE}/preview`, patch));
    await member.classic({ name: 'bob’s', scopes: ['repo'], never_expires: true });
    await administrator.classic({ name: 'watch', scopes: ['read:enterprise'], never_expires: true });
    await administrator.classic({ name: 'no enterprise', scopes: ['repo'], never_expires: true });
    await (await as(eve)).classic({ name: 'eve’s', scopes: ['repo'] });
    const most = 'all_but_public_reads';
    t.same(await preview({ classic_tokens: 'restricted' }), [
      `watch: megacorp ${most}`,
      `bob’s: acme ${most},initech ${most}`,
    ]);
    const { body } = await administrator.call('POST', `${ABOVE}/preview`, { classic_tokens: 'restricted' });
    const by = { policy: { source: 'enterprise', owner: 'megacorp' }, reason: 'classic_restricted' };
    t.match(body.tokens[0].blocked_at, [{ resource: { type: 'enterprise', id: 'megacorp' }, ...by }]);
    t.match(body.tokens[1].blocked_at, [{ resource: { type: 'organization', id: 'acme' }, ...by }, by]);
    t.match(body, { total_count: 2, holders_count: 2, complete: true, policy: { classic_tokens: 'restricted' } });
    await owner.call('PATCH', POLICY, { classic_tokens: 'restricted' });
    t.same(
      await preview({ classic_tokens: 'restricted' }),
      [`watch: megacorp ${most}`, `bob’s: initech ${most}`],
      'only what is new',
    );
    t.same(await preview({ max_lifetime_days: { classic: 30 } }), [
      `watch: megacorp ${most}`,
      `bob’s: initech ${most}`,
    ]);
    t.same(await preview({ max_lifetime_days: { classic: 30 }, exempt_administrators: true }), [
      `bob’s: initech ${most}`,
    ]);
    t.same(await preview({ max_lifetime_days: { classic: null } }), []);
  },
);

t.test('C5: who sees only the internal repositories of an organization is concerned too', async (t) => {
  const { owner, stranger, world, eve, acme, megacorp, deps } = await start(t);
  const sibling = await world.organization('sibling', eve);
  await deps.db.updateTable('organizations').set({ enterprise_id: megacorp.id }).where('id', '=', sibling.id).execute();
  await stranger.classic({ name: 'sibling’s', scopes: ['repo'] });
  const preview = async () => namesOf(await owner.call('POST', PREVIEW, { classic_tokens: 'restricted' }));
  t.same(await preview(), []);
  await world.repository(acme, 'inner', 'internal');
  t.same(await preview(), ['sibling’s: acme all_but_public_reads']);
});

t.test('O1: what single sign-on blocks already is not newly blocked', async (t) => {
  const { owner, member, acme, deps } = await start(t);
  const { id } = (await member.classic({ name: 'linked', scopes: ['repo'] })).body;
  await member.classic({ name: 'unlinked', scopes: ['repo'] });
  await deps.db.insertInto('organization_sso').values({ organization_id: acme.id, required: true }).execute();
  const authorized_at = new Date();
  await deps.db
    .insertInto('token_sso_authorizations')
    .values({ token_id: id, organization_id: acme.id, authorized_at })
    .execute();
  const preview = await owner.call('POST', PREVIEW, { classic_tokens: 'restricted' });
  t.same(namesOf(preview), ['linked: acme all_but_public_reads']);
});

t.test('a preview counts all tokens, however many', async (t) => {
  const { owner, bob, deps } = await start(t);
  await sql`insert into tokens (kind, user_id, name, created_at, secret_issued_at, token_last_eight, scopes)
    select 'classic', ${bob.id}::bigint, 'token ' || n, now(), now(), '12345678', '{repo}'
    from generate_series(1, 60000) n`.execute(deps.db);
  const preview = async (query: string) =>
    (await owner.call('POST', `${PREVIEW}${query}`, { classic_tokens: 'restricted' })).body;
  const counts = { total_count: 60_000, holders_count: 1, complete: true };
  t.match(await preview(''), { ...counts, tokens: [{ name: 'token 60000' }] });
  t.match(await preview('?per_page=100&page=600'), { ...counts, tokens: [{ name: 'token 100' }] });
});

const DAYS = [1, 7, 30, 366] as const;
const access = fc.constantFrom('allowed', 'restricted');
const cap = fc.constantFrom(null, ...DAYS);
const caps = fc.record({ fine_grained: cap, classic: cap }, { requiredKeys: [] });
const members = { max_lifetime_days: caps, lifetime_applies_to_public_reads: fc.boolean() };
const own = fc.record({ fine_grained_tokens: access, classic_tokens: access, ...members }, { requiredKeys: [] });
const CLOSED = { fine_grained_tokens: 'restricted', classic_tokens: 'restricted' } as const;
const above_access = fc.constantFrom('allowed', 'restricted', 'no_policy');
const above = fc.record(
  { fine_grained_tokens: above_access, classic_tokens: above_access, ...members, exempt_administrators: fc.boolean() },
  { requiredKeys: [] },
);
const SCOPES_OF_TOKENS = [
  '{repo}',
  '{}',
  '{gist}',
  '{read:org}',
  '{public_repo,user}',
  '{read:enterprise}',
  '{unknown}',
];

/** Of every sort of holder every sort of token: lives at the caps and a millisecond above, dead ones too. */
async function everySort(t: Test) {
  const started = await start(t);
  const { world, deps, ada, bob, cleo, dan, eve, acme, megacorp, closed } = started;
  const gus = await world.person('gus', { suspended: true });
  const fay = await world.person('fay');
  for (const each of [gus, cleo]) await world.member(acme, each);
  const initech = await world.organization('initech', bob);
  await world.member(initech, fay);
  await sql`update organizations set enterprise_id = ${megacorp.id} where id = ${initech.id}`.execute(deps.db);
  await world.repository(acme, 'inner', 'internal');
  await sql`insert into organization_sso (organization_id, required) values (${initech.id}, true)`.execute(deps.db);
  const lives = sql.raw(
    [...DAYS.flatMap((days) => [`${24 * days} h`, `${24 * days} h 1 ms`]), '0.5 h']
      .map((each) => `('${each}'::interval)`)
      .join(),
  );
  await sql`
    insert into tokens (kind, user_id, name, created_at, secret_issued_at, expires_at, token_last_eight, scopes)
    select 'classic', person.id, 'token', issued.at, issued.at, issued.at + life.each, '12345678', scopes.each::text[]
    from users person, (values ${lives}, (null)) life (each), unnest(${SCOPES_OF_TOKENS}::text[]) scopes (each),
      date_trunc('milliseconds', now()) issued (at)`.execute(deps.db);
  await sql`
    insert into tokens (kind, user_id, name, created_at, secret_issued_at, expires_at, token_last_eight, permissions,
      repository_selection, resource_owner_id, resource_owner_id_asked)
    select 'fine_grained', asking.user_id, 'token', issued.at, issued.at, issued.at + life.each, '12345678',
      '{"contents": "read"}', 'all', asking.owner_id, asking.owner_id
    from (select user_id, organization_id from memberships union all select id, id from users) asking (user_id, owner_id),
      (values ${lives}, (null)) life (each), generate_series(1, 2) twice,
      date_trunc('milliseconds', now()) issued (at)`.execute(deps.db);
  await sql`update tokens set secret_issued_at = secret_issued_at - interval '1 hour', expires_at = expires_at - interval '1 hour'
    where id % 13 = 0`.execute(deps.db);
  await sql`update tokens set revoked_at = now(), revoked_reason = 'unused' where id % 17 = 0`.execute(deps.db);
  await sql`insert into token_secrets (digest, token_id, is_current) select 'digest-' || id, id, true from tokens`.execute(
    deps.db,
  );
  await sql`insert into grants (token_id, resource_owner_id, permissions, repository_selection, granted_at)
    select id, resource_owner_id, permissions, 'all', now() from tokens where kind = 'fine_grained' and id % 3 > 0`.execute(
    deps.db,
  );
  await sql`insert into token_sso_authorizations (token_id, organization_id, authorized_at, revoked_at)
    select id, ${initech.id}::bigint, now(), case when id % 5 = 0 then now() end from tokens where id % 2 = 0`.execute(
    deps.db,
  );
  const rows = await deps.db.selectFrom('tokens').select(['id', 'user_id', 'kind', 'resource_owner_id']).execute();
  // Whoever has any role there: as a member, as a collaborator, or by the internal repositories that members of the enterprise see.
  const [a, b] = [
    [ada, bob, cleo, gus, dan, fay],
    [bob, fay],
  ].map((people) => new Set(people.map(({ id }) => id)));
  const present = new Map([
    ['acme', a],
    ['initech', b],
  ] as const);
  const ids = new Map([
    ['acme', acme.id],
    ['initech', initech.id],
  ] as const);
  // Public reads are closed to all tokens of its members (F5.2), whoever their resource owner is.
  const belonging = new Map([
    ['acme', new Set([ada, bob, cleo, gus].map(({ id }) => id))],
    ['initech', b],
  ] as const);
  const concerned = (row: (typeof rows)[number], at: 'acme' | 'initech') =>
    row.kind === 'fine_grained'
      ? row.resource_owner_id === ids.get(at) || belonging.get(at)?.has(row.user_id) === true
      : present.get(at)?.has(row.user_id) === true;
  t.ok(closed.id > 0 && eve.id > 0 && !a?.has(eve.id), 'eve has nothing there');
  return { ...started, rows, concerned, boss: await started.as(bob) };
}

t.test('F5.5: a preview says of every token what is decided of it before and after, by whatever policy', async (t) => {
  const world = await everySort(t);
  const { rows, deps, owner, administrator, concerned, cleo } = world;
  /** What a check of each token looks at, at each of the three. */
  const facts = async () => {
    const at = (resource: NamedResource) =>
      deps.facts.loadAll(
        rows.map(({ id }) => ({ subject: { type: 'token_id', id }, resource, bounded_client_id: null })),
      );
    return {
      acme: await at({ type: 'organization', login: 'acme' }),
      initech: await at({ type: 'organization', login: 'initech' }),
      megacorp: await at({ type: 'enterprise', slug: 'megacorp' }),
    };
  };
  type Known = Awaited<ReturnType<typeof facts>>;
  const PLACES = ['acme', 'initech', 'megacorp'] as const;
  const blockings = (before: Known, after: Known, place: (typeof PLACES)[number], now: Date) =>
    rows.flatMap((row, index) => {
      const [was, is] = [before[place][index], after[place][index]];
      if (was?.subject.type !== 'token' || is === undefined) return [];
      const there = place === 'megacorp' ? row.kind === 'classic' && row.user_id === cleo.id : concerned(row, place);
      const { person, token } = was.subject;
      const blocking = there ? newBlocking(person, token, { before: was.resource, after: is.resource }, now) : null;
      return blocking === null
        ? []
        : [`${row.id} ${place} ${blocking.reason} ${blocking.closes} ${blocking.policy.owner}`];
    });
  let [blocked, previews] = [0, 0];
  const compare = async (
    calls: typeof owner,
    url: string,
    patch: Patch,
    places: readonly (typeof PLACES)[number][],
  ) => {
    const told: string[] = [];
    const counted = await calls.call('POST', `${url}/preview?per_page=100`, patch);
    if (counted.status === 422) return;
    const { total_count, holders_count } = counted.body;
    const holders = new Set<number>();
    for (let page = 1; page <= Math.ceil(total_count / 100); page += 1) {
      const { body } = await calls.call('POST', `${url}/preview?per_page=100&page=${page}`, patch);
      for (const { id, holder, blocked_at } of body.tokens) {
        holders.add(holder.id);
        for (const { resource, reason, closes, policy } of blocked_at) {
          told.push(`${id} ${resource.id} ${reason} ${closes} ${policy.owner}`);
        }
      }
    }
    const before = await facts();
    const { status } = await calls.call('PATCH', url, patch);
    if (status !== 200) throw new Error(`${status}`);
    const after = await facts();
    const expected = places.flatMap((place) => blockings(before, after, place, new Date()));
    t.same([...told].sort(), [...expected].sort(), `${url} ${JSON.stringify(patch)}`);
    const tokens = new Set(expected.map((each) => Number.parseInt(each, 10)));
    t.equal(total_count, tokens.size);
    t.equal(holders_count, holders.size);
    blocked += expected.length;
    previews += 1;
  };
  await fc.assert(
    fc.asyncProperty(own, above, own, async (first, second, third) => {
      await compare(owner, POLICY, first, ['acme']);
      await compare(administrator, ABOVE, second, PLACES);
      await compare(world.boss, POLICY.replace('acme', 'initech'), third, ['initech']);
    }),
    // The first one blocks all that can be, whatever is drawn afterwards.
    { numRuns: cases({ short: 4, long: 60 }), examples: [[CLOSED, CLOSED, CLOSED]] },
  );
  t.ok(blocked > 100 && previews >= 3, `${blocked} would be blocked by ${previews} policies`);
});
