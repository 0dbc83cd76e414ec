// What organizations and enterprises say about tokens.

import { from, needs, nobody, type Step, session, shows } from './step.ts';

const ada = session('ada');
const ORGANIZATION = { org: 'analytical-engines' };
const SETTINGS = '/orgs/{org}/settings/personal-access-tokens';
const ENTERPRISE = { enterprise: 'engines' };
const ABOVE = '/enterprises/{enterprise}/settings/personal-access-tokens';

export const POLICIES: readonly Step[] = [
  shows(`GET ${SETTINGS}`, 200, 'What it starts with', ada, { path: ORGANIZATION }),
  shows(`GET ${SETTINGS}`, 401, 'No credential', nobody, { path: ORGANIZATION }),
  shows(`PATCH ${SETTINGS}`, 200, 'Fine-grained tokens for 90 days, after a review', ada, {
    path: ORGANIZATION,
    body: { fine_grained_tokens: 'allowed', approval: 'required', max_lifetime_days: { fine_grained: 90 } },
  }),
  shows(`PATCH ${SETTINGS}`, 403, 'Not an owner', session('charles'), {
    path: ORGANIZATION,
    body: { classic_tokens: 'restricted' },
  }),
  shows(`PATCH ${SETTINGS}`, 422, 'Longer than a cap can be', ada, {
    path: ORGANIZATION,
    body: { max_lifetime_days: { fine_grained: 367 } },
  }),
  shows(`GET ${ABOVE}`, 200, 'It leaves everything to its organizations', ada, { path: ENTERPRISE }),
  shows(`GET ${ABOVE}`, 404, 'Who does not administer it', session('charles'), { path: ENTERPRISE }),
  shows(`PATCH ${ABOVE}`, 200, 'No token lives longer than 180 days, but those of administrators', ada, {
    path: ENTERPRISE,
    body: { max_lifetime_days: { fine_grained: 180, classic: 180 }, exempt_administrators: true },
  }),
  shows(`PATCH ${ABOVE}`, 422, 'No word that it knows', ada, {
    path: ENTERPRISE,
    body: { classic_tokens: 'forbidden' },
  }),
  shows(`PATCH ${SETTINGS}`, 422, 'Looser than the enterprise', ada, {
    path: ORGANIZATION,
    body: { max_lifetime_days: { classic: 366 } },
  }),
  shows(`GET ${SETTINGS}/effective`, 200, 'Each member with who set it', ada, { path: ORGANIZATION }),
  shows(`GET ${ABOVE}/effective`, 200, 'What it binds', ada, { path: ENTERPRISE }),
  needs('POST /user/personal-access-tokens', 201, ada, {
    body: { kind: 'classic', name: 'nightly', scopes: ['repo'], expires_in_days: 90 },
    keep: 'nightly',
  }),
  shows(`POST ${SETTINGS}/preview`, 200, 'What a ban of classic tokens would block', ada, {
    path: ORGANIZATION,
    body: { classic_tokens: 'restricted' },
  }),
  shows(`POST ${ABOVE}/preview`, 200, 'The same in the whole enterprise', ada, {
    path: ENTERPRISE,
    body: { classic_tokens: 'restricted' },
  }),
  needs('DELETE /user/personal-access-tokens/{token_id}', 204, ada, { path: { token_id: from('nightly', 'id') } }),
];
