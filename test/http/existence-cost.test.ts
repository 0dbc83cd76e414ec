// Promises P18, threats I2: what is hidden costs the database what is not there costs it, on every route that names something which can
// be hidden: the same statements, the same look-ups, as many rows written. What is read of the thing itself is a row or two more.

import type { InjectOptions } from 'fastify';
import t, { type Test } from 'tap';
import { isWriteMethod } from '../../src/domain/operation.ts';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { countDatabaseWork, type DatabaseWork } from '../support/database-work.ts';
import { share } from '../support/effort.ts';
import { existencePairs } from '../support/existence-pairs.ts';
import { ABSENT, type Nested, nestedIn } from '../support/nested-world.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

/** Of the hidden thing, and of what is named by it, each time that it is asked for. */
const ROWS_APART_MOST = 4;
const PAGES_APART_MOST = 8;
/** What only a new connection or a look at the commits has cost does not differ so often. */
const ATTEMPTS = 4;

/** Of each parameter of a path, what it may name that the caller may not know of, by all the parameters that name it. */
const HIDDEN: Readonly<Record<string, readonly string[]>> = {
  repo: ['owner', 'repo'],
  ...Object.fromEntries(
    [
      'enterprise',
      'token_id',
      'team_slug',
      'pat_request_id',
      'pat_id',
      'credential_id',
      'key_id',
      'hook_id',
      'delivery_id',
    ].map((each) => [each, [each]]),
  ),
};
/** Whom and what everybody may know of (F5), or only a site administrator names; a code is a secret. */
const KNOWN = new Set(['org', 'owner', 'username', 'client_id', 'kid', 'code', '*']);

const BODIES: Readonly<Record<string, object>> = {
  'POST /repos/{owner}/{repo}/transfer': { new_owner: 'olga' },
  'POST /repos/{owner}/{repo}/keys': { key: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}` },
  'POST /orgs/{org}/personal-access-token-requests/{pat_request_id}': { action: 'deny' },
  'POST /orgs/{org}/personal-access-tokens/{pat_id}': { action: 'revoke' },
};

const VARYING = new Set(['date', 'x-ratelimit-remaining', 'x-ratelimit-used', 'x-ratelimit-reset', 'content-length']);

async function world(t: Test) {
  const app = await buildTestApp(t, { settings: { FRESHNESS_MS: '30000' }, is_fenced: false, is_new: true });
  const { deps } = app;
  const workOf = countDatabaseWork(t, deps);
  const make = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const [olga, max, eve, ada] = [
    await make.person('olga'),
    await make.person('max'),
    await make.person('eve'),
    await make.person('ada'),
  ];
  const [within, other] = [await make.organization('within', olga), await make.organization('other', ada)];
  const own: Nested = { ...(await nestedIn(deps, within, max)), org: 'within' };
  await make.enterprise('own', [within], [olga]);
  await make.enterprise('hidden', [other], [ada]);
  await deps.db.updateTable('organizations').set({ default_repository_permission: 'none' }).execute();
  const hidden = await nestedIn(deps, other, eve);
  const scopes = ['repo', 'admin:org', 'admin:org_hook', 'delete_repo', 'admin:enterprise'];
  const classic = await rows.classic(olga, { scopes });
  const permissions = { administration: 'write', members: 'write', organization_hooks: 'write' } as const;
  const fine = await rows.fineGrained(olga, { owner: within, selection: 'all', permissions });
  await deps.freshness.catchUp();
  return {
    app,
    workOf,
    its_owner: await make.session(ada),
    own: { ...own, enterprise: 'own', token_id: String(classic.id), username: 'max' },
    hidden: { ...hidden, enterprise: 'hidden', token_id: String((await rows.classic(ada)).id) },
    absent: { ...ABSENT, owner: 'other', enterprise: 'absent', token_id: '999999' },
    callers: {
      'a session': await make.session(olga),
      'a classic token': classic.text,
      'a fine-grained token': fine.text,
    },
  };
}

async function seen({ inject }: TestApp, request: InjectOptions): Promise<string> {
  const { statusCode, headers, body } = await inject(request);
  const kept = Object.entries(headers).filter(([name]) => !VARYING.has(name));
  return JSON.stringify([statusCode, kept, body]);
}

type Place = { readonly method: string; readonly template: string; readonly named: string };

/** Every place in the path of a route where something hidden can be named. */
function placesOf({ app }: TestApp): readonly Place[] {
  const routes = declaredRoutes(app).filter(({ method, access }) => method !== 'HEAD' && !('open' in access));
  return routes.flatMap(({ method, url }) => {
    const template = url.replace(/:([a-z_]+)/g, '{$1}');
    const names = [...template.matchAll(/\{([a-z_]+)\}/g)].map(([, name = '']) => name);
    const unsaid = names.find((name) => HIDDEN[name] === undefined && !KNOWN.has(name));
    if (unsaid !== undefined) throw new Error(`say whether what \`${unsaid}\` names can be hidden`);
    return names.filter((name) => HIDDEN[name] !== undefined).map((named) => ({ method, template, named }));
  });
}

type World = Awaited<ReturnType<typeof world>>;

/** Who asks there: a session, and one of the tokens. */
function callersAt({ callers }: World, place: number): readonly (readonly [string, string])[] {
  const { 'a session': session, ...tokens } = callers;
  return [['a session', session], ...share(Object.entries(tokens), 2, place)];
}

/** The request of who names his own things, but for this one. */
function requestOf({ own }: World, { method, template, named }: Place, of: Nested, as: string): InjectOptions {
  const values = { ...own, ...Object.fromEntries((HIDDEN[named] ?? []).map((each) => [each, of[each]])) } as Nested;
  const url = template.replace(/\{([a-z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`give a value for the path parameter \`${name}\``);
    return value;
  });
  const payload = isWriteMethod(method) ? { payload: BODIES[`${method} ${template}`] ?? {} } : {};
  const headers = { authorization: `Bearer ${as}`, 'x-request-id': 'same' };
  return { method: method as 'GET', url, headers, ...payload };
}

/** In the place of an enterprise that is not there the asking person's own row is read (db/facts-statement.ts). */
function isInstead({ named }: Place, told: string): boolean {
  return named === 'enterprise' && /^(?:hidden|absent): accounts/.test(told);
}

/** By how many who asked at once. */
function difference(hidden: DatabaseWork, absent: DatabaseWork, times = 1): readonly string[] {
  const without = (these: readonly string[], those: readonly string[]) => these.filter((each) => !those.includes(each));
  const told: string[] = [];
  const [put, not_put] = [hidden.statements, absent.statements].map((each) => each.toSorted().join('\n'));
  if (put !== not_put) told.push('other statements');
  told.push(...without(hidden.steps, absent.steps).map((each) => `hidden: ${each}`));
  told.push(...without(absent.steps, hidden.steps).map((each) => `absent: ${each}`));
  const rows = hidden.rows_read - absent.rows_read;
  const pages = hidden.pages_read - absent.pages_read;
  if (Math.abs(rows) > ROWS_APART_MOST * times) told.push(`${rows} rows`);
  // The second one has a connection of its own, which may plan the statement for the first time.
  if (times === 1 && Math.abs(pages) > PAGES_APART_MOST) told.push(`${pages} pages`);
  return told;
}

t.test(
  'promises P18, F6: on every route what is hidden takes the statements and look-ups of what is not there',
  async (t) => {
    const made = await world(t);
    const places = placesOf(made.app);
    t.ok(places.length > 45, `${places.length} places where something hidden can be named`);
    let not_found = 0;
    for (const [index, place] of places.entries()) {
      for (const [who, as] of callersAt(made, index)) {
        const what = `${place.method} ${place.template}: {${place.named}} by ${who}`;
        const asked = async (whose: Nested, times: number) => {
          const request = requestOf(made, place, whose, as);
          const answers: string[] = [];
          const ask = async () => void answers.push(await seen(made.app, request));
          const work = await made.workOf(() => Promise.all(Array.from({ length: times }, ask)));
          return { work, answers };
        };
        // What is looked up once, and a log's first entry, is not counted.
        for (const whose of [made.absent, made.hidden]) await seen(made.app, requestOf(made, place, whose, as));
        // Two who ask the same at once by a token may share an answer (facts/flights.ts).
        for (const times of place.method === 'GET' && as === made.callers['a classic token'] ? [1, 2] : [1]) {
          let apart: readonly string[] = [];
          for (let attempt = 1; attempt === 1 || (apart.length > 0 && attempt <= ATTEMPTS); attempt += 1) {
            const [absent, hidden] = [await asked(made.absent, times), await asked(made.hidden, times)];
            if (absent.answers.join() !== hidden.answers.join()) t.same(hidden.answers, absent.answers, what);
            apart = difference(hidden.work, absent.work, times).filter((each) => !isInstead(place, each));
            if (attempt === 1 && absent.answers[0]?.startsWith('[404,')) not_found += 1;
          }
          t.same(apart, [], `${what}, ${times} at once`);
        }
      }
    }
    t.ok(not_found > 50, `${not_found} were answered 404`);
  },
);

t.test('promises P18, F6: so does what is named by an id alone, and a text that is for others', async (t) => {
  const app = await buildTestApp(t, { settings: { FRESHNESS_MS: '30000' }, is_fenced: false, is_new: true });
  const workOf = countDatabaseWork(t, app.deps);
  const pairs = (await existencePairs(app.deps)).filter(({ name }) => /by its id$|, by an exchanged/.test(name));
  t.equal(pairs.length, 4);
  await app.deps.freshness.catchUp();
  for (const { name, hidden, absent } of pairs) {
    const answers: string[] = [];
    const asked = (request: InjectOptions) =>
      workOf(async () => {
        const headers = { ...request.headers, 'x-request-id': 'same' };
        answers.push(await seen(app, { ...request, headers }));
      });
    await asked(absent); // what is looked up once
    let apart: readonly string[] = [];
    for (let attempt = 1; attempt === 1 || (apart.length > 0 && attempt <= ATTEMPTS); attempt += 1)
      apart = difference(await asked(hidden), await asked(absent));
    t.same(apart, [], name);
    t.match(answers[0], name.endsWith('by its id') ? /^\[404,/ : /^\[401,/, name);
    t.equal(new Set(answers).size, 1, `${name}: the same bytes`);
  }
});

/** The same request, as who looks for a difference would send it. */
const VARIANTS: Readonly<Record<string, (request: InjectOptions) => InjectOptions>> = {
  HEAD: (request) => ({ ...request, method: 'HEAD' }),
  OPTIONS: ({ url = '', headers = {}, method = 'GET' }) => ({
    ...{ method: 'OPTIONS', url },
    headers: { ...headers, origin: 'https://app.example', 'access-control-request-method': method },
  }),
  'a method that it does not have': (request) => ({ ...request, method: 'PUT' }),
  'a slash at the end': (request) => ({ ...request, url: `${String(request.url)}/` }),
  'a query that is none': (request) => ({ ...request, url: `${String(request.url)}?per_page=x&page=-1&after=%00` }),
  'the next page': (request) => ({ ...request, url: `${String(request.url)}?per_page=1&page=2` }),
  'waiting for all': (request) => ({ ...request, url: `${String(request.url)}?wait=all` }),
  'no JSON': withBody('{"a":'),
  'a list': withBody('[]'),
  'unknown members': withBody('{"no_such_member":1,"__proto__":{}}'),
  'members of another kind': withBody(
    '{"name":7,"action":7,"permission":{},"key":[],"visibility":0,"overlap_seconds":"x"}',
  ),
  'members that are not possible': withBody('{"name":"","action":"x","permission":"x","key":"x","visibility":"x"}'),
  'another kind of content': withBody('name=a', 'text/plain'),
  'conditions that hold': withHeaders({ 'if-none-match': '*' }),
  'conditions that do not': withHeaders({ 'if-match': '"x"', 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }),
  'a key': withHeaders({ 'idempotency-key': 'once' }),
  'another method in a header': withHeaders({ 'x-http-method-override': 'DELETE' }),
  'a forged state': withHeaders({ 'x-consistency-token': 'x' }),
  'another kind of answer': withHeaders({ accept: 'application/x-ndjson' }),
  'an origin': withHeaders({ origin: 'https://app.example' }),
};

function withHeaders(more: Record<string, string>): (request: InjectOptions) => InjectOptions {
  return (request) => ({ ...request, headers: { ...request.headers, ...more } });
}

function withBody(payload: string, type = 'application/json'): (request: InjectOptions) => InjectOptions {
  return (request) => ({ ...request, payload, headers: { ...request.headers, 'content-type': type } });
}

t.test('F6: on every route what is hidden is what is not there, whatever else is wrong with the request', async (t) => {
  const made = await world(t);
  const told = new Set<string>();
  for (const [index, place] of placesOf(made.app).entries()) {
    for (const [who, as] of callersAt(made, index)) {
      const different: string[] = [];
      for (const [how, vary] of share(Object.entries(VARIANTS), 17, index)) {
        const [absent, hidden] = [
          await seen(made.app, vary(requestOf(made, place, made.absent, as))),
          await seen(made.app, vary(requestOf(made, place, made.hidden, as))),
        ];
        told.add(`${how} ${absent.slice(1, 4)}`);
        if (hidden !== absent) different.push(`${how}: ${hidden} and not ${absent}`);
      }
      t.same(different, [], `${place.method} ${place.template}: {${place.named}} by ${who}`);
    }
  }
  const [shown] = placesOf(made.app).filter(({ template }) => template === '/repos/{owner}/{repo}');
  if (shown === undefined) throw new Error('repositories are named by their owner and their name');
  const answers = [made.hidden, made.absent].map((whose) =>
    seen(made.app, requestOf(made, shown, whose, made.its_owner)),
  );
  t.not(await answers[0], await answers[1], 'who may see it is told something else');
  for (const status of ['404', '403', '405', '400', '415']) {
    t.ok(
      [...told].some((each) => each.endsWith(status)),
      `${status} was told`,
    );
  }
});

t.test('the comparison sees one look-up more in a statement that is the same', async (t) => {
  const { deps } = await buildTestApp(t, { is_new: true });
  const workOf = countDatabaseWork(t, deps);
  const make = worldOf(deps);
  const { id } = await make.repository(await make.person('ada'), 'hidden');
  const withOwner = (of: number) =>
    workOf(() =>
      deps.db
        .selectFrom('repositories as each')
        .innerJoin('accounts as owner', 'owner.id', 'each.owner_id')
        .select('owner.login')
        .where('each.id', '=', of)
        .execute(),
    );
  await withOwner(id);
  const [hidden, again, absent] = [await withOwner(id), await withOwner(id), await withOwner(id + 1)];
  t.same(difference(hidden, again), []);
  t.same(hidden.statements, absent.statements);
  t.match(difference(hidden, absent), [/^hidden: accounts/]);
});
