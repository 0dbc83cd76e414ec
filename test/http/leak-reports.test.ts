// POST /credentials/revoke: what a report ends, whom it tells, and that it tells the reporter nothing (T2).

import type { InjectOptions } from 'fastify';
import t, { type Test } from 'tap';
import { daysAfter } from '../../src/domain/lifetime.ts';
import { newText } from '../../src/secrets.ts';
import { buildTestApp, type TestAppOptions } from '../support/build-app.ts';
import { settableClock } from '../support/clock.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

async function start(t: Test, options: TestAppOptions = {}) {
  const { inject, deps } = await buildTestApp(t, options);
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const report = (credentials: readonly string[], more: InjectOptions = {}) =>
    inject({ method: 'POST', url: '/credentials/revoke', payload: { credentials }, ...more });
  const status = async (text: string) => (await inject({ url: '/user', headers: bearer(text) })).statusCode;
  const told = async (who: { id: number; login: string }) => {
    const answer = await inject({ url: '/user/notifications', headers: bearer(await world.session(who)) });
    return answer.json() as Record<string, unknown>[];
  };
  const entries = () => deps.db.selectFrom('audit_entries').selectAll().orderBy('id').execute();
  return { inject, deps, world, rows, report, status, told, entries };
}

t.test(
  'T2, M9, L1: any live text ends the whole token at once, with its deploy keys and its pending request',
  async (t) => {
    const { deps, world, rows, report, status, told, entries } = await start(t);
    const ada = await world.person('ada');
    const acme = await world.organization('acme', ada);
    const web = await world.repository(acme, 'web');
    const hook = { url: 'https://hooks.example.com/', content_type: 'json', insecure_ssl: false, events: ['*'] };
    const stamps = { active: true, created_at: new Date(), updated_at: new Date() };
    await deps.db
      .insertInto('organization_hooks')
      .values({ ...hook, ...stamps, organization_id: acme.id })
      .execute();
    const fine = await rows.fineGrained(ada, { owner: acme, permissions: { contents: 'read' }, selection: 'all' });
    const pending = await rows.fineGrained(ada, { owner: acme, standing: 'pending' });
    const older = await rows.classic(ada);
    const newer = await rows.regenerate(older, 'classic', daysAfter(new Date(), 1));
    const untouched = await rows.classic(ada);
    const key = { repository_id: web.id, read_only: true, added_by: 'ada', created_at: new Date() };
    await deps.db
      .insertInto('deploy_keys')
      .values([
        { ...key, title: 'by it', key: 'ssh-ed25519 A', token_id: fine.id },
        { ...key, title: 'by another', key: 'ssh-ed25519 B', token_id: untouched.id },
      ])
      .execute();
    const answer = await report([fine.text, pending.text, older.text]);
    t.match([answer.statusCode, answer.body], [202, '{}']);
    for (const { text } of [fine, pending, older, newer]) t.equal(await status(text), 401);
    t.equal(await status(untouched.text), 200);
    t.same(await deps.db.selectFrom('deploy_keys').select('title').execute(), [{ title: 'by another' }]);
    t.same(await deps.db.selectFrom('grant_requests').select('state').execute(), [{ state: 'cancelled' }]);
    const ended = await deps.db
      .selectFrom('tokens')
      .select('revoked_reason')
      .where('revoked_at', 'is not', null)
      .execute();
    t.same(
      ended,
      Array.from({ length: 3 }, () => ({ revoked_reason: 'leaked' })),
    );

    const written = await entries();
    t.same(
      written.map(({ action, managed_token_id }) => ({ action, managed_token_id })),
      [
        { action: 'personal_access_token.credential_revoked', managed_token_id: fine.id },
        { action: 'personal_access_token.credential_revoked', managed_token_id: pending.id },
        { action: 'oauth_access.revoke', managed_token_id: older.id },
        { action: 'personal_access_token.request_cancelled', managed_token_id: pending.id },
      ],
      'one entry for each end: of a token, and of what it asked',
    );
    for (const entry of written) {
      t.match(entry, { actor: null, actor_id: null, actor_ip: null, user_agent: null, user: 'ada', outcome: 'done' });
    }
    for (const { data } of written.slice(0, 3)) t.match(data, { revoked_reason: 'leaked' });
    t.equal(written[2]?.managed_hashed_token, newer.digest);
    const messages = await deps.db.selectFrom('hook_messages').select(['event', 'action']).orderBy('id').execute();
    t.same(messages.map(({ event, action }) => `${event} ${action}`).sort(), [
      'personal_access_token revoked',
      'personal_access_token revoked',
      'personal_access_token_request cancelled',
    ]);
    const news = await told(ada);
    t.same(
      news.map(({ type, reason, token_id }) => ({ type, reason, token_id })),
      [older, pending, fine].map(({ id }) => ({ type: 'token_revoked', reason: 'leaked', token_id: id })),
      'the newest first',
    );
    t.match(news[2], {
      token_kind: 'fine_grained',
      organization: 'acme',
      title: /has been revoked/,
      message: /leaked/,
    });
    t.notMatch(JSON.stringify([written, news]), fine.text);
  },
);

t.test('T2: a session ends by its text, and so does the token of a suspended holder', async (t) => {
  const { deps, world, rows, report, status, told, entries } = await start(t);
  const ada = await world.person('ada');
  const [leaked, other] = [await world.session(ada), await world.session(ada)];
  const gone = await world.person('gone', { suspended: true });
  const token = await rows.classic(gone);
  t.equal((await report([leaked, token.text])).statusCode, 202);
  t.equal(await status(leaked), 401);
  t.equal(await status(other), 200);
  await deps.db.updateTable('users').set({ suspended_at: null }).execute();
  t.equal(await status(token.text), 401);
  t.same(
    (await entries()).map(({ action, user }) => [action, user]),
    [
      ['oauth_access.revoke', 'gone'],
      ['user.session_revoked', 'ada'],
    ],
  );
  t.match(await told(ada), [{ type: 'session_revoked', reason: 'leaked', token_id: null }]);
});

t.test('T2: who shows a credential, of whatever kind, is refused and nothing ends', async (t) => {
  const { inject, deps, world, rows, report, status } = await start(t);
  const ada = await world.person('ada');
  const token = await rows.classic(ada);
  const client = await world.client(['revoke']);
  const shown = [token.text, await world.session(ada), newText('classic', 'gth'), 'nonsense'].map(bearer);
  for (const headers of [...shown, { authorization: client.authorization }, { authorization: 'Bearer' }]) {
    const answer = await report([token.text], { headers });
    t.match([answer.statusCode, answer.json().code], [403, 'anonymous_only'], headers.authorization.slice(0, 12));
  }
  const in_query = await inject({
    method: 'POST',
    url: `/credentials/revoke?access_token=${token.text}`,
    payload: { credentials: ['x'] },
  });
  t.equal(in_query.statusCode, 202, 'a query is no credential');
  t.equal(await status(token.text), 200);
  t.same(await deps.db.selectFrom('audit_entries').select('id').execute(), []);
});

t.test('T2: the answer is the same for what was live and what was not', async (t) => {
  const { world, rows, report, entries } = await start(t);
  const ada = await world.person('ada');
  const live = await rows.classic(ada);
  const expired = await rows.classic(ada, {
    issued_at: daysAfter(new Date(), -2),
    expires_at: daysAfter(new Date(), -1),
  });
  const renewed = await rows.classic(ada);
  await rows.regenerate(renewed, 'classic', daysAfter(new Date(), -1));
  const reported = [
    [live.text],
    [live.text],
    [expired.text],
    [renewed.text],
    [newText('fine_grained', 'gth')],
    [newText('session', 'gth')],
    [`${live.text}0`],
    ['ghp_0123456789', '', 'NUL'],
  ];
  const answers = [];
  for (const texts of reported) {
    const { statusCode, headers, body } = await report(texts, { headers: { 'x-request-id': 'same' } });
    // Sealed anew each time, and readable to this service only.
    const { date: _, 'x-consistency-token': told, ...rest } = headers;
    t.ok(told);
    answers.push({ statusCode, body, rest });
  }
  for (const answer of answers) t.same(answer, answers[0]);
  t.equal((await entries()).length, 1, 'only the live one was ended, once');
});

t.test('T2, L1: however often and by however many texts a token is reported at once, it ends once', async (t) => {
  const { world, rows, report, entries, told } = await start(t);
  const [ada, bob] = [await world.person('ada'), await world.person('bob')];
  const older = await rows.classic(ada);
  const newer = await rows.regenerate(older, 'classic', daysAfter(new Date(), 1));
  const other = await rows.classic(bob);
  const texts = [older.text, other.text, newer.text, older.text];
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => report(index % 2 === 0 ? texts : texts.toReversed())),
  );
  for (const { statusCode } of answers) t.equal(statusCode, 202);
  t.equal((await entries()).length, 2);
  t.equal((await told(ada)).length, 1);
});

t.test('T2: so many calls an hour from an address, whatever is in them; then 429', async (t) => {
  const { clock, setTo } = settableClock();
  const { inject, report } = await start(t, { settings: { REVOCATION_CALLS_PER_HOUR: '3' }, deps: { clock } });
  const from = (remoteAddress: string) => report(['x'], { remoteAddress });
  t.equal((await from('192.0.2.1')).statusCode, 202);
  t.equal((await from('192.0.2.1')).statusCode, 202);
  const malformed = await inject({
    method: 'POST',
    url: '/credentials/revoke',
    payload: { credentials: [] },
    remoteAddress: '192.0.2.1',
  });
  t.equal(malformed.statusCode, 422);
  const refused = await from('192.0.2.1');
  t.match([refused.statusCode, refused.json().code], [429, 'rate_limited']);
  t.match(refused.headers['retry-after'], /^\d+$/);
  t.equal((await from('192.0.2.2')).statusCode, 202, 'another address');
  setTo(0, 3601);
  t.equal((await from('192.0.2.1')).statusCode, 202, 'an hour later');
});

t.test('T2: 1 to 1000 texts; another body is 422, and nothing of it is done', async (t) => {
  const { inject, world, rows, report, status } = await start(t);
  const token = await rows.classic(await world.person('ada'));
  const many = Array.from({ length: 1000 }, () => 'x');
  for (const payload of [
    {},
    { credentials: [] },
    { credentials: [...many, token.text] },
    { credentials: token.text },
    { credentials: [token.text, 1] },
    { credentials: [token.text], more: true },
  ]) {
    const answer = await inject({ method: 'POST', url: '/credentials/revoke', payload });
    t.match([answer.statusCode, answer.json().code], [422, 'validation_failed']);
  }
  t.equal(await status(token.text), 200);
  t.equal((await report([...many.slice(1), token.text])).statusCode, 202);
  t.equal(await status(token.text), 401, 'the last of a thousand');
});
