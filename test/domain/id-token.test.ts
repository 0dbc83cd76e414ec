// What an ID token must say (O3), each claim by itself and on both sides of each boundary.

import t from 'tap';
import { judgeIdToken } from '../../src/domain/id-token.ts';

const NOW = new Date('2027-03-01T09:00:00Z');
const S = NOW.getTime() / 1000;
const TRUSTED = { issuer: 'https://login.example', audience: 'gatehouse' };
const GOOD = { iss: TRUSTED.issuer, aud: TRUSTED.audience, sub: 'ada', iat: S, exp: S + 300 };

const isTaken = (claims: unknown) => judgeIdToken(claims, TRUSTED, NOW).valid;

t.test('O3: what says everything rightly is taken', async (t) => {
  t.match(judgeIdToken(GOOD, TRUSTED, NOW), { valid: true, subject: 'ada' });
});

t.test('O3: `iss` and `aud` are exactly those of the organization', async (t) => {
  for (const iss of [
    undefined,
    null,
    '',
    'https://login.example/',
    'HTTPS://login.example',
    [TRUSTED.issuer],
    'other',
  ]) {
    t.notOk(isTaken({ ...GOOD, iss }), `iss ${JSON.stringify(iss)}`);
  }
  t.ok(isTaken({ ...GOOD, aud: ['gatehouse'] }), 'a list of one');
  const others = [
    undefined,
    null,
    '',
    'Gatehouse',
    'gatehouse ',
    [],
    ['other'],
    ['gatehouse', 'other'],
    [['gatehouse']],
  ];
  for (const aud of [...others, ['gatehouse', 'gatehouse'], { 0: 'gatehouse', length: 1 }]) {
    t.notOk(isTaken({ ...GOOD, aud }), `aud ${JSON.stringify(aud)}`);
  }
});

t.test('O3: `exp` lies ahead, and is there', async (t) => {
  t.ok(isTaken({ ...GOOD, exp: S + 0.5 }));
  t.ok(isTaken({ ...GOOD, exp: S + 10_000_000 }));
  for (const exp of [undefined, null, S, S - 1, String(S + 300), Number.NaN, Number.POSITIVE_INFINITY, 1e300, true]) {
    t.notOk(isTaken({ ...GOOD, exp }), `exp ${exp}`);
  }
});

t.test('O3: `iat` is at most 300 s off, on either side', async (t) => {
  for (const off of [-300, -1, 0, 1, 300]) t.ok(isTaken({ ...GOOD, iat: S + off, exp: S + 900 }), `${off} s`);
  for (const off of [-301, -300.5, 300.5, 301]) t.notOk(isTaken({ ...GOOD, iat: S + off, exp: S + 900 }), `${off} s`);
  for (const iat of [undefined, null, String(S), Number.NaN]) t.notOk(isTaken({ ...GOOD, iat }), `iat ${iat}`);
});

t.test('O3: `nbf` counts where it is there', async (t) => {
  for (const nbf of [S - 900, S, S + 300]) t.ok(isTaken({ ...GOOD, nbf }), `nbf ${nbf - S}`);
  for (const nbf of [S + 301, null, 'now']) t.notOk(isTaken({ ...GOOD, nbf }), `nbf ${nbf}`);
});

t.test('O3: `sub` is 1 to 255 characters of ASCII', async (t) => {
  for (const sub of ['a', 'x'.repeat(255), 'a b|c@d.example']) t.ok(isTaken({ ...GOOD, sub }));
  for (const sub of [undefined, null, '', 7, 'x'.repeat(256), 'a\u0000', 'é', '\ud800', ['ada']]) {
    t.notOk(isTaken({ ...GOOD, sub }), `sub ${JSON.stringify(sub)}`);
  }
});

t.test('O3: what is no object of claims is no ID token', async (t) => {
  for (const claims of [null, undefined, 'text', 7, [], [GOOD]]) t.notOk(isTaken(claims));
});

t.test('O3: it is remembered for as long as it could be taken', async (t) => {
  const until = (claims: object) => {
    const judged = judgeIdToken(claims, TRUSTED, NOW);
    return judged.valid ? judged.usable_until.getTime() / 1000 - S : null;
  };
  t.equal(until({ ...GOOD, exp: S + 10_000 }), 301);
  t.equal(until({ ...GOOD, exp: S + 20 }), 21);
  t.equal(until({ ...GOOD, iat: S + 300, exp: S + 10_000 }), 601);
});
