import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { bearer, quickHash, worldOf } from '../support/world.ts';

const PASSWORD = 'correct horse battery';

t.test('T5: a session is opened with login and password, and ends when it is closed', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  await worldOf(deps).person('Ada', { password_hash: await quickHash(PASSWORD) });
  const opened = await inject({ method: 'POST', url: '/sessions', payload: { login: 'ada', password: PASSWORD } });
  t.equal(opened.statusCode, 201);
  t.equal(opened.headers['cache-control'], 'no-store');
  const { token, user } = opened.json();
  t.match(token, /^gths_[0-9A-Za-z]{36}$/);
  t.equal(user.login, 'Ada');
  t.equal((await inject({ method: 'DELETE', url: '/session', headers: bearer(token) })).statusCode, 204);
  t.equal((await inject({ method: 'DELETE', url: '/session', headers: bearer(token) })).statusCode, 401);
});

t.test(
  'T5: unknown login, wrong password and suspended are the same 401; ten failures of a login are 429',
  async (t) => {
    const { inject, deps } = await buildTestApp(t);
    const world = worldOf(deps);
    const password_hash = await quickHash(PASSWORD);
    await world.person('grace', { password_hash });
    await world.person('gone', { password_hash, suspended: true });
    const attempt = (login: string, password: string) =>
      inject({ method: 'POST', url: '/sessions', headers: { 'x-request-id': 'same' }, payload: { login, password } });
    const answers = [
      await attempt('nobody', PASSWORD),
      await attempt('grace', 'wrong password'),
      await attempt('gone', PASSWORD),
    ];
    for (const answer of answers) {
      t.equal(answer.statusCode, 401);
      t.equal(answer.body, answers[0]?.body);
    }
    for (let failure = 2; failure <= 10; failure += 1) await attempt(failure % 2 ? 'Grace' : 'grace', 'wrong password');
    const locked = await attempt('grace', PASSWORD);
    t.equal(locked.statusCode, 429);
    t.ok(Number(locked.headers['retry-after']) > 0);
  },
);

t.test('T5: tries at the same moment are counted like tries one after the other', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  await worldOf(deps).person('grace', { password_hash: await quickHash(PASSWORD) });
  const tries = Array.from({ length: 25 }, () =>
    inject({ method: 'POST', url: '/sessions', payload: { login: 'grace', password: 'wrong password' } }),
  );
  const statuses = (await Promise.all(tries)).map((answer) => answer.statusCode);
  t.equal(statuses.filter((status) => status === 401).length, 10);
  t.equal(statuses.filter((status) => status === 429).length, 15);
});
