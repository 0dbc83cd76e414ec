// Every operation of this API that changes something, once or in several ways, as calls in the world of race-world.ts.

import type { InjectOptions } from 'fastify';
import { bodyOf, LINES, type Line } from './importing.ts';
import { idToken } from './issuer.ts';
import { callsOf, SSH_KEY } from './race-calls.ts';
import { PASSWORD, type RaceWorld } from './race-world.ts';
import { bearer } from './world.ts';

/** A call, made anew each time: an ID token counts once. */
export type Act = () => Promise<InjectOptions>;

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

const IMPORTS: Readonly<Record<string, readonly Line[]>> = {
  'import: a person goes': [{ type: 'user', external_id: 'bob', version: 2, deleted: true }],
  'import: an owner goes': [{ type: 'user', external_id: 'ada', version: 2, deleted: true }],
  'import: a person is renamed': [
    { type: 'user', external_id: 'bob', version: 2, login: 'newcomer', email: 'new@example.test', suspended: true },
  ],
  'import: a member goes': [{ type: 'membership', external_id: 'acme bob', version: 2, deleted: true }],
  'import: a member becomes an owner': [
    { type: 'membership', external_id: 'acme bob', version: 2, organization: 'acme', user: 'bob', role: 'admin' },
  ],
  'import: an organization goes': [{ type: 'organization', external_id: 'acme', version: 2, deleted: true }],
  'import: an organization leaves its enterprise': [
    { type: 'organization', external_id: 'acme', version: 2, login: 'acme' },
  ],
  'import: an enterprise goes': [{ type: 'enterprise', external_id: 'galaxy', version: 2, deleted: true }],
  'import: a team goes': [{ type: 'team', external_id: 'crew', version: 2, deleted: true }],
  'import: a member of a team': [
    { type: 'team_member', external_id: 'crew cyd', version: 2, team: 'crew', user: 'cyd' },
    {
      type: 'team_repository',
      external_id: 'crew press',
      version: 2,
      team: 'crew',
      repository: 'press',
      permission: 'push',
    },
    { type: 'collaborator', external_id: 'mill dan', version: 2, repository: 'mill', user: 'dan', permission: 'push' },
  ],
  'import: repositories change owners': [
    { type: 'repository', external_id: 'press', version: 2, owner: 'beta', name: 'press' },
    { type: 'repository', external_id: 'mill', version: 2, owner: 'bob', name: 'mill' },
  ],
  'import: a repository goes': [{ type: 'repository', external_id: 'mill', version: 2, deleted: true }],
  'import: a new repository': [{ type: 'repository', external_id: 'fresh', version: 1, owner: 'acme', name: 'fresh' }],
};

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};

/** The acts by their names. */
export function actsOf(world: RaceWorld): ReadonlyMap<string, Act> {
  const { sessions, tokens, backend, signer, bound, setup } = world;
  const { authorization } = backend;
  const form = (url: string, members: Readonly<Record<string, string>>, by = authorization): InjectOptions => ({
    method: 'POST',
    url,
    headers: { authorization: by, ...FORM },
    payload: new URLSearchParams(members).toString(),
  });
  const post = (url: string, payload: object, headers = {}): InjectOptions => ({
    method: 'POST',
    url,
    payload,
    headers,
  });
  const exchange = (subject_token: string, by = authorization) =>
    form('/oauth/token', { ...EXCHANGE, subject_token }, by);
  const signOn =
    (session: string, sub: string): Act =>
    async () =>
      post('/user/sso-sessions', { org: 'acme', id_token: await idToken(signer, sub) }, bearer(session));
  const others: Readonly<Record<string, InjectOptions>> = {
    'text: leaked': post('/credentials/revoke', { credentials: [tokens.active.text, tokens.pending.text] }),
    'text: a session leaked': post('/credentials/revoke', { credentials: [sessions.bob] }),
    'text: an exchanged one leaked': post('/credentials/revoke', { credentials: [tokens.child.text] }),
    'text: revoked by a service': form('/oauth/revoke', { token: tokens.active.text }),
    'text: an exchanged one revoked': form('/oauth/revoke', { token: tokens.child.text }),
    'text: exchanged': exchange(tokens.active.text),
    'text: exchanged once more': exchange(tokens.child.text, bound.authorization),
    'session: open': post('/sessions', { login: 'bob', password: PASSWORD }),
    'session: set up': post('/sessions/setup', { token: setup, password: 'the first password' }),
    'key: add by a token': post('/repos/acme/mill/keys', { key: SSH_KEY }, bearer(tokens.keyring.text)),
  };
  const all: [string, Act][] = [
    ...Object.entries(callsOf(world)).map(([name, [who, request, payload, headers]]): [string, Act] => {
      const [method, url] = request.split(' ') as ['POST', string];
      const by = { ...bearer(sessions[who]), ...headers };
      return [name, async () => ({ method, url, headers: by, ...(payload !== undefined && { payload }) })];
    }),
    ...Object.entries(others).map(([name, request]): [string, Act] => [name, async () => request]),
    ...Object.entries(IMPORTS).map(([name, lines]): [string, Act] => [
      name,
      async () => ({
        method: 'POST',
        url: '/directory/import',
        headers: { authorization, 'content-type': LINES },
        payload: bodyOf(lines),
      }),
    ]),
    ['sso: sign on', signOn(sessions.bob_too, 'bob')],
    ['sso: sign on as the same', signOn(sessions.cyd, 'bob')],
  ];
  return new Map(all);
}
