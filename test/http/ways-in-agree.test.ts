// One decision for all ways in: what the service's own routes answer to a credential is what evaluation and evaluations say of
// it, by text and by id, and introspection tells the same state. Random directories, every kind of credential.

import fc from 'fast-check';
import t, { type Test } from 'tap';
import { type Asked, backendOf, type Question } from '../support/backend.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { type Credential, type RandomDirectory, randomDirectory } from '../support/random-directory.ts';
import { type Named, worldOf } from '../support/world.ts';

const WORLDS = cases({ short: 1, long: 3 });
/** Of the questions that were compared; below them the test would say nothing. */
const ALLOWED_MIN = 0.15;
const DENIED_MIN = 0.15;

type Place = {
  readonly action: string;
  readonly method: Method;
  readonly url: string;
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

type Counts = { compared: number; allowed: number };

async function compare(
  t: Test,
  { inject }: TestApp,
  { credential, place, said }: { credential: Credential; place: Place; said: { decision: boolean; context: Context } },
  counts: Counts,
): Promise<void> {
  const { method, url, refused_body } = place;
  const payload = refused_body === undefined ? {} : { payload: refused_body };
  const answer = await inject({ method, url, headers: { ...credential.headers }, ...payload });
  const what = `${credential.what}, ${place.action} at ${url}: ${answer.statusCode} ${answer.body}`;
  const { context } = said;
  const agree = said.decision
    ? answer.statusCode === (refused_body === undefined ? 200 : 422)
    : answer.statusCode === context.status &&
      isTold(answer.json().code, context) &&
      answer.json().message === context.message;
  counts.compared += 1;
  if (said.decision) counts.allowed += 1;
  if (!agree) t.fail(`${what}; evaluation: ${JSON.stringify(said)}`);
}

async function compareCredential(
  t: Test,
  test: TestApp,
  {
    credential,
    asked,
    backend,
  }: { credential: Credential; asked: readonly Place[]; backend: ReturnType<typeof backendOf> },
  counts: Counts,
): Promise<void> {
  const evaluations = asked.map(({ action, resource }) => ({ action: { name: action }, resource }));
  const batches: Asked[] = [];
  for (const subject of subjects(credential)) batches.push(await backend.evaluateMany({ subject, evaluations }));
  const [batch, by_id = batch] = batches.map(({ body }) => withoutMoment(body.evaluations));
  t.same(by_id, batch, `${credential.what}: by text as by id`);
  for (const [index, place] of asked.entries()) {
    await compare(t, test, { credential, place, said: batches[0]?.body.evaluations[index] }, counts);
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

t.test('F1, F5: own routes, evaluation, evaluations and introspection never disagree', async (t) => {
  const counts: Counts = { compared: 0, allowed: 0 };
  const seeds = fc.sample(fc.integer(), WORLDS);
  for (const seed of seeds) {
    t.comment(`seed ${seed}`);
    const test = await buildTestApp(t);
    const directory = await randomDirectory(test.deps, seed);
    const { authorization } = await worldOf(test.deps).client(['introspect', 'evaluate']);
    const backend = backendOf(test.inject, authorization);
    for (const credential of directory.credentials) {
      const asked = places(directory, credential.holder);
      await compareCredential(t, test, { credential, asked, backend }, counts);
    }
  }
  const share = counts.allowed / counts.compared;
  t.comment(`${counts.compared} questions, ${(100 * share).toFixed(0)} % allowed`);
  t.ok(share >= ALLOWED_MIN && share <= 1 - DENIED_MIN, 'both answers are common');
});
