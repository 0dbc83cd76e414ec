// GET /user/notifications: what a person was told, and nobody else (T2).

import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { bearer, worldOf } from '../support/world.ts';

t.test('T2: a person sees what he was told, the newest first, page by page', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const [ada, bob] = [await world.person('ada'), await world.person('bob')];
  const told = (user_id: number, token_id: number) => ({
    ...({ user_id, type: 'token_revoked', reason: 'by_administrator' } as const),
    ...({ token_id, token_name: `token ${token_id}`, token_kind: 'classic' } as const),
  });
  await deps.db
    .insertInto('notifications')
    .values([told(ada.id, 1), told(bob.id, 2), told(ada.id, 3), told(ada.id, 4)])
    .execute();
  const list = (session: string, query = '') =>
    inject({ url: `/user/notifications${query}`, headers: bearer(session) });
  const session = await world.session(ada);
  const all = (await list(session)).json() as { token_id: number }[];
  t.same(
    all.map(({ token_id }) => token_id),
    [4, 3, 1],
  );
  t.match(all[0], {
    ...{ type: 'token_revoked', reason: 'by_administrator', token_name: 'token 4', token_kind: 'classic' },
    ...{ organization: null, days_left: null, expires_at: null, created_at: /^\d{4}-.*Z$/ },
    ...{ title: 'Your personal access token (classic) has been revoked', message: /by a site administrator/ },
  });
  const page = await list(session, '?per_page=2');
  t.match(page.headers.link, /page=2.*rel="next"/);
  t.same(
    (await list(session, '?per_page=2&page=2')).json().map(({ token_id }: { token_id: number }) => token_id),
    [1],
  );
  t.equal((await list(await world.session(bob))).json().length, 1);
  t.same((await list(await world.session(await world.person('eve')))).json(), []);
  t.equal((await inject({ url: '/user/notifications' })).statusCode, 401);
  t.equal((await list(session, '?per_page=0')).statusCode, 422);
});
