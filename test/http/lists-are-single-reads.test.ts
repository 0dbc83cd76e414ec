// F8: a list holds exactly the rows whose single read the same credential would be allowed. Random directories, every kind of
// credential, every page size: each list is compared with what the single reads answer, row by row.

import fc from 'fast-check';
import t, { type Test } from 'tap';
import { judgeOwnerPolicy } from '../../src/domain/owner-policy.ts';
import { subjectOf } from '../../src/facts/shown.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { cases, share } from '../support/effort.ts';
import { type Credential, type RandomDirectory, randomDirectory } from '../support/random-directory.ts';

const WORLDS = cases({ short: 1, long: 3 });
const NAMING_SCOPES = ['read:org', 'write:org', 'admin:org', 'user', 'repo'];

type Row = { readonly id: number; readonly full_name?: string; readonly login?: string };
type Answer = Awaited<ReturnType<TestApp['inject']>>;
type Counted = { rows: number; hidden: number };

/** All rows of a list, page by page as `Link` leads. */
async function walk({ inject }: TestApp, url: string, per_page: number, headers: object): Promise<Row[]> {
  const rows: Row[] = [];
  let next: string | undefined = `${url}${url.includes('?') ? '&' : '?'}per_page=${per_page}`;
  while (next !== undefined) {
    const answer: Answer = await inject({ url: next, headers: { ...headers } });
    if (answer.statusCode !== 200) throw new Error(`${next}: ${answer.statusCode} ${answer.body}`);
    const page = answer.json() as Row[];
    if (page.length > per_page) throw new Error(`${next}: ${page.length} rows`);
    rows.push(...page);
    const [, address]: readonly string[] = /<([^>]+)>; rel="next"/.exec(String(answer.headers.link ?? '')) ?? [];
    if (address !== undefined && page.length < per_page) throw new Error(`${next}: a short page before the last`);
    next = address === undefined ? undefined : new URL(address).pathname + new URL(address).search;
  }
  return rows;
}

/** What the credential reads one by one, by id. */
async function singles({ inject }: TestApp, directory: RandomDirectory, { headers }: Credential) {
  const answers = await Promise.all(
    directory.repositories.map((each) => inject({ url: `/repos/${each.full_name}`, headers: { ...headers } })),
  );
  const read = new Map<number, unknown>();
  for (const [index, answer] of answers.entries()) {
    const { id } = directory.repositories[index] ?? { id: 0 };
    if (answer.statusCode === 200) read.set(id, answer.json());
  }
  return read;
}

async function roleHolderIds({ deps }: TestApp, directory: RandomDirectory, { holder }: Credential) {
  const subject = { type: 'login', login: holder?.login ?? '' } as const;
  const loaded = await deps.facts.loadAll(
    directory.repositories.map(({ owner, name }) => ({
      subject,
      resource: { type: 'repository', owner: owner.login, name } as const,
      bounded_client_id: null,
    })),
  );
  const held = loaded.flatMap(({ resource }) => (resource.type === 'repository' && resource.role ? [resource.id] : []));
  return new Set(held);
}

let lists = 0;

/** Every page size (in the short form one in turn) gives the same rows in the same order, each as its single read, and no other. */
async function compare(
  t: Test,
  app: TestApp,
  list: { url: string; credential: Credential },
  expected: Map<number, unknown>,
) {
  const { url, credential } = list;
  const all = await walk(app, url, 100, credential.headers);
  t.same([...all].sort(byId), [...expected.values()].sort(byId as never), `${credential.what}: ${url}`);
  lists += 1;
  for (const per_page of share([1, 2, 7], 3, lists)) {
    const paged = await walk(app, url, per_page, credential.headers);
    t.same(
      paged.map(({ id }) => id),
      all.map(({ id }) => id),
      `${credential.what}: ${url} by ${per_page}`,
    );
  }
}

function byId(a: Row, b: Row): number {
  return a.id - b.id;
}

async function compareRepositories(
  t: Test,
  app: TestApp,
  directory: RandomDirectory,
  credential: Credential,
  seen: Counted,
) {
  const read = await singles(app, directory, credential);
  seen.rows += read.size;
  seen.hidden += directory.repositories.length - read.size;
  for (const { id, login } of directory.organizations) {
    const of = directory.repositories.filter((each) => each.owner.id === id && read.has(each.id));
    const expected = new Map(of.map((each) => [each.id, read.get(each.id)]));
    await compare(t, app, { url: `/orgs/${login}/repos`, credential }, expected);
  }
  if (credential.holder === null) return;
  const held = await roleHolderIds(app, directory, credential);
  const expected = new Map([...read].filter(([id]) => held.has(id)));
  await compare(t, app, { url: '/user/repos', credential }, expected);
  await compare(t, app, { url: '/user/repos?sort=created', credential }, expected);
}

async function compareMembers(t: Test, app: TestApp, directory: RandomDirectory, credential: Credential) {
  const { db } = app.deps;
  for (const { id, login } of directory.organizations) {
    const members = await db
      .selectFrom('memberships as membership')
      .innerJoin('accounts as account', 'account.id', 'membership.user_id')
      .select(['account.login'])
      .where('membership.organization_id', '=', id)
      .execute();
    const answers = await Promise.all(
      members.map((each) =>
        app.inject({ url: `/orgs/${login}/memberships/${each.login}`, headers: { ...credential.headers } }),
      ),
    );
    const seen = members.filter((_, index) => answers[index]?.statusCode === 200).map((each) => each.login);
    const listed = await walk(app, `/orgs/${login}/members`, 2, credential.headers);
    t.same(listed.map((each) => each.login).sort(), seen.sort(), `${credential.what}: members of ${login}`);
  }
}

/** F8's own words about /user/orgs, with the policy asked on its own. */
async function isNamed({ deps }: TestApp, credential: Credential, organization: { login: string }): Promise<boolean> {
  const { holder, token_id, kind, scopes } = credential;
  const subject =
    token_id === null
      ? ({ type: 'login', login: holder?.login ?? '' } as const)
      : ({ type: 'token_id', id: token_id } as const);
  const resource = { type: 'organization', login: organization.login } as const;
  const facts = await deps.facts.load({ subject, resource, bounded_client_id: null });
  const known = subjectOf(facts.subject, facts.now);
  if (facts.resource.type !== 'organization' || facts.resource.organization.membership === null) return false;
  if (kind === 'session') return true;
  if (known?.type !== 'token' || judgeOwnerPolicy(known.token, facts.resource) !== null) return false;
  if (known.token.kind === 'classic') return scopes.some((scope) => NAMING_SCOPES.includes(scope));
  return known.token.grant !== null && known.token.resource_owner?.id === facts.resource.organization.id;
}

async function compareOrganizations(t: Test, app: TestApp, directory: RandomDirectory, credential: Credential) {
  if (credential.holder === null) {
    t.equal((await app.inject('/user/orgs')).statusCode, 401);
    return;
  }
  const named = await Promise.all(directory.organizations.map((each) => isNamed(app, credential, each)));
  const expected = directory.organizations.filter((_, index) => named[index]).map((each) => each.login);
  for (const per_page of [1, 100]) {
    const listed = await walk(app, '/user/orgs', per_page, credential.headers);
    t.same(
      listed.map((each) => each.login),
      expected,
      `${credential.what}: /user/orgs by ${per_page}`,
    );
  }
}

t.test('F8: lists are exactly what the same credential reads singly', async (t) => {
  const seen: Counted = { rows: 0, hidden: 0 };
  const oneWorld = async (seed: number): Promise<boolean> => {
    const app = await buildTestApp(t);
    const directory = await randomDirectory(app.deps, seed);
    for (const credential of directory.credentials) {
      await compareRepositories(t, app, directory, credential, seen);
      await compareMembers(t, app, directory, credential);
      await compareOrganizations(t, app, directory, credential);
    }
    return t.passing();
  };
  await fc.assert(fc.asyncProperty(fc.noShrink(fc.integer()), oneWorld), { numRuns: WORLDS });
  t.ok(seen.rows > WORLDS * 50, `${seen.rows} rows were seen`);
  t.ok(seen.hidden > WORLDS * 50, `${seen.hidden} were hidden`);
});
