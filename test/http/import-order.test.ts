// The stream of an import comes late, twice and out of order: whatever its order, what counts is the highest version of each
// object (threats S4). And whatever the batches, they come to the same as one line after the other.

import fc from 'fast-check';
import type { Kysely } from 'kysely';
import t from 'tap';
import type { Database } from '../../src/db/schema.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { importerOf, type Line } from '../support/importing.ts';

const RUNS = cases({ short: 8, long: 25 });
const VERSIONS_MAX = 5;

/** What other lines refer to; never changed, so that only versions decide. */
const BASE: readonly Line[] = [
  ...['a', 'b', 'c'].map((name) => {
    return { type: 'user', external_id: name, version: 1, login: `user-${name}`, email: `${name}@example.test` };
  }),
  { type: 'enterprise', external_id: 'e', version: 1, slug: 'corp', name: 'Corp' },
  { type: 'organization', external_id: 'o', version: 1, login: 'acme', enterprise: 'e', admin: 'a' },
  { type: 'organization', external_id: 'q', version: 1, login: 'else' },
  ...['r', 's'].map((name) => {
    return { type: 'repository', external_id: name, version: 1, owner: 'o', name: `base-${name}` };
  }),
];

type Draft = Readonly<Record<string, unknown>> | null;

/** The contents that an object may have at some version; null: deleted. Its names are its own, so that nobody else is in the way. */
const OBJECTS: Readonly<Record<string, readonly Draft[]>> = {
  'user x': [
    { login: 'x-one', email: 'x@example.test' },
    { login: 'x-two', email: 'x2@example.test', suspended: true },
    { login: 'x-one', email: 'x@example.test', email_verified: true, profile_name: 'X' },
    null,
  ],
  'organization y': [
    { login: 'y-one', enterprise: 'e' },
    { login: 'y-two', default_repository_permission: 'none', profile_name: 'Y' },
    null,
  ],
  'repository z': [
    { owner: 'o', name: 'z-one', visibility: 'internal' },
    { owner: 'a', name: 'z-two', visibility: 'public', archived: true },
    { owner: 'q', name: 'z-one', description: 'moved' },
    null,
  ],
  'membership m': [
    { organization: 'q', user: 'b', role: 'member' },
    { organization: 'q', user: 'b', role: 'admin' },
    { organization: 'q', user: 'c', role: 'member' },
    null,
  ],
  'collaborator k': [
    { repository: 'r', user: 'b', permission: 'pull' },
    { repository: 's', user: 'c', permission: 'admin' },
    { repository: 'r', user: 'b', permission: 'triage' },
    null,
  ],
  'team t': [{ organization: 'o', name: 'Team One' }, { organization: 'o', name: 'Team Two', slug: 'two' }, null],
};

/** The versions that an object went through, and from them a stream of lines in any order, some of them more than once. */
const history = (name: string, drafts: readonly Draft[]) =>
  fc.array(fc.constantFrom(...drafts), { minLength: 1, maxLength: VERSIONS_MAX }).map((states) =>
    states.map((state, index): Line => {
      const [type, external_id] = name.split(' ');
      return { type, external_id, version: index + 1, ...(state ?? { deleted: true }) };
    }),
  );
const histories = fc.tuple(...Object.entries(OBJECTS).map(([name, drafts]) => history(name, drafts)));
const stream = histories.chain((all) => {
  const lines = all.flat();
  const repeated = fc.subarray(lines).map((again) => [...lines, ...again]);
  const shuffled = repeated.chain((each) => fc.shuffledSubarray(each, { minLength: each.length }));
  return fc.record({
    last: fc.constant(all.flatMap((each) => each.slice(-1))),
    lines: shuffled,
    cuts: fc.array(fc.nat({ max: 60 }), { maxLength: 4 }),
  });
});

/** The directory by names only, and what is remembered: equal for equal worlds, whatever ids they have. */
async function stateOf(db: Kysely<Database>) {
  const users = await db
    .selectFrom('accounts as account')
    .innerJoin('users as person', 'person.id', 'account.id')
    .select(['account.login', 'account.profile_name', 'person.email', 'person.suspended_at'])
    .orderBy('account.login')
    .execute();
  const organizations = await db
    .selectFrom('organizations as organization')
    .innerJoin('accounts as account', 'account.id', 'organization.id')
    .leftJoin('enterprises as enterprise', 'enterprise.id', 'organization.enterprise_id')
    .select(['account.login', 'account.profile_name', 'enterprise.slug', 'organization.default_repository_permission'])
    .orderBy('account.login')
    .execute();
  const repositories = await db
    .selectFrom('repositories as repository')
    .innerJoin('accounts as owner', 'owner.id', 'repository.owner_id')
    .select([
      'owner.login',
      'repository.name',
      'repository.visibility',
      'repository.archived',
      'repository.description',
    ])
    .orderBy('owner.login')
    .orderBy('repository.name')
    .execute();
  const memberships = await db
    .selectFrom('memberships as membership')
    .innerJoin('accounts as organization', 'organization.id', 'membership.organization_id')
    .innerJoin('accounts as account', 'account.id', 'membership.user_id')
    .select(['organization.login as organization', 'account.login', 'membership.role'])
    .orderBy('organization.login')
    .orderBy('account.login')
    .execute();
  const collaborators = await db
    .selectFrom('collaborators as collaborator')
    .innerJoin('repositories as repository', 'repository.id', 'collaborator.repository_id')
    .innerJoin('accounts as account', 'account.id', 'collaborator.user_id')
    .select(['repository.name', 'account.login', 'collaborator.role'])
    .orderBy('repository.name')
    .orderBy('account.login')
    .execute();
  const teams = await db.selectFrom('teams').select(['name', 'slug']).orderBy('slug').execute();
  const places = await db
    .selectFrom('team_members as place')
    .innerJoin('teams as team', 'team.id', 'place.team_id')
    .innerJoin('accounts as account', 'account.id', 'place.user_id')
    .select(['team.slug', 'account.login'])
    .orderBy('team.slug')
    .orderBy('account.login')
    .execute();
  const versions = await db
    .selectFrom('imported_objects')
    .select(['type', 'external_id', 'version', 'deleted', 'fingerprint'])
    .orderBy('type')
    .orderBy('external_id')
    .execute();
  const people = users.map(({ suspended_at, ...user }) => ({ ...user, suspended: suspended_at !== null }));
  return { people, organizations, repositories, memberships, collaborators, teams, places, versions };
}

async function clear({ deps: { db } }: TestApp): Promise<void> {
  await db.deleteFrom('imported_objects').execute();
  await db.deleteFrom('accounts').execute();
  await db.deleteFrom('enterprises').execute();
}

t.test('S4: any order, repetition and batching of versions ends in the state of the highest', async (t) => {
  const app = await buildTestApp(t);
  const { send } = await importerOf(app);
  const inBatches = async (lines: readonly Line[], cuts: readonly number[]): Promise<void> => {
    const ends = [...new Set(cuts)].sort((a, b) => a - b);
    let from = 0;
    for (const end of [...ends, lines.length]) {
      if (end > from) await send(lines.slice(from, end));
      from = Math.max(from, end);
    }
  };
  const property = fc.asyncProperty(stream, async ({ last, lines, cuts }) => {
    await clear(app);
    await send([...BASE, ...last]);
    const expected = await stateOf(app.deps.db);
    await clear(app);
    await send(BASE);
    await inBatches(lines, cuts);
    t.same(await stateOf(app.deps.db), expected);
    const again = await send(lines.toSorted(() => 0));
    const words = new Set(again.map(({ result }) => result));
    words.delete('stale');
    t.same(
      [...words].filter((word) => word !== 'unchanged'),
      [],
      'once more changes nothing',
    );
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
});

/** Lines that get in each other's way: two names for three repositories, few people, teams that need memberships. */
const clash = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('repository'),
      external_id: fc.constantFrom('1', '2', '3'),
      version: fc.nat({ max: 6 }),
      owner: fc.constantFrom('o', 'q', 'a', 'x'),
      name: fc.constantFrom('one', 'two'),
    }),
    fc.record({
      type: fc.constantFrom('repository', 'user', 'organization', 'membership', 'team', 'team_member'),
      external_id: fc.constantFrom('1', '2', 'b', 'o'),
      version: fc.nat({ max: 6 }),
      deleted: fc.constant(true),
    }),
    fc.record({
      type: fc.constant('membership'),
      external_id: fc.constantFrom('1', '2'),
      version: fc.nat({ max: 6 }),
      organization: fc.constantFrom('o', 'q'),
      user: fc.constantFrom('a', 'b', 'x'),
      role: fc.constantFrom('admin', 'member'),
    }),
    fc.record({
      type: fc.constant('user'),
      external_id: fc.constantFrom('b', 'x'),
      version: fc.nat({ max: 6 }),
      login: fc.constantFrom('user-b', 'user-x', 'one'),
      email: fc.constantFrom('b@example.test', 'x@example.test'),
    }),
    fc.record({
      type: fc.constant('team'),
      external_id: fc.constantFrom('1', '2'),
      version: fc.nat({ max: 6 }),
      organization: fc.constantFrom('o', 'q'),
      name: fc.constantFrom('One', 'Two'),
    }),
    fc.record({
      type: fc.constant('team_member'),
      external_id: fc.constantFrom('1', '2'),
      version: fc.nat({ max: 6 }),
      team: fc.constantFrom('1', '2'),
      user: fc.constantFrom('a', 'b', 'x'),
    }),
    fc.record({
      type: fc.constant('collaborator'),
      external_id: fc.constantFrom('1', '2'),
      version: fc.nat({ max: 6 }),
      repository: fc.constantFrom('1', '2', 'r'),
      user: fc.constantFrom('a', 'b', 'x'),
      permission: fc.constantFrom('pull', 'admin'),
    }),
  ),
  { minLength: 2, maxLength: 40 },
);

t.test('lines of one batch come to the same as one after the other, result by result', async (t) => {
  const app = await buildTestApp(t);
  const { send } = await importerOf(app);
  const property = fc.asyncProperty(clash, async (lines) => {
    await clear(app);
    await send(BASE);
    const together = (await send(lines)).map(({ result }) => result);
    const state = await stateOf(app.deps.db);
    await clear(app);
    await send(BASE);
    const singly: string[] = [];
    for (const line of lines) singly.push((await send([line]))[0]?.result ?? '');
    t.same(together, singly, JSON.stringify(lines));
    t.same(state, await stateOf(app.deps.db));
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
});
