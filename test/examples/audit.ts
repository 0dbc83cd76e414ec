// What the record says.

import { firstRows, nobody, type Step, session, shows, token } from './step.ts';

const ada = session('ada');
const charles = session('charles');
const ORGANIZATION = { org: 'analytical-engines' };
const ENTERPRISE = { enterprise: 'engines' };
const LOG = '/orgs/{org}/audit-log';
const ABOVE = '/enterprises/{enterprise}/audit-log';
const OWN = '/user/security-log';

export const AUDIT: readonly Step[] = [
  shows(`GET ${LOG}`, 200, 'What was refused, oldest first', ada, {
    path: ORGANIZATION,
    query: { phrase: 'outcome:refused', order: 'asc', per_page: 2 },
  }),
  shows(`GET ${LOG}`, 200, 'Everything about tokens that the owner did', ada, {
    path: ORGANIZATION,
    query: { phrase: 'action:personal_access_token actor:ada', per_page: 2 },
  }),
  shows(`GET ${LOG}`, 401, 'No credential', nobody, { path: ORGANIZATION }),
  shows(`GET ${LOG}`, 403, 'Not an owner', charles, { path: ORGANIZATION }),
  shows(`GET ${LOG}`, 422, 'A qualifier that there is not', ada, {
    path: ORGANIZATION,
    query: { phrase: 'colour:red' },
  }),
  shows(`GET ${LOG}`, 422, 'A cursor of another log', ada, {
    path: ORGANIZATION,
    query: { after: 'AAAAAAAAAAFOb3RBQ3Vyc29yT2ZUaGlzTG9nQXRBbGwh' },
  }),
  shows(`GET ${ABOVE}`, 200, 'Who administers the enterprise', ada, {
    path: ENTERPRISE,
    query: { phrase: 'action:business.add_admin' },
  }),
  shows(`GET ${ABOVE}`, 404, 'Who does not administer it', charles, { path: ENTERPRISE }),
  shows(`GET ${OWN}`, 200, 'What concerns oneself, newest first', charles, {
    query: { phrase: '-action:user.login' },
    show: firstRows(2),
  }),
  shows(`GET ${OWN}`, 403, 'A fine-grained token', token('ci')),
];
