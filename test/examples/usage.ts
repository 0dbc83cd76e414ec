// What tokens exercised, and the narrower grant.

import { from, needs, type Step, session, shows } from './step.ts';

const ada = session('ada');
const charles = session('charles');
const ORGANIZATION = { org: 'analytical-engines' };
const GRANTS = '/orgs/{org}/personal-access-tokens';
const OWN = '/user/personal-access-tokens/{token_id}/usage';

export const USAGE: readonly Step[] = [
  shows(`GET ${OWN}`, 200, 'A fine-grained token', ada, { path: { token_id: from('ci', 'id') } }),
  shows(`GET ${OWN}`, 200, 'A classic token', ada, { path: { token_id: from('classic', 'id') } }),
  shows(`GET ${OWN}`, 404, "Somebody else's token", charles, { path: { token_id: from('ci', 'id') } }),
  needs(`GET ${GRANTS}`, 200, ada, { path: ORGANIZATION, query: { owner: ['ada'] }, keep: 'ci_grant' }),
  shows(`GET ${GRANTS}/{pat_id}/usage`, 200, 'Of a token that was let in', ada, {
    path: { ...ORGANIZATION, pat_id: from('ci_grant', '0.id') },
  }),
  shows(`GET ${GRANTS}/{pat_id}/usage`, 404, 'No such grant', ada, { path: { ...ORGANIZATION, pat_id: 987_654 } }),
  shows('GET /orgs/{org}/personal-access-token-usage', 200, 'All tokens that are let in, or that came', ada, {
    path: ORGANIZATION,
  }),
  shows('GET /orgs/{org}/personal-access-token-usage', 403, 'Not an owner', charles, { path: ORGANIZATION }),
];
