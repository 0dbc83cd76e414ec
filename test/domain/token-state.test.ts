// The state of a token, and the moments at which it changes (M3, M5, M8, M9, A2).

import t from 'tap';
import { parseMoment } from '../../src/domain/moment.ts';
import { overlapEnd, refuseBeyondApproved, sameLife } from '../../src/domain/regeneration.ts';
import {
  lifeSeconds,
  livesLonger,
  narrowedExpiry,
  refuseBeyondCap,
  requestedExpiry,
} from '../../src/domain/requested-expiry.ts';
import { type TokenStanding, tokenState } from '../../src/domain/token-state.ts';

const NOW = new Date('2026-11-01T12:00:00Z');
const at = (ms: number) => new Date(NOW.getTime() + ms);
const DAY_MS = 86_400_000;

t.test('M9: a token is revoked before it is expired, and expired from the very moment on', async (t) => {
  const state = (standing: Partial<TokenStanding>) =>
    tokenState(
      { kind: 'classic', revoked_at: null, expires_at: null, granted: false, request_pending: false, ...standing },
      NOW,
    );
  t.equal(state({}), 'active');
  t.equal(state({ expires_at: at(1) }), 'active');
  t.equal(state({ expires_at: at(0) }), 'expired');
  t.equal(state({ expires_at: new Date(Number.NaN) }), 'expired', 'a moment that is none has come');
  t.equal(state({ expires_at: at(-1), revoked_at: at(-5) }), 'revoked');
  t.equal(state({ kind: 'fine_grained', granted: true }), 'active');
  t.equal(state({ kind: 'fine_grained', granted: true, request_pending: true }), 'active', 'a widening is pending');
  t.equal(state({ kind: 'fine_grained', request_pending: true }), 'pending');
  t.equal(state({ kind: 'fine_grained' }), 'denied');
  t.equal(state({ kind: 'fine_grained', request_pending: true, expires_at: at(-1) }), 'expired');
});

t.test('M3: a moment is RFC 3339 with its zone, or a date, which is 00:00 UTC', async (t) => {
  const same: Readonly<Record<string, string>> = {
    '2027-03-19': '2027-03-19T00:00:00.000Z',
    '2028-02-29': '2028-02-29T00:00:00.000Z',
    '2027-03-19T10:00:00Z': '2027-03-19T10:00:00.000Z',
    '2027-03-19t10:00:00z': '2027-03-19T10:00:00.000Z',
    '2027-03-19T10:00:00.5+02:00': '2027-03-19T08:00:00.500Z',
    '2027-03-19T10:00:00-05:30': '2027-03-19T15:30:00.000Z',
    '9999-12-31T23:59:59Z': '9999-12-31T23:59:59.000Z',
  };
  for (const [text, moment] of Object.entries(same)) t.equal(parseMoment(text)?.toISOString(), moment, text);
  const none = [
    ...['', '2027', '2027-3-19', '2027-02-29', '2027-02-30', '2027-13-01', '2027-00-10', '2027-01-00', 'tomorrow'],
    ...['2027-03-19T10:00:00', '2027-03-19 10:00:00Z', '2027-03-19T24:00:00Z', '2027-03-19T10:60:00Z'],
    ...[
      '2027-03-19T10:00:60Z',
      '2027-03-19T10:00:00+24:00',
      ' 2027-03-19',
      '2027-03-19 ',
      '+12027-03-19',
      '-000001-01-01',
    ],
    ...['1699999999', '9999-12-31T23:59:59-01:00', '2027-03-19T10:00Z', '２０２７-03-19'],
  ];
  for (const text of none) t.equal(parseMoment(text), null, text);
});

t.test('M3: exactly one way to say a life or none, at least a second ahead', async (t) => {
  const otherwise = at(30 * DAY_MS);
  t.same(requestedExpiry({}, NOW, otherwise), { expires_at: otherwise, field: 'expires_in_days' });
  t.same(requestedExpiry({ expires_in_days: 2 }, NOW, otherwise).expires_at, at(2 * DAY_MS));
  t.same(requestedExpiry({ never_expires: true }, NOW, otherwise), { expires_at: null, field: 'never_expires' });
  const text = (ms: number) => ({ expires_at: at(ms).toISOString() });
  t.same(requestedExpiry(text(1000), NOW, otherwise).expires_at, at(1000));
  t.throws(() => requestedExpiry(text(999), NOW, otherwise), { code: 'validation_failed' });
  t.throws(() => requestedExpiry(text(-1), NOW, otherwise), { code: 'validation_failed' });
  const two = [
    { expires_in_days: 1, never_expires: true as const },
    { expires_in_days: 1, ...text(DAY_MS) },
    { never_expires: true as const, ...text(DAY_MS) },
    { expires_in_days: 1, never_expires: true as const, ...text(DAY_MS) },
  ];
  for (const life of two) t.throws(() => requestedExpiry(life, NOW, otherwise), { code: 'validation_failed' });
});

t.test('P4: a cap measures from the issue of the secret to its expiry', async (t) => {
  const cap = { days: 10, source: 'organization', owner: 'acme' } as const;
  const judge = (expires_at: Date | null) => refuseBeyondCap({ expires_at, field: 'expires_at' }, NOW, cap);
  t.doesNotThrow(() => judge(at(10 * DAY_MS)));
  t.throws(() => judge(at(10 * DAY_MS + 1)), { code: 'validation_failed' });
  t.throws(() => judge(null));
  t.doesNotThrow(() => refuseBeyondCap({ expires_at: null, field: 'never_expires' }, NOW, null));
});

t.test('M7: an edit never extends a life', async (t) => {
  const present = at(DAY_MS);
  t.same(narrowedExpiry(present.toISOString(), present, NOW), present);
  t.same(narrowedExpiry(at(5000).toISOString(), present, NOW), at(5000));
  t.same(narrowedExpiry(at(5000).toISOString(), null, NOW), at(5000));
  t.equal(narrowedExpiry(null, null, NOW), null);
  t.throws(() => narrowedExpiry(at(DAY_MS + 1).toISOString(), present, NOW), { code: 'validation_failed' });
  t.throws(() => narrowedExpiry(null, present, NOW), { code: 'validation_failed' });
});

t.test('M8: the same life again, an overlap within the own life, no longer than was approved', async (t) => {
  t.same(sameLife({ secret_issued_at: at(-5000), expires_at: at(5000) }, NOW), at(10_000));
  t.equal(sameLife({ secret_issued_at: at(-5000), expires_at: null }, NOW), null);
  t.equal(overlapEnd(NOW, 0, null), null);
  t.same(overlapEnd(NOW, 60, null), at(60_000));
  t.same(overlapEnd(NOW, 60, at(60_001)), at(60_000));
  t.same(overlapEnd(NOW, 60, at(59_999)), at(59_999));
  t.equal(lifeSeconds(NOW, null), null);
  t.equal(lifeSeconds(NOW, at(1000)), 1);
  t.equal(lifeSeconds(NOW, at(1001)), 2);
  t.equal(livesLonger(2, 2), false);
  t.equal(livesLonger(3, 2), true);
  t.equal(livesLonger(null, 2), true);
  t.equal(livesLonger(2, null), false);
  t.equal(livesLonger(null, null), false);
  const expiry = { expires_at: null, field: 'never_expires' } as const;
  t.throws(() => refuseBeyondApproved(expiry, null, 5), { code: 'validation_failed' });
  t.doesNotThrow(() => refuseBeyondApproved(expiry, 5, 5));
});
