// One decision for all ways in: what the service's own routes answer to a credential is what evaluation and evaluations say of
// it, by text and by id, and what every kind of gateway is answered; introspection tells the same state. Random directories with
// every kind of credential, and random small worlds in which policies, approval, single sign-on and lives meet.

import fc from 'fast-check';
import t, { type Test } from 'tap';
import { type Cell, DIMENSION_NAMES, DIMENSIONS, FAMILIES, inWords } from '../rules/matrix.ts';
import { type Asked, backendOf, type Question } from '../support/backend.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { type BuiltCell, cellWorld } from '../support/cell-world.ts';
import { cases, share } from '../support/effort.ts';
import { gatewayOf, STYLES, type Style } from '../support/gateway.ts';
import { type Credential, type RandomDirectory, randomDirectory, randomFrom } from '../support/random-directory.ts';
import { bearer, type Named, worldOf } from '../support/world.ts';

const WORLDS = cases({ short: 1, long: 3 });
const SMALL_WORLDS = cases({ short: 25, long: 10_000 });
const TOGETHER = 4;
const BY_GATEWAY = cases({ short: 12, long: 3 });
/** Of the questions that were compared. Some worlds allow little, others much; without either the test would say nothing. */
const ALLOWED_MIN = 0.03;
const DENIED_MIN = 0.03;

type Place = {
  readonly action: string;
  readonly method: Method;
  readonly url: string;
  /** An operation that other programs have: there is no route of our own. */
  readonly foreign?: true;
  /** A body that the route refuses when it has let the caller pass: nothing is changed, and 422 is a yes. */
  readonly refused_body?: object;
  readonly resource: Question['resource'];
};
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH';

const WRONG = { no_such_member: 1 };
/** Reads, and writes that come no further than their body. */
const AT_REPOSITORIES = [
  'GET /repos/{owner}/{repo}',
  'GET /repos/{owner}/{repo}/keys',
  'GET /repos/{owner}/{repo}/collaborators',
  'PATCH /repos/{owner}/{repo}',
  'POST /repos/{owner}/{repo}/keys',
  'POST /repos/{owner}/{repo}/transfer',
];
const AT_ORGANIZATIONS = [
  'GET /orgs/{org}',
  'GET /orgs/{org}/repos',
  'GET /orgs/{org}/members',
  'GET /orgs/{org}/teams',
  'GET /orgs/{org}/settings/personal-access-tokens',
  'PATCH /orgs/{org}/settings/personal-access-tokens',
  'PATCH /orgs/{org}',
  'POST /orgs/{org}/teams',
];
/** What Git asks for: no route of ours, and the same decision by evaluation and gateways. */
const BY_GIT = [
  'GET /{owner}/{repo}/info/refs?service=git-upload-pack',
  'POST /{owner}/{repo}/git-upload-pack',
  'GET /{owner}/{repo}/info/refs?service=git-receive-pack',
  'POST /{owner}/{repo}/git-receive-pack',
];
const AT_ONESELF = ['GET /user', 'GET /user/orgs', 'GET /user/repos'];

function placeOf(action: string, of: Readonly<Record<string, string>>, resource: Question['resource']): Place {
  const [method, template = ''] = action.split(' ');
  const url = template.replace(/\{([a-z]+)\}/g, (_, name: string) => of[name] ?? name);
  const read = method === 'GET';
  return { action, method: method as Method, url, resource, ...(read ? {} : { refused_body: WRONG }) };
}

/** Everything that can be asked at every thing that there is, and at some that there is not. */
function places({ repositories, organizations, credentials }: RandomDirectory, holder: Named | null): readonly Place[] {
  const absent = `${organizations[0]?.login}/absent`;
  const logins = new Set(credentials.flatMap((each) => each.holder ?? []).map(({ login }) => login));
  return [
    ...[...repositories.map(({ full_name }) => full_name), absent].flatMap((id) => {
      const [owner = '', repo = ''] = id.split('/');
      return AT_REPOSITORIES.map((action) => placeOf(action, { owner, repo }, { type: 'repository', id }));
    }),
    ...[...organizations.map(({ login }) => login), 'absent'].flatMap((org) =>
      AT_ORGANIZATIONS.map((action) => placeOf(action, { org }, { type: 'organization', id: org })),
    ),
    ...[...logins, 'absent'].map((id) => placeOf('GET /users/{username}', { username: id }, { type: 'user', id })),
    ...(holder === null ? [] : AT_ONESELF).map((action) =>
      placeOf(action, {}, { type: 'user', id: holder?.login ?? '' }),
    ),
  ];
}

function fallback<Value>(values: readonly Value[]): Value {
  const [first] = values;
  if (first === undefined) throw new Error('the directory is empty');
  return first;
}

/** The subject of a credential, in each form in which a backend service may name it. */
function subjects({ kind, token_id, headers, holder, exchanged }: Credential): readonly Question['subject'][] {
  if (kind === 'anonymous') return [{ type: 'anonymous', id: 'anonymous' }];
  if (kind === 'session') return [{ type: 'user', id: holder?.login ?? '' }];
  const ids = exchanged ? [textOf(headers)] : [textOf(headers), String(token_id)];
  return ids.map((id) => ({ type: 'token', id }));
}

/** What is presented, and what kind of credential it is. */
type Presented = Pick<Credential, 'headers' | 'kind'>;

function textOf({ authorization = '' }: Credential['headers']): string {
  return authorization.split(' ')[1] ?? '';
}

type Context = { readonly reason: string; readonly status: number; readonly message: string };

/** To a bearer the reason is told coarsely: hidden is hidden, out of reach is out of reach. */
function isTold(code: string, { reason, status }: Context): boolean {
  if (code === reason) return true;
  if (status === 404) return code === 'not_found';
  return status === 401 ? code === 'bad_credential' : code === 'not_in_reach';
}

function agrees({ decision, context }: Said, { status, code, message }: Answered): boolean {
  if (decision) return status === 200;
  return status === context.status && isTold(code, context) && message === context.message;
}

type Counts = { compared: number; allowed: number };

type Said = { readonly decision: boolean; readonly context: Context };
/** What one way in answered. */
type Answered = { readonly by: string; readonly status: number; readonly code: string; readonly message: string };
type Check = ReturnType<typeof gatewayOf>;

/** Null: the service has no such route of its own. A body that is refused in the end is a yes. */
async function ofOwnRoute({ inject }: TestApp, { headers }: Presented, place: Place): Promise<Answered | null> {
  if (place.foreign) return null;
  const { method, url, refused_body } = place;
  const payload = refused_body === undefined ? {} : { payload: refused_body };
  const { statusCode, body } = await inject({ method, url, headers: { ...headers }, ...payload });
  const { code = '', message = '' } = body === '' ? {} : JSON.parse(body);
  const is_yes = statusCode === (refused_body === undefined ? 200 : 422);
  return { by: 'its own route', status: is_yes ? 200 : statusCode, code, message };
}

/** Null: a session is no credential there (T5), which is told apart. */
async function ofGateway(
  check: Check,
  style: Style,
  { kind, headers }: Presented,
  place: Place,
): Promise<Answered | null> {
  if (kind === 'session') return null;
  const { status, code, text } = await check(style, `${place.method} ${place.url}`, { ...headers });
  return { by: style, status, code, message: text === '' ? '' : JSON.parse(text).message };
}

async function compare(
  t: Test,
  test: TestApp,
  { credential, place, said, check }: { credential: Credential; place: Place; said: Said; check: Check },
  counts: Counts,
): Promise<void> {
  counts.compared += 1;
  if (said.decision) counts.allowed += 1;
  // Every gateway hears every question in the small worlds below; here one in so many goes to one of them.
  const style = STYLES[counts.compared % BY_GATEWAY];
  const answers = [
    await ofOwnRoute(test, credential, place),
    style === undefined ? null : await ofGateway(check, style, credential, place),
  ];
  for (const answer of answers.filter((each) => each !== null)) {
    const what = `${credential.what}, ${place.action} at ${place.url}: ${JSON.stringify(answer)}`;
    if (!agrees(said, answer)) t.fail(`${what}; evaluation: ${JSON.stringify(said)}`);
  }
}

async function compareCredential(
  t: Test,
  test: TestApp,
  {
    credential,
    asked,
    backend,
    check,
  }: { credential: Credential; asked: readonly Place[]; backend: ReturnType<typeof backendOf>; check: Check },
  counts: Counts,
): Promise<void> {
  const evaluations = asked.map(({ action, resource }) => ({ action: { name: action }, resource }));
  const batches: Asked[] = [];
  for (const subject of subjects(credential)) batches.push(await backend.evaluateMany({ subject, evaluations }));
  const [batch, by_id = batch] = batches.map(({ body }) => withoutMoment(body.evaluations));
  t.same(by_id, batch, `${credential.what}: by text as by id`);
  for (const [index, place] of asked.entries()) {
    await compare(t, test, { credential, place, said: batches[0]?.body.evaluations[index], check }, counts);
  }
  const single = asked[counts.compared % asked.length] ?? fallback(asked);
  const [subject] = subjects(credential);
  const { body } = await backend.evaluate({ subject, action: { name: single.action }, resource: single.resource });
  t.same(withoutMoment([body]), [batch?.[asked.indexOf(single)]], `${credential.what}: one as many`);
  if (credential.token_id === null) return;
  const introspected = await backend.introspect(textOf(credential.headers));
  const own = await test.inject({ url: '/user', headers: { ...credential.headers } });
  t.equal(introspected.body.active, own.statusCode === 200, `${credential.what}: active is live`);
  const reasons: string[] =
    batches[0]?.body.evaluations.map(({ context }: { context: Context }) => context.reason) ?? [];
  for (const state of ['pending', 'denied']) {
    if (reasons.includes(state)) t.equal(introspected.body.state, state, credential.what);
  }
}

function withoutMoment(answers: readonly { context: object }[]): unknown[] {
  return answers.map(({ context, ...answer }) => ({ ...answer, context: { ...context, as_of: null } }));
}

t.test('F1, F5: own routes, evaluation, evaluations, gateways and introspection never disagree', async (t) => {
  const counts: Counts = { compared: 0, allowed: 0 };
  const seeds = fc.sample(fc.integer(), WORLDS);
  for (const seed of seeds) {
    t.comment(`seed ${seed}`);
    const test = await buildTestApp(t);
    const directory = await randomDirectory(test.deps, seed);
    const { authorization } = await worldOf(test.deps).client(['introspect', 'evaluate', 'gateway']);
    const backend = backendOf(test.inject, authorization);
    const check = gatewayOf(test.inject, authorization);
    for (const [place, credential] of directory.credentials.entries()) {
      const asked = share(places(directory, credential.holder), 5, place);
      await compareCredential(t, test, { credential, asked, backend, check }, counts);
    }
  }
  const allowed = counts.allowed / counts.compared;
  t.comment(`${counts.compared} questions, ${(100 * allowed).toFixed(0)} % allowed`);
  t.ok(allowed >= ALLOWED_MIN && allowed <= 1 - DENIED_MIN, 'both answers are common');
});

/** A cell in which most are alive: a dead credential hides everything else. */
function randomCell(random: () => number): Cell {
  const cell = Object.fromEntries(
    DIMENSION_NAMES.map((name) => {
      const hides = name === 'life' || name === 'user';
      return [name, hides && random() < 0.7 ? 0 : Math.floor(random() * DIMENSIONS[name].length)];
    }),
  );
  return cell as Cell; // every dimension has its place
}

/** Everything that is asked in a small world, with and without a route of ours. */
function placesIn({ resource }: BuiltCell): readonly Place[] {
  if (resource.type === 'organization') {
    return AT_ORGANIZATIONS.map((action) => placeOf(action, { org: resource.id }, resource));
  }
  const [owner = '', repo = ''] = resource.id.split('/');
  return [
    ...AT_REPOSITORIES.map((action) => placeOf(action, { owner, repo }, resource)),
    ...BY_GIT.map((action): Place => ({ ...placeOf(action, { owner, repo }, resource), foreign: true })),
  ];
}

function kindOf(cell: Cell): Presented['kind'] {
  const kind = DIMENSIONS.kind[cell.kind] ?? 'anonymous';
  return kind === 'person' ? 'session' : kind;
}

t.test('F1, F5, T5: in random small worlds all ways in say the same', async (t) => {
  const test = await buildTestApp(t);
  const build = await cellWorld(test);
  const { authorization } = await worldOf(test.deps).client(['introspect', 'evaluate', 'gateway', 'exchange']);
  const backend = backendOf(test.inject, authorization);
  const check = gatewayOf(test.inject, authorization);
  const seed = fc.sample(fc.integer(), 1)[0] ?? 0;
  t.comment(`seed ${seed}`);
  const random = randomFrom(seed);
  const counts: Counts = { compared: 0, allowed: 0 };
  const reasons = new Map<string, number>();
  let children = 0;

  /** A shorter and perhaps narrower text of the same token (T3); null where it is worth none. */
  async function exchangedFor({ subject, resource }: BuiltCell, chance: number): Promise<string | null> {
    const about = `${test.deps.config.public_url}/repos/${resource.id}`;
    const narrowed = resource.type === 'repository' && chance < 0.3 ? { resource: about } : {};
    const { status, body } = await backend.exchange(subject.id, narrowed);
    return status === 200 ? body.access_token : null;
  }

  async function compareWorld(): Promise<void> {
    const cell = randomCell(random);
    const family =
      FAMILIES.find(({ name }) => name === (random() < 0.7 ? 'contents' : 'projects')) ?? fallback(FAMILIES);
    const [first, second, style] = [random(), random(), random()].map((each) => Math.floor(each * 1000)) as number[];
    const built = await build(cell, family);
    const exchanged = built.subject.type === 'token' && random() < 0.4 ? await exchangedFor(built, random()) : null;
    const headers = exchanged === null ? built.headers : bearer(exchanged);
    const subject = exchanged === null ? built.subject : { type: 'token', id: exchanged };
    const presented: Presented = { kind: kindOf(cell), headers };
    if (exchanged !== null) children += 1;
    const all = placesIn(built);
    const asked = [all[(first ?? 0) % all.length], all[(second ?? 0) % all.length]].filter(
      (each) => each !== undefined,
    );
    const evaluations = asked.map(({ action, resource }) => ({ action: { name: action }, resource }));
    const { body } = await backend.evaluateMany({ subject, evaluations });
    const at = (style ?? 0) % asked.length;
    const single = await backend.evaluate({ subject, ...evaluations[at] });
    const what = `${inWords(cell)}, ${family.name}${exchanged === null ? '' : ', exchanged'}`;
    const same = JSON.stringify(withoutMoment([single.body])) === JSON.stringify(withoutMoment([body.evaluations[at]]));
    if (!same) t.fail(`${what}: one as many`);
    for (const [index, place] of asked.entries()) {
      const said: Said = body.evaluations[index];
      counts.compared += 1;
      if (said.decision) counts.allowed += 1;
      reasons.set(said.context.reason, (reasons.get(said.context.reason) ?? 0) + 1);
      const answers = [await ofOwnRoute(test, presented, place)];
      for (const each of STYLES) answers.push(await ofGateway(check, each, presented, place));
      for (const each of answers.filter((answer) => answer !== null)) {
        if (!agrees(said, each)) t.fail(`${what}: ${place.action}: ${JSON.stringify(each)}; ${JSON.stringify(said)}`);
      }
      if (presented.kind !== 'session') continue;
      const refused = await check('envoy', `${place.method} ${place.url}`, { ...presented.headers });
      if (refused.code !== 'bad_credential') t.fail(`${what}: a session by a gateway: ${refused.code}`);
    }
    if (subject.type !== 'token') return;
    const { active } = (await backend.introspect(subject.id)).body;
    if (active !== ([401].includes(body.evaluations[0].context.status) === false))
      t.fail(`${what}: active is ${active}`);
  }

  const worlds = Array.from({ length: SMALL_WORLDS }).values();
  const worker = async () => {
    for (const _ of worlds) await compareWorld();
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  t.comment(`${SMALL_WORLDS} worlds, ${counts.compared} questions, ${counts.allowed} allowed`);
  t.comment([...reasons].map(([reason, count]) => `${count} ${reason}`).join(', '));
  // Of so few worlds as the short form has, any may be missing.
  t.ok(counts.allowed >= cases({ short: 0, long: 0.1 }) * counts.compared, 'a good part is allowed');
  t.ok(children >= cases({ short: 0, long: 0.01 }) * SMALL_WORLDS, `${children} exchanged tokens`);
  t.ok(reasons.size >= cases({ short: 2, long: 10 }), `${reasons.size} reasons occur`);
});
