// Showing that an e-mail address is one's own, with a code that is mailed (contract 4, M1).

import t, { type Test } from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { settableClock } from '../support/clock.ts';
import { startSmtp, textOf } from '../support/smtp.ts';
import { bearer, quickHash, worldOf } from '../support/world.ts';

async function start(t: Test) {
  const smtp = await startSmtp(t);
  const { clock, setTo } = settableClock();
  const application = await buildTestApp(t, {
    deps: { clock },
    settings: { SMTP_URL: smtp.url, MAIL_FROM: 'gate@example.com' },
  });
  const { inject, deps } = application;
  const world = worldOf(deps);
  const ada = await world.person('ada', { email_verified: false });
  const session = await world.session(ada);
  const ask = (as = session) => inject({ method: 'POST', url: '/user/email/verification', headers: bearer(as) });
  const verify = (code: string, as = session) =>
    inject({ method: 'PUT', url: `/user/email/verification/${code}`, headers: bearer(as) });
  const verified = async () => (await inject({ url: '/user', headers: bearer(session) })).json().email_verified;
  const codes = () => smtp.mails.map((mail) => /verification\/([0-9A-Za-z]{32})\n?/.exec(textOf(mail))?.[1] ?? '');
  return { ...application, smtp, setTo, world, ada, session, ask, verify, verified, codes };
}

t.test('M1: a code that was mailed verifies the address, once; then tokens can be made', async (t) => {
  const { inject, deps, smtp, session, ask, verify, verified, codes, logged } = await start(t);
  const make = () =>
    inject({
      method: 'POST',
      url: '/user/personal-access-tokens',
      headers: bearer(session),
      payload: { kind: 'classic', name: 'ci' },
    });
  t.equal((await make()).json().code, 'email_unverified');
  const answer = await ask();
  t.equal(answer.statusCode, 201);
  t.match(answer.json(), { email: 'ada@example.test', expires_at: /Z$/ });
  const [mail] = smtp.mails;
  t.match([mail?.to, mail?.from], [['ada@example.test'], 'gate@example.com']);
  const [code = ''] = codes();
  t.equal(code.length, 32);
  t.notMatch(answer.body, code, 'the code is in the mail only');
  const stored = JSON.stringify(await deps.db.selectFrom('email_verifications').selectAll().execute());
  t.notMatch(stored, code);
  t.equal((await verify('0'.repeat(32))).statusCode, 404);
  t.equal((await verify('short')).statusCode, 404);
  t.equal(await verified(), false);
  t.equal((await verify(code)).statusCode, 204);
  t.equal(await verified(), true);
  t.equal((await make()).statusCode, 201);
  t.equal((await verify(code)).statusCode, 404, 'used');
  t.equal((await ask()).statusCode, 409, 'verified already');
  t.notMatch(logged(), code);
  const entries = await deps.db
    .selectFrom('audit_entries')
    .select(['action', 'data'])
    .where('action', '=', 'user.update')
    .execute();
  t.same(entries, [{ action: 'user.update', data: { changed: ['email_verified'] } }]);
});

t.test('a code works 24 hours, for its person, for the address it was sent to, and until a newer one', async (t) => {
  const { inject, setTo, world, session, ask, verify, verified, codes } = await start(t);
  const eve = await world.session(await world.person('eve', { email_verified: false }));
  await ask();
  t.equal((await verify(codes()[0] ?? '', eve)).statusCode, 404, "another's");
  await ask();
  t.equal((await verify(codes()[0] ?? '')).statusCode, 404, 'there is a newer one');
  const change = (email: string) =>
    inject({ method: 'PATCH', url: '/user', headers: bearer(session), payload: { email } });
  t.equal((await change('other@example.test')).statusCode, 200);
  t.equal((await verify(codes()[1] ?? '')).statusCode, 404, 'the address is another');
  t.equal(await verified(), false);
  await ask();
  setTo(1);
  const tomorrow = await world.session(await world.person('bob', { email_verified: false }));
  t.equal((await ask(tomorrow)).statusCode, 201);
  t.equal((await verify(codes()[2] ?? '', tomorrow)).statusCode, 404);
  t.equal((await verify(codes()[3] ?? '', tomorrow)).statusCode, 204);
});

t.test('a code works to the last second of its day, and not on', async (t) => {
  const { deps, setTo, world, session, ask, verify, codes } = await start(t);
  const bob = await world.session(await world.person('bob', { email_verified: false }));
  await ask();
  await ask(bob);
  const expires_at = new Date('2100-01-01T00:00:00Z');
  await deps.db.updateTable('sessions').set({ expires_at }).execute();
  setTo(1, -1);
  t.equal((await verify(codes()[0] ?? '', session)).statusCode, 204);
  setTo(1);
  t.equal((await verify(codes()[1] ?? '', bob)).statusCode, 404);
});

t.test('five mails an hour, ten wrong codes in a quarter of an hour; then 429', async (t) => {
  const { setTo, ask, verify, codes } = await start(t);
  for (let count = 0; count < 5; count += 1) t.equal((await ask()).statusCode, 201);
  const refused = await ask();
  t.match([refused.statusCode, refused.json().code], [429, 'rate_limited']);
  t.match(refused.headers['retry-after'], /^\d+$/);
  for (let count = 0; count < 10; count += 1) t.equal((await verify('0'.repeat(32))).statusCode, 404);
  t.equal((await verify(codes()[4] ?? '')).statusCode, 429);
  setTo(0, 3601);
  t.equal((await ask()).statusCode, 201);
  t.equal((await verify(codes()[5] ?? '')).statusCode, 204);
});

t.test('T5: what is tried as a login counts for nothing but logins', async (t) => {
  const { inject, deps, setTo, session, ada, ask, verify, codes } = await start(t);
  const password = 'correct horse battery';
  const password_hash = await quickHash(password);
  await deps.db.updateTable('users').set({ password_hash }).where('id', '=', ada.id).execute();
  await ask();
  for (const login of [`e-mail of ${ada.id}`, `current password of ${ada.id}`, `login ada`, 'password ada']) {
    const payload = { login, password: 'wrong password' };
    for (let count = 0; count < 11; count += 1) await inject({ method: 'POST', url: '/sessions', payload });
  }
  setTo(0, 61);
  t.equal((await verify(codes()[0] ?? '')).statusCode, 204);
  const change = { current_password: password, password: 'another horse battery' };
  t.equal((await inject({ method: 'PATCH', url: '/user', headers: bearer(session), payload: change })).statusCode, 200);
  const again = { login: 'ada', password: change.password };
  t.equal((await inject({ method: 'POST', url: '/sessions', payload: again })).statusCode, 201);
});

t.test('where no mail can be sent there is no code, and the answer says so', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const session = await world.session(await world.person('ada', { email_verified: false }));
  const answer = await inject({ method: 'POST', url: '/user/email/verification', headers: bearer(session) });
  t.match([answer.statusCode, answer.json().code], [409, 'conflict']);
  t.match(answer.json().message, /sends no mail/);
});

t.test('a server that does not take the mail is 503, one that refuses the address 409', async (t) => {
  const { smtp, ask, logged } = await start(t);
  smtp.answer = 'later';
  t.match((await ask()).json(), { code: 'unavailable', status: '503' });
  t.match(logged(), /the mail server did not take a mail/);
  smtp.answer = 'refuses';
  t.match((await ask()).json(), { code: 'conflict', status: '409' });
  smtp.answer = 'takes';
  smtp.postponed.add('ada@example.test');
  t.match((await ask()).json(), { code: 'unavailable', status: '503' });
  smtp.postponed.clear();
  t.equal((await ask()).statusCode, 201);
});

t.test('K7: tokens have no part in it', async (t) => {
  const { inject, verify, ask, world, deps } = await start(t);
  const olga = await world.session(await world.person('olga'));
  const made = await inject({
    method: 'POST',
    url: '/user/personal-access-tokens',
    headers: bearer(olga),
    payload: { kind: 'classic', name: 'ci', scopes: ['user'] },
  });
  const { token } = made.json();
  for (const answer of [await ask(token), await verify('0'.repeat(32), token)]) {
    t.match([answer.statusCode, answer.json().code], [403, 'session_required']);
  }
  const notifications = await inject({ url: '/user/notifications', headers: bearer(token) });
  t.equal(notifications.json().code, 'session_required');
  const refused = await deps.db.selectFrom('audit_entries').select('action').where('outcome', '=', 'refused').execute();
  t.same(refused, [{ action: 'user.update' }]);
});
