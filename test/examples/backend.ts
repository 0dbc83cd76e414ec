// What backend services ask: introspection, evaluation, revocation.

import { client, from, needs, nobody, type Step, session, shows, token } from './step.ts';

const forge = client('forge');
const MILL = { type: 'repository', id: 'analytical-engines/mill' };
const CI = { type: 'token', id: from('ci', 'token') };

const introspection: readonly Step[] = [
  shows('POST /oauth/introspect', 200, 'A fine-grained token', forge, {
    form: true,
    body: { token: from('ci', 'token') },
  }),
  shows('POST /oauth/introspect', 200, 'A classic token', forge, {
    form: true,
    body: { token: from('classic', 'token') },
  }),
  shows('POST /oauth/introspect', 200, 'Not a live token', forge, {
    form: true,
    body: { token: from('second', 'token'), token_type_hint: 'access_token' },
  }),
  shows('POST /oauth/introspect', 200, 'As a signed JWT', forge, {
    form: true,
    headers: { accept: 'application/token-introspection+jwt' },
    body: { token: from('ci', 'token') },
  }),
  shows('POST /oauth/introspect', 401, 'No credential of a client', nobody, {
    form: true,
    body: { token: from('ci', 'token') },
  }),
  shows('POST /oauth/introspect', 403, 'The client has another capability', client('directory'), {
    form: true,
    body: { token: from('ci', 'token') },
  }),
];

const evaluation: readonly Step[] = [
  shows('POST /access/v1/evaluation', 200, 'Allowed', forge, {
    body: { subject: CI, action: { name: 'contents:read' }, resource: MILL },
  }),
  shows('POST /access/v1/evaluation', 200, 'Denied: the token was not granted this', forge, {
    body: { subject: CI, action: { name: 'contents:write' }, resource: MILL },
  }),
  shows('POST /access/v1/evaluation', 200, 'Denied: the resource is hidden', forge, {
    body: {
      subject: { type: 'user', id: 'mary' },
      action: { name: 'GET /repos/{owner}/{repo}' },
      resource: MILL,
    },
  }),
  shows('POST /access/v1/evaluation', 400, 'Not a question', forge, { body: { subject: CI } }),
  shows('POST /access/v1/evaluation', 401, 'A token is no credential of a client', token('ci'), {
    body: { subject: CI, action: { name: 'contents:read' }, resource: MILL },
  }),
  shows('POST /access/v1/evaluations', 200, 'Two actions of one subject', forge, {
    body: {
      subject: CI,
      resource: MILL,
      evaluations: [{ action: { name: 'issues:read' } }, { action: { name: 'issues:write' } }],
    },
  }),
];

const asked = (method: string, target: string) => ({ 'x-original-method': method, 'x-original-uri': target });
const forwarded = (method: string, target: string) => ({ 'x-forwarded-method': method, 'x-forwarded-uri': target });

const gateways: readonly Step[] = [
  shows('GET /gateway/nginx', 200, 'The request may pass', token('ci'), {
    gateway: 'edge',
    headers: asked('GET', '/repos/analytical-engines/mill'),
  }),
  shows('GET /gateway/nginx', 403, 'The repository is hidden: X-Error-Status says 404', token('classic'), {
    gateway: 'edge',
    headers: asked('GET', '/repos/analytical-engines/none'),
  }),
  shows('GET /gateway/nginx', 401, 'Nobody may not push', nobody, {
    gateway: 'edge',
    headers: asked('POST', '/git/analytical-engines/mill.git/git-receive-pack'),
  }),
  shows('GET /gateway/forward-auth', 200, 'The request may pass', token('ci'), {
    gateway: 'edge',
    headers: forwarded('GET', '/repos/analytical-engines/mill'),
  }),
  shows('GET /gateway/forward-auth', 400, 'An ambiguous path', token('ci'), {
    gateway: 'edge',
    headers: forwarded('GET', '/repos/analytical-engines/loom/../mill'),
  }),
  shows('GET /gateway/forward-auth', 403, 'Not the credential of a gateway', token('ci'), {
    gateway: 'forge',
    headers: forwarded('GET', '/repos/analytical-engines/mill'),
  }),
  shows('GET /gateway/envoy/{path}', 200, 'The request may pass', token('ci'), {
    gateway: 'edge',
    path: { path: 'user' },
  }),
  shows('GET /gateway/envoy/{path}', 403, 'Not an operation that is known', token('ci'), {
    gateway: 'edge',
    path: { path: 'anything' },
  }),
];

const search: readonly Step[] = [
  shows('POST /access/v1/search/subject', 200, 'Who may write', forge, {
    body: { subject: { type: 'user' }, action: { name: 'contents:write' }, resource: MILL },
  }),
  shows('POST /access/v1/search/subject', 400, 'A page token of another question', forge, {
    body: { subject: { type: 'user' }, action: { name: 'contents:write' }, resource: MILL, page: { token: 'none' } },
  }),
  shows('POST /access/v1/search/resource', 200, 'What the token reads', forge, {
    body: { subject: CI, action: { name: 'contents:read' }, resource: { type: 'repository' }, page: { limit: 10 } },
  }),
  shows('POST /access/v1/search/resource', 401, 'A token is no credential of a client', token('ci'), {
    body: { subject: CI, action: { name: 'contents:read' }, resource: { type: 'repository' } },
  }),
  shows('POST /access/v1/search/action', 200, 'What the token may do there', forge, {
    body: { subject: CI, resource: MILL },
  }),
  shows('POST /access/v1/search/action', 400, 'No resource', forge, { body: { subject: CI } }),
];

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token: from('ci', 'token'),
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};

const exchange: readonly Step[] = [
  shows('POST /oauth/token', 200, 'Ten minutes of reading for a runner', forge, {
    form: true,
    body: { ...EXCHANGE, scope: 'contents:read', audience: ['https://runners.example.com'], expires_in: '600' },
    keep: 'exchanged',
  }),
  shows('POST /oauth/introspect', 200, 'An exchanged token', forge, {
    form: true,
    body: { token: from('exchanged', 'access_token') },
  }),
  shows('POST /oauth/token', 200, 'A JWT that a resource server verifies by itself', forge, {
    form: true,
    body: {
      ...EXCHANGE,
      scope: 'contents:read',
      audience: ['https://runners.example.com'],
      requested_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    },
  }),
  shows('POST /oauth/token', 400, 'Wider than the subject', forge, {
    form: true,
    body: { ...EXCHANGE, scope: 'contents:write' },
  }),
  shows('POST /oauth/token', 401, 'No credential of a client', nobody, { form: true, body: EXCHANGE }),
  needs('POST /oauth/revoke', 200, forge, { form: true, body: { token: from('exchanged', 'access_token') } }),
];

const revocation: readonly Step[] = [
  shows('POST /oauth/revoke', 200, 'The token has ended', forge, {
    form: true,
    body: { token: from('classic', 'token') },
  }),
  shows('POST /oauth/revoke', 401, 'No credential of a client', nobody, {
    form: true,
    body: { token: from('classic', 'token') },
  }),
];

const admin = session('admin');

const keys: readonly Step[] = [
  shows('GET /oauth/jwks', 200, 'The public key of what is signed', nobody),
  shows('POST /admin/signing-keys', 201, 'It signs an hour later', admin, { keep: 'next_key' }),
  shows('POST /admin/signing-keys', 409, 'One waits already', admin),
  shows('GET /admin/signing-keys', 200, 'The present key, and the next one', admin),
  shows('DELETE /admin/signing-keys/{kid}', 204, 'Withdrawn', admin, { path: { kid: from('next_key', 'kid') } }),
  shows('DELETE /admin/signing-keys/{kid}', 404, 'Withdrawn before', admin, { path: { kid: from('next_key', 'kid') } }),
];

export const BACKEND: readonly Step[] = [
  ...introspection,
  ...evaluation,
  ...search,
  ...exchange,
  ...gateways,
  ...revocation,
  ...keys,
];
