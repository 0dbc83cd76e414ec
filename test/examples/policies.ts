// What an organization says about tokens.

import { nobody, type Step, session, shows } from './step.ts';

const ada = session('ada');
const ORGANIZATION = { org: 'analytical-engines' };
const SETTINGS = '/orgs/{org}/settings/personal-access-tokens';

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
];
