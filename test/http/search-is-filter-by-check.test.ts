// A search answers exactly what evaluation would allow one by one (resources: otherwise than by public read), at every size of a
// page, to clients of all organizations and of some. Random directories, every kind of credential.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { PERMISSIONS } from '../../src/domain/vocabulary.ts';
import { backendOf } from '../support/backend.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { type Credential, type RandomDirectory, randomDirectory } from '../support/random-directory.ts';
import { worldOf } from '../support/world.ts';

const WORLDS = cases({ short: 1, long: 6 });
/** Of the actions below, for each credential and resource. */
const DRAWN = cases({ short: 2, long: 10 });
/** Every question is asked in large pages, and in one of the small sizes in turn. */
const SMALL_LIMITS = [1, 2, 7];
const LARGE_LIMIT = 100;

const ACTIONS = [
  ...[
    'contents:read',
    'contents:write',
    'issues:write',
    'administration:write',
    'metadata:read',
    'actions_variables:read',
  ],
  ...['members:read', 'members:write', 'organization_administration:read', 'organization_personal_access_tokens:read'],
  ...[
    'starring:read',
    'emails:read',
    'repo',
    'public_repo',
    'read:org',
    'admin:org',
    'nothing:read',
    'admin:enterprise',
  ],
  ...[
    'GET /repos/{owner}/{repo}',
    'PATCH /repos/{owner}/{repo}',
    'GET /{owner}/{repo}/info/refs?service=git-upload-pack',
  ],
  ...[
    'GET /orgs/{org}',
    'GET /orgs/{org}/members',
    'GET /orgs/{org}/repos',
    'GET /orgs/{org}/teams',
    'PATCH /orgs/{org}',
  ],
  ...['GET /user', 'GET /user/repos', 'GET /users/{username}', 'GET /orgs/{org}/personal-access-token-requests'],
  'GET /enterprises/{enterprise}/settings/personal-access-tokens',
];

type Backend = ReturnType<typeof backendOf>;
type Entity = { readonly type: string; readonly id: string };
type Universe = {
  readonly resources: readonly Entity[];
  readonly users: readonly Entity[];
  /** Of the organizations of the bounded client. */
  readonly own: ReadonlySet<string>;
};
type Answer = { readonly decision: boolean; readonly context: { readonly reason: string } };
type Asker = { readonly backend: Backend; readonly is_bounded: boolean };

/** Everything that is found, page by page; full pages but the last. */
async function walk(
  backend: Backend,
  type: 'subject' | 'resource' | 'action',
  { question, limit }: { question: object; limit: number },
): Promise<unknown[]> {
  const found: unknown[] = [];
  let token: string | undefined;
  do {
    const { status, body } = await backend.search(type, { ...question, page: { limit, ...(token && { token }) } });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    const { page, results } = body;
    if (page.count !== results.length || results.length > limit) throw new Error('a wrong count');
    if (page.next_token !== '' && results.length < limit) throw new Error('a short page before the last');
    found.push(...results);
    token = page.next_token;
  } while (token !== '');
  return found;
}

async function answersOf(backend: Backend, question: object, evaluations: readonly object[]): Promise<Answer[]> {
  return (await backend.evaluateMany({ ...question, evaluations })).body.evaluations;
}

function subjectOf({ kind, token_id, holder, exchanged, headers }: Credential): Entity {
  if (kind === 'anonymous') return { type: 'anonymous', id: 'anonymous' };
  if (kind === 'session') return { type: 'user', id: holder?.login ?? '' };
  const [, text = ''] = (headers.authorization ?? '').split(' ');
  return { type: 'token', id: exchanged ? text : String(token_id) };
}

function isTold({ is_bounded }: Asker, { own }: Universe, resource: Entity, { context }: Answer): boolean {
  if (!is_bounded || context.reason === 'public_read' || resource.type === 'user') return true;
  const [owner = ''] = resource.id.split('/');
  return resource.type !== 'enterprise' && own.has(owner);
}

function byText(entities: readonly unknown[]): string[] {
  return entities.map((each) => JSON.stringify(each)).sort();
}

async function universeOf({ deps }: TestApp, directory: RandomDirectory): Promise<Universe> {
  const { organizations, repositories } = directory;
  const accounts = await deps.db.selectFrom('accounts').select('login').where('type', '=', 'User').execute();
  const users = accounts.map(({ login }) => ({ type: 'user', id: login }));
  const resources = [
    ...repositories.map(({ full_name }) => ({ type: 'repository', id: full_name })),
    ...organizations.map(({ login }) => ({ type: 'organization', id: login })),
    ...users,
    { type: 'enterprise', id: 'Corp' },
  ];
  return { resources, users, own: new Set(organizations.slice(1, 3).map(({ login }) => login)) };
}

/** People whom nothing else in the directory has: suspended, and reviewers. */
async function addPeople({ deps }: TestApp): Promise<void> {
  const { db } = deps;
  await db
    .insertInto('token_reviewers')
    .columns(['organization_id', 'user_id'])
    .expression(db.selectFrom('memberships').select(['organization_id', 'user_id']).where('role', '=', 'member'))
    .execute();
  await db
    .updateTable('users')
    .set({ suspended_at: deps.clock() })
    .where('id', 'in', db.selectFrom('accounts').select('id').where('login', '=', 'Dee'))
    .execute();
}

const counts = { compared: 0, found: 0 };

/** Compares what is found in pages of two sizes with what is wanted, in the same order in both. */
async function compare(
  t: Test,
  { backend, is_bounded }: Asker,
  search: { type: 'subject' | 'resource' | 'action'; question: object; wanted: readonly unknown[] },
): Promise<readonly unknown[]> {
  const { type, question, wanted } = search;
  const limit = SMALL_LIMITS[counts.compared % SMALL_LIMITS.length] ?? 1;
  const found = await walk(backend, type, { question, limit: LARGE_LIMIT });
  const in_small_pages = await walk(backend, type, { question, limit });
  counts.compared += 1;
  counts.found += wanted.length;
  const what = `${is_bounded ? 'bounded, ' : ''}${type} of ${JSON.stringify(question)}`;
  if (!isDeepStrictEqual(byText(found), byText(wanted))) t.strictSame(byText(found), byText(wanted), what);
  if (!isDeepStrictEqual(in_small_pages, found)) t.strictSame(in_small_pages, found, `${what}, ${limit} a page`);
  return found;
}

async function checkResources(t: Test, asker: Asker, universe: Universe, credential: Credential): Promise<void> {
  const subject = subjectOf(credential);
  for (const name of fc.sample(fc.constantFrom(...ACTIONS), DRAWN)) {
    const question = { subject, action: { name } };
    const answers = await answersOf(
      asker.backend,
      question,
      universe.resources.map((resource) => ({ resource })),
    );
    for (const type of ['repository', 'organization', 'user', 'enterprise']) {
      // What does not look at a resource reaches none.
      const is_about = !name.includes(' ') || ABOUT[type]?.test(name) === true;
      const wanted = universe.resources.filter((resource, index) => {
        const answer = answers[index];
        if (answer === undefined || resource.type !== type || !is_about) return false;
        return answer.decision && answer.context.reason !== 'public_read' && isTold(asker, universe, resource, answer);
      });
      await compare(t, asker, { type: 'resource', question: { ...question, resource: { type } }, wanted });
    }
  }
}

const ABOUT: Readonly<Record<string, RegExp>> = {
  repository: /\{repo\}/,
  organization: /\/orgs\/\{org\}/,
  user: /\/user/,
  enterprise: /\{enterprise\}/,
};

async function checkSubjects(t: Test, asker: Asker, universe: Universe, resource: Entity): Promise<void> {
  for (const name of fc.sample(fc.constantFrom(...ACTIONS), DRAWN)) {
    const question = { resource, action: { name } };
    const answers = await answersOf(
      asker.backend,
      question,
      universe.users.map((subject) => ({ subject })),
    );
    const wanted = universe.users.filter((_, index) => {
      const answer = answers[index];
      return answer?.decision === true && isTold(asker, universe, resource, answer);
    });
    const found = await compare(t, asker, {
      ...{ type: 'subject', question: { ...question, subject: { type: 'user' } }, wanted },
    });
    const logins = found.map((each) => (each as Entity).id.toLowerCase());
    t.same(logins, [...logins].sort(), 'by login');
  }
}

const NAMES = PERMISSIONS.flatMap(({ name, levels }) => levels.map((level) => `${name}:${level}`)).sort();

async function checkActions(t: Test, asker: Asker, universe: Universe, credential: Credential): Promise<void> {
  for (const resource of fc.sample(fc.constantFrom(...universe.resources), DRAWN)) {
    const question = { subject: subjectOf(credential), resource };
    const answers = await answersOf(
      asker.backend,
      question,
      NAMES.map((name) => ({ action: { name } })),
    );
    const wanted = NAMES.filter((_, index) => {
      const answer = answers[index];
      return answer?.decision === true && isTold(asker, universe, resource, answer);
    });
    const found = await compare(t, asker, { type: 'action', question, wanted: wanted.map((name) => ({ name })) });
    t.same(
      found,
      wanted.map((name) => ({ name })),
      'by name',
    );
  }
}

t.test('F8, T6: a search is what evaluation allows one by one, at every size of a page', async (t) => {
  for (const seed of fc.sample(fc.integer(), WORLDS)) {
    t.comment(`seed ${seed}`);
    const test = await buildTestApp(t);
    const directory = await randomDirectory(test.deps, seed);
    await addPeople(test);
    const universe = await universeOf(test, directory);
    const world = worldOf(test.deps);
    const [, ...bound] = directory.organizations.slice(0, 3);
    for (const organizations of ['all', bound] as const) {
      const { authorization } = await world.client(['evaluate'], organizations);
      const asker = { backend: backendOf(test.inject, authorization), is_bounded: organizations !== 'all' };
      for (const credential of directory.credentials) {
        await checkResources(t, asker, universe, credential);
        await checkActions(t, asker, universe, credential);
      }
      for (const resource of universe.resources) await checkSubjects(t, asker, universe, resource);
    }
  }
  t.comment(`${counts.compared} searches, ${counts.found} results`);
  t.ok(counts.found > counts.compared / 5, 'something is found');
});
