// GitHub's own client, with nothing changed but the address and the token, reviews and revokes; every answer is as GitHub
// describes it.

import { Octokit } from '@octokit/rest';
import t, { type Test } from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { githubFaults } from '../support/github-description.ts';
import { freePort } from '../support/service.ts';
import { tokensOf, worldOf } from '../support/world.ts';

const REQUESTS = '/orgs/{org}/personal-access-token-requests';
const GRANTS = '/orgs/{org}/personal-access-tokens';
const org = 'acme';
/** It reports refusals that are expected here. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What the client throws carries the status. */
async function statusOfError(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => null,
    (error: { status?: number }) => error.status,
  );
}

/** The service on a port, acme with some requests, and a client with the token of its owner. */
async function start(t: Test) {
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const { app, deps, inject } = await buildTestApp(t, { settings: { PUBLIC_URL: baseUrl } });
  await app.listen({ host: '127.0.0.1', port: Number(port) });
  const world = worldOf(deps);
  const tokens = tokensOf({ inject });
  const [ada, bob] = [await world.person('ada'), await world.person('bob')];
  const acme = await world.organization(org, ada, { approval: 'required' });
  await world.member(acme, bob);
  await world.repository(acme, 'engine');
  await world.repository(acme, 'mill', 'public');
  const holder = await world.session(bob);
  const ask = (reason?: string) =>
    tokens.fineGrainedToken(holder, {
      resource_owner: org,
      repository_selection: 'subset',
      repositories: ['engine', 'mill'],
      permissions: { issues: 'write', members: 'read' },
      ...(reason !== undefined && { reason }),
    });
  const { token: auth } = await tokens.fineGrainedToken(await world.session(ada), {
    resource_owner: org,
    permissions: {
      organization_personal_access_token_requests: 'write',
      organization_personal_access_tokens: 'write',
    },
  });
  const faults = githubFaults();
  if (faults === null) t.comment('GitHub’s description is not beside this checkout; answers are not compared with it');
  const octokit = new Octokit({ baseUrl, auth, log: SILENT });
  /** The data of an answer that is as GitHub describes it. */
  function asDescribed<Data>(operation: string, { status, data }: { status: number; data: Data }): Data {
    if (faults !== null) t.equal(faults(operation, status, data), '', `${operation} ${status}`);
    return data;
  }
  return { octokit, ask, asDescribed, baseUrl };
}

t.test('A1: a client of GitHub lists and reviews requests', async (t) => {
  const { octokit, ask, asDescribed, baseUrl } = await start(t);
  const { orgs } = octokit.rest;
  for (const reason of ['one', 'two', undefined]) await ask(reason);
  const requests = asDescribed(`GET ${REQUESTS}`, await orgs.listPatGrantRequests({ org }));
  t.same(
    requests.map(({ reason }) => reason),
    [null, 'two', 'one'],
    'newest first',
  );
  const [first, second, third] = requests.map(({ id }) => id) as [number, number, number];
  t.match(requests[0], {
    owner: { login: 'bob', type: 'User', site_admin: false },
    repository_selection: 'subset',
    repositories_url: `${baseUrl}/orgs/acme/personal-access-token-requests/${first}/repositories`,
    permissions: { repository: { issues: 'write', metadata: 'read' }, organization: { members: 'read' } },
    token_expired: false,
    token_last_used_at: null,
  });
  const repositories = asDescribed(
    `GET ${REQUESTS}/{pat_request_id}/repositories`,
    await orgs.listPatGrantRequestRepositories({ org, pat_request_id: first }),
  );
  t.match(repositories, [
    { full_name: 'acme/engine', private: true, owner: { login: 'acme', type: 'Organization' } },
    { full_name: 'acme/mill', private: false },
  ]);

  const one = await orgs.reviewPatGrantRequest({ org, pat_request_id: first, action: 'approve', reason: 'fine' });
  t.equal(one.status, 204);
  asDescribed(`POST ${REQUESTS}/{pat_request_id}`, one);
  const pat_request_ids = [second, third];
  const many = await orgs.reviewPatGrantRequestsInBulk({ org, pat_request_ids, action: 'deny', reason: null });
  t.equal(many.status, 202);
  asDescribed(`POST ${REQUESTS}`, many);
  t.same(asDescribed(`GET ${REQUESTS}`, await orgs.listPatGrantRequests({ org })), []);
  const deny = (pat_request_id: number) => orgs.reviewPatGrantRequest({ org, pat_request_id, action: 'deny' });
  t.equal(await statusOfError(deny(first)), 409);
  t.equal(await statusOfError(deny(999_999)), 404);
});

t.test('T2: a client of GitHub reports what has leaked', async (t) => {
  const { ask, asDescribed, baseUrl } = await start(t);
  const { token } = await ask();
  const stranger = new Octokit({ baseUrl, log: SILENT });
  const report = (octokit: Octokit) => octokit.rest.credentials.revoke({ credentials: [token, 'ghp_of_another'] });
  const taken = await report(stranger);
  t.equal(taken.status, 202);
  asDescribed('POST /credentials/revoke', taken);
  t.equal(
    await statusOfError(new Octokit({ baseUrl, auth: token, log: SILENT }).request('GET /user')),
    401,
    'it is dead',
  );
  const { token: another } = await ask();
  t.equal(await statusOfError(report(new Octokit({ baseUrl, auth: another, log: SILENT }))), 403);
});

t.test('A3: a client of GitHub lists and revokes grants, page by page', async (t) => {
  const { octokit, ask, asDescribed } = await start(t);
  const { orgs } = octokit.rest;
  for (let count = 0; count < 5; count += 1) await ask();
  const requests = await octokit.paginate(orgs.listPatGrantRequests, { org, per_page: 2 });
  t.equal(requests.length, 5, 'all pages by their links');
  const pat_request_ids = requests.map(({ id }) => id);
  await orgs.reviewPatGrantRequestsInBulk({ org, pat_request_ids, action: 'approve' });

  const filters = { org, owner: ['bob', 'nobody'], permission: 'issues_write', repository: 'engine' };
  const grants = asDescribed(`GET ${GRANTS}`, await orgs.listPatGrants({ ...filters, direction: 'asc' }));
  t.equal(grants.length, 5);
  const token_id = grants.slice(0, 2).map((grant) => String(grant.token_id));
  const named = asDescribed(`GET ${GRANTS}`, await orgs.listPatGrants({ org, token_id }));
  t.same(
    named.map((grant) => String(grant.token_id)).sort(),
    [...token_id].sort(),
    'an array parameter as the client sends it',
  );
  const [first, ...others] = grants.map(({ id }) => id) as [number, ...number[]];
  const repositories = await orgs.listPatGrantRepositories({ org, pat_id: first });
  t.equal(asDescribed(`GET ${GRANTS}/{pat_id}/repositories`, repositories).length, 2);

  const one = await orgs.updatePatAccess({ org, pat_id: first, action: 'revoke' });
  t.equal(one.status, 204);
  asDescribed(`POST ${GRANTS}/{pat_id}`, one);
  const many = await orgs.updatePatAccesses({ org, pat_ids: others, action: 'revoke' });
  t.equal(many.status, 202);
  asDescribed(`POST ${GRANTS}`, many);
  t.same((await orgs.listPatGrants({ org, owner: ['bob'] })).data, []);
  t.equal((await orgs.listPatGrants({ org })).data.length, 1, 'the owner’s own is there');
});
