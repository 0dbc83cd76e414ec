// People and who administers the service: signing in, making people, organizations, enterprises and backend services.

import { from, needs, nobody, type Step, session, shows } from './step.ts';

/** As `ADMIN_LOGIN` and `ADMIN_PASSWORD` would have it. */
export const ADMINISTRATOR = { login: 'admin', password: 'an-example-of-a-password' };

const admin = session('admin');
const ada = session('ada');
const ADA = { login: 'ada', password: 'another-example-of-a-password' };

const signingIn: readonly Step[] = [
  shows('POST /sessions', 201, 'Signed in', nobody, { body: ADMINISTRATOR, keep: 'admin' }),
  shows('POST /sessions', 401, 'Wrong password', nobody, { body: { ...ADMINISTRATOR, password: 'not-the-password' } }),
  shows('POST /sessions', 422, 'A member is missing', nobody, { body: { login: 'admin' } }),
  needs('POST /sessions', 201, nobody, { body: ADMINISTRATOR, keep: 'second' }),
  shows('DELETE /session', 204, 'Signed out', session('second')),
  shows('DELETE /session', 401, 'Signed out before', session('second')),
];

const people: readonly Step[] = [
  shows('POST /admin/users', 201, 'With a password', admin, {
    body: { ...ADA, email: 'ada@example.com', email_verified: true },
  }),
  shows('POST /admin/users', 201, 'Who chooses the password himself', admin, {
    body: { login: 'charles', email: 'charles@example.com', email_verified: true },
    keep: 'charles_made',
  }),
  shows('POST /admin/users', 422, 'The login is taken', admin, { body: { login: 'Ada', email: 'ada@example.net' } }),
  shows('POST /sessions/setup', 201, 'The first password', nobody, {
    body: { token: from('charles_made', 'password_setup_token'), password: 'a-third-example-of-a-password' },
    keep: 'charles',
  }),
  shows('POST /sessions/setup', 401, 'It was used before', nobody, {
    body: { token: from('charles_made', 'password_setup_token'), password: 'a-third-example-of-a-password' },
  }),
  needs('POST /admin/users', 201, admin, { body: { login: 'mary', email: 'mary@example.com', email_verified: true } }),
  needs('POST /admin/users', 201, admin, { body: { login: 'luigi', email: 'luigi@example.com' } }),
  needs('POST /sessions', 201, nobody, { body: ADA, keep: 'ada' }),
  shows('GET /admin/users', 200, 'The first page', admin, { query: { per_page: 2 } }),
  shows('GET /admin/users', 403, 'Not a site administrator', ada),
  shows('PATCH /admin/users/{username}', 200, 'A verified e-mail', admin, {
    path: { username: 'luigi' },
    body: { email_verified: true, profile_name: 'Luigi Menabrea' },
  }),
  shows('PATCH /admin/users/{username}', 404, 'Nobody of this name', admin, {
    path: { username: 'nobody' },
    body: { site_admin: true },
  }),
  shows('PUT /users/{username}/suspended', 204, 'Suspended', admin, {
    path: { username: 'luigi' },
    body: { reason: 'Left the company' },
  }),
  shows('DELETE /users/{username}/suspended', 204, 'Not suspended any more', admin, { path: { username: 'luigi' } }),
  shows('DELETE /admin/users/{username}/tokens', 204, 'All of them ended', admin, { path: { username: 'luigi' } }),
  shows('DELETE /admin/users/{username}', 204, 'Deleted', admin, { path: { username: 'luigi' } }),
  shows('DELETE /admin/users/{username}', 404, 'Deleted before', admin, { path: { username: 'luigi' } }),
  shows('PATCH /user', 200, 'A name to show', ada, { body: { name: 'Ada Lovelace' } }),
  shows('PATCH /user', 422, 'The password is too short', ada, {
    body: { password: 'short', current_password: ADA.password },
  }),
  shows('GET /user', 200, 'Whose session this is', ada),
  shows('GET /user', 401, 'No credential', nobody),
  shows('GET /users/{username}', 200, 'A person', nobody, { path: { username: 'ada' } }),
  shows('GET /users/{username}', 404, 'Nobody of this name', ada, { path: { username: 'luigi' } }),
];

const owners: readonly Step[] = [
  shows('POST /admin/organizations', 201, 'An organization with its first owner', admin, {
    body: { login: 'analytical-engines', admin: 'ada', profile_name: 'Analytical Engines' },
  }),
  shows('POST /admin/organizations', 422, 'There is no such person', admin, {
    body: { login: 'difference-engines', admin: 'nobody' },
  }),
  shows('GET /admin/organizations', 200, 'All organizations', admin),
  shows('POST /admin/enterprises', 201, 'An enterprise with its first administrator', admin, {
    body: { slug: 'engines', name: 'Engines of London', admin: 'ada' },
  }),
  shows('PUT /enterprises/{enterprise}/organizations/{org}', 204, 'It belongs to the enterprise', admin, {
    path: { enterprise: 'engines', org: 'analytical-engines' },
  }),
  needs('POST /admin/enterprises', 201, admin, { body: { slug: 'looms', name: 'Looms of Lyon', admin: 'charles' } }),
  shows('PUT /enterprises/{enterprise}/organizations/{org}', 409, 'It belongs to another enterprise', admin, {
    path: { enterprise: 'looms', org: 'analytical-engines' },
  }),
  shows('PUT /enterprises/{enterprise}/administrators/{username}', 204, 'One more administrator', admin, {
    path: { enterprise: 'engines', username: 'charles' },
  }),
  shows('GET /admin/enterprises', 200, 'All enterprises', admin),
  shows('DELETE /enterprises/{enterprise}/administrators/{username}', 204, 'One administrator less', admin, {
    path: { enterprise: 'engines', username: 'charles' },
  }),
  needs('POST /admin/organizations', 201, admin, { body: { login: 'jacquard', admin: 'charles' } }),
  needs('PUT /enterprises/{enterprise}/organizations/{org}', 204, admin, {
    path: { enterprise: 'looms', org: 'jacquard' },
  }),
  shows('DELETE /enterprises/{enterprise}/organizations/{org}', 204, 'Of no enterprise any more', admin, {
    path: { enterprise: 'looms', org: 'jacquard' },
  }),
];

const clients: readonly Step[] = [
  shows('POST /admin/clients', 201, 'One that asks about tokens', admin, {
    body: {
      name: 'The forge',
      capabilities: ['introspect', 'evaluate', 'exchange', 'revoke'],
      audiences: ['https://runners.example.com'],
      organizations: 'all',
    },
    keep: 'forge',
  }),
  shows('POST /admin/clients', 201, 'One that is bound to an organization', admin, {
    body: {
      name: 'The build farm',
      capabilities: ['introspect'],
      audiences: ['https://builds.example.com'],
      organizations: ['analytical-engines'],
    },
    keep: 'builds',
  }),
  shows('POST /admin/clients', 201, 'A gateway', admin, {
    body: { name: 'The edge', capabilities: ['gateway'], strip_prefixes: ['/git', '/api/v3'] },
    keep: 'edge',
  }),
  shows('POST /admin/clients', 422, 'No such capability', admin, {
    body: { name: 'The build farm', capabilities: ['everything'] },
  }),
  needs('POST /admin/clients', 201, admin, {
    body: { name: 'The directory', capabilities: ['directory'] },
    keep: 'directory',
  }),
  shows('GET /admin/clients', 200, 'All backend services', admin),
  shows('POST /admin/clients/{client_id}/secret', 201, 'The secret before works for an hour', admin, {
    path: { client_id: from('builds', 'client_id') },
    body: { overlap_seconds: 3600 },
  }),
  shows('PUT /admin/clients/{client_id}/certificates', 204, 'One certificate, by its thumbprint', admin, {
    path: { client_id: from('builds', 'client_id') },
    body: { certificates: ['bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2'] },
  }),
  shows('DELETE /admin/clients/{client_id}', 204, 'Deleted', admin, {
    path: { client_id: from('builds', 'client_id') },
  }),
  shows('DELETE /admin/clients/{client_id}', 404, 'Deleted before', admin, {
    path: { client_id: from('builds', 'client_id') },
  }),
];

export const PEOPLE: readonly Step[] = [...signingIn, ...people, ...owners, ...clients];
