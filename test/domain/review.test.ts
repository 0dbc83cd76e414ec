// Who may review (A1, K5, K7). Inside the transaction this is asked once more, when the roles may have changed since the call
// was let in.

import t from 'tap';
import type { Principal } from '../../src/domain/caller.ts';
import { mayReview, refuseOwn } from '../../src/domain/review.ts';

const person = { id: 1, login: 'rita', suspended: false, site_admin: false };
const times = { secret_issued_at: new Date(0), expires_at: null, revoked_at: null, secret_expires_at: null };
const token = {
  kind: 'classic',
  id: 9,
  name: 'ci',
  hashed_token: '',
  exchanged: null,
  scopes: ['admin:org'],
  ...times,
} as const;
const session: Principal = { type: 'session', person, session_id: 1 };
const by_token: Principal = { type: 'token', person, token };

t.test('A1, K5: owners review; a member with the right does in person only; who is no member does not', async (t) => {
  for (const [principal, role, reviews, may] of [
    [session, 'admin', false, true],
    [by_token, 'admin', false, true],
    [session, 'member', true, true],
    [by_token, 'member', true, false],
    [session, 'member', false, false],
    [by_token, 'member', false, false],
    [session, null, true, false],
    [by_token, null, true, false],
  ] as const) {
    t.equal(mayReview(principal, { role, reviews }), may, `${principal.type} ${role} ${reviews}`);
  }
});

t.test('K7: a token reviews nothing of its own holder, a session does', async (t) => {
  const own = [{ holder_id: 2 }, { holder_id: 1 }];
  t.throws(() => refuseOwn(by_token, own), { code: 'own_token' });
  t.doesNotThrow(() => refuseOwn(by_token, [{ holder_id: 2 }]));
  t.doesNotThrow(() => refuseOwn(session, own));
});
