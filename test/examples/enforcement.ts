// What tokens may do to the directory: the first API that this service protects.

import { needs, type Step, session, shows, token } from './step.ts';

const ada = session('ada');
const ci = token('ci');
const classic = token('classic');
const ORGANIZATION = { org: 'analytical-engines' };
const MILL = { owner: 'analytical-engines', repo: 'mill' };
const POLICY = 'PATCH /orgs/{org}/settings/personal-access-tokens';

export const ENFORCEMENT: readonly Step[] = [
  shows('GET /user', 200, 'A token that may not read the e-mail', ci),
  shows('GET /user/repos', 200, 'As far as the token reaches', ci),
  shows('GET /user/orgs', 200, 'The resource owner of the token', ci),
  shows('GET /repos/{owner}/{repo}', 200, 'A repository that the token was granted', ci, { path: MILL }),
  shows('GET /repos/{owner}/{repo}', 404, 'A repository that the token does not reach', token('public_reads'), {
    path: MILL,
  }),
  shows('PATCH /repos/{owner}/{repo}', 403, 'A permission is missing', ci, {
    path: MILL,
    body: { description: 'The mill' },
  }),
  shows('DELETE /repos/{owner}/{repo}', 403, 'A scope is missing', classic, { path: MILL }),
  shows('GET /repos/{owner}/{repo}/keys', 200, 'With a classic token', classic, { path: MILL }),
  shows('GET /orgs/{org}/members', 200, 'With a classic token', classic, { path: ORGANIZATION }),
  shows(POLICY, 403, 'A token sets no policy', classic, {
    path: ORGANIZATION,
    body: { classic_tokens: 'allowed' },
  }),
  shows(POLICY, 200, 'Classic tokens are shut out', ada, {
    path: ORGANIZATION,
    body: { classic_tokens: 'restricted' },
  }),
  shows('GET /orgs/{org}/teams', 403, 'The organization shuts out classic tokens', classic, { path: ORGANIZATION }),
  needs(POLICY, 200, ada, { path: ORGANIZATION, body: { classic_tokens: 'allowed' } }),
];
