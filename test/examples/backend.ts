// What backend services ask: introspection, evaluation, revocation.

import { client, from, nobody, type Step, shows, token } from './step.ts';

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

export const BACKEND: readonly Step[] = [...introspection, ...evaluation, ...revocation];
