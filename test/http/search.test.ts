// AuthZEN's searches: shapes, pages and their tokens, what is not told, and how much work one request is.

import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { digestOf, newText } from '../../src/secrets.ts';
import { fillPage } from '../../src/use-cases/search/fill-page.ts';
import { type Asked, backendOf } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { statementsOf } from '../support/query-count.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

/** Ada owns acme, ben is a member of it with the base permission `read`; eve is a stranger; zoe works for another organization too. */
async function acme(t: Test) {
  const test = await buildTestApp(t);
  const { deps, inject } = test;
  const world = worldOf(deps);
  const [ada, ben] = [await world.person('ada'), await world.person('Ben')];
  const [eve, zoe] = [await world.person('eve'), await world.person('zoe')];
  const organization = await world.organization('Acme', ada);
  const other = await world.organization('other', eve);
  for (const each of [ben, zoe]) await world.member(organization, each);
  await world.member(other, zoe);
  const repositories = [];
  for (const name of ['web', 'api', 'docs', 'infra', 'zebra'])
    repositories.push(await world.repository(organization, name));
  const open = await world.repository(organization, 'open', 'public');
  await world.repository(other, 'secret');
  await world.repository(ben, 'notes');
  const client = await world.client(['evaluate']);
  const backend = backendOf(inject, client.authorization);
  return {
    ...test,
    world,
    rows: tokenRowsOf(deps),
    ada,
    ben,
    eve,
    zoe,
    organization,
    other,
    repositories,
    open,
    client,
    backend,
  };
}

const WEB = { type: 'repository', id: 'acme/web' };
const READ = { name: 'contents:read' };
const WRITE = { name: 'contents:write' };
const WHO_READS = { subject: { type: 'user' }, action: READ, resource: WEB };
const BEN = { type: 'user', id: 'ben' };
const BEN_READS = { subject: BEN, action: READ, resource: { type: 'repository' } };
const NOTHING = { page: { next_token: '', count: 0 }, results: [] };

/** For all tests that add nothing but tokens. */
const shared = await acme(t);

const idsOf = ({ body }: Asked): string[] => body.results.map((each: { id: string }) => each.id);

t.test('who, what and which: each in the shape of the standard, without a total', async (t) => {
  const { backend, rows, ada, organization } = shared;
  const who = await backend.search('subject', WHO_READS);
  t.equal(who.status, 200);
  t.same(who.body, {
    page: { next_token: '', count: 3 },
    results: ['ada', 'Ben', 'zoe'].map((id) => ({ type: 'user', id })),
  });
  t.ok(who.text.startsWith('{"page":'), 'the page comes first');
  const what = await backend.search('resource', BEN_READS);
  const own = ['web', 'api', 'docs', 'infra', 'zebra'].map((name) => `Acme/${name}`);
  t.same(
    what.body.results,
    [...own, 'Ben/notes'].map((id) => ({ type: 'repository', id })),
  );
  const which = await backend.search('action', { subject: BEN, resource: { type: 'organization', id: 'acme' } });
  t.ok(which.body.results.some(({ name }: { name: string }) => name === 'members:read'));
  t.notOk(which.body.results.some(({ name }: { name: string }) => name === 'members:write'));
  const token = await rows.fineGrained(ada, {
    owner: organization,
    selection: 'all',
    permissions: { issues: 'write' },
  });
  const by_token = await backend.search('action', { subject: { type: 'token', id: token.text }, resource: WEB });
  t.same(
    by_token.body.results,
    ['issues:read', 'issues:write', 'metadata:read'].map((name) => ({ name })),
  );
});

t.test('F2: resources are those reached otherwise than by public read, subjects all who may', async (t) => {
  const { backend, rows, ben, organization, open } = shared;
  const none = await rows.classic(ben);
  const weak = { ...BEN_READS, subject: { type: 'token', id: none.text } };
  t.same((await backend.search('resource', weak)).body, NOTHING);
  t.same(
    (await backend.search('resource', { ...BEN_READS, subject: { type: 'anonymous', id: 'anonymous' } })).body,
    NOTHING,
  );
  const who = await backend.search('subject', { ...WHO_READS, resource: { type: 'repository', id: open.full_name } });
  t.same(idsOf(who), ['ada', 'Ben', 'eve', 'zoe']);
  t.notOk(idsOf(await backend.search('resource', BEN_READS)).includes(open.full_name));
  const one = await rows.fineGrained(ben, { owner: organization, selection: 'all', permissions: { issues: 'read' } });
  const issues = {
    subject: { type: 'token', id: one.text },
    action: { name: 'issues:read' },
    resource: { type: 'repository' },
  };
  t.same(idsOf(await backend.search('resource', issues)).length, 5);
});

t.test('every type of resource is searched, and what an operation is about', async (t) => {
  const { backend, world, ada, zoe, organization } = await acme(t);
  await world.enterprise('galaxy', [organization], [zoe]);
  const what = async (type: string, name: string, subject: object = { type: 'user', id: 'zoe' }) =>
    idsOf(await backend.search('resource', { subject, action: { name }, resource: { type } }));
  t.same(await what('organization', 'members:read'), ['Acme', 'other']);
  t.same(await what('organization', 'members:write', { type: 'user', id: 'ada' }), [organization.login]);
  t.same(await what('user', 'emails:read'), ['zoe']);
  t.same(await what('enterprise', 'GET /enterprises/{enterprise}/settings/personal-access-tokens'), ['galaxy']);
  t.same(await what('organization', 'GET /orgs/{org}/teams'), ['Acme', 'other']);
  t.same(await what('repository', 'GET /orgs/{org}/teams'), [], 'an operation of another type');
  t.same(await what('user', 'GET /user', { type: 'user', id: ada.login }), ['ada']);
  t.same(await what('repository', 'nothing:read'), []);
  t.same(await what('team', 'members:read'), []);
});

t.test('F6: hidden, absent, unknown, dead: the same empty answer', async (t) => {
  const { backend, rows, world, eve, ben } = shared;
  const dead = await rows.classic(ben, { scopes: ['repo'], revoked_at: new Date() });
  const hidden = [
    ['subject', { ...WHO_READS, resource: { type: 'repository', id: 'acme/none' } }],
    ['subject', { ...WHO_READS, resource: { type: 'repository', id: 'x' } }],
    ['subject', { ...WHO_READS, resource: { type: 'spaceship', id: 'x' } }],
    ['subject', { ...WHO_READS, subject: { type: 'token' } }],
    ['subject', { ...WHO_READS, subject: { type: 'spaceship' } }],
    ['subject', { ...WHO_READS, action: { name: 'everything' } }],
    ['resource', { ...BEN_READS, subject: { type: 'user', id: 'nobody' } }],
    ['resource', { ...BEN_READS, subject: { type: 'token', id: dead.text } }],
    ['resource', { ...BEN_READS, subject: { type: 'token', id: await world.session(ben) } }],
    ['resource', { ...BEN_READS, subject: { type: 'robot', id: 'ben' } }],
    ['resource', { ...BEN_READS, subject: { type: 'user', id: eve.login }, action: WRITE, resource: { type: 'none' } }],
    ['action', { subject: { type: 'user', id: 'eve' }, resource: WEB }],
    ['action', { subject: { type: 'user', id: 'eve' }, resource: { type: 'repository', id: 'acme/none' } }],
    ['action', { subject: { type: 'user', id: 'nobody' }, resource: WEB }],
    ['action', { subject: { type: 'token', id: dead.text }, resource: WEB }],
  ] as const;
  for (const [type, question] of hidden) {
    const { status, body } = await backend.search(type, question);
    t.same([status, body], [200, NOTHING], JSON.stringify(question));
  }
});

t.test('a malformed search is 400; ids of what is searched and unknown members are ignored', async (t) => {
  const { backend, inject, client, world } = shared;
  const { subject, action, resource } = WHO_READS;
  const page = (wrong: unknown) => ({ ...WHO_READS, page: wrong });
  const malformed = [
    ['subject', { action, resource }],
    ['subject', { subject, resource }],
    ['subject', { subject, action }],
    ['subject', { subject, action, resource: { type: 'repository' } }],
    ['subject', { ...WHO_READS, subject: {} }],
    ['subject', { ...WHO_READS, context: 'now' }],
    ['subject', page([])],
    ...[0, 1001, -1, 1.5, '10', null].map((limit) => ['subject', page({ limit })] as const),
    ...['', 'x', 7, null, 'AAAA'.repeat(20)].map((token) => ['subject', page({ token })] as const),
    ['resource', { action, resource }],
    ['resource', { ...BEN_READS, subject: { type: 'user' } }],
    ['resource', { ...BEN_READS, resource: {} }],
    ['resource', { ...BEN_READS, resource: { type: 'repository', properties: { path: 7 } } }],
    ['action', { subject: BEN }],
    ['action', { resource: WEB }],
    ['action', { subject: BEN, resource: { type: 'repository' } }],
  ] as const;
  for (const [type, question] of malformed) {
    const answer = await backend.search(type, question);
    t.match(answer, { status: 400, body: { code: 'malformed_request' } }, `${type} ${JSON.stringify(question)}`);
  }
  const plain = (await backend.search('subject', WHO_READS)).text;
  const further = { ...WHO_READS, subject: { type: 'user', id: 7, further: 1 }, options: {}, context: { time: 'now' } };
  t.equal((await backend.search('subject', further)).text, plain);
  const of_id = { ...BEN_READS, resource: { type: 'repository', id: 'acme/none' } };
  t.equal((await backend.search('resource', of_id)).text, (await backend.search('resource', BEN_READS)).text);
  const post = (headers: Record<string, string>, payload: object | string = WHO_READS) =>
    inject({ method: 'POST', url: '/access/v1/search/subject', headers, payload });
  const own = { authorization: client.authorization };
  t.equal((await post({ ...own, 'x-request-id': 'bfe9eb29-ab87' })).headers['x-request-id'], 'bfe9eb29-ab87');
  t.equal((await post({ ...own, 'content-type': 'text/plain' }, JSON.stringify(WHO_READS))).statusCode, 400);
  t.equal(
    (await post({ ...own, 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(WHO_READS))).statusCode,
    200,
  );
  t.equal((await post({ ...own, 'content-type': 'application/json' }, '')).statusCode, 400);
  t.equal((await post({})).statusCode, 401);
  t.equal(
    (await post({ authorization: (await world.client(['introspect', 'gateway'])).authorization })).statusCode,
    403,
  );
});

t.test('a page token is of one question and one client: anything else is 400', async (t) => {
  const { backend, inject, world } = shared;
  const first = await backend.search('subject', { ...WHO_READS, page: { limit: 2 } });
  t.same(idsOf(first), ['ada', 'Ben']);
  const token: string = first.body.page.next_token;
  const next = (question: object, page: object = {}) =>
    backend.search('subject', { ...question, page: { token, ...page } });
  const rest = { page: { next_token: '', count: 1 }, results: [{ type: 'user', id: 'zoe' }] };
  t.same((await next(WHO_READS)).body, rest, 'the size of the first page goes on');
  t.same((await next(WHO_READS, { limit: 2 })).body, rest);
  const { subject, action, resource } = WHO_READS;
  const turned = {
    resource: { id: resource.id, type: resource.type },
    action,
    subject: { ...subject, id: 'x' },
    other: 1,
  };
  t.same((await next(turned)).body, rest, 'the order of members and what is ignored make no other question');
  const others = [
    { ...WHO_READS, action: WRITE },
    { ...WHO_READS, action: { ...READ, properties: { a: 1 } } },
    { ...WHO_READS, resource: { type: 'repository', id: 'acme/api' } },
    { ...WHO_READS, resource: { type: 'organization', id: 'acme/web' } },
    { ...WHO_READS, subject: { type: 'token' } },
    { ...WHO_READS, context: { time: 'now' } },
  ];
  for (const question of others) t.equal((await next(question)).status, 400, JSON.stringify(question));
  t.equal((await next(WHO_READS, { limit: 3 })).status, 400, 'another size');
  t.equal((await backend.search('resource', { ...BEN_READS, page: { token } })).status, 400, 'another search');
  const stranger = backendOf(inject, (await world.client(['evaluate'])).authorization);
  t.equal((await stranger.search('subject', { ...WHO_READS, page: { token } })).status, 400, 'another client');
  for (let index = 0; index < token.length; index += 1) {
    const letter = token[index] === 'A' ? 'B' : 'A';
    const altered = token.slice(0, index) + letter + token.slice(index + 1);
    const { status } = await backend.search('subject', { ...WHO_READS, page: { token: altered } });
    if (status !== 400) t.fail(`altered at ${index}: ${status}`);
  }
  for (const altered of [
    `${token}A`,
    `${token}=`,
    ` ${token}`,
    token.slice(1),
    token.slice(0, -1),
    token.slice(0, 30),
  ]) {
    t.equal((await backend.search('subject', { ...WHO_READS, page: { token: altered } })).status, 400, altered);
  }
  t.notMatch(Buffer.from(token, 'base64url').toString('latin1'), /ben/i, 'it tells nothing');
});

t.test('pages stay in order while what they show is deleted', async (t) => {
  const { backend, deps, repositories } = await acme(t);
  const remove = (name: string) =>
    deps.db
      .deleteFrom('repositories')
      .where('id', '=', repositories.find((each) => each.name === name)?.id ?? 0)
      .execute();
  const first = await backend.search('resource', { ...BEN_READS, page: { limit: 2 } });
  t.same(idsOf(first), ['Acme/web', 'Acme/api']);
  for (const name of ['web', 'api', 'infra']) await remove(name);
  const { token, rest } = { token: first.body.page.next_token, rest: ['Acme/docs', 'Acme/zebra'] };
  const second = await backend.search('resource', { ...BEN_READS, page: { token } });
  t.same(idsOf(second), rest);
  await deps.db.updateTable('users').set({ suspended_at: new Date() }).where('email', 'like', 'ada@%').execute();
  const last = await backend.search('resource', { ...BEN_READS, page: { token: second.body.page.next_token } });
  t.same([idsOf(last), last.body.page.next_token], [['Ben/notes'], '']);
  t.same(idsOf(await backend.search('subject', { ...WHO_READS, resource: { type: 'repository', id: 'acme/docs' } })), [
    'Ben',
    'zoe',
  ]);
});

t.test('T6: a client of some organizations finds nothing beyond them', async (t) => {
  const { inject, world, rows, organization, other, eve, zoe, repositories, open } = await acme(t);
  const bound = backendOf(inject, (await world.client(['evaluate'], [organization])).authorization);
  const [web] = repositories;
  if (web === undefined) throw new Error('there is no repository');
  await world.collaborator(web, eve, 'admin');
  t.same(
    idsOf(await bound.search('subject', WHO_READS)),
    ['ada', 'Ben', 'zoe'],
    'a collaborator from outside is unknown',
  );
  const who_reads_open = { ...WHO_READS, resource: { type: 'repository', id: open.full_name } };
  t.same(idsOf(await bound.search('subject', who_reads_open)), ['ada', 'Ben', 'zoe']);
  const secret = { type: 'repository', id: 'other/secret' };
  t.same((await bound.search('subject', { ...WHO_READS, resource: secret })).body, NOTHING, 'nor who works elsewhere');
  const of_zoe = { type: 'user', id: 'zoe' };
  const what = await bound.search('resource', { ...BEN_READS, subject: of_zoe });
  t.same(idsOf(what).length, 5, 'nor on what');
  t.notOk(idsOf(what).includes('other/secret'));
  t.same((await bound.search('action', { subject: of_zoe, resource: secret })).body, NOTHING);
  const organizations = { subject: of_zoe, action: { name: 'members:read' }, resource: { type: 'organization' } };
  t.same(idsOf(await bound.search('resource', organizations)), ['Acme']);
  t.same((await bound.search('resource', { ...BEN_READS, subject: { type: 'user', id: 'eve' } })).body, NOTHING);
  const foreign = await rows.fineGrained(zoe, { owner: other, selection: 'all', permissions: { contents: 'read' } });
  const classic = await rows.classic(zoe, { scopes: ['repo'] });
  const by = (text: string) => bound.search('resource', { ...BEN_READS, subject: { type: 'token', id: text } });
  t.same((await by(foreign.text)).body, NOTHING);
  t.same(idsOf(await by(classic.text)).length, 5);
  const self = { subject: of_zoe, action: { name: 'emails:read' }, resource: { type: 'user' } };
  t.same(idsOf(await bound.search('resource', self)), ['zoe']);
});

t.test('T3: an exchanged text reaches what it was narrowed to', async (t) => {
  const { backend, deps, rows, ben, client, repositories } = shared;
  const token = await rows.classic(ben, { scopes: ['repo'] });
  const text = newText('exchanged', deps.config.token_prefix);
  const { id: client_id } = await deps.db
    .selectFrom('clients')
    .select('id')
    .where('client_id', '=', client.client_id)
    .executeTakeFirstOrThrow();
  const now = Date.now();
  const { id } = await deps.db
    .insertInto('exchanged_tokens')
    .values({
      ...{ digest: digestOf(text), secret_digest: token.digest, depth: 1, client_id, scopes: ['repo'], actor_ids: [] },
      ...{ issued_at: new Date(now), expires_at: new Date(now + 600_000), narrows_repositories: true },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const [, api] = repositories;
  await deps.db
    .insertInto('exchanged_token_repositories')
    .values({ exchanged_token_id: id, repository_id: api?.id ?? 0 })
    .execute();
  const subject = { type: 'token', id: text };
  t.same(idsOf(await backend.search('resource', { ...BEN_READS, subject })), ['Acme/api']);
  t.same((await backend.search('action', { subject, resource: WEB })).body, NOTHING);
});

t.test('M9: a text that is searched with is used, an id is not', async (t) => {
  const { backend, rows, ben, deps } = shared;
  const [by_text, by_id, of_actions] = [await rows.classic(ben), await rows.classic(ben), await rows.classic(ben)];
  await backend.search('resource', { ...BEN_READS, subject: { type: 'token', id: by_text.text } });
  await backend.search('resource', { ...BEN_READS, subject: { type: 'token', id: String(by_id.id) } });
  await backend.search('action', { subject: { type: 'token', id: of_actions.text }, resource: WEB });
  await deps.last_use.flush();
  const used = await deps.db
    .selectFrom('tokens')
    .select('id')
    .where('last_used_at', 'is not', null)
    .where('id', 'in', [by_text.id, by_id.id, of_actions.id])
    .orderBy('id')
    .execute();
  t.same(used, [{ id: by_text.id }, { id: of_actions.id }]);
});

t.test('a page of a large directory is a few statements, whatever is asked', async (t) => {
  const { backend, deps, rows, world, ben, organization } = await acme(t);
  const fill = [
    sql`insert into accounts (type, login) select 'User', 'person-' || i from generate_series(1, 3000) i`,
    sql`insert into users (id, email) select id, login || '@example.test' from accounts where login like 'person-%'`,
    sql`insert into memberships (organization_id, user_id, role)
      select ${organization.id}, id, 'member' from accounts where login like 'person-%'`,
    sql`insert into repositories (owner_id, name, visibility)
      select ${organization.id}, 'repository-' || i, 'private' from generate_series(1, 3000) i`,
    sql`analyze`,
  ];
  for (const statement of fill) await statement.execute(deps.db);
  const restricted = await rows.classic(ben, { scopes: ['repo'] });
  const by_token = { ...BEN_READS, subject: { type: 'token', id: restricted.text } };
  const asked = async (type: 'subject' | 'resource', question: object, limit: number) => {
    let answer: Asked | undefined;
    const put = await statementsOf(async () => {
      answer = await backend.search(type, { ...question, page: { limit } });
    });
    return { count: answer?.body.page.count, more: answer?.body.page.next_token !== '', statements: put.length };
  };
  await asked('subject', WHO_READS, 1);
  for (const [type, question] of [
    ['subject', WHO_READS],
    ['resource', BEN_READS],
    ['resource', by_token],
  ] as const) {
    // The resource or the subject; then candidates and their facts.
    t.same(await asked(type, question, 100), { count: 100, more: true, statements: 3 });
    t.same(await asked(type, question, 1000), { count: 1000, more: true, statements: 3 });
  }
  t.same(await asked('subject', { ...WHO_READS, action: { name: 'administration:write' } }, 100), {
    count: 1,
    more: false,
    statements: 3,
  });
  t.same(await asked('resource', { ...BEN_READS, action: { name: 'everything' } }, 100), {
    count: 0,
    more: false,
    statements: 1,
  });
  await world.setPolicy(organization, { classic_tokens: 'restricted' });
  t.same(
    await asked('resource', by_token, 100),
    { count: 1, more: false, statements: 4 },
    'an organization that is closed is passed over',
  );
});

t.test('pages are filled from candidates: all that count, each once, a bounded number looked at', async (t) => {
  const numbers = Array.from({ length: 20_000 }, (_, index) => index + 1);
  const present = new Set(numbers);
  const rarely = (of: number) => numbers.filter((each) => each % of === 0);
  for (const [of, limit] of [
    [1, 1000],
    [7, 100],
    [1900, 1],
    [30_000, 7],
  ] as const) {
    let [after, looked_at_max] = [null as string | null, 0];
    const found: number[] = [];
    do {
      let looked_at = 0;
      const page = await fillPage<number, number>(
        {
          list: async (from, count) => numbers.slice(Number(from ?? 0), Number(from ?? 0) + count),
          placeOf: String,
          judge: async (candidates) => {
            looked_at += candidates.length;
            return candidates.map((each) => (present.has(each) && each % of === 0 ? each : null));
          },
        },
        { limit, after },
      );
      t.ok(page.results.length <= limit);
      found.push(...page.results);
      looked_at_max = Math.max(looked_at_max, looked_at);
      after = page.next;
    } while (after !== null);
    t.same(found, rarely(of), `one of ${of}, ${limit} a page`);
    t.ok(looked_at_max <= 6005, `${looked_at_max} looked at`);
  }
});
