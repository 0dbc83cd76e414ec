// How tokens end other than by their holder, what he is told, and whether an e-mail address is his.

import { FromMail, from, needs, nobody, type Step, session, shows, token } from './step.ts';

const admin = session('admin');
const ada = session('ada');
const grace = session('grace');
const GRACE = { login: 'grace', password: 'a-fourth-example-of-a-password' };
const CODE = { code: new FromMail(/verification\/([0-9A-Za-z]{32})/) };
const NO_CODE = { code: 'ThisIsNoCodeThatWasSentToAnybody' };

const addresses: readonly Step[] = [
  needs('POST /admin/users', 201, admin, { body: { ...GRACE, email: 'grace@example.com' } }),
  needs('POST /sessions', 201, nobody, { body: GRACE, keep: 'grace' }),
  shows('POST /user/email/verification', 201, 'A mail is on its way', grace),
  shows('PUT /user/email/verification/{code}', 404, 'Not the code of the mail', grace, { path: NO_CODE }),
  shows('PUT /user/email/verification/{code}', 204, 'The code of the mail', grace, { path: CODE }),
  shows('POST /user/email/verification', 409, 'It is verified already', grace),
];

const leaks: readonly Step[] = [
  needs('POST /user/personal-access-tokens', 201, ada, {
    body: { kind: 'classic', name: 'Pushed by mistake', scopes: ['repo'] },
    keep: 'leaked',
  }),
  shows('POST /credentials/revoke', 202, 'Texts that were found in public', nobody, {
    body: { credentials: [from('leaked', 'token'), 'ghp_0123456789abcdefghijABCDEFGHIJ012345'] },
  }),
  shows('POST /credentials/revoke', 403, 'Not with a credential', ada, { body: { credentials: ['anything'] } }),
  shows('POST /credentials/revoke', 422, 'Nothing is reported', nobody, { body: { credentials: [] } }),
  needs('GET /user', 401, token('leaked')),
  shows('GET /user/notifications', 200, 'A token was reported as leaked', ada, { query: { per_page: 1 } }),
];

export const ENDS: readonly Step[] = [...addresses, ...leaks];
