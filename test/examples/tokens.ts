// Personal access tokens, from making to deleting them.

import { firstRows, from, needs, nobody, type Step, session, shows, token } from './step.ts';

const ada = session('ada');
const charles = session('charles');
const TOKENS = '/user/personal-access-tokens';
const TOKEN = `${TOKENS}/{token_id}`;
const CI = { token_id: from('ci', 'id') };

const making: readonly Step[] = [
  shows('GET /user/eligible-resource-owners', 200, 'Oneself and an organization', charles),
  shows(`POST ${TOKENS}`, 201, 'Fine-grained, for one repository', ada, {
    body: {
      kind: 'fine_grained',
      name: 'Continuous integration',
      description: 'Reads the code, writes about issues',
      resource_owner: 'analytical-engines',
      expires_in_days: 30,
      repository_selection: 'subset',
      repositories: ['mill'],
      permissions: { contents: 'read', issues: 'write' },
    },
    keep: 'ci',
  }),
  shows(`POST ${TOKENS}`, 201, 'Fine-grained, to be reviewed first', charles, {
    body: {
      kind: 'fine_grained',
      name: 'Release notes',
      resource_owner: 'analytical-engines',
      reason: 'Writes the notes of each release',
      expires_at: '2027-04-01T00:00:00Z',
      repository_selection: 'all',
      permissions: { contents: 'write' },
    },
    keep: 'pending',
  }),
  shows(`POST ${TOKENS}`, 201, 'Classic', ada, {
    body: { kind: 'classic', name: 'Old scripts', scopes: ['repo', 'read:org'], expires_in_days: 7 },
    keep: 'classic',
  }),
  needs(`POST ${TOKENS}`, 201, charles, {
    body: { kind: 'classic', name: 'Public reads', never_expires: true },
    keep: 'public_reads',
  }),
  needs(`POST ${TOKENS}`, 201, ada, {
    headers: { 'Idempotency-Key': 'nightly-2027-01-01' },
    body: { kind: 'classic', name: 'Nightly build' },
  }),
  shows(`POST ${TOKENS}`, 201, 'The same again, by the same Idempotency-Key', ada, {
    headers: { 'Idempotency-Key': 'nightly-2027-01-01' },
    body: { kind: 'classic', name: 'Nightly build' },
  }),
  shows(`POST ${TOKENS}`, 422, 'Another request under the same Idempotency-Key', ada, {
    headers: { 'Idempotency-Key': 'nightly-2027-01-01' },
    body: { kind: 'classic', name: 'Weekly build' },
  }),
  shows(`POST ${TOKENS}`, 403, 'A token makes no tokens', token('classic'), {
    body: { kind: 'classic', name: 'A copy' },
  }),
  shows(`POST ${TOKENS}`, 422, 'Not a member of the resource owner', ada, {
    body: { kind: 'fine_grained', name: 'Elsewhere', resource_owner: 'jacquard' },
  }),
];

const showing: readonly Step[] = [
  shows(`GET ${TOKENS}`, 200, 'All of them, newest first', ada),
  shows(`GET ${TOKENS}`, 200, 'Pending ones of an organization', charles, {
    query: { state: 'pending', resource_owner: 'analytical-engines' },
  }),
  shows(`GET ${TOKEN}`, 200, 'A fine-grained token', ada, { path: CI }),
  shows(`GET ${TOKEN}`, 404, 'A token of another person', charles, { path: CI }),
  shows(`GET ${TOKEN}/repositories`, 200, 'The selected repositories', ada, { path: CI }),
  shows('GET /token', 200, 'A fine-grained token about itself', token('ci')),
  shows('GET /token', 200, 'A classic token about itself', token('classic')),
  shows('GET /token', 200, 'A session about itself', ada),
  shows('GET /token', 401, 'No credential', nobody),
  shows('GET /operations', 200, 'What a path stands for', token('ci'), {
    query: { method: 'GET', path: '/repos/analytical-engines/mill/keys' },
  }),
  shows('GET /operations', 200, 'What a permission is good for', token('ci'), {
    query: { permission: 'administration:write' },
    show: firstRows(2),
  }),
];

const changing: readonly Step[] = [
  shows(`PATCH ${TOKEN}`, 200, 'Fewer permissions', ada, {
    path: CI,
    body: { name: 'Continuous integration', permissions: { contents: 'read', issues: 'read' } },
  }),
  shows(`PATCH ${TOKEN}`, 422, 'An edit does not extend a life', ada, {
    path: CI,
    body: { expires_at: '2027-05-01T00:00:00Z' },
  }),
  shows(`POST ${TOKEN}/regenerate`, 201, 'The text before works for an hour', ada, {
    path: CI,
    body: { overlap_seconds: 3600 },
    keep: 'ci',
  }),
  shows(`POST ${TOKEN}/regenerate`, 404, 'A token of another person', charles, { path: CI }),
];

export const TOKENS_STORY: readonly Step[] = [...making, ...showing, ...changing];

/** After all that needs them. */
export const TOKENS_END: readonly Step[] = [
  shows(`POST ${TOKEN}/regenerate`, 409, 'It was revoked', ada, { path: { token_id: from('classic', 'id') } }),
  shows(`DELETE ${TOKEN}`, 204, 'Deleted', ada, { path: CI }),
  shows(`DELETE ${TOKEN}`, 404, 'Deleted before', ada, { path: CI }),
];
