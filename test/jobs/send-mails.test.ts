// What holders are told is mailed to them by a real SMTP server (T2, L3); no mail has a secret.

import t, { type Test } from 'tap';
import { daysAfter } from '../../src/domain/lifetime.ts';
import { sendMails } from '../../src/use-cases/people/send-mails.ts';
import { noticeExpiry } from '../../src/use-cases/tokens/notice-expiry.ts';
import { buildTestApp } from '../support/build-app.ts';
import { settableClock } from '../support/clock.ts';
import { startSmtp, textOf } from '../support/smtp.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, tokensOf, worldOf } from '../support/world.ts';

const GOING_ON = new AbortController().signal;

async function start(t: Test) {
  const smtp = await startSmtp(t);
  const { begun, clock, setTo } = settableClock();
  const settings = { SMTP_URL: smtp.url, PUBLIC_URL: 'https://tokens.example.com' };
  const application = await buildTestApp(t, { deps: { clock }, settings });
  const { inject, deps } = application;
  const send = () => sendMails(deps, GOING_ON);
  const report = (...credentials: string[]) =>
    inject({ method: 'POST', url: '/credentials/revoke', payload: { credentials } });
  return { ...application, begun, setTo, smtp, send, report, world: worldOf(deps), rows: tokenRowsOf(deps) };
}

t.test('T2: the holder of a token that leaked has a mail, once, whoever of the nodes sends it', async (t) => {
  const { world, rows, smtp, send, report } = await start(t);
  const ada = await world.person('ada');
  const [fine, classic] = [await rows.fineGrained(ada), await rows.classic(ada)];
  await report(fine.text, classic.text);
  t.same(smtp.mails, [], 'nothing is sent while the report is answered');
  await Promise.all([send(), send(), send()]);
  await send();
  t.same(
    smtp.mails.map(({ to }) => to),
    [['ada@example.test'], ['ada@example.test']],
  );
  t.same(smtp.mails.map(({ subject }) => subject).sort(), [
    '[Gatehouse] Your fine-grained personal access token has been revoked',
    '[Gatehouse] Your personal access token (classic) has been revoked',
  ]);
  for (const mail of smtp.mails) {
    t.equal(mail.from, 'no-reply@tokens.example.com');
    t.match(textOf(mail), /was reported as leaked and has been revoked/);
    t.match(textOf(mail), /https:\/\/tokens\.example\.com\/user\/notifications/);
    for (const secret of [fine.text, classic.text, fine.digest, classic.digest]) t.notOk(mail.raw.includes(secret));
  }
});

t.test('L3: a token that expires, and that has, is a mail each', async (t) => {
  const { begun, setTo, deps, world, rows, smtp, send } = await start(t);
  const ada = await world.person('ada');
  await rows.fineGrained(ada, { issued_at: begun, expires_at: daysAfter(begun, 60) });
  for (const day of [30, 53, 59, 60, 61]) {
    setTo(day);
    await noticeExpiry(deps, GOING_ON);
    await send();
  }
  t.same(
    smtp.mails.map(({ subject }) => subject),
    ['expires within 30 days', 'expires within 7 days', 'expires within a day', 'has expired'].map(
      (words) => `[Gatehouse] Your fine-grained personal access token ${words}`,
    ),
  );
});

t.test('A1, A3: who is reviewed or loses a grant by another is told, with the reason', async (t) => {
  const { inject, world, smtp, send } = await start(t);
  const [olga, ada] = [await world.person('olga'), await world.person('ada')];
  const acme = await world.organization('acme', olga, { approval: 'required' });
  await world.member(acme, ada);
  const { fineGrainedToken } = tokensOf({ inject });
  const [session, owner] = [await world.session(ada), await world.session(olga)];
  const ask = { resource_owner: 'acme', repository_selection: 'all' as const, permissions: { contents: 'read' } };
  const [first, second] = [await fineGrainedToken(session, ask), await fineGrainedToken(session, ask)];
  const own = await fineGrainedToken(owner, ask);
  const requests = (await inject({ url: '/orgs/acme/personal-access-token-requests', headers: bearer(owner) })).json();
  const requestOf = (id: number) => requests.find((each: { token_id: number }) => each.token_id === id).id;
  const post = (url: string, payload: object) => inject({ method: 'POST', url, headers: bearer(owner), payload });
  for (const [token, action] of [
    [first, 'approve'],
    [second, 'deny'],
  ] as const) {
    const url = `/orgs/acme/personal-access-token-requests/${requestOf(token.id)}`;
    t.equal((await post(url, { action, reason: `because we ${action}` })).statusCode, 204);
  }
  const grants = (await inject({ url: '/orgs/acme/personal-access-tokens', headers: bearer(owner) })).json();
  const grant = grants.find((each: { token_id: number }) => each.token_id === first.id);
  t.equal((await post(`/orgs/acme/personal-access-tokens/${grant.id}`, { action: 'revoke' })).statusCode, 204);
  await send();
  t.same(
    smtp.mails.map(({ to, subject }) => `${to} ${subject}`),
    ['has been approved', 'has been denied', 'has lost its access'].map(
      (words) => `ada@example.test [Gatehouse] Your fine-grained personal access token ${words}`,
    ),
  );
  t.match(smtp.mails.map(textOf), [/`acme`[\s\S]*because we approve/, /because we deny/, /`acme`/]);
  t.ok(own.id, 'who is granted at once is told nothing');
});

t.test('a server that is away is tried again later, and takes each mail once', async (t) => {
  const { setTo, deps, world, rows, smtp, send, report } = await start(t);
  const token = await rows.classic(await world.person('ada'));
  await report(token.text);
  smtp.answer = 'later';
  await t.rejects(send());
  smtp.answer = 'takes';
  await send();
  t.same(smtp.mails, [], 'not before its next attempt');
  setTo(0, 61);
  await send();
  await send();
  t.equal(smtp.mails.length, 1);
  t.match(await deps.db.selectFrom('notifications').select(['mail_due_at', 'mail_attempts']).execute(), [
    { mail_due_at: null, mail_attempts: 2 },
  ]);
});

t.test('a mail that nobody takes is given up after a day', async (t) => {
  const { setTo, deps, world, rows, smtp, send, report } = await start(t);
  const token = await rows.classic(await world.person('ada'));
  await report(token.text);
  smtp.answer = 'later';
  for (let hour = 0; hour < 40; hour += 1) {
    setTo(hour / 24, hour);
    await send().catch(() => undefined);
  }
  const [row] = await deps.db
    .selectFrom('notifications')
    .select(['mail_due_at', 'mail_attempts', 'mailed_at'])
    .execute();
  t.match(row, { mail_due_at: null, mail_attempts: 26, mailed_at: null });
});

t.test('a recipient who is refused for good does not hold up the others', async (t) => {
  const { deps, world, rows, smtp, send, report, logged } = await start(t);
  const token = await rows.classic(await world.person('ada'));
  await report(token.text);
  smtp.answer = 'refuses';
  await send();
  t.match(logged(), /a mail was refused; it is not tried again/);
  smtp.answer = 'takes';
  await report((await rows.classic(await world.person('bob'))).text);
  await send();
  t.same(
    smtp.mails.map(({ to }) => to),
    [['bob@example.test']],
  );
  t.same(await deps.db.selectFrom('notifications').select('id').where('mail_due_at', 'is not', null).execute(), []);
});

t.test('a recipient who is not served now, or cannot be written to, does not hold up the others', async (t) => {
  const { setTo, deps, world, rows, smtp, send, report, logged } = await start(t);
  const [ada, bob, cleo] = [await world.person('ada'), await world.person('bob'), await world.person('cleo')];
  await deps.db.updateTable('users').set({ email: '"b<ob"@example.test' }).where('id', '=', bob.id).execute();
  smtp.postponed.add('ada@example.test');
  for (const each of [ada, ada, bob, cleo]) await report((await rows.classic(each)).text);
  const heard = () => smtp.mails.map(({ to }) => to[0]);
  await send();
  t.same(heard(), ['cleo@example.test']);
  t.match(logged(), /a mail was not taken now; it is tried again/);
  smtp.postponed.clear();
  setTo(0, 61);
  await send();
  t.same(heard(), ['cleo@example.test', 'ada@example.test', 'ada@example.test']);
  t.same(await deps.db.selectFrom('notifications').select('id').where('mail_due_at', 'is not', null).execute(), []);
});

t.test('a server that refuses the sender says nothing of the mails: none is lost', async (t) => {
  const { setTo, world, rows, smtp, send, report } = await start(t);
  await report((await rows.classic(await world.person('ada'))).text);
  smtp.answer = 'refuses the sender';
  await t.rejects(send(), { code: 'EENVELOPE' });
  smtp.answer = 'takes';
  setTo(0, 61);
  await send();
  t.equal(smtp.mails.length, 1);
});

t.test('an address that is not verified has no mail; names and addresses make no headers', async (t) => {
  const { deps, world, rows, smtp, send, report } = await start(t);
  const ada = await world.person('ada');
  const eve = await world.person('eve', { email_verified: false });
  const token = await rows.classic(ada);
  const name = 'x\r\nBcc: eve@example.test\r\n\r\nhello';
  await deps.db.updateTable('tokens').set({ name }).where('id', '=', token.id).execute();
  await deps.db.updateTable('users').set({ email: 'a,b@example.test' }).where('id', '=', ada.id).execute();
  await report(token.text, (await rows.classic(eve)).text);
  await send();
  t.equal(smtp.mails.length, 1);
  t.equal(smtp.mails[0]?.to.length, 1);
  const [head = ''] = smtp.mails[0]?.raw.split('\r\n\r\n') ?? [];
  t.notMatch(head, /bcc/i);
  t.equal((await deps.db.selectFrom('notifications').select('id').execute()).length, 2, 'both are told here');
});

t.test('without a server nothing waits for the day on which there is one', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const token = await tokenRowsOf(deps).classic(await worldOf(deps).person('ada'));
  await inject({ method: 'POST', url: '/credentials/revoke', payload: { credentials: [token.text] } });
  await sendMails(deps, GOING_ON);
  t.match(await deps.db.selectFrom('notifications').select('mail_due_at').execute(), [{ mail_due_at: null }]);
});
