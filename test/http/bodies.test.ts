// What bodies of the directory may carry: GitHub's members that mean nothing here are accepted and change nothing, all else is
// refused by name, columns of our tables first (contract 1, threats T1).

import t, { type Test } from 'tap';
import { OrganizationPatch } from '../../src/http/schemas/organizations.ts';
import { NewRepository, RepositoryPatch, Transfer } from '../../src/http/schemas/repositories.ts';
import { NewTeam } from '../../src/http/schemas/teams.ts';
import { directoryApp } from '../support/directory-app.ts';

type Schema = { readonly properties: Readonly<Record<string, unknown>> };

/** Values that could do harm where somebody took them for a column. */
const VALUES = ['x', 7, null, true, { id: 1 }, ['x']];

function ignoredIn({ properties }: Schema): string[] {
  const entries = Object.entries(properties) as [string, { description?: string }][];
  return entries.filter(([, { description }]) => description === 'Accepted and ignored').map(([name]) => name);
}

/** Every write with a schema of its own, with a body that is enough. */
const WRITES = [
  { request: 'POST /user/repos', schema: NewRepository, body: { name: 'n' }, status: 201 },
  { request: 'POST /orgs/acme/repos', schema: NewRepository, body: { name: 'n' }, status: 201 },
  { request: 'PATCH /repos/ada/x', schema: RepositoryPatch, body: {}, status: 200 },
  { request: 'PATCH /orgs/acme', schema: OrganizationPatch, body: {}, status: 200 },
  { request: 'POST /orgs/acme/teams', schema: NewTeam, body: { name: 'n' }, status: 201 },
  { request: 'POST /repos/ada/x/transfer', schema: Transfer, body: { new_owner: 'acme' }, status: 202 },
  { request: 'PUT /orgs/acme/memberships/bob', schema: null, body: {}, status: 200 },
  { request: 'PUT /orgs/acme/teams/crew/memberships/ada', schema: null, body: {}, status: 200 },
  { request: 'PUT /orgs/acme/teams/crew/repos/acme/y', schema: null, body: {}, status: 204 },
  { request: 'PUT /repos/ada/x/collaborators/bob', schema: null, body: {}, status: 204 },
] as const;

async function directory(t: Test) {
  const application = await directoryApp(t);
  const { world } = application;
  const ada = await world.person('ada');
  await world.person('bob');
  const org = await world.organization('acme', ada);
  await world.repository(ada, 'x');
  await world.repository(org, 'y');
  await world.team(org, 'crew');
  return { ...application, session: await world.session(ada) };
}

t.test('GitHub’s members that mean nothing here are accepted, and change nothing', async (t) => {
  for (const { request, schema, body, status } of WRITES) {
    if (schema === null) continue;
    const ignored = ignoredIn(schema);
    t.ok(ignored.length > 0, request);
    const [plain, full] = [await directory(t), await directory(t)];
    const beside = Object.fromEntries(ignored.map((name, n) => [name, VALUES[n % VALUES.length]]));
    const expected = await plain.call(plain.session, request, body);
    const answered = await full.call(full.session, request, { ...body, ...beside });
    t.equal(answered.status, status, `${request}: ${answered.text}`);
    t.same({ ...answered.body, created_at: '' }, { ...expected.body, created_at: '' }, request);
  }
});

t.test('a member that nobody documented is refused by its name, whatever column it is', async (t) => {
  const { call, session, deps } = await directory(t);
  const columns = await deps.db.introspection.getTables();
  const names = new Set(columns.flatMap((table) => table.columns.map((column) => column.name)));
  for (const name of ['admin', 'approved', '__proto__', 'constructor', 'toString']) names.add(name);
  for (const { request, schema, body } of WRITES) {
    const declared = new Set(Object.keys(schema?.properties ?? { role: 1, permission: 1 }));
    const unknown = [...names].filter((name) => !declared.has(name));
    const payload = JSON.parse(`{${unknown.map((name) => `${JSON.stringify(name)}: 1`).join()}}`);
    const { status, body: answer } = await call(session, request, Object.assign(payload, body));
    t.equal(status, 422, request);
    const refused = new Set(answer.errors.map((error: { field: string }) => error.field));
    t.ok(refused.size >= Math.min(unknown.length, 100) - 1, `${request}: ${refused.size} of ${unknown.length}`);
    t.ok(answer.errors.every((error: { code: string }) => error.code === 'unknown_field'));
  }
  t.same(await deps.db.selectFrom('audit_entries').select('id').execute(), []);
});
