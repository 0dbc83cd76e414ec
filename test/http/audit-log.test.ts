// The audit logs through HTTP (L1, L2, contract 7 and 10): who reads what, search, cursors, and pages that stay as they are
// while others write.

import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { databaseOver, openPool } from '../../src/db/pool.ts';
import { type Caller, SYSTEM_CALLER } from '../../src/domain/caller.ts';
import type { PersonFacts } from '../../src/domain/facts.ts';
import { digestOf } from '../../src/secrets.ts';
import type { AuditQuery } from '../../src/use-cases/audit/audit-question.ts';
import { type AuditPage, readAuditLog, type SearchBounds } from '../../src/use-cases/audit/read-audit-log.ts';
import { verifyAudit } from '../../src/use-cases/audit/verify-audit.ts';
import { directoryApp } from '../support/directory-app.ts';
import { cases } from '../support/effort.ts';
import { numbersFrom } from '../support/numbers.ts';
import { bearer, tokensOf } from '../support/world.ts';

async function galaxy(t: Test) {
  const app = await directoryApp(t);
  const { world, deps } = app;
  const olga = await world.person('olga');
  const rita = await world.person('rita');
  const gene = await world.person('gene');
  const acme = await world.organization('acme', olga);
  const other = await world.organization('other', gene);
  await world.member(acme, rita);
  await world.enterprise('milky-way', [acme], [gene]);
  const as = { olga: await world.session(olga), rita: await world.session(rita), gene: await world.session(gene) };
  /** Entries straight into the table: what is under test is how they are read. */
  const write = (db: typeof deps.db, org: { id: number } | null, action: string, more: Record<string, unknown> = {}) =>
    db
      .insertInto('audit_entries')
      .values({ action, org_id: org?.id ?? null, operation_type: 'modify', outcome: 'done', data: '{}', ...more })
      .returning('id')
      .executeTakeFirstOrThrow();
  return { ...app, olga, rita, gene, acme, other, as, write, tokens: tokensOf(app) };
}
type Galaxy = Awaited<ReturnType<typeof galaxy>>;

const ORG = '/orgs/acme/audit-log';
/** How often each search is walked, in windows and on pages of sizes drawn anew. */
const ROUNDS = cases({ short: 2, long: 12 });
const phrased = (path: string, phrase: string) => `GET ${path}?phrase=${encodeURIComponent(phrase)}` as const;

function linksOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const links = String(headers.link ?? '').matchAll(/<([^>]*)>; rel="([a-z]+)"/g);
  return Object.fromEntries(
    [...links].map(([, url = '', rel = '']) => [rel, new URL(url).pathname + new URL(url).search]),
  );
}

/** The ids of a walk along one relation of `Link`, page by page. */
async function walk(
  { call }: Galaxy,
  as: string,
  start: string,
  rel = 'next',
  between: () => Promise<void> = async () => {},
) {
  const pages: string[][] = [];
  for (let url: string | undefined = start; url !== undefined; ) {
    const answer = await call(as, `GET ${url}`);
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${answer.text}`);
    pages.push(answer.body.map((each: { _document_id: string }) => each._document_id));
    url = linksOf(answer.headers)[rel];
    await between();
  }
  return pages;
}

t.test('L2: an entry names who did what with which credential, from where, and never the credential', async (t) => {
  const { inject, call, as, olga, acme, tokens } = await galaxy(t);
  const wide = await tokens.classicToken(as.olga, { name: 'wide', scopes: ['admin:org', 'read:audit_log'] });
  const renamed = await inject({
    method: 'PATCH',
    url: '/orgs/acme',
    headers: { ...bearer(wide.token), 'user-agent': 'a test', 'x-request-id': 'the-request' },
    payload: { profile_name: 'Acme' },
  });
  t.equal(renamed.statusCode, 200, renamed.body);
  const { body, text, headers } = await call(wide.token, `GET ${ORG}`);
  t.match(headers['content-type'], /^application\/json/);
  t.equal(body.length, 1);
  t.match(body[0], {
    action: 'org.update',
    actor: 'olga',
    actor_id: olga.id,
    actor_ip: '127.0.0.1',
    actor_is_bot: false,
    user_agent: 'a test',
    org: 'acme',
    org_id: acme.id,
    business: null,
    repo: null,
    repository: null,
    request_access_security_header: null,
    token_id: wide.id,
    hashed_token: digestOf(wide.token),
    token_scopes: 'admin:org read:audit_log',
    programmatic_access_type: 'Personal access token (classic)',
    managed_token_id: null,
    managed_hashed_token: null,
    request_id: 'the-request',
    operation_type: 'modify',
    outcome: 'done',
    reason: null,
  });
  t.equal(body[0]['@timestamp'], body[0].created_at);
  t.ok(Number.isInteger(body[0].created_at) && body[0].created_at > 1e12, 'milliseconds');
  t.type(body[0]._document_id, 'string');
  t.notMatch(text, wide.token);

  t.test('by a session there is no credential', async (t) => {
    await call(as.olga, 'PATCH /orgs/acme', { profile_name: null });
    const [entry] = (await call(as.olga, `GET ${ORG}`)).body;
    t.match(entry, { actor: 'olga', token_id: null, hashed_token: null, token_scopes: null });
    t.equal(entry.programmatic_access_type, null);
  });
});

t.test('L1: who is put somewhere is one entry, once more the same is none', async (t) => {
  const { call, as, world, acme, entries } = await galaxy(t);
  await world.repository(acme, 'engine');
  await world.team(acme, 'core');
  const issuer = { issuer: 'https://login.example', audience: 'a', jwks_uri: 'https://login.example/keys' };
  const calls: readonly (readonly [`PUT /${string}`, object, object, string])[] = [
    ['PUT /orgs/acme/memberships/gene', { role: 'admin' }, { role: 'member' }, 'org.add_member org.update_member'],
    [
      'PUT /repos/acme/engine/collaborators/gene',
      { permission: 'push' },
      { permission: 'pull' },
      'repo.add_member repo.update_member',
    ],
    ['PUT /orgs/acme/teams/core/memberships/gene', {}, {}, 'team.add_member'],
    [
      'PUT /orgs/acme/teams/core/repos/acme/engine',
      { permission: 'push' },
      { permission: 'pull' },
      'team.add_repository team.add_repository',
    ],
    ['PUT /orgs/acme/token-reviewers/gene', {}, {}, 'org.add_token_reviewer'],
    ['PUT /orgs/acme/sso', { ...issuer, required: true }, { ...issuer, required: false }, 'org.sso_set org.sso_set'],
  ];
  await entries();
  for (const [line, first, second, expected] of calls) {
    for (const body of [first, first, second, second]) {
      const { status, text } = await call(as.olga, line, Object.keys(body).length === 0 ? undefined : body);
      t.ok(status === 200 || status === 204, `${line}: ${status} ${text}`);
    }
    t.equal((await entries()).map(({ action }) => action).join(' '), expected, line);
  }
});

t.test('L2: one entry stands in every log that it concerns, and in no other', async (t) => {
  const app = await galaxy(t);
  const { call, as, acme, write, deps, olga } = app;
  t.equal((await call(as.olga, 'PUT /orgs/acme/memberships/rita', { role: 'admin' })).status, 200);
  await call(as.olga, 'PUT /orgs/acme/memberships/rita', { role: 'member' });
  const idsIn = async (who: string, url: string) => (await walk(app, who, url)).flat();
  const [newest] = await idsIn(as.olga, ORG);
  t.ok(newest);
  t.ok((await idsIn(as.olga, '/user/security-log')).includes(newest ?? ''), 'of who did it');
  t.ok((await idsIn(as.rita, '/user/security-log')).includes(newest ?? ''), 'of whom it concerns');
  t.same(await idsIn(as.gene, '/user/security-log'), []);
  t.same(await idsIn(as.gene, '/orgs/other/audit-log'), []);
  t.same(
    await idsIn(as.gene, '/enterprises/milky-way/audit-log'),
    [],
    'an enterprise sees not what its organizations do',
  );

  const { enterprise_id } = await deps.db
    .selectFrom('organizations')
    .select('enterprise_id')
    .where('id', '=', acme.id)
    .executeTakeFirstOrThrow();
  const both = await write(deps.db, acme, 'business.add_organization', {
    business_id: enterprise_id,
    actor_id: olga.id,
    user_id: olga.id,
  });
  t.same(await idsIn(as.gene, '/enterprises/milky-way/audit-log'), [String(both.id)]);
  t.equal((await idsIn(as.olga, ORG))[0], String(both.id));
  t.equal((await idsIn(as.olga, '/user/security-log')).filter((id) => id === String(both.id)).length, 1, 'once');

  t.test('what concerns two organizations, or two people, is one entry in the logs of both', async (t) => {
    const { world, gene, rita, other } = app;
    const admin = await world.session(await world.person('root', { site_admin: true }));
    const names = async (who: string, url: string) => {
      const { body } = await call(who, `GET ${url}?per_page=1`);
      const [{ action, outcome, also_concerns = [], _document_id: id }] = body;
      return [id, action, outcome, ...also_concerns.map((each: { type: string; name: string }) => each.name)];
    };
    await world.member(other, olga, 'admin');
    await world.repository(acme, 'engine');
    t.equal((await call(as.olga, 'POST /repos/acme/engine/transfer', { new_owner: 'other' })).status, 202);
    const transferred = await names(as.olga, ORG);
    t.same(transferred.slice(1), ['repo.transfer', 'done', 'other']);
    t.same(await names(as.gene, '/orgs/other/audit-log'), transferred);
    t.same(await names(as.olga, '/user/security-log'), transferred);

    await world.organization('third', gene);
    t.equal((await call(as.olga, 'POST /repos/other/engine/transfer', { new_owner: 'third' })).status, 403);
    const refused = await names(as.gene, '/orgs/third/audit-log');
    t.same(refused.slice(1), ['repo.transfer', 'refused', 'third']);
    t.same(await names(as.gene, '/orgs/other/audit-log'), refused);

    const own = await world.repository(rita, 'diary');
    await world.collaborator(own, olga, 'admin');
    t.equal((await call(as.olga, 'PUT /repos/rita/diary/collaborators/gene', { permission: 'pull' })).status, 204);
    const added = await names(as.rita, '/user/security-log');
    t.same(added.slice(1), ['repo.add_member', 'done', 'rita'], 'whose repository it is');
    t.same(await names(as.gene, '/user/security-log'), added);
    t.equal((await call(as.olga, 'DELETE /repos/rita/diary/collaborators/gene')).status, 204);
    t.same((await names(as.rita, '/user/security-log')).slice(1), ['repo.remove_member', 'done', 'rita']);

    t.equal((await call(as.olga, 'PUT /enterprises/milky-way/organizations/other')).status, 403);
    const tried = await names(as.gene, '/enterprises/milky-way/audit-log');
    t.same(tried.slice(1), ['business.add_organization', 'refused']);
    t.equal((await call(as.olga, 'PUT /users/rita/suspended', {})).status, 403);
    t.same((await names(as.rita, '/user/security-log')).slice(1), ['user.suspend', 'refused']);
    t.equal((await call(admin, 'PUT /users/rita/suspended', {})).status, 204);
    t.same((await verifyAudit(deps.db)).findings, []);
  });
});

t.test('L2, F5: who may read which log', async (t) => {
  const { call, as, world, acme, tokens, gene } = await galaxy(t);
  const stranger = await world.session(await world.person('stranger'));
  const LOGS = [ORG, '/enterprises/milky-way/audit-log', '/user/security-log'] as const;
  const statuses = (who: string | null) => Promise.all(LOGS.map(async (log) => (await call(who, `GET ${log}`)).status));
  t.same(await statuses(null), [401, 401, 401]);
  t.same(await statuses(as.olga), [200, 404, 200], 'an owner');
  t.same(await statuses(as.rita), [403, 404, 200], 'a member');
  t.same(await statuses(stranger), [403, 404, 200], 'a stranger');
  t.same(
    await statuses(as.gene),
    [403, 200, 200],
    'an enterprise administrator has no rights inside its organizations',
  );
  t.equal((await call(as.olga, 'GET /orgs/absent/audit-log')).status, 404);
  t.equal((await call(as.olga, 'GET /enterprises/absent/audit-log')).status, 404);

  const classic = async (session: string, ...scopes: string[]) =>
    (await tokens.classicToken(session, { scopes })).token;
  t.same(await statuses(await classic(as.olga, 'read:audit_log')), [200, 404, 200]);
  t.same(await statuses(await classic(as.olga, 'audit_log')), [200, 404, 200]);
  t.same(await statuses(await classic(as.olga, 'repo', 'user')), [403, 404, 403]);
  t.same(await statuses(await classic(as.olga)), [403, 404, 403]);
  t.same(
    await statuses(await classic(as.rita, 'read:audit_log')),
    [403, 404, 200],
    'a scope adds nothing to the person',
  );
  t.same(await statuses(await classic(as.gene, 'read:audit_log')), [403, 200, 200]);

  const fine = async (session: string, resource_owner: string, permissions: Record<string, string>) =>
    (await tokens.fineGrainedToken(session, { resource_owner, permissions, repository_selection: 'none' })).token;
  t.same(await statuses(await fine(as.olga, 'acme', { organization_administration: 'read' })), [200, 404, 403]);
  t.same(await statuses(await fine(as.olga, 'acme', { members: 'write' })), [403, 404, 403]);
  t.same(await statuses(await fine(as.rita, 'acme', { organization_administration: 'read' })), [403, 404, 403]);
  t.same(await statuses(await fine(as.olga, 'olga', { plan: 'read' })), [403, 404, 403], 'not even the own log');
  await world.member(acme, gene, 'admin');
  t.same(
    await statuses(await fine(as.gene, 'acme', { organization_administration: 'read' })),
    [200, 403, 403],
    'a fine-grained token reaches no enterprise (K6)',
  );
  await world.setPolicy(acme, { classic_tokens: 'restricted' });
  t.same(await statuses(await classic(as.olga, 'read:audit_log')), [403, 404, 200]);
});

t.test('L2: the phrase finds what it names', async (t) => {
  const app = await galaxy(t);
  const { call, as, write, deps, acme, olga, rita } = app;
  const digest = digestOf('somebody');
  const other_digest = digestOf('somebody else');
  const row = (action: string, more: Record<string, unknown>) => write(deps.db, acme, action, more);
  const ids = {
    team: await row('team.create', { actor: 'olga', actor_id: olga.id, created_at: new Date('2020-01-01T00:00:00Z') }),
    member: await row('team.add_member', {
      ...{ actor: 'rita', user: 'Olga', created_at: new Date('2020-01-31T23:59:59.999Z') },
    }),
    acted: await row('repo.create', {
      ...{ actor: 'olga', repo: 'acme/Engine', token_id: 7, hashed_token: digest },
      ...{ operation_type: 'create', created_at: new Date('2020-02-01T00:00:00Z'), actor_ip: '::1' },
    }),
    acted_on: await row('personal_access_token.access_granted', {
      ...{ managed_token_id: 7, managed_hashed_token: digest, user: 'rita', user_id: rita.id },
    }),
    refused: await row('org.update', { outcome: 'refused', reason: 'role_missing', request_id: 'a "b"', token_id: 8 }),
    teams: await row('teams.create', { hashed_token: other_digest }),
  };
  const names = new Map(Object.entries(ids).map(([name, { id }]) => [String(id), name]));
  const find = async (phrase: string) => {
    const answer = await call(as.olga, phrased(ORG, phrase));
    t.equal(answer.status, 200, `${phrase}: ${answer.text}`);
    return answer.body.map((each: { _document_id: string }) => names.get(each._document_id)).sort();
  };
  const found: Readonly<Record<string, readonly string[]>> = {
    '': Object.keys(ids).sort(),
    'action:team': ['member', 'team'],
    'action:team.*': ['member', 'team'],
    'action:team.create': ['team'],
    'action:team*': ['member', 'team', 'teams'],
    'action:Team.create action:repo.create': ['acted', 'team'],
    '-action:team -action:teams.create -action:repo': ['acted_on', 'refused'],
    'actor:OLGA': ['acted', 'team'],
    '-actor:olga': ['acted_on', 'member', 'refused', 'teams'],
    'user:olga': ['member'],
    'actor:olga user:olga': [],
    'repo:acme/engine': ['acted'],
    'repo:engine': ['acted'],
    'repo:other/engine': [],
    'token_id:7': ['acted', 'acted_on'],
    '-token_id:7': ['member', 'refused', 'team', 'teams'],
    [`hashed_token:"${digest}"`]: ['acted', 'acted_on'],
    [`hashed_token:${other_digest}`]: ['teams'],
    'created:2020-01-01': ['team'],
    'created:<2020-02-01': ['member', 'team'],
    'created:<=2020-01-31': ['member', 'team'],
    'created:2020-01-31..2020-02-01': ['acted', 'member'],
    'created:>=2020-02-01 created:<2020-02-02': ['acted'],
    'created:>2020-02-01': ['acted_on', 'refused', 'teams'],
    '-created:>2020-02-01': ['acted', 'member', 'team'],
    'operation:create': ['acted'],
    'outcome:refused': ['refused'],
    'reason:role_missing': ['refused'],
    'request_id:"A \\"b\\""': ['refused'],
    'ip:::1': ['acted'],
    'org:acme': [],
    "actor:o'lga": [],
    'actor:"%"': [],
  };
  for (const [phrase, expected] of Object.entries(found)) t.same(await find(phrase), expected, phrase);

  t.test('a phrase that is not understood is 422, and names the member', async (t) => {
    for (const phrase of [
      'free text',
      'colour:red',
      'created:yesterday',
      'hashed_token:x',
      'token_id:x',
      'a'.repeat(2000),
    ]) {
      const answer = await call(as.olga, phrased(ORG, phrase));
      t.equal(answer.status, 422, phrase);
      t.match(answer.body.errors[0], { field: 'phrase', code: 'invalid' }, phrase);
    }
    for (const query of ['order=up', 'per_page=0', 'per_page=x', 'phrase=actor:%00']) {
      t.equal((await call(as.olga, `GET ${ORG}?${query}`)).status, 422, query);
    }
  });
});

t.test('L2: pages follow each other in both orders and both ways, each entry once', async (t) => {
  const app = await galaxy(t);
  const { call, as, write, deps, acme, other } = app;
  const all: string[] = [];
  for (let n = 0; n < 11; n += 1) {
    all.push(String((await write(deps.db, acme, n % 2 === 0 ? 'team.create' : 'team.destroy')).id));
    await write(deps.db, other, 'team.create');
  }
  const newest_first = [...all].reverse();
  t.same((await walk(app, as.olga, `${ORG}?per_page=3`)).flat(), newest_first);
  t.same((await walk(app, as.olga, `${ORG}?per_page=3&order=asc`)).flat(), all);
  t.same((await walk(app, as.olga, `${ORG}?per_page=11`)).length, 1);
  const creations = all.filter((_, n) => n % 2 === 0);
  t.same((await walk(app, as.olga, `${ORG}?per_page=2&order=asc&phrase=action:team.create`)).flat(), creations);

  const second = linksOf((await call(as.olga, `GET ${ORG}?per_page=4`)).headers).next ?? '';
  const answer = await call(as.olga, `GET ${second}`);
  const links = linksOf(answer.headers);
  t.same(Object.keys(links).sort(), ['first', 'next', 'prev']);
  t.same(
    answer.body.map((each: { _document_id: string }) => each._document_id),
    newest_first.slice(4, 8),
  );
  t.same((await walk(app, as.olga, links.prev ?? '', 'prev')).flat(), newest_first.slice(0, 4));
  t.same((await walk(app, as.olga, links.first ?? '')).flat(), newest_first);
  const third = linksOf((await call(as.olga, `GET ${links.next}`)).headers);
  t.notOk('next' in third, 'the last page leads no further');
  t.same((await walk(app, as.olga, third.prev ?? '', 'prev')).flat(), [
    ...newest_first.slice(4, 8),
    ...newest_first.slice(0, 4),
  ]);
});

t.test('contract 10: a cursor that is malformed, forged, of another log, caller, phrase or order is 422', async (t) => {
  const app = await galaxy(t);
  const { call, as, world, write, deps, acme, other, gene, olga, tokens } = app;
  await world.member(acme, gene, 'admin');
  await world.member(other, olga, 'admin');
  for (let n = 0; n < 3; n += 1) {
    await write(deps.db, acme, 'team.create');
    await write(deps.db, other, 'team.create');
  }
  const cursorOf = async (who: string, url: string) =>
    new URL(`http://x${linksOf((await call(who, `GET ${url}`)).headers).next}`).searchParams.get('after') ?? '';
  const cursor = await cursorOf(as.olga, `${ORG}?per_page=1`);
  t.equal((await call(as.olga, `GET ${ORG}?after=${cursor}`)).status, 200);
  t.equal((await call(as.olga, `GET ${ORG}?after=${cursor}&per_page=50`)).status, 200, 'the size of pages is free');
  const again = await world.session(olga);
  t.equal((await call(again, `GET ${ORG}?before=${cursor}`)).status, 200, 'the same person in another session');
  const token = await tokens.classicToken(as.olga, { scopes: ['read:audit_log'] });
  t.equal((await call(token.token, `GET ${ORG}?after=${cursor}`)).status, 200, 'or by a token');

  const bytes = Buffer.from(cursor, 'base64url');
  const flipped = Array.from(bytes, (_, n) => {
    const changed = Buffer.from(bytes);
    changed[n] = (changed[n] ?? 0) ^ 1;
    return changed.toString('base64url');
  });
  const malformed = [
    '',
    'x',
    '1',
    `${cursor}A`,
    cursor.slice(1),
    `${cursor}=`,
    '%20',
    '%00',
    'A'.repeat(43),
    'é',
    'A'.repeat(2000),
  ];
  for (const text of [...malformed, ...flipped]) {
    for (const name of ['after', 'before']) {
      const answer = await call(as.olga, `GET ${ORG}?${name}=${encodeURIComponent(decodeURIComponent(text))}`);
      t.equal(answer.status, 422, `${name}=${text}`);
      t.equal(answer.body.code, 'validation_failed');
      if (text !== '%00') t.match(answer.body.errors, [{ field: name }], `${name}=${text}`);
    }
  }
  t.equal((await call(as.gene, `GET ${ORG}?after=${cursor}`)).status, 422, 'of another caller');
  t.equal((await call(as.olga, `GET /orgs/other/audit-log?after=${cursor}`)).status, 422, 'of another log');
  t.equal((await call(as.olga, `GET ${ORG}?after=${cursor}&order=asc`)).status, 422, 'of another order');
  t.equal((await call(as.olga, `GET ${ORG}?after=${cursor}&phrase=action:team`)).status, 422, 'of another phrase');
});

t.test('L2: who commits late is neither missed nor shown twice, whichever id came first', async (t) => {
  const app = await galaxy(t);
  const { as, write, deps, acme, olga } = app;
  const pool = openPool({
    url: deps.config.database_url ?? (await urlOf(app)),
    connections_max: 2,
    request_timeout_ms: 20_000,
    onIdleError: () => undefined,
  });
  const second = databaseOver(pool);
  t.teardown(() => second.destroy());
  const own = { actor_id: olga.id };

  for (const [log, order] of [
    [ORG, 'asc'],
    [ORG, 'desc'],
    ['/user/security-log', 'asc'],
    ['/user/security-log', 'desc'],
  ] as const) {
    const early = await second.startTransaction().execute();
    const late_to_commit = await write(early, acme, 'team.create', own); // its id is the lower one
    const quick = [];
    for (let n = 0; n < 5; n += 1) quick.push(String((await write(deps.db, acme, 'team.destroy', own)).id));
    t.ok(Number(quick[0]) > late_to_commit.id);
    const before = (await walk(app, as.olga, `${log}?order=${order}`)).flat();
    t.notOk(before.includes(String(late_to_commit.id)), 'what is not committed is not there');
    let committed = false;
    const seen = (
      await walk(app, as.olga, `${log}?per_page=2&order=${order}`, 'next', async () => {
        if (!committed) await early.commit().execute(); // between the first page and the second
        committed = true;
      })
    ).flat();
    t.equal(new Set(seen).size, seen.length, `${log} ${order}: nothing twice`);
    for (const id of before) t.ok(seen.includes(id), `${log} ${order}: ${id}`);
    // From the oldest on, the walk comes to what was committed meanwhile; from the newest on, it had begun before.
    t.equal(seen.includes(String(late_to_commit.id)), order === 'asc', `${log} ${order}: the late one`);
    if (order === 'asc') t.equal(seen.at(-1), String(late_to_commit.id), 'in the order of commits');
    t.equal((await walk(app, as.olga, log)).flat()[0], String(late_to_commit.id), 'it is the newest');
  }
});

t.test('L2: a reader who walks on while many write sees every entry once', async (t) => {
  const app = await galaxy(t);
  const { as, write, deps, acme, other, olga, inject } = app;
  const WRITES = 60;
  const written: string[] = [];
  let writing = true;
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let n = 0; n < WRITES; n += 1) {
      await deps.db.transaction().execute(async (transaction) => {
        const first = await write(transaction, acme, 'team.create', { actor_id: olga.id });
        if (n % 3 === writer % 3) await sql`select pg_sleep(0.004)`.execute(transaction);
        const then = await write(transaction, n % 2 === 0 ? acme : other, 'team.destroy', { actor_id: olga.id });
        written.push(String(first.id), String(then.id));
      });
    }
  });
  const all = Promise.all(writers).then(() => {
    writing = false;
  });
  const seen: string[] = [];
  let url = '/user/security-log?order=asc&per_page=7';
  for (;;) {
    const was_writing = writing;
    const answer = await inject({ url, headers: bearer(as.olga) });
    const page = answer.json().map((each: { _document_id: string }) => each._document_id);
    const next = linksOf(answer.headers).next;
    if (next !== undefined) {
      seen.push(...page);
      url = next;
      continue;
    }
    if (!was_writing) {
      seen.push(...page);
      break;
    }
  }
  await all;
  t.equal(seen.length, written.length);
  t.same([...seen].sort(), [...written].sort());
});

t.test(
  'L2: a search looks at so much of a log a page, and leads on: what was found together is what there is',
  async (t) => {
    const { deps, acme, other, olga, write } = await galaxy(t);
    const digest = digestOf('somebody');
    const below = numbersFrom(7);
    const all: { id: string; action: string; actor: string; token: boolean }[] = [];
    for (let n = 0; n < 50; n += 1) {
      const action = ['team.create', 'team.destroy', 'repo.create'][below(3)] ?? '';
      const [actor, token] = [n === 33 ? 'rare' : 'olga', below(9) === 0];
      const more = { actor, ...(token && { managed_token_id: 7, managed_hashed_token: digest }) };
      const { id } = await write(deps.db, acme, action, more);
      await write(deps.db, other, action, more);
      all.push({ id: String(id), action, actor, token });
    }
    const person = { ...olga, site_admin: false } as unknown as PersonFacts; // of whom only the id counts
    const principal = { type: 'session', person, session_id: 1 } as const;
    const caller: Caller = { ...SYSTEM_CALLER, principal: principal as Caller['principal'] };
    const log = { log_kind: 'organization', log_id: acme.id } as const;
    const phrases: Readonly<Record<string, (entry: (typeof all)[number]) => boolean>> = {
      '': () => true,
      'actor:rare': ({ actor }) => actor === 'rare',
      'actor:nobody': () => false,
      '-actor:olga': ({ actor }) => actor !== 'olga',
      'action:team': ({ action }) => action.startsWith('team.'),
      'token_id:7': ({ token }) => token,
      [`hashed_token:"${digest}" action:repo`]: ({ token, action }) => token && action === 'repo.create',
      '-token_id:7 action:repo.create': ({ token, action }) => !token && action === 'repo.create',
    };
    const read = (asked: Partial<AuditQuery> & { phrase: string; limit: number }, bounds: SearchBounds) =>
      readAuditLog(deps, caller, { log, order: 'desc', after: null, before: null, ...asked }, bounds);
    for (const [phrase, holds] of Object.entries(phrases)) {
      for (const order of ['asc', 'desc'] as const) {
        const expected = all.filter(holds).map(({ id }) => id);
        if (order === 'desc') expected.reverse();
        for (let n = 0; n < ROUNDS; n += 1) {
          const limit = 1 + below(6);
          const windows = { first: 1 + below(4), later: 1 + below(5) };
          // Of the token there are more than can be looked up, or not.
          const bounds = { windows, positions_max: 1 + below(20), looked_up_max: n % 2 === 0 ? 1 : 100 };
          const name = `${phrase} ${order} ${JSON.stringify({ limit, ...bounds })}`;
          let found: string[] = [];
          let pages = 0;
          let page: AuditPage | null = null;
          for (let after: string | null = null; pages === 0 || after !== null; after = page.next) {
            page = await read({ phrase, order, after, limit }, bounds);
            found.push(...page.entries.map(({ id }) => String(id)));
            pages += 1;
          }
          t.same(found, expected, name);
          found = page?.entries.map(({ id }) => String(id)) ?? [];
          for (let before = page?.prev ?? null; before !== null; before = page.prev) {
            page = await read({ phrase, order, before, limit }, bounds);
            found.unshift(...page.entries.map(({ id }) => String(id)));
            if (page.next !== null) {
              const behind = await read(
                { phrase, order, after: page.next, limit: 100 },
                { ...bounds, positions_max: 1000 },
              );
              t.same(
                [...page.entries, ...behind.entries].map(({ id }) => String(id)),
                expected.slice(expected.length - behind.entries.length - page.entries.length),
                `${name}: and forwards again`,
              );
            }
          }
          t.same(found, expected, `${name}, backwards`);
        }
      }
    }
    const one_by_one = { first: 1, later: 1 };
    const little = { windows: one_by_one, positions_max: 1, looked_up_max: 1000 };
    const looked_up = await read({ phrase: 'token_id:7', limit: 100 }, little);
    t.equal(looked_up.entries.length, all.filter(({ token }) => token).length, 'of one token, all at once');
    t.equal(looked_up.next, null);
    const searched = await read({ phrase: 'actor:rare', limit: 100 }, little);
    t.same([searched.entries.length, typeof searched.next, searched.prev], [0, 'string', null], 'nothing so far');
  },
);

t.test('L2: accepted as newline-delimited JSON, the whole filtered log comes as a stream', async (t) => {
  const app = await galaxy(t);
  const { inject, as, deps, acme } = app;
  await sql`insert into audit_entries (action, org_id, operation_type, outcome, data)
    select case when n % 2 = 0 then 'team.create' else 'team.destroy' end, ${acme.id}, 'modify', 'done', '{"team":"core"}'
    from generate_series(1, 5001) n`.execute(deps.db);
  const export_ = async (query: string) => {
    const headers = { ...bearer(as.olga), accept: 'application/x-ndjson' };
    const answer = await inject({ url: `${ORG}?${query}`, headers });
    return {
      ...answer,
      lines: answer.body
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    };
  };
  const whole = await export_('');
  t.equal(whole.statusCode, 200);
  t.match(whole.headers['content-type'], /^application\/x-ndjson/);
  const ids = (lines: { _document_id: string }[]) => lines.map((each) => Number(each._document_id));
  t.equal(whole.lines.length, 5001);
  t.same(
    ids(whole.lines),
    [...ids(whole.lines)].sort((a, b) => b - a),
  );
  t.same(whole.lines[0].team, 'core');
  const ascending = await export_('order=asc&per_page=3');
  t.same(ids(ascending.lines), ids(whole.lines).reverse());
  const some = await export_('phrase=action:team.create&order=asc');
  t.equal(some.lines.length, 2500);
  t.equal((await export_('phrase=action:none.such')).body, '');
  t.equal((await export_('phrase=word')).statusCode, 422);
  for (const accept of ['application/x-ndjson;q=0', 'application/x-ndjson;q=0.1, application/json']) {
    const page = await inject({ url: ORG, headers: { ...bearer(as.olga), accept } });
    t.match(page.headers['content-type'], /^application\/json/, `who would rather have a page: ${accept}`);
  }

  t.test('from a cursor on, what is behind it', async (t) => {
    const page = await inject({ url: `${ORG}?order=asc&per_page=100`, headers: bearer(as.olga) });
    const next = linksOf(page.headers).next ?? '';
    const rest = await export_(next.slice(next.indexOf('?') + 1));
    t.same(ids(rest.lines), ids(ascending.lines).slice(100));
    const prev = new URLSearchParams(next.slice(next.indexOf('?') + 1)).get('after');
    const front = await export_(`order=asc&before=${prev}`);
    t.same(ids(front.lines), ids(ascending.lines).slice(0, 99));
  });
});

t.test('P14: nobody changes or removes an entry, the owner of the database included', async (t) => {
  const { deps, as, call } = await galaxy(t);
  await call(as.olga, 'PATCH /orgs/acme', { profile_name: 'Acme' });
  const look = async () =>
    JSON.stringify(await deps.db.selectFrom('audit_entries').selectAll().orderBy('id').execute());
  const before = await look();
  for (const statement of [
    'update audit_entries set action = action',
    'update audit_entries set actor = null where false',
    'delete from audit_entries',
    'truncate audit_entries',
    'update audit_positions set position = position',
    'delete from audit_positions',
    'truncate audit_positions',
    'delete from audit_logs',
    'truncate audit_logs',
    'update audit_logs set entries = 0',
    `insert into audit_positions values ('service', 0, 1, 1, '')`,
    `insert into audit_logs (log_kind, log_id) values ('service', 0)`,
  ]) {
    await t.rejects(sql.raw(statement).execute(deps.db), { code: '42501' }, statement);
  }
  t.equal(await look(), before);
});

/** The database of the application, for a connection beside its pool. */
async function urlOf({ deps }: Galaxy): Promise<string> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(deps.db);
  const url = new URL(process.env.TEST_TEMPLATE_URL ?? '');
  url.pathname = `/${rows[0]?.name}`;
  return url.href;
}
