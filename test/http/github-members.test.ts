// What GitHub documents of a body is known here, whether it means something or not (contract 1): the members that the description
// of its API names, as the client library has it, against each endpoint that is GitHub's.

import { readFile } from 'node:fs/promises';
import t from 'tap';
import { directoryApp } from '../support/directory-app.ts';

/** Types alone, which `@octokit/rest` brings along. */
const DESCRIPTION = new URL('@octokit/openapi-types/types.d.ts', new URL('../../node_modules/', import.meta.url));

/** GitHub's operations that take a body, and where they are. */
const OPERATIONS = {
  'users/update-authenticated': 'PATCH /user',
  'repos/create-for-authenticated-user': 'POST /user/repos',
  'repos/create-in-org': 'POST /orgs/acme/repos',
  'repos/update': 'PATCH /repos/acme/engine',
  'repos/transfer': 'POST /repos/acme/engine/transfer',
  'repos/add-collaborator': 'PUT /repos/acme/engine/collaborators/bob',
  'repos/create-deploy-key': 'POST /repos/acme/engine/keys',
  'orgs/update': 'PATCH /orgs/acme',
  'orgs/set-membership-for-user': 'PUT /orgs/acme/memberships/bob',
  'orgs/create-webhook': 'POST /orgs/acme/hooks',
  'orgs/update-webhook': 'PATCH /orgs/acme/hooks/1',
  'orgs/review-pat-grant-requests-in-bulk': 'POST /orgs/acme/personal-access-token-requests',
  'orgs/review-pat-grant-request': 'POST /orgs/acme/personal-access-token-requests/1',
  'orgs/update-pat-accesses': 'POST /orgs/acme/personal-access-tokens',
  'orgs/update-pat-access': 'POST /orgs/acme/personal-access-tokens/1',
  'teams/create': 'POST /orgs/acme/teams',
  'teams/add-or-update-membership-for-user-in-org': 'PUT /orgs/acme/teams/core/memberships/bob',
  'teams/add-or-update-repo-permissions-in-org': 'PUT /orgs/acme/teams/core/repos/acme/engine',
} as const;

/** The members of the body of an operation; of all of them the name is the first word of a line with just this indentation. */
function membersOf(description: string, operation: string): readonly string[] {
  const from = description.search(new RegExp(`^ {2}"${operation}": \\{$`, 'm'));
  const whole = description.slice(from, description.indexOf('responses: {', from));
  const body = whole.slice(whole.indexOf('requestBody'));
  return [...body.matchAll(/^ {10}(\w+)\??:/gm)].map(([, name = '']) => name);
}

t.test("contract 1: no member that GitHub documents of its endpoints' bodies is unknown", async (t) => {
  const { call, world } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.person('bob');
  await world.repository(await world.organization('acme', ada), 'engine');
  const session = await world.session(ada);
  t.equal((await call(session, 'POST /orgs/acme/teams', { name: 'core' })).status, 201);
  const config = { url: 'https://receiver.example/' };
  t.equal((await call(session, 'POST /orgs/acme/hooks', { config })).body.id, 1);
  const description = await readFile(DESCRIPTION, 'utf8');
  for (const [operation, request] of Object.entries(OPERATIONS)) {
    const members = membersOf(description, operation);
    t.ok(members.length > 0, `${operation} is described`);
    // Of another type than any member has: the answer is about types and nothing is done, but where all mean nothing here.
    const { status, body } = await call(session, request, Object.fromEntries(members.map((name) => [name, [[]]])));
    const unknown = (body?.errors ?? []).filter(({ code }: { code: string }) => code === 'unknown_field');
    t.not(status, 404, 'the body was looked at');
    t.same(unknown, [], operation);
  }
  const stray = await call(session, 'PATCH /repos/acme/engine', { has_nothing: [[]] });
  t.match(stray.body.errors, [{ field: 'has_nothing', code: 'unknown_field' }], 'others are');
});
