// GitHub's own client sees and revokes what single sign-on lets in, and its answers are as GitHub describes them (O2). And the
// two ways of leaving an organization end the same (A4).

import { Octokit } from '@octokit/rest';
import t from 'tap';
import { githubFaults } from '../support/github-description.ts';
import { importerOf } from '../support/importing.ts';
import { freePort } from '../support/service.ts';
import { SSO_SESSIONS, ssoWorld } from '../support/sso-world.ts';

const AUTHORIZATIONS = '/orgs/{org}/credential-authorizations';

t.test('O2: authorisations through GitHub’s client', async (t) => {
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const world = await ssoWorld(t, { settings: { PUBLIC_URL: baseUrl } });
  const { app, sessions, setSso, signOn, classicToken, fineGrainedToken, call } = world;
  await app.listen({ host: '127.0.0.1', port: Number(port) });
  await setSso({ required: true });
  await signOn(sessions.bob, 'bob');
  await signOn(sessions.ada, 'ada');
  const { id } = await classicToken(sessions.bob, { scopes: ['repo'], never_expires: true });
  const link = (of: number) => `/user/personal-access-tokens/${of}/sso/acme`;
  t.equal((await call(sessions.bob, `PUT ${link(id)}`)).status, 204);
  await fineGrainedToken(sessions.bob, { resource_owner: 'acme' });
  const reader = await classicToken(sessions.ada, { scopes: ['admin:org'] });
  // Of GitHub's cloud for enterprises: the client has no method of this name, but calls it.
  const list = (auth: string, login?: string) =>
    new Octokit({ baseUrl, auth, log: silent() }).request(`GET ${AUTHORIZATIONS}`, { org: 'acme', login });
  const refused = await list(reader.token).catch((error: unknown) => error);
  t.match(refused, {
    status: 403,
    response: { headers: { 'x-github-sso': `required; url=${baseUrl}/orgs/acme/sso` } },
  });
  t.equal((await call(sessions.ada, `PUT ${link(reader.id)}`)).status, 204);
  const { status, data } = await list(reader.token, 'bob');
  t.equal(data.length, 2);
  const faults = githubFaults();
  if (faults === null) t.comment('GitHub’s description is not beside this checkout; answers are not compared with it');
  else t.equal(faults(`GET ${AUTHORIZATIONS}`, status, data), '');
  const owner = new Octokit({ baseUrl, auth: reader.token, log: silent() });
  for (const { credential_id } of data) {
    const answer = await owner.request(`DELETE ${AUTHORIZATIONS}/{credential_id}`, { org: 'acme', credential_id });
    t.equal(answer.status, 204);
  }
  t.same((await list(reader.token, 'bob')).data, []);
});

function silent() {
  const nothing = () => undefined;
  return { debug: nothing, info: nothing, warn: nothing, error: nothing };
}

t.test('A4, L1: a membership that an import ends leaves what one leaves that an owner ends', async (t) => {
  const world = await ssoWorld(t);
  const { send } = await importerOf(world);
  const { deps, call, entries, rows } = world;
  const olga = { type: 'user', external_id: 'u0', version: 1, login: 'olga', email: 'olga@import.example' };
  const organization = { type: 'organization', external_id: 'o1', version: 1, login: 'imported' };
  const member = (user: string, role: string) => ({
    ...{ type: 'membership', external_id: `m-${user}`, version: 1, organization: 'o1', user, role },
  });
  await send([olga, organization, member('u0', 'admin')]);
  const accountOf = async (login: string) =>
    deps.db.selectFrom('accounts').select(['id', 'login']).where('login', '=', login).executeTakeFirstOrThrow();
  const imported = await accountOf('imported');

  /** What a person leaves behind who had a grant, a request, an authorisation and a single sign-on session. */
  async function leave(login: string, end: () => Promise<unknown>) {
    await send([{ ...olga, external_id: login, login, email: `${login}@import.example` }, member(login, 'admin')]);
    const person = await accountOf(login);
    const session = await world.world.session(person);
    const fine = { owner: imported, permissions: { members: 'read' } } as const;
    await rows.fineGrained(person, fine);
    await rows.fineGrained(person, { ...fine, standing: 'pending' });
    const { id: token_id } = await rows.classic(person, { scopes: ['repo'] });
    const proof = await deps.db.selectFrom('sessions').select('id').where('user_id', '=', person.id).execute();
    const place = { organization_id: imported.id };
    const at = deps.clock();
    await deps.db
      .insertInto('sso_sessions')
      .values(proof.map(({ id }) => ({ ...place, session_id: id, expires_at: new Date(at.getTime() + 600_000) })))
      .execute();
    await deps.db
      .insertInto('token_sso_authorizations')
      .values({ ...place, token_id, authorized_at: at })
      .execute();
    t.equal((await call(session, `GET ${SSO_SESSIONS}`)).body.length, 1);
    await entries();
    await end();
    t.same((await call(session, `GET ${SSO_SESSIONS}`)).body, []);
    const told = (await call(session, 'GET /user/notifications')).body;
    const written = (await entries()).sort((a, b) => (a.action < b.action ? -1 : 1));
    const tokens = new Map(written.map((each, n) => [each.managed_token_id, `token ${n}`]));
    return {
      told: told.map(({ type, organization: of, reason }: Record<string, unknown>) => ({ type, of, reason })),
      written: written.map(({ action, org, user, operation_type, managed_token_id, data }) => {
        const {
          external_id,
          version,
          user_programmatic_access_request_id: request,
          ...said
        } = data as Record<string, unknown>;
        const named = { ...said, user_programmatic_access_name: 'its name', request: request !== undefined };
        const own = 'user_programmatic_access_id' in said && {
          user_programmatic_access_id: tokens.get(managed_token_id),
        };
        return {
          action,
          org,
          user: user === login,
          operation_type,
          token: tokens.get(managed_token_id),
          ...named,
          ...own,
        };
      }),
    };
  }

  const by_owner = await leave('paul', async () => {
    const session = await world.world.session(await accountOf('olga'));
    t.equal((await call(session, 'DELETE /orgs/imported/memberships/paul')).status, 204);
  });
  const by_import = await leave('pia', () => send([{ ...member('pia', 'admin'), version: 2, deleted: true }]));
  t.match(by_owner.written, [
    { action: 'org.remove_member', role: 'admin', user: true },
    { action: 'org_credential_authorization.deauthorized', org: 'imported', managed_token_scopes: 'repo' },
    { action: 'personal_access_token.access_revoked', user_programmatic_access_id: String, request: false },
    { action: 'personal_access_token.request_cancelled', user_programmatic_access_id: String, request: true },
  ]);
  t.match(by_owner.told, [{ type: 'grant_revoked', of: 'imported' }]);
  t.same(by_import, by_owner);
  t.same(await deps.db.selectFrom('token_sso_authorizations').select('token_id').execute(), []);
});
