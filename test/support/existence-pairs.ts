// Pairs of requests of one caller: about what is hidden from him, and about what is not there (F6, promises P18, threats I2). Whoever
// compares them may look at bytes, at what the database is asked, or at time.

import type { InjectOptions } from 'fastify';
import type { Deps } from '../../src/deps.ts';
import { SYSTEM_CALLER } from '../../src/domain/caller.ts';
import { newText } from '../../src/secrets.ts';
import { setCatalogue } from '../../src/use-cases/catalogue/set-catalogue.ts';
import { tokenRowsOf } from './token-rows.ts';
import { bearer, quickHash, worldOf } from './world.ts';

export type ExistencePair = { readonly name: string; readonly hidden: InjectOptions; readonly absent: InjectOptions };

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const NEVER = '999999';
/** As long as the name of what is hidden. */
const [HIDDEN, ABSENT] = ['hidden', 'absent'] as const;

/** Builds a world in which each of these is hidden from who asks. */
export async function existencePairs(deps: Deps): Promise<readonly ExistencePair[]> {
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const password_hash = await quickHash('a long password');
  const [ada, bob, eve] = [
    await world.person('ada', { password_hash }),
    await world.person('bob'),
    await world.person('eve'),
  ];
  const [acme, other] = [await world.organization('acme', ada), await world.organization('other', eve)];
  await world.enterprise(HIDDEN, [acme], [ada]);
  await world.member(acme, bob);
  await deps.db.updateTable('organizations').set({ default_repository_permission: 'none' }).execute();
  const repository = await world.repository(acme, HIDDEN);
  const team = await world.team(acme, 'crew', [ada]);
  await setCatalogue(deps, SYSTEM_CALLER, [
    { method: 'GET', path: '/repositories/{repository_id}/patterns', permission_sets: [{ contents: 'read' }] },
    { method: 'GET', path: '/teams/{team_id}/looms', permission_sets: [{ members: 'read' }] },
  ]);
  const theirs = await rows.classic(ada, { scopes: ['repo'] });
  const foreign = await rows.fineGrained(ada, { owner: acme, selection: 'all', permissions: { contents: 'read' } });
  const text = (await rows.classic(eve, { scopes: ['repo', 'admin:org'] })).text;
  const of_member = bearer(await world.session(bob));
  const session = bearer(await world.session(eve));
  const token = bearer(text);
  const bound = await world.client(['introspect', 'evaluate', 'exchange', 'revoke'], [other]);
  const client = await world.client(['introspect', 'evaluate', 'gateway', 'exchange']);
  const for_others = { permissions: { contents: 'read' }, audience: ['https://elsewhere.example'] } as const;
  const elsewhere = (await rows.exchanged(foreign, for_others)).text;
  const exchanged = (await rows.exchanged(foreign, { permissions: { contents: 'read' } })).text;
  const [unknown, unknown_classic, unknown_exchanged] = (['fine_grained', 'classic', 'exchanged'] as const).map(
    (kind) => newText(kind, deps.config.token_prefix),
  ) as [string, string, string];

  const pair = (name: string, request: (what: string) => InjectOptions, whats = [HIDDEN, ABSENT] as const) => ({
    name,
    hidden: request(whats[0]),
    absent: request(whats[1]),
  });
  const named = (name: string, whats: readonly [string, string], request: (what: string) => InjectOptions) => ({
    name,
    hidden: request(whats[0]),
    absent: request(whats[1]),
  });
  const form = (headers: Record<string, string>, url: string, members: Record<string, string>): InjectOptions => ({
    method: 'POST',
    url,
    headers: { ...headers, ...FORM },
    payload: new URLSearchParams(members).toString(),
  });
  const evaluation = (authorization: string, subject: object, repository: string): InjectOptions => ({
    method: 'POST',
    url: '/access/v1/evaluation',
    headers: { authorization },
    payload: {
      subject,
      action: { name: 'contents:read' },
      resource: { type: 'repository', id: `acme/${repository}` },
    },
  });
  const atGateway = (uri: string): InjectOptions => ({
    url: '/gateway/forward-auth',
    headers: {
      'x-gateway-authorization': client.authorization,
      ...token,
      'x-forwarded-method': 'GET',
      'x-forwarded-uri': uri,
    },
  });
  const issue = (payload: object): InjectOptions => ({
    method: 'POST',
    url: '/user/personal-access-tokens',
    headers: session,
    payload: { kind: 'fine_grained', name: 'one', ...payload },
  });

  return [
    pair('a repository, by a stranger’s token', (repo) => ({ url: `/repos/acme/${repo}`, headers: token })),
    pair('a repository, by a member’s session', (repo) => ({ url: `/repos/acme/${repo}`, headers: of_member })),
    pair('a repository, by nobody', (repo) => ({ url: `/repos/acme/${repo}` })),
    pair('a change of a repository', (repo) => ({
      method: 'PATCH',
      url: `/repos/acme/${repo}`,
      headers: token,
      payload: { archived: true },
    })),
    pair('an enterprise’s policy', (slug) => ({
      url: `/enterprises/${slug}/settings/personal-access-tokens`,
      headers: session,
    })),
    pair('an enterprise’s log', (slug) => ({ url: `/enterprises/${slug}/audit-log`, headers: token })),
    named('a token of somebody else', [String(theirs.id), NEVER], (id) => ({
      url: `/user/personal-access-tokens/${id}`,
      headers: session,
    })),
    named('the end of a token of somebody else', [String(theirs.id), NEVER], (id) => ({
      method: 'DELETE',
      url: `/user/personal-access-tokens/${id}`,
      headers: session,
    })),
    named('an organization as resource owner', ['acme', 'none'], (resource_owner) => issue({ resource_owner })),
    pair('a repository in a selection', (repo) =>
      issue({ resource_owner: 'other', repository_selection: 'subset', repositories: [repo] }),
    ),
    named('introspection beyond the client', [foreign.text, unknown], (of) =>
      form({ authorization: bound.authorization }, '/oauth/introspect', { token: of }),
    ),
    named('introspection of a classic token beyond the client', [theirs.text, unknown_classic], (of) =>
      form({ authorization: bound.authorization }, '/oauth/introspect', { token: of }),
    ),
    named('introspection of an exchanged token beyond the client', [exchanged, unknown_exchanged], (of) =>
      form({ authorization: bound.authorization }, '/oauth/introspect', { token: of }),
    ),
    named('introspection of an exchanged token for others', [elsewhere, unknown_exchanged], (of) =>
      form({ authorization: client.authorization }, '/oauth/introspect', { token: of }),
    ),
    named('evaluation of an exchanged token for others', [elsewhere, unknown_exchanged], (id) =>
      evaluation(client.authorization, { type: 'token', id }, 'none'),
    ),
    named('a search by an exchanged token for others', [elsewhere, unknown_exchanged], (id) => ({
      method: 'POST',
      url: '/access/v1/search/action',
      headers: { authorization: client.authorization },
      payload: { subject: { type: 'token', id }, resource: { type: 'repository', id: 'acme/none' } },
    })),
    named('an exchange of an exchanged token for others', [elsewhere, unknown_exchanged], (subject_token) =>
      form({ authorization: client.authorization }, '/oauth/token', {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }),
    ),
    named('a gateway’s question by an exchanged token for others', [elsewhere, unknown_exchanged], (of) => ({
      url: '/gateway/forward-auth',
      headers: {
        ...{ 'x-gateway-authorization': client.authorization, authorization: `Bearer ${of}` },
        ...{ 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/repos/acme/hidden' },
      },
    })),
    named('a repository, by an exchanged token for others', [elsewhere, unknown_exchanged], (of) => ({
      url: '/repos/acme/hidden',
      headers: bearer(of),
    })),
    named('one’s own account, by an exchanged token for others', [elsewhere, unknown_exchanged], (of) => ({
      url: '/user',
      headers: bearer(of),
    })),
    named('a revocation beyond the client', [foreign.text, unknown], (of) =>
      form({ authorization: bound.authorization }, '/oauth/revoke', { token: of }),
    ),
    named('evaluation beyond the client', [foreign.text, unknown], (id) =>
      evaluation(bound.authorization, { type: 'token', id }, 'none'),
    ),
    named('evaluation by an id beyond the client', [String(foreign.id), NEVER], (id) =>
      evaluation(bound.authorization, { type: 'token', id }, 'none'),
    ),
    named('evaluation of a person beyond the client', ['ada', 'ann'], (id) =>
      evaluation(bound.authorization, { type: 'user', id }, 'none'),
    ),
    pair('a gateway’s question', (repo) => atGateway(`/repos/acme/${repo}`)),
    named('a gateway’s question about a repository by its id', [String(repository.id), NEVER], (id) =>
      atGateway(`/repositories/${id}/patterns`),
    ),
    named('a gateway’s question about a team by its id', [String(team.id), NEVER], (id) =>
      atGateway(`/teams/${id}/looms`),
    ),
    named('an exchange beyond the client', [foreign.text, unknown], (subject_token) =>
      form({ authorization: bound.authorization }, '/oauth/token', {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }),
    ),
    pair('an exchange for a repository', (repo) =>
      form({ authorization: client.authorization }, '/oauth/token', {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: text,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        resource: `${deps.config.public_url}/repos/acme/${repo}`,
      }),
    ),
    pair('a team’s repository', (repo) => ({
      method: 'POST',
      url: '/orgs/other/teams',
      headers: session,
      payload: { name: 'crew', repo_names: [`acme/${repo}`] },
    })),
  ];
}

/** Slow on purpose, and tried a few times only. */
export function signingIn(login: string): InjectOptions {
  return { method: 'POST', url: '/sessions', payload: { login, password: 'a wrong password' } };
}
